"""What a recipe asked for and its text could not give: one line on stderr for each."""

import sys
from collections.abc import Iterator
from typing import Any

from malmoi.cli.recipe import Run
from malmoi.kit.run import TOKENIZER, TOKENS

FEW, MANY = 0.5, 2.0
"""A share held out that is off by more than such a factor is told; so is a vocabulary of less than nine tenths."""
MANY_EPOCHS = 4
"""Up to four readings of a text are worth almost as much as new text (Muennighoff et al. 2023, arXiv 2305.16264)."""


def say(run: Run, stage: str, counts: dict[str, Any]) -> None:
    """Prints where the tokenizer's or tokens' counts differ much from the recipe, before the training begins."""
    lines = {TOKENIZER: _of_tokenizer, TOKENS: _of_tokens}.get(stage)
    for line in lines(run, counts) if lines else ():
        print(f"note: {line}", file=sys.stderr)


def _of_tokenizer(run: Run, counts: dict[str, Any]) -> Iterator[str]:
    asked, got = run.tokenizer.vocabulary_tokens, counts["vocabulary_tokens"]
    if got < 0.9 * asked:
        yield f"tokenizer.vocabulary_tokens is {asked:,}, and this text gives {got:,}: the model gets smaller"


def _of_tokens(run: Run, counts: dict[str, Any]) -> Iterator[str]:
    held, trained = counts["heldout_documents"], counts["train_tokens"]
    asked, got = run.tokens.heldout_share, held / max(held + counts["train_documents"], 1)
    if asked and not FEW <= got / asked <= MANY:
        yield f"tokens.heldout_share is {asked:.2%}, and {held} documents, {got:.2%}, are held out"
    settings = run.train
    epochs = settings.steps * settings.batch_sequences * settings.sequence_tokens / max(trained, 1)
    if epochs > MANY_EPOCHS or epochs < 1:
        read = f"are read {epochs:,.1f} times" if epochs >= 1 else f"are read to {epochs:.0%}"
        yield f"train.steps is {settings.steps:,}: the {trained:,} tokens {read}"
