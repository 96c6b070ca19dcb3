from dataclasses import replace
from pathlib import Path

import pytest

from malmoi.cli import asked_and_got
from malmoi.cli.recipe import Run
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import Input
from malmoi.tokenizer.settings import EncodeSettings, LearnSettings
from malmoi.train.settings import TrainSettings

RUN = Run("작은 글", Path("runs/x"), CorpusRecipe(inputs=(Input(Path("raw")),)), LearnSettings(vocabulary_tokens=4096))
RUN = replace(
    RUN,
    tokens=EncodeSettings(0.1),
    train=TrainSettings(steps=10, batch_sequences=4, sequence_tokens=50, micro_sequences=4, warmup_steps=1),
)
ENOUGH = {"heldout_documents": 10, "train_documents": 90, "train_tokens": 1000}


@pytest.mark.parametrize(
    ("stage", "counts", "told"),
    [
        ("tokenizer", {"vocabulary_tokens": 4096}, ""),
        ("tokenizer", {"vocabulary_tokens": 3687}, ""),
        ("tokenizer", {"vocabulary_tokens": 1529}, "vocabulary_tokens is 4,096, and this text gives 1,529"),
        ("tokens", ENOUGH, ""),
        ("tokens", ENOUGH | {"train_documents": 2}, "heldout_share is 10.00%, and 10 documents, 83.33%, are held out"),
        ("tokens", ENOUGH | {"train_tokens": 499}, "train.steps is 10: the 499 tokens are read 4.0 times"),
        ("tokens", ENOUGH | {"train_tokens": 500}, ""),
        ("tokens", ENOUGH | {"train_tokens": 6000}, "train.steps is 10: the 6,000 tokens are read to 33%"),
        ("train", {"steps": 10}, ""),
    ],
)
def test_what_the_text_could_not_give_is_one_line(stage, counts, told, capsys):
    asked_and_got.say(RUN, stage, counts)
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.count("\n") == err.count("note: ") == bool(told)
