"""The same schema and the same stores on PostgreSQL, in a cluster that the test starts in a folder of its own."""

import datetime
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from malmoi.kit.errors import UserError
from malmoi.serve.records.database import HASH_KEY_VARIABLE, open_database
from malmoi.studio.answers import tables as answers_tables
from malmoi.studio.people import store as people
from malmoi.studio.people.tables import Table as PeopleTable
from malmoi.studio.prompts.tables import Table as PromptsTable

PROGRAMS = next((path for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
PASSWORD = "맞는 말 배터리 스테이플"


def run(*words, folder):
    """A program of PostgreSQL. It refuses to be root, who therefore has another number in a name space of its own."""
    as_other = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"] if os.geteuid() == 0 else []
    subprocess.run([*as_other, *map(str, words)], check=True, cwd=folder, capture_output=True)


@pytest.fixture(scope="module")
def server():
    """The address of a new cluster without a port: a socket in its folder."""
    if PROGRAMS is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket has at most 107 bytes
    try:
        run(
            PROGRAMS / "initdb",
            "-D",
            folder / "data",
            "-U",
            "malmoi",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            folder=folder,
        )
        options = f"-k {folder} -c listen_addresses= -c fsync=off"
        run(
            PROGRAMS / "pg_ctl",
            "-D",
            folder / "data",
            "-o",
            options,
            "-l",
            folder / "log",
            "-w",
            "start",
            folder=folder,
        )
        yield f"postgresql://malmoi@/{{}}?host={folder}"
    finally:
        run(PROGRAMS / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop", folder=folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def address(server, tmp_path, monkeypatch, request):
    """An empty database."""
    name = f"d{abs(hash(request.node.nodeid))}"
    folder = Path(server.partition("host=")[2])
    run(PROGRAMS / "createdb", "-h", folder, "-U", "malmoi", name, folder=folder)
    monkeypatch.setenv(HASH_KEY_VARIABLE, str(tmp_path / "key"))
    return server.format(name)


@pytest.fixture
def engine(address):
    engine = open_database(address)
    yield engine
    engine.dispose()


def test_the_migrations_make_what_the_tables_say(engine):
    assert engine.dialect.name == "postgresql"
    with engine.connect() as connection:
        tables = [
            PromptsTable.metadata,
            answers_tables.Table.metadata,
            PeopleTable.metadata,
        ]
        assert compare_metadata(MigrationContext.configure(connection), tables) == []


def test_two_that_open_an_empty_database_at_once_make_it_once(address):
    failed = []

    def opened():
        try:
            open_database(address).dispose()
        except UserError as error:
            failed.append(error)

    threads = [threading.Thread(target=opened) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    engine = open_database(address)
    assert inspect(engine).has_table("person")
    engine.dispose()


def test_people_live_there_as_in_sqlite(engine):
    owner = people.add_person(engine, "주인", PASSWORD, "owner")
    with pytest.raises(people.NameTakenError):
        people.add_person(engine, "주인", PASSWORD, "viewer")
    _, token = people.invite(engine, "editor", owner)
    editor = people.join(engine, token, "편집자", PASSWORD)
    assert people.join(engine, token, "셋째", PASSWORD) is None
    assert people.sign_in(engine, "편집자", PASSWORD) == editor
    session = people.open_session(engine, editor)
    assert people.of_session(engine, session)[0].role == "editor"
    with pytest.raises(people.LastOwnerError):
        people.change_person(engine, owner, "viewer", blocked=False)
    people.change_person(engine, editor, "editor", blocked=True)
    assert people.of_session(engine, session) is None


def test_the_records_of_answers_are_written_found_and_erased(address):
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from malmoi.serve.records.answers import Asked
    from malmoi.serve.records.erasing import erase
    from malmoi.serve.records.tables import RequestRow
    from malmoi.serve.records.writer import Records

    told = {"route": "/v1/completions", "model": "가", "status": 200, "code": "", "prompt_tokens": 1}
    told |= {"answer_tokens": 2, "ms": 3.0}
    at = datetime.datetime.now(datetime.UTC)
    with Records(address, tick_s=0.01) as records:
        for number, user in enumerate(("가", "나")):
            records.put(Asked(f"id-{number}", f"req-{number}", "key", user, "metadata", 30, told, at))
    engine = open_database(address)
    assert erase(engine, user="가") == 1
    with Session(engine) as session:
        left = session.scalars(select(RequestRow.id).where(RequestRow.route == "/v1/completions")).all()
    assert left == ["id-1"]
    engine.dispose()


def test_without_a_place_for_the_key_of_the_hashes_nothing_is_opened(address, monkeypatch):
    monkeypatch.delenv(HASH_KEY_VARIABLE)
    with pytest.raises(UserError, match=f"{HASH_KEY_VARIABLE} is not set"):
        open_database(address)


@pytest.mark.parametrize("where", ["postgresql://ga:secret@127.0.0.1:1/na", "mysql://ga:secret@host/na", "x://secret@"])
def test_an_address_that_cannot_be_used_is_told_without_its_password(where, tmp_path, monkeypatch):
    monkeypatch.setenv(HASH_KEY_VARIABLE, str(tmp_path / "key"))
    with pytest.raises(UserError, match="cannot be used") as told:
        open_database(where)
    assert "secret" not in str(told.value)


def test_the_driver_is_no_part_of_a_studio_on_sqlite():
    code = "import sys, malmoi.serve.records.database; sys.exit('psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
