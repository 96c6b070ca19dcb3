"""People: signing in and out, accounts and roles, invitations, and the journal of who changed what."""

import contextlib
import hmac
import math
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from malmoi.kit import journal
from malmoi.serve.http_errors import ApiError
from malmoi.studio.needs import PersonNeed, StoreNeed
from malmoi.studio.people import models, passwords, store
from malmoi.studio.people.guard import AUDIT, COOKIE, token_in
from malmoi.studio.roles import ALONE, MAY

router = APIRouter(prefix="/api")


def _wrong(request: Request) -> passwords.Wrong:
    """The wrong passwords of the last minutes, which one object of the application counts."""
    return request.app.state.wrong_passwords


WrongNeed = Annotated[passwords.Wrong, Depends(_wrong)]


@router.get("/session")
def who_am_i(request: Request, person: PersonNeed) -> models.Me:
    """Who asks, and what they may do. Nobody, in a studio with accounts, may do nothing yet."""
    told = None
    if person is not None and person is not ALONE:
        told = models.Identity(id=person.id, name=person.name, role=person.role)
    actions = sorted(MAY[person.role]) if person else []
    return models.Me(has_accounts=request.state.has_accounts, person=told, actions=actions, csrf=request.state.csrf)


@router.post("/session", status_code=204)
def sign_in(body: models.SignIn, request: Request, response: Response, database: StoreNeed, wrong: WrongNeed) -> None:
    """Begins a session by name and password."""
    key = passwords.name_key(body.name)
    if wait_s := wrong.begin(key):
        headers, params = {"Retry-After": str(math.ceil(wait_s))}, {"minutes": math.ceil(wait_s / 60)}
        message = "too many wrong passwords for this name"
        raise ApiError(429, message, code="sign_in_too_often", headers=headers, params=params)
    person_id = store.sign_in(database, body.name, body.password)
    if person_id is None:
        raise ApiError(401, "the name or the password is wrong", code="sign_in_wrong")
    wrong.forget(key)
    _begin(person_id, request, response, database)


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, database: StoreNeed) -> None:
    """Ends this session."""
    store.close_session(database, token_in(request.headers))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")


@router.post("/people/first", status_code=204)
def make_first_owner(body: models.Join, request: Request, response: Response, database: StoreNeed) -> None:
    """Makes the first account, an owner, by the link that was printed at the start. From then on all must sign in."""
    link = request.app.state.first_link
    if not link or not hmac.compare_digest(link.encode(), body.token.encode()) or store.num_people(database):
        raise _bad_link()
    with _names():
        person_id = store.add_person(database, body.name, body.password, "owner", first=True)
    request.app.state.first_link = ""
    _begin(person_id, request, response, database)


@router.post("/people/join", status_code=204)
def join(body: models.Join, request: Request, response: Response, database: StoreNeed) -> None:
    """Makes an account by an invitation."""
    with _names():
        person_id = store.join(database, body.token, body.name, body.password)
    if person_id is None:
        raise _bad_link()
    _begin(person_id, request, response, database)


@router.get("/people")
def list_people(database: StoreNeed) -> models.Members:
    """Everybody with an account."""
    return models.Members.model_validate({"people": store.list_people(database)})


@router.put("/people/{person_id}")
def change_person(person_id: str, body: models.MemberChange, database: StoreNeed) -> models.Member:
    """Gives a person another role, blocks them, or lets them in again."""
    try:
        found = store.change_person(database, person_id, body.role, blocked=body.blocked)
    except store.LastOwnerError:
        raise ApiError(409, "the last owner must stay one", "role", "last_owner") from None
    if found is None:
        raise ApiError(404, "there is no such person", "person_id", "person_not_found")
    return models.Member.model_validate(found)


@router.get("/invitations")
def list_invitations(database: StoreNeed) -> models.Invitations:
    """The invitations that are still good."""
    return models.Invitations.model_validate({"invitations": store.list_invitations(database)})


@router.post("/invitations", status_code=201)
def invite(body: models.RoleAsked, person: PersonNeed, database: StoreNeed) -> models.NewInvitation:
    """Makes a link for one new account. Without accounts there is nobody yet who could invite."""
    if person is None or person is ALONE:
        message = "there are no accounts yet: make the first one by the link that was printed at the start"
        raise ApiError(409, message, code="no_accounts")
    made, token = store.invite(database, body.role, person.id)
    return models.NewInvitation.model_validate({"invitation": made, "token": token})


@router.delete("/invitations/{invitation_id}", status_code=204)
def take_invitation_back(invitation_id: str, database: StoreNeed) -> None:
    """Takes an invitation back: its link is not good any more."""
    if not store.take_back(database, invitation_id):
        raise ApiError(404, "there is no such invitation", "invitation_id", "invitation_not_found")


@router.get("/audit")
def read_audit(request: Request, size: Annotated[int, Query(ge=1, le=1000)] = 200) -> models.Audit:
    """The newest lines of the journal, and whether the whole of it is as it was written."""
    path: Path = request.app.state.runs / AUDIT
    lines = deque(journal.read(path), maxlen=size)
    return models.Audit.model_validate({"lines": list(reversed(lines)), "wrong": journal.verify(path)[:size]})


def _begin(person_id: str, request: Request, response: Response, database: StoreNeed) -> None:
    """A session for this browser: scripts cannot read its cookie, and other pages cannot send it with a change."""
    token = store.open_session(database, person_id)
    found = store.of_session(database, token)
    request.state.signed_in = found[0] if found else None
    age_s, secure = store.SESSION_DAYS * 86_400, request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=age_s, path="/", httponly=True, samesite="lax", secure=secure)


@contextlib.contextmanager
def _names() -> Iterator[None]:
    """A name that is taken as an answer."""
    try:
        yield
    except store.NameTakenError:
        raise ApiError(409, "somebody has this name", "name", "name_taken", variant="person") from None


def _bad_link() -> ApiError:
    """410 for every link that makes no account: whoever has only guessed one learns nothing about the others."""
    return ApiError(410, "this link was used already, or has expired", "token", "link_not_good")
