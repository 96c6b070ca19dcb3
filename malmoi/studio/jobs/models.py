"""What the routes of jobs take and answer."""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from malmoi.serve.http_schema import PlainTable, Strict
from malmoi.studio.jobs.asked import MOST_NAME
from malmoi.studio.jobs.fields import Type
from malmoi.studio.jobs.folder import Shown

MOST_CHANGES = 500
Value = bool | int | float | str | list[str] | list[int | float] | None
"""Of a setting; None where it is off."""


class JobProgress(BaseModel):
    """How far a job's present work is, in any unit. since, since_done: when this label began, and how far it was."""

    label: str
    done: float
    total: float
    since: float
    since_done: float
    time: float


class Job(BaseModel):
    """A job in a list. Times are seconds since 1970.

    command: of COMMANDS, or the words of another. goes_on_at: when one that is "waiting" is started again.
    """

    id: str
    run: str
    owner: str
    command: str
    state: Shown
    since: float
    submitted_at: float
    attempt: int
    exit_code: int | None
    goes_on_at: float | None
    progress: JobProgress | None


class JobPage(BaseModel):
    """A page of jobs, the newest first. next: what `after` must be for the page behind it; None at the end."""

    jobs: list[Job]
    next: str | None


class JobProcess(BaseModel):
    """A process by its machine and number."""

    host: str
    pid: int


class JobDetail(Job):
    """One job. line: what was run, as a shell would take it. alive_at: its last sign of life."""

    argv: list[str]
    line: str
    process: JobProcess | None
    alive_at: float | None
    log_bytes: int


class JobLog(BaseModel):
    """A part of a log; next: the byte to go on from."""

    text: str
    start: int
    next: int
    size: int


class JobRecipe(BaseModel):
    """A recipe by the name of its file. run: the name of the run that it is for."""

    name: str
    run: str


class Startable(BaseModel):
    """What can be started here. runs: the names of those that are there already."""

    commands: list[str]
    recipes: list[JobRecipe]
    runs: list[str]


class JobField(BaseModel):
    """A setting, or an option, of a form (fields.py)."""

    key: str
    type: Type | Literal["flag"]
    choices: list[str]
    value: Value
    default: Value
    about: str = ""


class JobFieldGroup(BaseModel):
    """The settings of one table of the recipe. about: what its dataclass says, in English."""

    name: str
    about: str
    fields: list[JobField]


class JobForm(BaseModel):
    """The form of a command with a recipe."""

    command: str
    recipe: str
    run: str
    groups: list[JobFieldGroup]
    options: list[JobField]


def _composed(name: str) -> str:
    """Some keyboards and file systems send Hangul in parts (NFD): one name must be one folder."""
    return unicodedata.normalize("NFC", name)


class JobAsked(Strict):
    """What a person asks for. changes: settings by their key; options: by their name, true for a flag."""

    command: str = Field(max_length=40)
    recipe: str = Field(max_length=200)
    run: Annotated[str, AfterValidator(_composed)] = Field(max_length=4 * MOST_NAME)
    changes: Annotated[PlainTable, Field(max_length=MOST_CHANGES)] = Field(default_factory=dict)
    options: Annotated[PlainTable, Field(max_length=MOST_CHANGES)] = Field(default_factory=dict)


class JobWords(BaseModel):
    """The words of a command. line: the same as a shell would take them. busy: jobs of that run that are at work.

    wrong: what the command line refuses, in its own words; then there are no others.
    """

    argv: list[str]
    line: str
    busy: list[str]
    wrong: str


class JobPlan(BaseModel):
    """What the command itself says that it would do. wrong: what it would refuse, in its own words."""

    text: str
    wrong: str
