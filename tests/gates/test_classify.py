"""Floors of the shipped models on what they have not learned from: raise them when they get better, never lower them.

AUROC on the part that learning/datasets.py keeps aside, where the data is beside the repository; and on texts written
for this project, which no model has seen. The floors are what is reached; kocohub wants 0.85
(docs/concepts/learned_scores.md).
"""

import json
import random
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from malmoi.corpus.classify.linear_model import WEIGHTS, load_model
from malmoi.corpus.learning.calibration import expected_calibration_error
from malmoi.corpus.learning.classifiers import auroc_of, dataset_named
from malmoi.corpus.learning.comment_datasets import harm_comments, profanity_comments
from malmoi.corpus.learning.datasets import kept_aside
from malmoi.corpus.learning.spam_dataset import OFFERS_ASIDE
from malmoi.corpus.sources.streams import open_stream
from malmoi.sample import plant
from malmoi.sample.plant import advertisements
from malmoi.sample.written import read_written

FLOORS = json.loads(Path(__file__).with_name("classify.json").read_text(encoding="utf-8"))
ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
EDITED, REMARKS = ("wiki", "news", "law", "expert", "notice"), ("comment",)


@pytest.fixture(scope="module")
def written() -> dict[str, list[str]]:
    """The written texts by the file that they stand in."""
    texts: dict[str, list[str]] = {}
    for text in read_written(ROOT / "samples" / "written"):
        texts.setdefault(text.group, []).append(text.body)
    return texts


@pytest.mark.parametrize(
    ("name", "of"), [("harm", "kmhas"), ("harm", "kocohub"), ("harm", "apeach"), ("profanity", "curse")]
)
def test_labelled_comments_kept_aside_stay_above_the_floor_of_their_set(name: str, of: str, labelled: Path):
    comments = (harm_comments if name == "harm" else profanity_comments)(labelled)
    aside = [comment for comment in comments if comment.of == of and kept_aside(comment.text)]
    scores = load_model(WEIGHTS / f"{name}.npz").score(pa.array([comment.text for comment in aside], pa.large_string()))
    assert auroc_of(np.array([comment.label for comment in aside]), scores) >= FLOORS[f"{name}_{of}_auroc"]


def test_the_probability_of_harm_is_right_on_the_average_of_what_is_kept_aside(labelled: Path):
    comments = [comment for comment in harm_comments(labelled) if kept_aside(comment.text) and comment.of != "curse"]
    comments = [comment for comment in comments if comment.label in (0.0, 1.0)]
    scores = load_model(WEIGHTS / "harm.npz").score(pa.array([comment.text for comment in comments], pa.large_string()))
    error = expected_calibration_error(np.array([comment.label for comment in comments]), scores)
    assert error <= FLOORS["most_harm_calibration_error"]


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The five sets of labelled comments, unpacked."""
    folder = tmp_path_factory.mktemp("labelled")
    _unpack(DATA / "labelled.tar.zst", folder, ("kocohub_hate/labeled/", "curse_detection/"))
    _unpack(DATA / "labelled_harm.tar.zst", folder, ("kmhas/", "apeach/"))
    _unpack(DATA / "evaluation_sets.tar.zst", folder, ("kodoli/",))
    return folder


@pytest.mark.slow
def test_translations_of_folders_kept_aside_stay_above_their_floor(tmp_path: Path):
    _unpack(DATA / "text" / "ms_dotnet_docs_ko.tar.zst", tmp_path / "ms_dotnet_docs_ko", (".md",))
    assert _auroc("human_translation", tmp_path) >= FLOORS["human_translation_auroc"]


def test_planted_advertisement_of_unseen_offers_scores_over_every_kind_of_written_text(written: dict[str, list[str]]):
    chance = random.Random(7)
    planted = [plant.promotion(chance) for _ in range(400)]
    unseen = [text for text in planted if any(offer in text for offer in OFFERS_ASIDE)]
    assert len(unseen) > 80
    plain = [text for group in written.values() for text in group]
    scores = load_model(WEIGHTS / "spam.npz").score(pa.array([*unseen, *plain]))
    labels = np.repeat([1, 0], [len(unseen), len(plain)])
    assert auroc_of(labels, scores) >= FLOORS["planted_advertisement_auroc"]


def test_written_prose_is_worth_more_than_written_comments(written: dict[str, list[str]]):
    prose = [text for group in EDITED for text in written[group]]
    remarks = [text for group in REMARKS for text in written[group]]
    scores = load_model(WEIGHTS / "value.npz").score(pa.array([*prose, *remarks]))
    labels = np.repeat([1, 0], [len(prose), len(remarks)])
    assert auroc_of(labels, scores) >= FLOORS["written_value_auroc"]


def _auroc(name: str, folder: Path) -> float:
    dataset = dataset_named(name, folder, advertisements())
    return auroc_of(dataset.aside_labels, load_model(WEIGHTS / f"{name}.npz").score(dataset.aside_texts))


def _unpack(archive: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    """The members of an archive whose path holds one of the `wanted`."""
    if not archive.is_file():
        pytest.skip(f"{archive.name} is not beside the repository")
    with archive.open("rb") as file:
        stream = open_stream(file, archive.stat().st_size)
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.isfile() and any(part in member.name for part in wanted):
                    tar.extract(member, folder, filter="data")
