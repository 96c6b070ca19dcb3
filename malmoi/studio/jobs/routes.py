"""Jobs: all long work of this studio. List, one with its log, stop, try again; and the form that starts one."""

import contextlib
import getpass
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, Response

from malmoi.kit import job
from malmoi.kit.errors import UserError
from malmoi.kit.files import make_folder
from malmoi.serve.http_errors import ApiError
from malmoi.studio import run_folder
from malmoi.studio.jobs import asked as forms
from malmoi.studio.jobs import fields, folder, models
from malmoi.studio.jobs.commands import COMMANDS, CommandLine, Option
from malmoi.studio.jobs.supervisor import Supervisor
from malmoi.studio.roles import Person

MOST_GOING = 100
"""Jobs that wait or are at work. More are not what a person meant."""
_PLAN_S = 120.0
_PLAN_CHARACTERS = 20_000
"""Of what a preview says, the end: that is where the plan and its refusal stand."""

router = APIRouter(prefix="/api/jobs")


# What the routes below need, as in malmoi/studio/needs.py. These are of this area alone, so they are made here.
def _place(request: Request) -> forms.Place:
    """Where runs and recipes lie. The folder of runs is absolute: a job's words lead there whoever runs them."""
    return forms.Place(request.app.state.runs.absolute(), request.app.state.settings.recipes)


def _jobs(request: Request) -> Path:
    """The folder of all jobs, which may not be there yet: the first job makes it."""
    return request.app.state.runs.absolute() / forms.JOBS


def _job(job_id: str, request: Request) -> Path:
    """The folder of a job. Only an id that is one, of a job that is there, is taken."""
    found = folder.find(_jobs(request), job_id)
    if found is None:
        raise ApiError(404, f"there is no job {job_id[:80]!r}", "job_id", "job_not_found")
    return found


def _line(request: Request) -> CommandLine:
    """The command line, where this studio may start anything at all."""
    line = request.app.state.command_line
    if line is None or request.app.state.settings.recipes is None:
        message = "this studio starts no jobs: open it with --recipes DIR, a folder of recipes"
        raise ApiError(503, message, code="jobs_not_started_here")
    return line


def _supervisor(request: Request) -> Supervisor:
    """What starts and ends the jobs. Routes only wake it: what is asked for stands in the job's own folder."""
    return request.app.state.supervisor


PlaceNeed = Annotated[forms.Place, Depends(_place)]
JobsNeed = Annotated[Path, Depends(_jobs)]
JobNeed = Annotated[Path, Depends(_job)]
LineNeed = Annotated[CommandLine, Depends(_line)]
SupervisorNeed = Annotated[Supervisor, Depends(_supervisor)]


@router.get("")
def list_jobs(
    jobs: JobsNeed,
    after: Annotated[str | None, Query(max_length=40)] = None,
    size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> models.JobPage:
    """A page of jobs, the newest first."""
    found, has_more = folder.page(jobs, size, after)
    return models.JobPage.model_validate({"jobs": found, "next": found[-1]["id"] if has_more and found else None})


@router.get("/startable")
def startable(place: PlaceNeed, line: LineNeed) -> models.Startable:  # noqa: ARG001  (it must be there)
    """Which commands can be started with which recipes, and for which runs."""
    found = [models.JobRecipe(name=name, run=run) for name, run in forms.recipes(place).items()]
    return models.Startable(commands=list(COMMANDS), recipes=found, runs=run_folder.run_names(place.runs))


@router.get("/form")
def read_form(place: PlaceNeed, line: LineNeed, command: str, recipe: str) -> models.JobForm:
    """The settings that a command reads from a recipe, with their values there."""
    with _as_refusal():
        wanted = forms.command(command)
        read = line.read((*wanted.words, str(forms.recipe_file(recipe, place))))
    groups = [models.JobFieldGroup.model_validate(asdict(group)) for group in fields.groups(read, wanted.sections)]
    options = [_option(option) for option in line.options(wanted.words)]
    return models.JobForm(command=command, recipe=recipe, run=read.name, groups=groups, options=options)


@router.post("/words")
def make_words(body: models.JobAsked, place: PlaceNeed, line: LineNeed, jobs: JobsNeed) -> models.JobWords:
    """The words that a filled form would run, or why it could not. Nothing is started, so nothing is an error."""
    try:
        return _words(body, place, line, jobs)
    except ApiError as error:
        return models.JobWords(argv=[], line="", busy=[], wrong=error.message)


@router.post("/plan")
def make_plan(body: models.JobAsked, place: PlaceNeed, line: LineNeed, jobs: JobsNeed) -> models.JobPlan:
    """What the command says that it would do: it is run with --dry-run, which changes nothing.

    It may read every input once, to compare it with what is there: that takes its time, but not for ever.
    """
    argv = [*_words(body, place, line, jobs).argv, "--dry-run"]
    try:
        done = subprocess.run(argv, capture_output=True, timeout=_PLAN_S, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        message = f"the command did not say within {_PLAN_S:g} s what it would do"
        raise ApiError(504, message, code="plan_too_slow") from None
    text, wrong = (part.decode(errors="replace").strip()[-_PLAN_CHARACTERS:] for part in (done.stdout, done.stderr))
    return models.JobPlan(text=text, wrong=wrong if done.returncode else "")


@router.post("", status_code=201)
def start_job(
    body: models.JobAsked, request: Request, place: PlaceNeed, line: LineNeed, jobs: JobsNeed
) -> models.JobDetail:
    """Asks for a job. It starts when it is its turn."""
    argv = _words(body, place, line, jobs).argv
    going = folder.page(jobs, MOST_GOING)[0]
    if len([one for one in going if one["state"] in folder.GOING]) >= MOST_GOING:
        message = f"{MOST_GOING} jobs are waiting or at work already; stop some of them first"
        raise ApiError(409, message, code="jobs_full")
    make_folder(jobs)
    made = job.submit(jobs, argv, body.run, _owner(request.state.person))
    _supervisor(request).wake()
    return _detail(made)


@router.get("/{job_id}")
def read_job(found: JobNeed) -> models.JobDetail:
    """One job."""
    return _detail(found)


@router.get("/{job_id}/log")
def read_log(
    found: JobNeed,
    after: Annotated[int | None, Query(ge=0)] = None,
    most: Annotated[int, Query(ge=4, le=1_048_576)] = folder.LOG_BYTES,
) -> models.JobLog:
    """A part of the log from a byte on; without `after` its end."""
    return models.JobLog.model_validate(folder.read_log(found, after, most), from_attributes=True)


@router.get("/{job_id}/log.txt", response_class=FileResponse)
def whole_log(found: JobNeed) -> Response:
    """The whole log, to be kept."""
    path = found / job.LOG
    if not path.is_file():
        return Response(b"", media_type="text/plain; charset=utf-8")
    return FileResponse(path, media_type="text/plain; charset=utf-8", filename=f"{found.name}.log.txt")


@router.post("/{job_id}/stop")
def stop_job(found: JobNeed, supervisor: SupervisorNeed) -> models.JobDetail:
    """Asks a job to save and end, or not to begin. One that is at its end already stays as it is."""
    if folder.summary(found)["state"] in folder.GOING:
        job.ask_to_stop(found)
        supervisor.wake()
    return _detail(found)


@router.post("/{job_id}/again")
def try_again(found: JobNeed, supervisor: SupervisorNeed) -> models.JobDetail:
    """Lets a job go on that was stopped, failed or was lost: from where it was saved."""
    if folder.summary(found)["state"] not in ("waiting", "stopped", "failed", "lost"):
        message = "only a job that was stopped, failed or was lost can go on"
        raise ApiError(409, message, code="job_not_at_rest")
    job.try_again(found)
    supervisor.wake()
    return _detail(found)


def _words(body: models.JobAsked, place: forms.Place, line: CommandLine, jobs: Path) -> models.JobWords:
    """The words of a filled form; ApiError with what the command line says against it."""
    with _as_refusal():
        words = forms.words(forms.Asked(body.command, body.recipe, body.run, body.changes, body.options), place, line)
    recent = folder.page(jobs, MOST_GOING)[0]
    busy = [one["id"] for one in recent if one["run"] == body.run and one["state"] in folder.GOING]
    return models.JobWords(argv=[*line.program, *words], line=shlex.join(["malmoi", *words]), busy=busy, wrong="")


@contextlib.contextmanager
def _as_refusal() -> Iterator[None]:
    """What the command line refuses, in its own words, which name the setting and what it should be."""
    try:
        yield
    except UserError as error:
        raise ApiError(400, str(error), code="job_refused") from None


def _detail(found: Path) -> models.JobDetail:
    """A job as a page shows it. The line is as a person would write it, not with the path of our interpreter."""
    told = folder.detail(found)
    argv = told["argv"]
    words = ["malmoi", *argv[argv.index("malmoi") + 1 :]] if "malmoi" in argv else argv
    return models.JobDetail.model_validate({**told, "line": shlex.join(words)})


def _option(option: Option) -> models.JobField:
    """An option of a verb as a field of the form, which shows what --help says of it."""
    key, choices, about = option.name, list(option.choices), option.help
    return models.JobField(key=key, type=option.type, choices=choices, value=None, default=None, about=about)


def _owner(person: Person | None) -> str:
    """Whose job it is: by the account, or without accounts who opened the studio."""
    if person is not None and person.name:
        return person.name
    with contextlib.suppress(KeyError, OSError):  # a container whose user has no name
        return getpass.getuser()
    return ""
