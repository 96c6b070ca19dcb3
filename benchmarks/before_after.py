"""Two runs of the same raw text by two corpora: bits per byte on held-out text, at equal training compute.

Both models are measured on the held-out documents of each run: which documents are held out is decided by their id, so
that neither model was trained on any of them, whatever its corpus kept. The texts are those of the run whose documents
they are, cut at the same bytes for both models; each model reads them with its own tokenizer.

    python benchmarks/before_after.py RUN_BEFORE RUN_AFTER [--bytes-per-kind 150000]

Prints the training compute of both, then for each set of documents a row a kind, the mean over kinds weighed by bytes,
and the mean over kinds alike.
"""

import argparse
import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from malmoi.evaluate.bits_per_byte import score
from malmoi.evaluate.heldout import Excerpt
from malmoi.kit import manifest
from malmoi.serve.settings import ServeSettings
from malmoi.serve.torch_engine import TorchEngine
from malmoi.tokenizer.codec import Codec
from malmoi.tokenizer.settings import id_share
from malmoi.tokenizer.shards import SEPARATOR

MOST_BYTES = 32_768
CONTEXT_SHARE = 0.5


@dataclass(frozen=True)
class Text:
    """A held-out document, cut; `is_whole` where it was not."""

    id: str
    kind: str
    text: str
    is_whole: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--bytes-per-kind", type=int, default=150_000)
    given = parser.parse_args()
    runs = {"before": given.before, "after": given.after}
    for name, run in runs.items():
        counts = manifest.read(run / "train")["counts"]
        print(f"{name}: trained on {counts.get('tokens', 0):,} tokens, loss {counts.get('loss')}")
    for owner, run in runs.items():
        texts, weights = heldout(run, given.bytes_per_kind)
        rates = {name: measure(path, texts) for name, path in runs.items()}
        print(f"\nheld-out documents of '{owner}' ({len(texts)}), bits per byte")
        print(f"{'kind':<12} {'held-out bytes':>15} {'before':>8} {'after':>8}")
        for kind in sorted(weights):
            print(f"{kind:<12} {weights[kind]:>15,} {rates['before'][kind]:>8.4f} {rates['after'][kind]:>8.4f}")
        for label, weigh in (("by bytes", weights), ("kinds alike", dict.fromkeys(weights, 1))):
            means = [sum(rates[name][kind] * weigh[kind] for kind in weigh) / sum(weigh.values()) for name in runs]
            print(f"{label:<12} {'':>15} {means[0]:>8.4f} {means[1]:>8.4f}")


def heldout(run: Path, most_bytes: int) -> tuple[list[Text], dict[str, int]]:
    """Held-out documents of a run, in the order of digits of their id that did not decide it; bytes of each kind."""
    share = json.loads((run / "tokens" / manifest.NAME).read_text())["config"]["heldout_share"]
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for path in sorted((run / "corpus" / "shards").glob("*.parquet")):
        with pq.ParquetFile(path) as shard:
            for batch in shard.iter_batches(512, columns=["id", "text", "source.kind"]):
                kinds = batch.column("source").field("kind").to_pylist()
                for name, text, kind in zip(batch.column("id").to_pylist(), batch.column("text"), kinds, strict=True):
                    if id_share(name) < share:
                        found[kind].append((name, text.as_py()))
    texts: list[Text] = []
    for kind, documents in found.items():
        left = most_bytes
        for name, text in sorted(documents, key=lambda one: one[0][8:]):
            if left <= 0:
                break
            cut = text.encode()[: min(left, MOST_BYTES)].decode(errors="ignore")
            texts.append(Text(name, kind, cut, cut == text))
            left -= len(cut.encode())
    return texts, {kind: sum(len(text.encode()) for _, text in documents) for kind, documents in found.items()}


def measure(run: Path, texts: list[Text]) -> dict[str, float]:
    """Bits per byte by kind of a run's model."""
    codec = Codec(run / "tokenizer")
    encoded = codec.encode_many([one.text for one in texts])
    excerpts = [
        Excerpt(one.id, one.kind, (*ids, SEPARATOR) if one.is_whole else tuple(ids), len(one.text.encode()))
        for one, ids in zip(texts, encoded, strict=True)
    ]
    with TorchEngine(run / "model", ServeSettings()) as engine:
        measured = asyncio.run(score(engine, excerpts, CONTEXT_SHARE, lambda *_: None))
    return {kind: one.bits_per_byte for kind, one in measured.items()}


if __name__ == "__main__":
    main()
