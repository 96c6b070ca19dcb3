"""What the routes of people take and answer."""

from typing import Annotated

from pydantic import BaseModel, Field

from malmoi.serve.http_schema import Strict
from malmoi.studio.people.passwords import LEAST_CHARACTERS, MOST_CHARACTERS
from malmoi.studio.roles import Action, Role

MOST_NAME = 80
_Name = Annotated[str, Field(min_length=1, max_length=MOST_NAME, pattern=r"\S")]
_Password = Annotated[str, Field(min_length=LEAST_CHARACTERS, max_length=MOST_CHARACTERS)]
_Token = Annotated[str, Field(min_length=20, max_length=100)]


class Me(BaseModel):
    """Who asks. has_accounts: False where whoever sits at this machine may do all; then `person` is None.

    csrf: to be sent back in the header x-malmoi-csrf with whatever changes something. actions: what this role may do.
    """

    has_accounts: bool
    person: "Identity | None"
    actions: list[Action]
    csrf: str


class Identity(BaseModel):
    """A person by id, name and role."""

    id: str
    name: str
    role: Role


class Member(BaseModel):
    """Somebody with an account. created: ISO 8601. blocked: may not sign in."""

    id: str
    name: str
    role: Role
    created: str
    blocked: bool


class Members(BaseModel):
    """Everybody with an account, by name."""

    people: list[Member]


class Invitation(BaseModel):
    """A link that makes one account with a role, until it expires."""

    id: str
    role: Role
    created: str
    expires: str


class Invitations(BaseModel):
    """The invitations that are still good."""

    invitations: list[Invitation]


class NewInvitation(BaseModel):
    """An invitation with the secret of its link, which is shown this once."""

    invitation: Invitation
    token: str


class AuditLine(BaseModel):
    """A line of the journal. time: s since 1970; person: the id, "" for nobody."""

    number: int
    time: float
    person: str
    role: str
    method: str
    route: str
    status: int


class Audit(BaseModel):
    """The newest lines of the journal, the newest first. wrong: what is not as it was written; empty where all is."""

    lines: list[AuditLine]
    wrong: list[str]


class SignIn(Strict):
    """A name and a password."""

    name: str = Field(max_length=MOST_NAME)
    password: str = Field(max_length=MOST_CHARACTERS)


class Join(Strict):
    """A new account by the link that was given. token: the link's secret."""

    token: _Token
    name: _Name
    password: _Password


class RoleAsked(Strict):
    """The role of a new account."""

    role: Role


class MemberChange(Strict):
    """What a person is to be from now on."""

    role: Role
    blocked: bool
