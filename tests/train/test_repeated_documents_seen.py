"""A document that is written several times was seen in the steps of each of its places."""

from pathlib import Path

import numpy as np

from malmoi.kit import manifest
from malmoi.kit.files import sha256_of
from malmoi.tokenizer.shard_writer import PartWriter, Row
from malmoi.tokenizer.shards import open_part
from malmoi.train.loader import Loader
from malmoi.train.settings import TrainSettings


def test_the_steps_of_every_repeat_are_found(tmp_path: Path):
    lengths = [9, 14, 5, 21, 14, 8, 14, 30]
    ids = ["a", "b", "c", "d", "b", "e", "b", "f"]
    with PartWriter(tmp_path, "train", np.dtype("<u2"), 60) as writer:
        for name, length in zip(ids, lengths, strict=True):
            writer.add(Row(name, "web", "", length), np.array([*range(1, length), 0]))
    outputs = {file.name: sha256_of(file) for file in tmp_path.iterdir()}
    counts = {"token_type": "<u2", "shards": writer.shards}
    manifest.write(tmp_path, manifest.Manifest("tokens", {}, outputs=outputs, counts=counts))
    loader = Loader(
        open_part(tmp_path, "train"), TrainSettings(steps=40, batch_sequences=2, micro_sequences=2, sequence_tokens=8)
    )
    for name in dict.fromkeys(ids):
        rows = {step: loader.documents_of(step) for step in range(40)}
        expected = [step for step, found in rows.items() if any(name in row for row in found)]
        assert loader.steps_with(name, 40) == expected
    assert len(loader.steps_with("b", 8)) > len(loader.steps_with("c", 8))
