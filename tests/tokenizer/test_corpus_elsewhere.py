import errno
from pathlib import Path

import pytest
from object_store import forget, served, upload

from malmoi.kit.errors import TRY_AGAIN, UserError
from malmoi.kit.files import sha256_of
from malmoi.tokenizer.corpus_text import reading_parquet
from malmoi.tokenizer.encode import encode
from malmoi.tokenizer.learn import learn
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings


def quiet(_done: int, _total: int) -> None:
    """A progress that nobody watches."""


def test_a_tokenizer_and_tokens_are_made_from_a_corpus_on_s3_as_from_a_disk(corpus: Path, tmp_path: Path):
    made = []
    with served() as bucket:
        upload(corpus, bucket / "corpus")
        for source, out in ((corpus, tmp_path / "disk"), (bucket / "corpus", tmp_path / "s3")):
            learn(LearnSettings(1400, guide="none", processes=1), source, out / "tokenizer", quiet)
            encode(EncodeSettings(processes=1), source, out / "tokenizer", out / "tokens", quiet)
            files = [out / "tokenizer" / "tokenizer.json", *sorted((out / "tokens").glob("*.bin"))]
            made.append({path.name: sha256_of(path) for path in files})
        forget()
    assert made[0] == made[1]
    assert list(made[0]) == ["tokenizer.json", "heldout-00000.bin", "train-00000.bin"]


@pytest.mark.parametrize(
    "error", [OSError(errno.EIO, "Input/output error"), ConnectionError(None, "no answer", "s3://box/a.parquet")]
)
def test_a_shard_that_cannot_be_read_now_is_not_called_damaged(error):
    with pytest.raises(UserError, match="cannot be read now") as caught, reading_parquet(Path("a.parquet"), "build"):
        raise error
    assert caught.value.code == TRY_AGAIN
