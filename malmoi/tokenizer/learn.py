"""Learns a byte-level BPE whose merges stay inside the morphemes of a sample, and writes one standard tokenizer.json.

Recipe and figures: references/training.md section 5. The sample's morphemes are parted by U+001F, merges are learnt
with a pre-tokenizer that removes that mark, and the mark is then forgotten: at inference no analyser is needed.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from malmoi.kit import config, manifest
from malmoi.kit.errors import UserError
from malmoi.kit.files import write_text, writing
from malmoi.kit.pool import map_in_order, num_processes
from malmoi.kit.stage import Made, Stage, stage
from malmoi.tokenizer.corpus_text import content_sha256
from malmoi.tokenizer.morphemes import CUT, lines_of, mark_morphemes
from malmoi.tokenizer.sample import Excerpt, Weights, draw, weigh
from malmoi.tokenizer.settings import SPECIAL_TOKENS, LearnSettings

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Where words part: Llama 3's pattern to the letter, so that llama.cpp and others that know it by name ("llama-bpe")
split our GGUF export as we do."""

OUTPUT_VERSION = 1
"""Raised with every change of what is learnt from the same corpus and settings."""

MAX_TOKEN_BYTES = 48
"""Sixteen syllables: rulers made of one sign repeated must not take places in the vocabulary."""

MIN_PAIR_COUNT = 2
TASK_CHARACTERS = 40_000
"""Text for one call of the analyser: a second's work."""


def learn(settings: LearnSettings, corpus: Path, out: Path, progress: Callable[[int, int], None]) -> dict[str, Any]:
    """Learns from the corpus stage's folder `corpus` into `out`; returns the manifest's counts.

    `progress` is called with bytes of text analysed and expected. The same seed gives the same tokenizer.json for
    any number of processes. A folder finished with these settings and this corpus is left as it is, if its files are
    whole. Raises UserError where the corpus is unfinished or damaged, or `out` cannot be written.
    """
    with writing(out), stage(out, made(settings, corpus)) as work:
        if work is not None:
            _learn(settings, corpus, work, progress)
    return manifest.read(out)["counts"]


def made(settings: LearnSettings, corpus: Path) -> Made:
    """What identifies the tokenizer of these settings and this finished corpus, for `stage.state`."""
    table = config.identity(settings)
    return Made("tokenizer", OUTPUT_VERSION, table, {"corpus": content_sha256(corpus)}, ("corpus",))


def _learn(settings: LearnSettings, corpus: Path, work: Stage, progress: Callable[[int, int], None]) -> None:
    """Learns while the sample streams by: it is never whole in memory as text, only as counts of words."""
    sample = Sample(settings, corpus, progress)
    tokenizer = train(sample.lines(), settings.vocabulary_tokens)
    if not sample.bytes_by_kind:
        wrong = f"no document of {corpus} can be sampled"
        raise UserError(wrong, "two kept documents or more, of which one is kept aside as held-out text")
    write_text(work.folder / "tokenizer.json", tokenizer.to_str(pretty=True) + "\n")
    special = {token: token_id for token_id, token in enumerate(SPECIAL_TOKENS)}
    write_text(work.folder / "special_tokens.json", json.dumps(special, indent=1) + "\n")
    work.counts = sample.counts() | {
        "vocabulary_tokens": tokenizer.get_vocab_size(with_added_tokens=True),
        "special_tokens": len(SPECIAL_TOKENS),
    }
    work.add(("tokenizer.json", "special_tokens.json"))


class Sample:
    """The text to learn from as it streams by, and what was seen of it: state outlives the generator."""

    def __init__(self, settings: LearnSettings, corpus: Path, progress: Callable[[int, int], None]) -> None:
        self._settings, self._corpus, self._progress = settings, corpus, progress
        self.bytes_by_kind: Counter[str] = Counter()
        self.documents = 0

    def lines(self) -> Iterator[list[str]]:
        """Lists of lines, with CUT between morphemes where the settings ask for it."""
        weights = weigh(self._corpus, self._settings.sample_bytes)
        tasks = tasks_of(self._seen(draw(self._corpus, weights, self._settings.seed)))
        if self._settings.guide == "morphemes":
            tasks = map_in_order(mark_morphemes, tasks, num_processes(self._settings.processes))
        yield from self._watched(tasks, weights)

    def counts(self) -> dict[str, Any]:
        """What the sample held."""
        by_kind = dict(sorted(self.bytes_by_kind.items()))
        return {
            "sample_bytes": sum(by_kind.values()),
            "sample_documents": self.documents,
            "sample_bytes_by_kind": by_kind,
        }

    def _seen(self, excerpts: Iterator[Excerpt]) -> Iterator[str]:
        for excerpt in excerpts:
            self.bytes_by_kind[excerpt.kind] += len(excerpt.text.encode())
            self.documents += 1
            yield excerpt.text

    def _watched(self, batches: Iterator[list[str]], weights: Weights) -> Iterator[list[str]]:
        """The batches as they are, counted for `progress` in UTF-8 bytes without the marks."""
        done = 0
        for lines in batches:
            done += sum(len(line.replace(CUT, "").encode()) for line in lines)
            self._progress(done, max(done, weights.expected_bytes))
            yield lines


def tasks_of(texts: Iterator[str]) -> Iterator[list[str]]:
    """The lines of the texts in lists of about TASK_CHARACTERS characters."""
    task: list[str] = []
    size = 0
    for text in texts:
        for line in lines_of(text):
            task.append(line)
            size += len(line)
            if size >= TASK_CHARACTERS:
                yield task
                task, size = [], 0
    if task:
        yield task


def train(batches: Iterator[list[str]], vocabulary_tokens: int) -> Tokenizer:
    """A BPE tokenizer of at most `vocabulary_tokens` ids from lists of lines; no merge crosses a CUT in them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    words = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    to_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(CUT, "removed"), words, to_bytes])
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_tokens,
        min_frequency=MIN_PAIR_COUNT,
        max_token_length=MAX_TOKEN_BYTES,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS],
        show_progress=False,
    )
    tokenizer.train_from_iterator(batches, trainer)
    # A mark inside real text is a byte like any other from here on, and a word of the vocabulary is one token even
    # where its merges would not meet, as llama.cpp does for this pattern.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, to_bytes])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.model.ignore_merges = True
    return tokenizer
