"""Runs a card on any Engine: the prompt that fits, the guide its answer needs, and the answer with its probability.

What happens is told as events (plain tables, one `type` each), because a person watches: start, progress or delta,
result. The card's rules decide what is right; the model only chooses among it.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from malmoi.cards import render, word_chain
from malmoi.cards.card import LIBRARY, Card, Decoding
from malmoi.kit.errors import UserError
from malmoi.serve.engine import Engine, Guide, Request
from malmoi.serve.safety.check import judge
from malmoi.serve.safety.policy import Rules, SafetySettings
from malmoi.serve.safety.stream import StreamFilter, covered
from malmoi.serve.text import TextStream, answer
from malmoi.tokenizer.codec import Codec

_SHOWN_HISTORY = 8
"""The model sees the last words of a game; the rules see them all."""

_NO_POLICY = SafetySettings()
_LABELS_AT_ONCE = 16

Event = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One run: the card, its cleaned inputs, what runs it, and how. The same seed gives the same answer."""

    card: Card
    values: dict[str, Any]
    engine: Engine
    codec: Codec
    decoding: Decoding
    safety: SafetySettings = _NO_POLICY
    seed: int = field(default_factory=lambda: secrets.randbelow(2**31))
    cache_salt: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True)
class _Prompt:
    """A rendered prompt, its ids, and how many of the card's examples are in it."""

    text: str
    ids: tuple[int, ...]
    shots: int


def prepare(
    card: Card, values: Mapping[str, Any], engine: Engine, codec: Codec, safety: SafetySettings = _NO_POLICY
) -> Task:
    """A task with the card's own decoding. safety: what is masked in its inputs and in what the model says.

    Raises InputError for an input that the card or the policy refuses, before it runs.
    """
    checked = render.check_inputs(card, values)
    if safety.input.wanted():
        checked = {name: _let_in(name, value, safety.input) for name, value in checked.items()}
    task = Task(card, checked, engine, codec, card.decoding, safety)
    if card.output.type == "word_chain":
        _check_game(card, task.values["history"])
    else:
        _fit(task, task.values, _reserved(task))
    return task


def _let_in(name: str, value: Any, rules: Rules) -> Any:
    """An input with what is to be masked covered. Raises InputError for what is blocked; it names the kind alone."""
    if isinstance(value, dict):
        return {key: _let_in(name, item, rules) for key, item in value.items()}
    if isinstance(value, list):
        return [_let_in(name, item, rules) for item in value]
    if not isinstance(value, str):
        return value
    judged = judge(value, rules)
    if judged.blocked:
        wrong = f"{name} holds {judged.blocked.kind}, which the safety policy does not let in"
        raise render.InputError(name, "input_blocked", wrong)
    return judged.text


async def run(task: Task) -> AsyncGenerator[Event, None]:
    """The events of one run; the last is the result. Closing it early frees the engine's slot."""
    runs = {"label": _label, "word_chain": _word_chain}
    started = time.monotonic()
    async with aclosing(runs.get(task.card.output.type, _text)(task)) as events:
        async for event in events:
            if event["type"] == "result":
                event["seconds"] = round(time.monotonic() - started, 3)
            yield event


async def _text(task: Task) -> AsyncGenerator[Event, None]:
    """Text, JSON and choices: one answer, under the guide that its contract needs."""
    prompt = await asyncio.to_thread(_fit, task, task.values, _reserved(task))
    async with aclosing(_say(task, prompt, _guide(task.card), lambda said: _output(task.card, said))) as events:
        async for event in events:
            yield event


async def _label(task: Task) -> AsyncGenerator[Event, None]:
    """The probability of each choice after the prompt, less what the model gives it after an empty text."""
    labels = _labels(task.card)
    prompt = await asyncio.to_thread(_fit, task, task.values, _reserved(task))
    yield _start(task, prompt)
    prompts = [prompt.text]
    if task.card.output.calibrate:
        prompts.append(render.prompt(task.card, render.empty_inputs(task.card), prompt.shots))
    sums = np.zeros((len(prompts), len(labels)))
    for row, text in enumerate(prompts):
        # In parts, so that answers of others go on between them and a person sees it move.
        for first in range(0, len(labels), _LABELS_AT_ONCE):
            ids = task.codec.encode_many(labels[first : first + _LABELS_AT_ONCE])
            scored = await task.engine.score_many(task.codec.text_ids(text), ids, cache_salt=task.cache_salt)
            sums[row, first : first + len(ids)] = [sum(each.logprob or 0.0 for each in scores) for scores in scored]
            yield {"type": "progress", "done": row * len(labels) + first + len(ids), "total": sums.size}
    yield {"type": "result", "output": label_output(task.card, sums), "finish": None, "tokens": 0}


def label_output(card: Card, sums: np.ndarray) -> dict[str, Any]:
    """The answer of a label card from the log-probabilities of its choices: (1 or 2 prompts, choices).

    A second row is the empty text's; subtracting it is contextual calibration (Zhao et al. 2021, section 5) with W the
    inverse of the content-free probabilities.
    """
    scores = sums[0] - sums[1] if len(sums) > 1 else sums[0]
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    choices = card.output.choices
    ranked = [
        {"label": choices[index], "probability": float(shares[index]), "logprob": float(sums[0, index])}
        for index in np.argsort(-shares, kind="stable")
    ]
    best = ranked[0]["probability"]
    abstained = card.output.abstain_below is not None and best < card.output.abstain_below
    label = None if abstained else ranked[0]["label"]
    return {"label": label, "confidence": best, "abstained": abstained, "scores": ranked}


async def _word_chain(task: Task) -> AsyncGenerator[Event, None]:
    """Judges the person's word, then lets the model choose among the words that the rules allow."""
    game = word_chain.Game(_dictionary(task.card), tuple(task.values["history"]))
    word = task.values["word"]
    if word:
        wrong = game.fault(word)
        if wrong:
            yield _told(game.refuse(wrong))
            return
        game = game.after(word)
    legal = game.legal_words()
    if not legal:
        yield _told(game.lose())
        return
    shown = {"history": list(game.history[-_SHOWN_HISTORY:])}
    prompt = await asyncio.to_thread(_fit, task, shown, _reserved(task))
    guide = Guide("choice", [f" {each}" for each in legal])
    async with aclosing(_say(task, prompt, guide, lambda said: game.move(said.strip()))) as events:
        async for event in events:
            yield event


async def _say(
    task: Task, prompt: _Prompt, guide: Guide | None, output: Callable[[str], Event]
) -> AsyncGenerator[Event, None]:
    """The start, the model's words as deltas, then the result: `output` of all that was said."""
    yield _start(task, prompt)
    request = Request(
        prompt_ids=prompt.ids,
        max_tokens=min(task.decoding.max_tokens, task.engine.describe().context_tokens - len(prompt.ids)),
        temperature=task.decoding.temperature,
        top_p=task.decoding.top_p,
        top_k=task.decoding.top_k,
        repetition_penalty=task.decoding.repetition_penalty,
        seed=task.seed,
        guide=guide,
    )
    stream, said = TextStream(task.codec, task.decoding.stop, blocked=task.card.guards.blocked_words), ""
    pieces = answer(task.engine, request, stream)
    if task.safety.output.wanted():
        pieces = covered(pieces, StreamFilter(task.safety.output, guide=guide))
    async with aclosing(pieces):
        async for piece in pieces:
            if piece.text:
                said += piece.text
                yield {"type": "delta", "text": piece.text}
            if piece.finish:
                yield {"type": "result", "finish": piece.finish, "tokens": piece.num_tokens, "output": output(said)}


def _start(task: Task, prompt: _Prompt) -> Event:
    about = {"card": task.card.id, "version": task.card.version, "seed": task.seed}
    return {"type": "start", **about, "prompt": prompt.text, "prompt_tokens": len(prompt.ids), "shots": prompt.shots}


def _told(outcome: Event) -> Event:
    """A result that needed no model."""
    return {"type": "result", "output": outcome, "finish": None, "tokens": 0}


def _output(card: Card, said: str) -> dict[str, Any]:
    """The model's words as the card's answer. An answer that broke its contract is shown, and marked as incomplete."""
    if card.output.type == "json":
        fields, complete = render.read_json(card, said)
        return {"fields": fields, "complete": complete, "text": said}
    return {"choice" if card.output.type == "choice" else "text": said.strip()}


def _guide(card: Card) -> Guide | None:
    """The constraint that makes even a model that knows nothing keep the card's contract."""
    if card.output.type == "json":
        return Guide("json", render.json_schema(card))
    return Guide("choice", list(card.output.choices)) if card.output.type == "choice" else None


def _fit(task: Task, values: Mapping[str, Any], reserved_tokens: int) -> _Prompt:
    """The prompt with as many examples as leave `reserved_tokens` for the answer. Raises InputError where none does."""
    room = task.engine.describe().context_tokens - reserved_tokens
    for shots in range(len(task.card.examples), -1, -1):
        text = render.prompt(task.card, values, shots)
        ids = task.codec.text_ids(text)
        if len(ids) <= room:
            return _Prompt(text, tuple(ids), shots)
    longest = max(values, key=lambda name: len(str(values[name])))
    wrong, expected = f"{longest} is too long for this model", f"a prompt of at most {room} tokens"
    raise render.InputError(longest, "input_too_long", wrong, expected, most=room)


def _reserved(task: Task) -> int:
    """Tokens kept for the answer: what the card asks for, but never more than half of what the model can hold."""
    if task.card.output.type == "label":
        return max(len(task.codec.encode(label)) for label in _labels(task.card))
    return min(task.decoding.max_tokens, task.engine.describe().context_tokens // 2)


def _labels(card: Card) -> list[str]:
    """The choices as they follow the prompt. The line break counts: without it, a label that begins another wins."""
    return [f" {choice}\n" for choice in card.output.choices]


def _check_game(card: Card, history: Sequence[str]) -> None:
    """Raises InputError where the words that came back from the page are no game by the rules."""
    try:
        word_chain.Game(_dictionary(card)).replay(history)
    except UserError as error:
        raise render.InputError("history", "not_a_game", error.wrong) from None


def _dictionary(card: Card) -> word_chain.Dictionary:
    assert card.output.dictionary is not None, card.id
    return word_chain.read_dictionary(LIBRARY / card.output.dictionary)
