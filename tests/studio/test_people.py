"""Accounts: the first owner, sessions, invitations, and every route against every role."""

import contextlib
import re
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from malmoi.kit import journal
from malmoi.serve.records.database import open_database
from malmoi.studio import roles
from malmoi.studio.app import AREAS, create_app
from malmoi.studio.people import passwords, store
from malmoi.studio.people.guard import AUDIT, COOKIE, CSRF_HEADER
from malmoi.studio.settings import StudioSettings

BASE = "http://127.0.0.1:8600"
PASSWORD = "맞는 말 배터리 스테이플"


@pytest.fixture(scope="module", autouse=True)
def _quick_hashes():
    """The real ones take 50 ms each on purpose."""
    from argon2 import PasswordHasher

    before = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield
    passwords._hasher = before


class Browser:
    """A browser of its own on a studio: it keeps its cookie, and sends back the token of its session."""

    def __init__(self, app):
        self.app, self.client = app, TestClient(app, base_url=BASE)

    def __call__(self, method, path, **more):
        csrf = self.client.get("/api/session").json()["csrf"]
        return self.client.request(method, path, headers={CSRF_HEADER: csrf} | more.pop("headers", {}), **more)

    def me(self):
        return self.client.get("/api/session").json()


@pytest.fixture
def app(served, bundle, tmp_path):
    (tmp_path / "runs").mkdir()
    app = create_app(StudioSettings(), served, tmp_path / "runs", bundle)
    with TestClient(app, base_url=BASE):  # its lifespan
        yield app


@pytest.fixture
def owner(app):
    browser = Browser(app)
    body = {"token": app.state.first_link, "name": "첫 주인", "password": PASSWORD}
    assert browser("POST", "/api/people/first", json=body).status_code == 204
    return browser


def joined(owner, role, name):
    """A browser in which somebody has signed up by an invitation."""
    token = owner("POST", "/api/invitations", json={"role": role}).json()["token"]
    browser = Browser(owner.app)
    made = browser("POST", "/api/people/join", json={"token": token, "name": name, "password": PASSWORD})
    assert made.status_code == 204, made.text
    return browser


def code(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_without_accounts_whoever_sits_at_the_machine_may_do_all(app):
    browser = Browser(app)
    assert browser.me() == {"has_accounts": False, "person": None, "actions": sorted(roles.MAY["owner"]), "csrf": ""}
    assert browser("POST", "/api/prompts", json={"title": "글", "body": {}}).status_code == 201
    assert code(browser("POST", "/api/invitations", json={"role": "viewer"})) == (409, "no_accounts")
    assert not (app.state.runs / AUDIT).exists()


def test_the_first_link_makes_one_owner_and_from_then_on_all_must_sign_in(app):
    link, other = app.state.first_link, Browser(app)
    body = {"token": link, "name": "첫 주인", "password": PASSWORD}
    assert code(other("POST", "/api/people/first", json={**body, "token": "x" * 43})) == (410, "link_not_good")
    browser = Browser(app)
    assert browser("POST", "/api/people/first", json=body).status_code == 204
    assert (browser.me()["has_accounts"], browser.me()["person"]["role"]) == (True, "owner")
    assert code(other("POST", "/api/people/first", json={**body, "name": "둘"})) == (410, "link_not_good")
    assert code(other("GET", "/api/prompts")) == (401, "sign_in_needed")
    assert other.me() == {"has_accounts": True, "person": None, "actions": [], "csrf": ""}
    assert other("GET", "/runs").status_code == 200  # the page itself, where one signs in


def test_a_studio_that_has_accounts_prints_no_first_link(owner, served, bundle):
    again = create_app(StudioSettings(), served, owner.app.state.runs, bundle)
    assert again.state.first_link == ""
    again.state.store.dispose()


def test_the_cookie_is_for_the_server_alone(app):
    body = {"token": app.state.first_link, "name": "가", "password": PASSWORD}
    cookie = Browser(app)("POST", "/api/people/first", json=body).headers["set-cookie"]
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax", cookie)


def test_what_changes_something_must_bring_the_token_of_its_session(owner):
    body = {"json": {"title": "글", "body": {}}}
    assert code(owner.client.post("/api/prompts", **body)) == (403, "foreign_page")
    assert code(owner.client.post("/api/prompts", headers={CSRF_HEADER: "틀림".encode()}, **body)) == (
        403,
        "foreign_page",
    )
    assert owner("POST", "/api/prompts", **body).status_code == 201


def test_signing_out_ends_the_session_also_for_who_has_copied_its_cookie(owner):
    stolen = owner.client.cookies[COOKIE]
    assert owner("DELETE", "/api/session").status_code == 204
    thief = Browser(owner.app)
    thief.client.cookies.set(COOKIE, stolen)
    assert code(thief("GET", "/api/prompts")) == (401, "sign_in_needed")


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
def test_a_name_and_a_password_are_the_same_in_every_form_of_hangul(owner, form):
    browser = Browser(owner.app)
    name, password = (unicodedata.normalize(form, text) for text in (" 첫 주인", PASSWORD))
    assert browser("POST", "/api/session", json={"name": name, "password": password}).status_code == 204
    assert browser.me()["person"]["name"] == "첫 주인"


def test_wrong_names_and_wrong_passwords_look_the_same_and_are_limited(owner):
    browser = Browser(owner.app)
    for name in ("첫 주인", "없는 사람"):
        for _ in range(passwords.MOST_WRONG):
            wrong = browser("POST", "/api/session", json={"name": name, "password": "틀린 비밀번호"})
            assert code(wrong) == (401, "sign_in_wrong")
        limited = browser("POST", "/api/session", json={"name": name, "password": PASSWORD})
        assert code(limited) == (429, "sign_in_too_often")
        assert 0 < int(limited.headers["retry-after"]) <= passwords.WRONG_S


def test_the_limit_ends_by_itself_and_keeps_to_its_size():
    at = 0.0
    wrong = passwords.Wrong(lambda: at)
    for _ in range(passwords.MOST_WRONG):
        assert wrong.begin("가") == 0
    assert wrong.begin("가") == passwords.WRONG_S
    assert wrong.begin("나") == 0
    at = passwords.WRONG_S
    assert wrong.begin("가") == 0


def test_many_guesses_at_once_are_no_more_than_a_few_one_after_the_other(owner, monkeypatch):
    meeting, judged = threading.Barrier(12), []

    def slow(*_):
        judged.append(1)
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(0.5)

    monkeypatch.setattr(store, "sign_in", slow)
    with ThreadPoolExecutor(12) as threads:
        body = {"name": "첫 주인", "password": "틀린 비밀번호"}
        tries = list(
            threads.map(lambda _: Browser(owner.app)("POST", "/api/session", json=body).status_code, range(12))
        )
    assert len(judged) == tries.count(401) == passwords.MOST_WRONG
    assert tries.count(429) == 12 - passwords.MOST_WRONG


def test_an_invitation_is_good_once_and_gives_its_role(owner):
    token = owner("POST", "/api/invitations", json={"role": "editor"}).json()["token"]
    body = {"token": token, "name": "편집자", "password": PASSWORD}
    first, second = Browser(owner.app), Browser(owner.app)
    assert code(first("POST", "/api/people/join", json={**body, "name": "첫 주인"})) == (409, "name_taken")
    assert first("POST", "/api/people/join", json=body).status_code == 204
    assert first.me()["person"]["role"] == "editor"
    assert code(second("POST", "/api/people/join", json={**body, "name": "둘"})) == (410, "link_not_good")


def test_an_invitation_can_be_taken_back(owner):
    made = owner("POST", "/api/invitations", json={"role": "viewer"}).json()
    assert owner("GET", "/api/invitations").json()["invitations"] == [made["invitation"]]
    assert owner("DELETE", f"/api/invitations/{made['invitation']['id']}").status_code == 204
    assert owner("GET", "/api/invitations").json()["invitations"] == []
    body = {"token": made["token"], "name": "늦은 이", "password": PASSWORD}
    assert code(Browser(owner.app)("POST", "/api/people/join", json=body)) == (410, "link_not_good")


def test_an_invitation_and_a_session_end_after_their_days(tmp_path):
    engine = open_database(tmp_path / "studio.db")
    person = store.add_person(engine, "가", PASSWORD, "owner")
    later = {}
    later["invitation"] = datetime.now(UTC) + timedelta(days=store.INVITATION_DAYS, minutes=1)
    later["session"] = datetime.now(UTC) + timedelta(days=store.SESSION_DAYS, minutes=1)
    _, token = store.invite(engine, "viewer", person)
    assert store.join(engine, token, "나", PASSWORD, lambda: later["invitation"]) is None
    session = store.open_session(engine, person)
    assert store.of_session(engine, session) is not None
    assert store.of_session(engine, session, lambda: later["session"]) is None
    engine.dispose()


def test_who_is_blocked_is_out_at_once_and_can_be_let_in_again(owner):
    editor = joined(owner, "editor", "편집자")
    person = editor.me()["person"]["id"]
    assert owner("PUT", f"/api/people/{person}", json={"role": "editor", "blocked": True}).json()["blocked"]
    assert code(editor("GET", "/api/prompts")) == (401, "sign_in_needed")
    sign_in = {"name": "편집자", "password": PASSWORD}
    assert code(editor("POST", "/api/session", json=sign_in)) == (401, "sign_in_wrong")
    owner("PUT", f"/api/people/{person}", json={"role": "viewer", "blocked": False})
    assert editor("POST", "/api/session", json=sign_in).status_code == 204
    assert editor.me()["person"]["role"] == "viewer"


def test_the_last_owner_stays_one(owner):
    me = owner.me()["person"]["id"]
    for change in ({"role": "viewer", "blocked": False}, {"role": "owner", "blocked": True}):
        assert code(owner("PUT", f"/api/people/{me}", json=change)) == (409, "last_owner")
    joined(owner, "owner", "둘째 주인")
    assert owner("PUT", f"/api/people/{me}", json={"role": "viewer", "blocked": False}).status_code == 200


@pytest.mark.parametrize("password", ["", "짧아요", "x" * 201])
def test_a_password_that_is_too_short_or_too_long_is_refused(app, password):
    body = {"token": app.state.first_link, "name": "가", "password": password}
    answer = Browser(app)("POST", "/api/people/first", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "password")


def test_no_secret_is_kept_as_it_is(owner, tmp_path):
    invited = owner("POST", "/api/invitations", json={"role": "viewer"}).json()["token"]
    with owner.app.state.store.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "runs").glob("*") if path.is_file())
    for secret in (PASSWORD, invited, owner.client.cookies[COOKIE]):
        assert secret.encode() not in kept
    assert b"$argon2id$" in kept


def test_the_journal_tells_who_changed_what_and_that_it_is_whole(owner):
    viewer = joined(owner, "viewer", "보는 이")
    assert code(viewer("POST", "/api/prompts", json={"title": "글", "body": {}})) == (403, "not_allowed")
    audit = owner("GET", "/api/audit").json()
    newest = audit["lines"][0]
    assert (newest["person"], newest["role"]) == (viewer.me()["person"]["id"], "viewer")
    assert (newest["method"], newest["route"], newest["status"]) == ("POST", "/api/prompts", 403)
    assert [line["route"] for line in audit["lines"][1:]] == [
        "/api/people/join",
        "/api/invitations",
        "/api/people/first",
    ]
    assert audit["wrong"] == []
    path = owner.app.state.runs / AUDIT
    assert journal.verify(path) == []
    path.write_bytes(path.read_bytes().replace(b'"viewer"', b'"editor"'))
    assert owner("GET", "/api/audit").json()["wrong"] != []


def routes_of(app):
    """Every method and path that the studio answers, with something in place of each part that changes."""
    found = set()
    for route in [*app.routes, *(route for area in AREAS for route in area.router.routes)]:
        if not hasattr(route, "path"):  # the place of an area's router, whose routes follow
            continue
        for method in getattr(route, "methods", None) or ():
            found.add((method, re.sub(r"\{[^}]*\}", "x", route.path)))
    return sorted(found - {(method, path) for method, path in found if method in ("HEAD", "OPTIONS")})


def test_every_route_lets_in_exactly_the_roles_of_the_table(owner):
    browsers = {role: joined(owner, role, f"{role}의 이름") for role in roles.MAY}
    nobody = Browser(owner.app)
    asked = routes_of(owner.app)
    assert len(asked) >= 40
    wrong = []
    for method, path in asked:
        if path in ("/api/session", "/api/people/first", "/api/people/join"):
            continue
        action = roles.action_of(method, path)
        is_page = action is None
        body = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
        found = nobody(method, path, **body)
        if (found.status_code == 401) == is_page:
            wrong.append(("nobody", method, path, found.status_code))
        for role, browser in browsers.items():
            found = browser(method, path, **body)
            is_refused = found.status_code == 403 and found.json()["error"]["code"] == "not_allowed"
            if is_refused == (is_page or action in roles.MAY[role]) or found.status_code == 401:
                wrong.append((role, method, path, found.status_code))
    assert wrong == []


def test_a_viewer_can_change_nothing_and_only_an_owner_manages(owner):
    changes = [(method, path) for method, path in routes_of(owner.app) if method != "GET"]
    openly = {("POST", "/api/session"), ("DELETE", "/api/session")}
    openly |= {("POST", "/api/people/first"), ("POST", "/api/people/join")}
    viewer, operator = (roles.Person("1", "가", role) for role in ("viewer", "operator"))
    assert len(changes) >= 15
    assert {change for change in changes if roles.action_of(*change) is None} == openly
    may = [change for change in changes if change not in openly and viewer.may(roles.action_of(*change))]
    assert may == []
    managed = [path for method, path in changes if roles.action_of(method, path) == "manage"]
    assert sorted(managed) == ["/api/invitations", "/api/invitations/x", "/api/people/x"]
    assert not operator.may("manage")


def test_a_route_that_nobody_thought_of_is_closed():
    assert roles.action_of("POST", "/new") == "manage"
    assert roles.action_of("PATCH", "/admin/people") == "manage"
    assert roles.action_of("DELETE", "/v2/models") == "manage"
    assert roles.action_of("GET", "/api/new") == "read"
