"""A linear classifier in one byte a weight: score texts with it, write it, read it. Weights that ship lie in weights/.

p(text) = 1 / (1 + exp(-(bias + scale / sqrt(n) x sum of the weights of its n distinct n-grams))). A short text has few
n-grams and a long one many; the root is the length of the binary feature vector, as in cosine similarity.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa

from malmoi.corpus.classify.ngram_features import Features
from malmoi.corpus.classify.scoring import LinearParameters, score
from malmoi.corpus.kernels.buffers import string_buffers
from malmoi.kit.errors import UserError
from malmoi.kit.files import atomic_file

WEIGHTS = Path(__file__).with_name("weights")
"""The models of the package: NAME.npz."""
LARGEST_WEIGHT = 127
"""Of int8, the same on both sides of 0."""


@dataclass(frozen=True)
class LinearModel:
    """A linear classifier of two classes.

    weights: int8 (slots of `features`,). scale: the worth of a weight of 1. note: what it was learned from.
    """

    weights: np.ndarray
    scale: float
    bias: float
    features: Features
    note: str = ""

    def __post_init__(self) -> None:
        assert self.weights.shape == (self.features.slots,) and self.weights.dtype == np.int8, self.weights.shape

    @property
    def parameters(self) -> LinearParameters:
        """What scoring.py needs of it."""
        return LinearParameters(self.weights, self.scale, self.bias)

    def margins(self, data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Log odds (float64) of texts data[offsets[d]:offsets[d + 1]] of valid UTF-8. An empty text has the bias."""
        return score(data, offsets, self.features, [self.parameters], []).documents[:, 0]

    def score(self, texts: pa.Array | pa.ChunkedArray) -> np.ndarray:
        """Probability (float32) of each text as a whole; a null counts as an empty text."""
        return probability(self.margins(*string_buffers(texts)))

    def save(self, path: Path) -> None:
        """Writes an .npz of plain arrays: no pickle, the same bytes for the same model."""
        settings = json.dumps(
            {"features": asdict(self.features), "note": self.note}, ensure_ascii=False, sort_keys=True
        )
        numbers = np.array([self.scale, self.bias])
        with atomic_file(path) as aside, aside.open("wb") as stream:
            np.savez_compressed(stream, weights=self.weights, numbers=numbers, settings=np.array(settings))


def load_model(path: Path) -> LinearModel:
    """A model that `Model.save` wrote. UserError where the file is none."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            settings = json.loads(str(stored["settings"]))
            scale, bias = (float(number) for number in stored["numbers"])
            grams = Features(**settings["features"])
            return LinearModel(stored["weights"], scale, bias, grams, settings["note"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise UserError(f"{path} is no model of n-gram weights: {error}", "an .npz that `Model.save` wrote") from error


def probability(margins: np.ndarray) -> np.ndarray:
    """Log odds (texts,) as probability, float32 (texts,). Beyond 50 nothing changes in float32."""
    return (1 / (1 + np.exp(-np.clip(margins, -50, 50)))).astype(np.float32)
