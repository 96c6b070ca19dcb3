"""Two requests at the same moment: a link is good once, one owner stays, and a name has one prompt."""

import contextlib
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import event

from malmoi.kit.errors import UserError
from malmoi.serve.records.database import HASH_KEY, open_database
from malmoi.studio.people import store as people
from malmoi.studio.prompts import store as prompts

PASSWORD = "맞는 말 배터리 스테이플"
BEFORE_VERSIONS = Path(__file__).with_name("studio_before_versions.sql")


@pytest.fixture
def engine(tmp_path):
    engine = open_database(tmp_path / "studio.db")
    yield engine
    engine.dispose()


def at_once(engine, *calls):
    """What calls give, or raise, whose reads all come before the first of their writes, where nothing keeps them apart.

    After each read a call waits until the others have read too, or half a second where they cannot.
    """
    meeting = threading.Barrier(len(calls), timeout=0.5)

    def wait(_connection, _cursor, statement, *_more):
        if statement.startswith("SELECT"):
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait()

    def outcome(call):
        try:
            return call()
        except (people.NameTakenError, people.LastOwnerError, prompts.NameTakenError) as error:
            return type(error)

    event.listen(engine, "after_cursor_execute", wait)
    with ThreadPoolExecutor(len(calls)) as threads:
        found = list(threads.map(outcome, calls))
    event.remove(engine, "after_cursor_execute", wait)
    return found


def test_the_first_link_makes_one_owner_also_for_two_who_come_at_once(engine):
    calls = [lambda name=name: people.add_person(engine, name, PASSWORD, "owner", first=True) for name in "가나"]
    assert people.NameTakenError in at_once(engine, *calls)
    assert people.num_people(engine) == 1


def test_an_invitation_makes_one_account_also_for_two_who_come_at_once(engine):
    owner = people.add_person(engine, "주인", PASSWORD, "owner")
    _, token = people.invite(engine, "editor", owner)
    joined = at_once(engine, *(lambda name=name: people.join(engine, token, name, PASSWORD) for name in "가나"))
    assert joined.count(None) == 1
    assert people.num_people(engine) == 2


def test_two_owners_cannot_block_each_other_at_once(engine):
    owners = [people.add_person(engine, name, PASSWORD, "owner") for name in "가나"]
    calls = [lambda owner=owner: people.change_person(engine, owner, "owner", blocked=True) for owner in owners]
    assert people.LastOwnerError in at_once(engine, *calls)
    assert [person["blocked"] for person in people.list_people(engine)].count(False) == 1


def test_two_tabs_that_save_one_name_at_once_make_one_prompt(engine):
    saved = at_once(engine, *(lambda text=text: prompts.add_prompt(engine, "인사", {"글": text}) for text in "가나"))
    assert prompts.NameTakenError in saved
    assert len(prompts.find_by_name(engine, "인사")) == 1


def old_database(path):
    connection = sqlite3.connect(path)
    path.with_name(path.name + HASH_KEY).write_text("ab" * 32)
    connection.executescript(BEFORE_VERSIONS.read_text(encoding="utf-8"))
    return connection


def test_a_migration_that_was_broken_off_leaves_the_database_as_it_was(tmp_path):
    connection = old_database(tmp_path / "studio.db")
    connection.execute("INSERT INTO prompt VALUES ('x', '제목', 'no JSON', '2026', '2026')")
    connection.commit()
    with pytest.raises((ValueError, UserError)):
        open_database(tmp_path / "studio.db")
    connection.execute("DELETE FROM prompt WHERE id = 'x'")
    connection.commit()
    connection.close()
    engine = open_database(tmp_path / "studio.db")
    assert prompts.list_prompts(engine, prompts.Query())[0]
    engine.dispose()


def test_two_studios_that_start_at_once_on_an_old_database_both_open_it(tmp_path):
    old_database(tmp_path / "studio.db").close()
    with ThreadPoolExecutor(2) as threads:
        engines = list(threads.map(lambda _: open_database(tmp_path / "studio.db"), range(2)))
    found = [prompts.list_prompts(engine, prompts.Query())[0] for engine in engines]
    assert found[0]
    assert found[0] == found[1]
    for engine in engines:
        engine.dispose()
