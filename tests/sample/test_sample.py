"""The samples: what is planted is really there, and the same command gives the same bytes."""

import json
import random
from pathlib import Path

import pytest

from malmoi.corpus.document import KINDS
from malmoi.kit.errors import UserError
from malmoi.kit.files import sha256_of
from malmoi.sample import build, grow, plant

SAMPLES = Path(__file__).parents[2] / "samples"


def silent(*_: int) -> None:
    """No progress is shown."""


@pytest.fixture(scope="module")
def records():
    return build.plan(build.read_written(SAMPLES / "written"))


def test_there_are_enough_samples_of_every_kind_and_fault(records):
    raw = [path for path in (SAMPLES / "raw").rglob("*") if path.is_file()]
    assert len(records) >= 300
    assert sum(path.suffix == ".html" for path in raw) >= 120
    kinds = {record.text.kind for record in records}
    assert kinds == set(KINDS)
    faults = {fault for record in records for fault in record.plants}
    assert faults >= {"near_duplicate", "exact_duplicate", "personal_data", "promotion", "profanity", "word_list",
                      "boilerplate", "machine_translated", "broken_encoding"}  # fmt: skip


def test_every_truth_line_leads_to_what_is_planted(records):
    lines = [json.loads(line) for line in (SAMPLES / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(lines) == len(records)
    assert len({(line["file"], line["offset"]) for line in lines}) == len(lines)
    checked = 0
    for line in lines:
        if line["file"].endswith(".jsonl"):
            with (SAMPLES / "raw" / line["file"]).open("rb") as stream:
                stream.seek(line["offset"])
                row = json.loads(stream.readline())
            assert all(item["text"] in row["text"] for item in line["personal"])
            checked += 1
    assert checked > 40


def test_planted_numbers_and_addresses_can_belong_to_nobody():
    chance = random.Random(5)
    for _ in range(300):
        digits = "".join(str("공일이삼사오육칠팔구".index(letter)) if letter in "공일이삼사오육칠팔구" else letter
                         for letter in plant.personal("phone", chance).text if letter not in " -.)+－")  # fmt: skip
        digits = digits.translate({ord("０") + value: str(value) for value in range(10)})
        exchange = digits.removeprefix("82").lstrip("0")
        area = next(code for code in ("10", "2", "31", "51", "70") if exchange.startswith(code))
        assert exchange[len(area)] in "01"
        assert plant.personal("email", chance).text.endswith(".example")


@pytest.mark.parametrize("strength", plant.STRENGTHS)
def test_near_duplicates_stay_near_and_are_no_exact_copies(records, strength):
    body = next(record.text.body for record in records if record.name == "wiki-003")
    copy = plant.near_duplicate(body, strength, random.Random(1))
    assert copy != body
    assert 0.5 < plant.char5_jaccard(body, copy) <= 1.0


def test_grown_files_are_the_same_bytes_for_the_same_seed(tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        grow.grow(tmp_path / name, 300, seed, silent)
    assert sha256_of(tmp_path / "one") == sha256_of(tmp_path / "two")
    assert sha256_of(tmp_path / "one") != sha256_of(tmp_path / "other")


def test_growing_makes_every_format_and_plants_faults(tmp_path, monkeypatch):
    monkeypatch.setattr(grow, "DOCUMENTS_PER_FILE", 100)
    grow.grow(tmp_path / "grown", 300, 1, silent)
    names = {path.suffix for path in (tmp_path / "grown" / "raw").rglob("*") if path.is_file()}
    assert names == {".jsonl", ".gz", ".html"}
    lines = [json.loads(line) for line in (tmp_path / "grown" / "truth.jsonl").read_text().splitlines()]
    assert len(lines) == 300
    assert {"near_duplicate", "personal_data"} <= {fault for line in lines for fault in line["plants"]}


def test_growing_into_an_existing_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="exists already"):
        grow.grow(tmp_path, 10, 1, silent)


def test_check_of_a_folder_without_samples_names_that_folder_and_one_without_truth_is_told(tmp_path):
    with pytest.raises(UserError, match=str(tmp_path)):
        build.differences(tmp_path)
    (tmp_path / "written").symlink_to(SAMPLES / "written")
    assert "truth.jsonl" in build.differences(tmp_path)
