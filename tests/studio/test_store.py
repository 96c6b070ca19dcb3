import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from malmoi.kit.errors import UserError
from malmoi.serve.records.database import open_database
from malmoi.studio.answers import tables as answers_tables
from malmoi.studio.people.tables import Table as PeopleTable
from malmoi.studio.prompts import store
from malmoi.studio.prompts.tables import Table


@pytest.fixture
def engine(tmp_path):
    engine = open_database(tmp_path / "deep" / "studio.db")
    yield engine
    engine.dispose()


def test_the_migrations_make_what_the_tables_say(engine):
    with engine.connect() as connection:
        tables = [
            Table.metadata,
            answers_tables.Table.metadata,
            PeopleTable.metadata,
        ]
        assert compare_metadata(MigrationContext.configure(connection), tables) == []


def test_the_store_writes_ahead_and_waits_for_a_busy_writer(engine):
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000


def test_what_was_saved_is_there_after_opening_again(tmp_path):
    for title in ("하나", "둘"):
        engine = open_database(tmp_path / "studio.db")
        store.add_prompt(engine, title, {"글": "안녕"})
        engine.dispose()
    engine = open_database(tmp_path / "studio.db")
    rows, _ = store.list_prompts(engine, store.Query())
    assert [store.read_prompt(engine, row["id"])["version"]["body"] for row in rows] == [{"글": "안녕"}] * 2
    engine.dispose()


def test_a_full_store_takes_no_more(engine, monkeypatch):
    monkeypatch.setattr(store, "MAX_PROMPTS", 1)
    store.add_prompt(engine, "하나", {})
    with pytest.raises(store.StoreFullError):
        store.add_prompt(engine, "둘", {})


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "studio.db").write_text("x" * 5000)
    with pytest.raises(UserError, match="not a database"):
        open_database(tmp_path / "studio.db")
    with pytest.raises(UserError, match="cannot be used"):
        open_database(tmp_path / "studio.db" / "below" / "a.db")


def test_a_store_of_a_newer_version_is_a_clear_error(tmp_path):
    open_database(tmp_path / "studio.db").dispose()
    connection = sqlite3.connect(tmp_path / "studio.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(UserError, match="newer"):
        open_database(tmp_path / "studio.db")
