import json
import multiprocessing
import threading

import pytest

from malmoi.kit import journal


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "audit.jsonl"
    for number in range(1, 6):
        assert journal.append(file, who="가나", did=f"일 {number}")[0] == number
    return file


def lines(path):
    return path.read_bytes().splitlines(keepends=True)


def test_a_journal_as_it_was_written_has_nothing_wrong(path, tmp_path):
    assert journal.verify(path) == []
    assert [entry["did"] for entry in journal.read(path)] == [f"일 {number}" for number in range(1, 6)]
    assert journal.verify(tmp_path / "absent") == []
    assert list(journal.read(tmp_path / "absent")) == []
    assert journal.head(path) == (5, lines_as_json(path)[-1]["sha256"])


def lines_as_json(path):
    return [json.loads(line) for line in lines(path)]


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_changed_line_is_named(path, number):
    kept = lines(path)
    kept[number - 1] = kept[number - 1].replace("가나".encode(), "다라".encode())
    path.write_bytes(b"".join(kept))
    assert f"line {number} (entry {number}) is changed" in journal.verify(path)


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_changed_line_with_its_hash_made_anew_is_named_too(path, number):
    entries = lines_as_json(path)
    entry = entries[number - 1]
    entry["who"] = "다라"
    entry["sha256"] = journal._hash({name: value for name, value in entry.items() if name != "sha256"})
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (wrong,) = journal.verify(path)
    if number == 5:
        assert wrong.startswith("entry 5 is not the one that was written")
        journal.append(path, did="danach")
        assert journal.verify(path)[0].startswith("line 6 (entry 6) does not follow")
    else:
        assert wrong.startswith(f"line {number + 1} (entry {number + 1}) does not follow")


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_missing_line_is_named(path, number):
    kept = lines(path)
    del kept[number - 1]
    path.write_bytes(b"".join(kept))
    assert journal.verify(path) == [f"entry {number} is missing"]


def test_swapped_lines_are_named(path):
    first, second, third, *rest = lines(path)
    path.write_bytes(b"".join([first, third, second, *rest]))
    assert "line 3 (entry 2) is swapped: it stands after entry 3" in journal.verify(path)


def test_a_line_that_comes_twice_is_named(path):
    first, second, *rest = lines(path)
    path.write_bytes(b"".join([first, second, second, *rest]))
    assert journal.verify(path) == ["line 3 (entry 2) is swapped: it stands after entry 2"]


@pytest.mark.parametrize("kept", [0, 3])
def test_an_end_that_was_taken_off_is_named_and_stays_named_after_the_next_append(path, kept):
    path.write_bytes(b"".join(lines(path)[:kept]))
    assert journal.verify(path) == [f"the end is cut: the last line is {kept}, and 5 lines were written"]
    assert journal.append(path, did="danach")[0] == 6
    assert journal.verify(path) == [f"entry {number} is missing" for number in range(kept + 1, 6)]


def test_a_new_chain_in_the_place_of_the_old_is_seen_by_a_head_kept_elsewhere(path):
    known = journal.head(path)
    path.unlink()
    path.with_name("audit.jsonl.head").unlink()
    for number in range(6):
        journal.append(path, did=str(number))
    assert journal.verify(path) == []
    assert journal.verify(path, known) == ["entry 5 is not the one that was written (by the head that was kept)"]


def test_half_a_line_of_a_killed_writer_is_named_and_swallows_no_other(path):
    with path.open("ab") as stream:
        stream.write(b'{"number": 6, "ti')
    assert journal.verify(path) == ["line 6 is cut or is no entry"]
    assert journal.append(path, did="weiter")[0] == 6
    assert journal.verify(path) == ["line 6 is cut or is no entry"]
    assert [entry["number"] for entry in journal.read(path)] == [1, 2, 3, 4, 5, 6]


def test_a_writer_killed_before_it_wrote_the_head_leaves_a_whole_journal(path):
    before = path.with_name("audit.jsonl.head").read_text()
    journal.append(path, did="noch")
    path.with_name("audit.jsonl.head").write_text(before)
    assert journal.verify(path) == []
    assert journal.append(path, did="weiter")[0] == 7
    assert journal.verify(path) == []


def write_twenty(path):
    for number in range(20):
        journal.append(path, did=number, text="가" * 2000)


def test_threads_and_processes_append_one_after_another(tmp_path):
    path = tmp_path / "deep" / "audit.jsonl"
    workers = [threading.Thread(target=write_twenty, args=(path,)) for _ in range(3)]
    workers += [multiprocessing.get_context("spawn").Process(target=write_twenty, args=(path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert journal.verify(path) == []
    assert [entry["number"] for entry in journal.read(path)] == list(range(1, 101))


def test_names_that_the_journal_sets_are_not_for_others(tmp_path):
    with pytest.raises(AssertionError, match="previous"):
        journal.append(tmp_path / "a", previous="x")
