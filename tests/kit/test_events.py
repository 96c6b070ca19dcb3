import json
import multiprocessing
import os
import subprocess
import sys
import threading

import pytest

from malmoi.kit import events, fence, files, paths, run
from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.lock import lock


def write(folder, name, *lines):
    (folder / "events").mkdir(exist_ok=True, parents=True)
    (folder / "events" / name).write_text("".join(json.dumps(line) + "\n" for line in lines))


def step(number, time, **fields):
    return {"kind": "step", "step": number, "time": time, "tokens": number, "loss": 1.0, **fields}


def steps_of(folder):
    return [event["step"] for event in events.Curve(folder).update().steps()]


def test_an_event_says_who_wrote_it_when_and_as_what_number(tmp_path):
    record = run.begin(tmp_path, {"a": 1})
    events.append(tmp_path / "train", "start", step=0, note="처음")
    events.append(tmp_path / "train", "checkpoint", step=4)
    first, second = events.every(tmp_path / "train")
    assert (first["kind"], first["step"], first["note"], first["seq"], second["seq"]) == ("start", 0, "처음", 0, 1)
    assert (first["run"], first["host"], first["rank"]) == (record.id, os.uname().nodename, 0)
    assert first["time"] < second["time"]
    (file,) = (tmp_path / "train" / "events").iterdir()
    assert file.name == f"{os.uname().nodename}-{os.getpid()}-0.jsonl"


@pytest.mark.parametrize(
    ("kind", "fields"), [("stpe", {"step": 1}), ("step", {"step": 1}), ("resume", {"step": 1, "seq": 4})]
)
def test_an_unknown_kind_a_missing_field_and_a_taken_name_are_mistakes_of_ours(tmp_path, kind, fields):
    with pytest.raises(AssertionError, match=kind):
        events.append(tmp_path, kind, **fields)
    assert events.every(tmp_path) == []


def test_a_reader_goes_on_from_its_mark_and_reads_only_what_is_new(tmp_path):
    events.append(tmp_path, "resume", step=1)
    found, mark = events.read(tmp_path)
    assert [event["step"] for event in found] == [1]
    assert events.read(tmp_path, mark) == ([], mark)
    events.append(tmp_path, "resume", step=2)
    events.append(tmp_path, "start", step=3)
    found, later = events.read(tmp_path, mark, kinds={"resume"})
    assert [event["step"] for event in found] == [2]
    ((file, size),) = later.bytes_by_file.items()
    assert size == (tmp_path / file).stat().st_size


def test_half_a_line_is_left_until_it_is_whole(tmp_path):
    write(tmp_path, "a-1-0.jsonl", step(1, 1.0))
    with (tmp_path / "events" / "a-1-0.jsonl").open("a") as stream:
        stream.write('{"kind": "step", "step": 2, ')
        stream.flush()
        found, mark = events.read(tmp_path)
        assert [event["step"] for event in found] == [1]
        stream.write('"time": 2.0}\n')
    assert [event["step"] for event in events.read(tmp_path, mark)[0]] == [2]


def test_half_a_line_left_by_a_killed_writer_hides_no_event(tmp_path):
    events.append(tmp_path, "start", step=1)
    (file,) = (tmp_path / "events").iterdir()
    with file.open("ab") as stream:
        stream.write(b'{"kind": "step", "st')
    events.append(tmp_path, "start", step=2)
    assert [event["step"] for event in events.every(tmp_path, "start")] == [1, 2]
    assert events.every(tmp_path / "absent") == []


def test_the_one_file_of_format_1_is_read_before_the_others(tmp_path):
    (tmp_path / "events.jsonl").write_text('{"kind": "step", "step": 1, "time": 5.0}\nnonsense\n[1]\n')
    write(tmp_path, "b-7-0.jsonl", step(3, 7.0))
    write(tmp_path, "a-9-0.jsonl", step(2, 6.0), step(4, 8.0))
    assert [event["step"] for event in events.every(tmp_path, "step")] == [1, 2, 3, 4]


def test_a_clock_that_jumps_back_changes_no_order_of_one_writer_nor_of_what_it_has_read(tmp_path, monkeypatch):
    write(tmp_path, "fast-1-0.jsonl", step(1, 9e9), step(2, 8e9))  # another machine, whose clock goes ahead
    assert [event["step"] for event in events.every(tmp_path)] == [1, 2]
    monkeypatch.setattr(events.time, "time", iter([100.0, 50.0]).__next__)
    events.append(tmp_path, "resume", step=3)
    events.append(tmp_path, "resume", step=4)
    assert [event["step"] for event in events.every(tmp_path)] == [1, 2, 3, 4]


def test_a_folder_made_anew_is_read_from_its_beginning(tmp_path):
    write(tmp_path, "a-1-0.jsonl", step(1, 1.0), step(2, 2.0))
    curve = events.Curve(tmp_path).update()
    files.remove(tmp_path / "events")
    write(tmp_path, "a-2-0.jsonl", step(1, 3.0, loss=7.0))
    assert [event["loss"] for event in curve.update().steps()] == [7.0]


def test_threads_and_processes_lose_no_event_and_break_no_line(tmp_path):
    def many():
        for number in range(50):
            events.append(tmp_path, "resume", step=number, text="가" * 3000)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    children = [multiprocessing.get_context("spawn").Process(target=write_ten, args=(tmp_path,)) for _ in range(2)]
    for child in children:
        child.start()
    for worker in (*threads, *children):
        worker.join()
    found = events.every(tmp_path)
    assert len(found) == 220
    assert len(list((tmp_path / "events").iterdir())) == 3
    mine = [event["seq"] for event in found if len(event.get("text", "")) == 3000]
    assert mine == list(range(200))


def write_ten(folder):
    for number in range(10):
        events.append(folder, "resume", step=number)


def test_a_resume_strikes_out_the_later_steps_and_checkpoints_of_the_writer_before(tmp_path):
    write(tmp_path, "a-1-0.jsonl", *(step(number, float(number)) for number in range(1, 8)))
    with (tmp_path / "events" / "a-1-0.jsonl").open("a") as stream:
        stream.write('{"kind": "checkpoint", "step": 4, "time": 7.5}\n{"kind": "checkpoint", "step": 7, "time": 7.6}\n')
    resume = {"kind": "resume", "step": 4, "time": 8.0}
    write(tmp_path, "b-1-0.jsonl", resume, step(5, 9.0, loss=2.0))
    curve = events.Curve(tmp_path).update()
    assert [event["step"] for event in curve.steps()] == [1, 2, 3, 4, 5]
    assert (curve.steps()[-1]["loss"], list(curve.checkpoints), curve.resumes) == (2.0, [4], [4])
    write(tmp_path, "c-1-0.jsonl", {"kind": "start", "step": 0, "time": 10.0}, step(1, 11.0))
    assert [event["step"] for event in curve.update().steps()] == steps_of(tmp_path) == [1]


def test_who_lost_the_folder_strikes_out_no_steps_of_the_newer_one(tmp_path):
    write(tmp_path, "newer-1-0.jsonl", *(step(number, float(number)) for number in range(1, 401)))
    with pytest.raises(UserError, match="was taken over") as caught, lock(tmp_path):
        (tmp_path / fence.NAME).unlink()
        events.append(tmp_path, "resume", step=100)
    assert caught.value.code == TRY_AGAIN
    assert len(steps_of(tmp_path)) == 400
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["newer-1-0.jsonl"]
    events.append(tmp_path, "resume", step=100)  # who holds nothing is asked nothing, and the lost line is gone
    assert [event["kind"] for event in events.every(tmp_path)][-2:] == ["step", "resume"]


def test_a_curve_is_read_once_however_often_it_is_asked(tmp_path, monkeypatch):
    for number in range(1, 4):
        events.append(tmp_path, "step", step=number, tokens=number, loss=1.0)
    curve = events.Curve(tmp_path).update()
    opened = []
    monkeypatch.setattr(events, "opened", lambda path: opened.append(path) or files.opened(path))
    assert len(curve.update().steps()) == 3
    assert opened == []
    events.append(tmp_path, "step", step=4, tokens=4, loss=1.0)
    assert len(curve.update().steps()) == 4
    assert len(opened) == 1


@pytest.fixture
def remote(request):
    folder = paths.to_path(f"memory://events/{request.node.name}")
    yield folder
    files.remove(folder)


def test_a_remote_folder_gets_parts_that_are_never_written_again(remote):
    events.append(remote, "start", step=0)
    first = dict(files.sizes_below(remote / "events"))
    for number in range(1, 6):
        events.append(remote, "step", step=number, tokens=number, loss=1.0)
    assert files.sizes_below(remote / "events") == first  # they wait for a part that is worth an object
    events.append(remote, "checkpoint", step=5)
    parts = files.sizes_below(remote / "events")
    assert len(parts) == 2
    assert parts.items() > first.items()
    events.append(remote, "step", step=6, tokens=6, loss=1.0)
    assert steps_of(remote) == [1, 2, 3, 4, 5, 6]  # whoever reads in this process sees its own


def test_a_large_part_is_put_at_once(remote, monkeypatch):
    monkeypatch.setattr(events, "PART_BYTES", 300)
    for number in range(4):
        events.append(remote, "step", step=number, tokens=1, loss=1.0)
    assert 1 <= len(files.sizes_below(remote / "events")) < 4


def test_what_waits_is_put_when_the_process_ends(tmp_path):
    """A local disk behind fsspec stands for the object store: another process must see what is there."""
    code = (
        "import sys; from upath import UPath; from malmoi.kit import events, files\n"
        "files.is_remote = events.is_remote = lambda path: True\n"
        "events.append(UPath(sys.argv[1], protocol='local'), 'step', step=1, tokens=1, loss=1.0)\n"
        "assert not list(__import__('pathlib').Path(sys.argv[1]).rglob('*.jsonl'))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    assert steps_of(tmp_path) == [1]


def test_a_heartbeat_is_one_small_file_that_may_lie_on_the_node(tmp_path, monkeypatch):
    events.heartbeat(tmp_path, step=1)
    events.heartbeat(tmp_path, step=2)
    assert [path.name for path in tmp_path.iterdir()] == ["heartbeat.json"]
    found = json.loads((tmp_path / "heartbeat.json").read_text())
    assert (found["step"], found["pid"]) == (2, os.getpid())
    monkeypatch.setenv("MALMOI_HEARTBEATS", str(tmp_path / "node"))
    events.heartbeat(tmp_path, "rank-3", step=9)
    assert json.loads((tmp_path / "node" / "rank-3.json").read_text())["step"] == 9
