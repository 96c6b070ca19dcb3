import errno
import time
from pathlib import Path

import numpy as np
import pytest

from malmoi.kit import manifest
from malmoi.kit.errors import GIVE_UP, TRY_AGAIN, UserError
from malmoi.kit.files import sha256_of
from malmoi.kit.stamps import RECENT_S
from malmoi.tokenizer.corpus_text import reading_parquet
from malmoi.tokenizer.shard_writer import PartWriter, Row
from malmoi.tokenizer.shards import open_part, token_type

LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eleven documents of LENGTHS tokens in shards of at most 8; the sixth is longer than a shard."""
    number = 1
    with PartWriter(tmp_path, "train", np.dtype("<u4"), 8) as writer:
        for position, length in enumerate(LENGTHS):
            tokens = np.array([*range(number, number + length - 1), 0])
            writer.add(Row(f"{position:032x}", "web", "", length), tokens)
            number += length
    counts = {"token_type": "<u4", "shards": writer.shards}
    outputs = {file.name: sha256_of(file) for file in tmp_path.iterdir()}
    manifest.write(tmp_path, manifest.Manifest("tokens", {}, outputs=outputs, counts=counts))
    return tmp_path


def test_documents_are_never_split_over_shards(folder: Path):
    assert list(manifest.read(folder)["counts"]["shards"].values()) == [8, 6, 9, 8, 8, 5]


def test_any_span_is_read_across_shards(folder: Path):
    part = open_part(folder, "train")
    every = part.read(0, part.num_tokens)
    assert part.num_tokens == sum(LENGTHS)
    assert every.dtype == np.int64
    for start in range(0, 45, 3):
        for stop in (start, start + 1, start + 10, 44, 99):
            assert part.read(start, stop).tolist() == every[start:stop].tolist()
    assert part.read(-5, 2).tolist() == every[:2].tolist()


def test_a_span_leads_back_to_its_documents(folder: Path):
    part = open_part(folder, "train")
    starts = np.cumsum([0, *LENGTHS])[:-1].tolist()
    whole = [(f"{n:032x}", start, start + LENGTHS[n]) for n, start in enumerate(starts)]
    assert part.documents(0, part.num_tokens) == whole
    for start in range(44):
        for stop in (start + 1, start + 7):
            expected = [one for one in whole if one[1] < stop and one[2] > start]
            assert part.documents(start, stop) == expected
    assert part.documents(4, 4) == part.documents(44, 50) == []


def test_a_torn_or_missing_shard_is_named(folder: Path):
    shard = folder / "train-00002.bin"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"train-00002\.bin has 35 bytes; expected 36"):
        open_part(folder, "train")
    shard.unlink()
    with pytest.raises(UserError, match=r"train-00002\.bin is missing"):
        open_part(folder, "train")
    (folder / "manifest.json").unlink()
    with pytest.raises(UserError, match="has no manifest"):
        open_part(folder, "train")


def test_a_damaged_table_is_named(folder: Path):
    (folder / "train-00001.documents.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match=r"train-00001\.documents\.parquet is not as it was written"):
        open_part(folder, "train")


@pytest.mark.parametrize("bit", [1, 128])
def test_a_flipped_bit_in_a_shard_is_named(folder: Path, bit: int):
    """It is another token, inside the vocabulary (1) or outside (128 in the high byte)."""
    shard = folder / "train-00003.bin"
    raw = bytearray(shard.read_bytes())
    raw[1] ^= bit
    shard.write_bytes(raw)
    with pytest.raises(UserError, match=r"train-00003\.bin is not as it was written.*encode the corpus again"):
        open_part(folder, "train")


def test_only_the_tables_of_the_shards_asked_for_are_read(folder: Path):
    """A table of all documents would take 63 GB for a billion."""
    part = open_part(folder, "train")
    for number in (0, 2, 3, 4, 5):
        (folder / f"train-0000{number}.documents.parquet").unlink()
    assert [one.id for one in part.located(8, 14)] == [f"{number:032x}" for number in (3, 4)]


def test_a_part_opened_before_on_this_machine_is_not_hashed_again(folder: Path):
    def read_bytes() -> int:
        return int(Path("/proc/self/io").read_text().split()[1])

    made = manifest.read(folder)
    for name in made["counts"]["shards"]:  # large enough to tell
        made["counts"]["shards"][name] = 250_000
        np.zeros(250_000, "<u4").tofile(folder / name)
        made["outputs"][name] = sha256_of(folder / name)
    manifest.write(folder, manifest.Manifest("tokens", {}, outputs=made["outputs"], counts=made["counts"]))
    time.sleep(2 * RECENT_S)
    read = []
    for _ in range(2):
        before = read_bytes()
        open_part(folder, "train")
        read.append(read_bytes() - before)
    assert read[0] >= 6_000_000
    assert read[1] < 100_000


def test_documents_are_found_by_id_shard_after_shard(folder: Path):
    part = open_part(folder, "train")
    places = {f"{n:032x}": (sum(LENGTHS[:n]), sum(LENGTHS[: n + 1])) for n in range(len(LENGTHS))}
    asked = [f"{n:032x}" for n in (9, 0, 5)]
    assert list(part.places_of({*asked, "unknown"})) == [places[one] for one in sorted(asked)]
    assert list(part.places_of({"unknown"})) == []


def test_ids_fit_their_type():
    assert token_type(65_536) == np.dtype("<u2")
    assert token_type(65_537) == np.dtype("<u4")


def test_what_cannot_be_read_now_is_not_called_damaged(tmp_path: Path):
    for number, code in ((errno.ESTALE, TRY_AGAIN), (errno.EIO, TRY_AGAIN), (errno.ENOENT, GIVE_UP), (None, GIVE_UP)):
        with pytest.raises(UserError) as caught, reading_parquet(tmp_path / "a.parquet", "build the corpus again"):
            raise OSError(number, "said by pyarrow") if number else OSError("said by pyarrow")
        assert caught.value.code == code
