"""Jobs of a studio: started, listed, stopped, let go on, killed. The program is a small one of ours (job_world.py)."""

import dataclasses
import os
import signal
import unicodedata
from pathlib import Path

import pytest
from job_world import FORM, JobWorld, start, wait_for, wait_for_log

from malmoi.cli.recipe import Run
from malmoi.kit import config, job
from malmoi.studio.jobs import asked, fields, folder


@pytest.fixture
def world(tmp_path):
    (tmp_path / "world").mkdir()
    made = JobWorld(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def studio(world, bundle):
    with world.opened(bundle) as client:
        yield client


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    """A studio that is only asked: nothing is started there."""
    with JobWorld(tmp_path_factory.mktemp("asking")).opened(None) as client:
        yield client


def refused(answer, code):
    error = answer.json()["error"]
    assert error["code"] == code, error
    assert error["message_ko"]
    return error["message"]


def test_a_job_is_started_shown_and_finished(studio, world):
    job_id = start(studio, changes={"corpus.processes": 2})
    done = wait_for(studio, job_id, "finished")
    assert (done["run"], done["command"], done["attempt"], done["exit_code"]) == ("첫째", "corpus", 1, 0)
    assert done["line"].startswith("malmoi corpus build ") and done["line"].endswith("--set corpus.processes=2")
    assert f'folder="{world.runs / "첫째"}"' in done["argv"]
    assert studio.get("/api/jobs").json() == {"jobs": [{key: done[key] for key in studio_keys()}], "next": None}
    assert studio.get(f"/api/jobs/{job_id}/log").json() == {
        "text": "corpus build 1\n",
        "start": 0,
        "next": 15,
        "size": 15,
    }
    assert studio.get(f"/api/jobs/{job_id}/log.txt").text == "corpus build 1\n"


def studio_keys():
    from malmoi.studio.jobs.models import Job

    return Job.model_fields


def test_a_stop_is_saved_and_goes_on_when_a_person_says_so(studio, world):
    world.act("wait")
    job_id = start(studio)
    wait_for_log(studio, job_id, "build 1")
    assert studio.post(f"/api/jobs/{job_id}/again").status_code == 409
    studio.post(f"/api/jobs/{job_id}/stop")
    assert wait_for(studio, job_id, "stopped")["exit_code"] == 75
    world.act("0")
    studio.post(f"/api/jobs/{job_id}/again")
    assert wait_for(studio, job_id, "finished")["attempt"] == 2
    assert studio.post(f"/api/jobs/{job_id}/stop").json()["state"] == "finished"
    assert studio.get(f"/api/jobs/{job_id}/log").json()["text"] == "corpus build 1\ncorpus build 2\n"


def test_a_job_that_was_killed_goes_on_by_itself(studio, world):
    world.act("wait")
    job_id = start(studio)
    wait_for_log(studio, job_id, "build 1")
    os.kill(studio.get(f"/api/jobs/{job_id}").json()["process"]["pid"], signal.SIGKILL)
    wait_for_log(studio, job_id, "build 2")
    world.act("0")
    assert wait_for(studio, job_id, "finished")["attempt"] == 2


def test_a_job_that_is_killed_at_each_start_is_left_to_a_person(studio, world):
    world.act("die")
    job_id = start(studio)
    done = wait_for(studio, job_id, "failed")
    assert (done["attempt"], done["exit_code"]) == (folder.MOST_STARTS, -signal.SIGKILL)
    world.act("0")
    studio.post(f"/api/jobs/{job_id}/again")
    assert wait_for(studio, job_id, "finished")["attempt"] == folder.MOST_STARTS + 1


def test_a_failure_of_its_own_is_not_tried_again(studio, world):
    world.act("2")
    assert wait_for(studio, start(studio), "failed")["attempt"] == 1


def test_what_can_be_tried_again_later_waits_for_it(studio, world):
    world.act("75")
    waits = wait_for(studio, start(studio), "waiting")
    assert waits["goes_on_at"] == waits["since"] + job.RETRY_S


def test_one_job_runs_at_a_time_and_the_oldest_is_next(studio, world):
    world.act("wait")
    first, second = start(studio), start(studio, run="둘째")
    wait_for_log(studio, first, "build 1")
    assert studio.get(f"/api/jobs/{second}").json()["state"] == "queued"
    assert not (world.runs / "jobs" / second / "log").exists()
    assert studio.post("/api/jobs/words", json=FORM).json()["busy"] == [first]
    world.act("0")
    assert wait_for(studio, second, "finished")["since"] >= wait_for(studio, first, "finished")["since"]


def test_a_second_studio_on_the_same_folder_takes_over_when_the_first_is_closed(world, bundle):
    world.act("wait")
    with world.opened(bundle, port=8601) as second:
        with world.opened(bundle) as first:
            job_id = start(first)
            assert start(second, run="둘째") in [one["id"] for one in first.get("/api/jobs").json()["jobs"]]
            wait_for_log(second, job_id, "build 1")
        world.act("0")
        assert wait_for(second, job_id, "finished", "lost")["attempt"] <= 2


def test_a_damaged_job_hides_and_stops_no_other(studio, world):
    damaged = start(studio)
    wait_for(studio, damaged, "finished")
    (world.runs / "jobs" / damaged / "state.json").write_text("{")
    whole = start(studio)
    wait_for(studio, whole, "finished")
    assert [one["id"] for one in studio.get("/api/jobs").json()["jobs"]] == [whole]


def test_pages_follow_each_other_without_a_gap(studio, world):
    made = [job.submit(world.runs / "jobs", ["malmoi", "x"], "", "", lambda at=at: 1e9 + at).name for at in range(7)]
    for name in made:
        job.ask_to_stop(world.runs / "jobs" / name)
    found, after = [], None
    while True:
        page = studio.get("/api/jobs", params={"size": 3, **({"after": after} if after else {})}).json()
        found, after = [*found, *(one["id"] for one in page["jobs"])], page["next"]
        if after is None:
            break
    assert found == made[::-1]


@pytest.mark.parametrize(
    "path", ["x", "..", "20260101-000000-abcdef", "..%2f..", "20260101-000000-abcdef%2f..", "lock.json"]
)
def test_what_is_no_job_is_not_found(asking, path):
    assert asking.get(f"/api/jobs/{path}").status_code == 404
    assert asking.get(f"/api/jobs/{path}/log").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"command": "rm"}, "no command 'rm'"),
        ({"command": "serve"}, "no command"),
        ({"recipe": "../recipes/small"}, "no recipe"),
        ({"recipe": "/etc/passwd"}, "no recipe"),
        ({"run": "../x"}, "the run's name"),
        ({"run": "a/b"}, "the run's name"),
        ({"run": ".hidden"}, "the run's name"),
        ({"run": "-x"}, "the run's name"),
        ({"run": ""}, "the run's name"),
        ({"run": "jobs"}, "the run's name"),
        ({"run": "a\nb"}, "the run's name"),
        ({"run": "가" * 81}, "the run's name"),
        ({"changes": {"folder": "/elsewhere"}}, "cannot be changed here"),
        ({"changes": {"data": "/etc"}}, "cannot be changed here"),
        ({"changes": {"corpus.inputs.0.path": "/etc"}}, "cannot be changed here"),
        ({"changes": {"corpus.personal_data.key_file": "/etc/shadow"}}, "cannot be changed here"),
        ({"changes": {"corpus.base": ["/etc"]}}, "cannot be changed here"),
        ({"changes": {"train.steps": 3}}, "cannot be changed here"),
        ({"changes": {"corpus.near_duplicate.row": 3}}, "did you mean 'corpus.near_duplicate.rows'"),
        ({"changes": {"corpus.processes": "many"}}, "corpus.processes is 'many'; expected a whole number"),
        ({"changes": {"corpus.memory_bytes": -1}}, "memory_bytes is -1"),
        ({"options": {"--out": "/etc"}}, "no option '--out'"),
        ({"command": "train", "options": {"--json": True}}, "no option '--json'"),
        ({"command": "model", "options": {"--dtype": "float8"}}, "float8"),
        ({"command": "model", "options": {"--step": "x; reboot"}}, "--step"),
    ],
)
def test_what_is_asked_wrongly_is_refused_and_nothing_is_started(asking, wrong, says):
    assert says in asking.post("/api/jobs/words", json={**FORM, **wrong}).json()["wrong"]
    for route in ("/api/jobs/plan", "/api/jobs"):
        answer = asking.post(route, json={**FORM, **wrong})
        assert answer.status_code == 400
        assert says in refused(answer, "job_refused")
    assert asking.get("/api/jobs").json()["jobs"] == []


def test_a_name_in_parts_is_the_same_run(asking):
    answer = asking.post(
        "/api/jobs/words", json={**FORM, "run": unicodedata.normalize("NFD", "한글 이름".replace(" ", "_"))}
    )
    assert "name=한글_이름" in answer.json()["argv"]


@pytest.mark.parametrize(
    "value",
    ["1", "true", "inf", "가 나", "가나", 'a"b', "a\nb", "😀", "$HOME; x", "1.5", "[1]", "", 3, 0.5, True, ["a", "나"]],
)
def test_a_value_reaches_the_recipe_as_it_was_typed(value):
    assert config.override({}, [f"a.b={asked.toml(value)}"]) == {"a": {"b": value}}


def test_the_form_offers_the_settings_of_the_recipe_and_no_path(asking):
    form = asking.get("/api/jobs/form", params={"command": "run", "recipe": "small"}).json()
    keys = {field["key"]: field for group in form["groups"] for field in group["fields"]}
    assert (keys["train.steps"]["value"], keys["train.steps"]["default"]) == (70, 200)
    assert keys["corpus.engine"]["choices"] == ["pool", "ray", "slurm"]
    assert keys["train.betas"] == {**keys["train.betas"], "type": "numbers", "value": [0.9, 0.95]}
    assert keys["corpus.off"]["type"] == "texts" and "near_duplicate" in keys["corpus.off"]["choices"]
    assert {"folder", "data", "corpus.base", "corpus.personal_data.key_file", "corpus.learned.weights"}.isdisjoint(keys)
    assert [option["key"] for option in form["options"]] == ["--from-scratch"]
    wanted = [field.name for field in dataclasses.fields(config.parse(Run, toml_of(), "").train)]
    assert [key for key in keys if key.startswith("train.")] == [f"train.{name}" for name in wanted]


def toml_of():
    return {"name": "a", "folder": "b", "corpus": {"inputs": [{"path": "c"}]}}


def test_a_setting_that_names_a_secret_or_a_file_has_no_field():
    @dataclasses.dataclass(frozen=True)
    class Some:
        key: str | None = config.secret()
        weights: str | None = config.file(None)
        where: Path = Path()
        threads: int | None = config.machine(None)

    @dataclasses.dataclass(frozen=True)
    class Whole:
        some: Some = dataclasses.field(default_factory=Some)

    [group] = fields.groups(Whole(), ("some",))
    assert [field.key for field in group.fields] == ["some.threads"]


def test_options_are_those_of_the_verb(asking):
    form = asking.get("/api/jobs/form", params={"command": "model", "recipe": "small"}).json()
    options = {option["key"]: option for option in form["options"]}
    assert list(options) == ["--step", "--dtype", "--gguf", "--max-shard-bytes"]
    assert options["--gguf"]["choices"] == ["f32", "bf16", "f16"]
    words = asking.post("/api/jobs/words", json={**FORM, "command": "model", "options": {"--step": 5, "--gguf": "f16"}})
    assert words.json()["argv"][-2:] == ["--step=5", "--gguf=f16"]


def test_what_can_be_started_names_recipes_of_runs_alone(studio, world):
    (world.recipes / "broken.toml").write_text("[")
    (world.recipes / "serve.toml").write_text("[serve]\nport = 1")
    assert studio.get("/api/jobs/startable").json()["recipes"] == [{"name": "small", "run": "첫째"}]


def test_a_plan_is_what_the_command_says_of_itself(studio, world):
    world.act("2")
    plan = studio.post("/api/jobs/plan", json=FORM).json()
    assert plan["text"] == ""
    assert "MALMOI_ATTEMPT" in plan["wrong"]  # it is run, and it is no job


def test_a_studio_without_recipes_starts_nothing_and_says_so(client):
    assert "--recipes" in refused(client.get("/api/jobs/startable"), "jobs_not_started_here")
    assert client.post("/api/jobs", json=FORM).status_code == 503
    assert client.get("/api/jobs").json() == {"jobs": [], "next": None}


@pytest.mark.parametrize("text", ["말모이\n사전😀 끝\n", "ascii only", "한", "é", "😀😀", ""])
@pytest.mark.parametrize("most", [4, 5, 6, 7])
def test_a_log_that_is_read_in_parts_loses_no_character(tmp_path, text, most):
    (tmp_path / "log").write_text(text, encoding="utf-8")
    read, at = "", 0
    for _ in range(len(text.encode()) + 1):
        part = folder.read_log(tmp_path, at, most)
        read, at = read + part.text, part.next
    assert (read, at) == (text, len(text.encode()))
    end = folder.read_log(tmp_path, None, most).text
    assert text.endswith(end)
    assert "\ufffd" not in end


def test_half_a_character_at_the_end_of_a_log_is_left_for_later(tmp_path):
    for size in (1, 2, 3):
        (tmp_path / "log").write_bytes(b"ab" + "😀".encode()[:size])
        assert folder.read_log(tmp_path, 0) == folder.Log("ab", 0, 2, 2 + size)


def test_a_log_that_is_no_text_is_still_shown_to_its_end(tmp_path):
    (tmp_path / "log").write_bytes(b"\xff\xfe\x80a")
    assert folder.read_log(tmp_path, 0).next == 4
