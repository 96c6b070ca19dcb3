"""A card: one prompt task as one YAML file. What it asks for, examples, what the answer must be, how it is checked.

The same file is the form in the studio, the prompt, the constraint on the answer and the little test set. Everything is
checked when a card is read, so that a mistake is one line with the path of the key and never a strange answer.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from malmoi.kit import config
from malmoi.kit.errors import UserError, did_you_mean
from malmoi.kit.ranges import at_least, require

LIBRARY = Path(__file__).parent / "library"

MAX_CARD_BYTES = 256_000

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SIGNS_NOT_IN_LETTERS = frozenset('[]\\"^')


@dataclass(frozen=True)
class Both:
    """A text for people, in Korean and in English."""

    ko: str
    en: str


@dataclass(frozen=True)
class Input:
    """One field of the form. "text" is one line, "long_text" several, "words" a list of words that the card keeps."""

    name: str
    title: Both
    type: Literal["text", "long_text", "choice", "number", "words"] = "text"
    required: bool = True
    max_chars: int = 500
    choices: tuple[str, ...] = ()
    example: Any = None

    def __post_init__(self) -> None:
        require(self, "letters, digits and _", str.isidentifier, "name")
        if (self.type == "choice") != bool(self.choices):
            raise UserError(f"choices of an input of type {self.type!r}", "choices for type choice and for no other")
        at_least(self, 1, "max_chars")


@dataclass(frozen=True)
class OutputField:
    """One text of a JSON answer. letters: what it may be written with, as the inside of a regular expression's [ ]."""

    name: str
    title: Both
    max_chars: int
    min_chars: int = 1
    letters: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.min_chars <= self.max_chars:
            raise UserError(f"min_chars {self.min_chars} and max_chars {self.max_chars}", "0 <= min_chars <= max_chars")
        if self.letters is not None and (not self.letters or _SIGNS_NOT_IN_LETTERS & set(self.letters)):
            raise UserError(f"letters is {self.letters!r}", 'letters and ranges, without [ ] \\ " ^')


OutputType = Literal["label", "text", "json", "choice", "word_chain"]

_NEEDS = {"label": "choices", "choice": "choices", "json": "fields", "word_chain": "dictionary"}


@dataclass(frozen=True)
class Output:
    """What the answer looks like.

    label: the model's probability of each of `choices`, less what it gives them for an empty text if `calibrate` (Zhao
    et al. 2021); below `abstain_below` no label is named. choice: one of `choices`, generated. json: `fields`. text:
    anything. word_chain: a move of the game, with the words in the file `dictionary` beside the card.
    """

    type: OutputType
    choices: tuple[str, ...] = ()
    fields: tuple[OutputField, ...] = ()
    dictionary: str | None = None
    calibrate: bool = False
    abstain_below: float | None = None

    def __post_init__(self) -> None:
        for key in ("choices", "fields", "dictionary"):
            if bool(getattr(self, key)) != (_NEEDS.get(self.type) == key):
                wanted = "to be given" if _NEEDS.get(self.type) == key else "not to be given"
                raise UserError(f"{key} with type {self.type!r}", f"it {wanted}")
        if len(set(self.choices)) < len(self.choices):
            raise UserError("choices has the same text twice", "each once")
        require(self, "0 to 1", lambda share: 0 <= share <= 1, "abstain_below")
        if self.dictionary is not None and Path(self.dictionary).name != self.dictionary:
            raise UserError(f"dictionary is {self.dictionary!r}", "the name of a file beside the card")


@dataclass(frozen=True)
class Example:
    """Inputs and the right answer: a text, or a table of texts for a JSON answer."""

    inputs: dict[str, Any]
    output: Any


@dataclass(frozen=True)
class Decoding:
    """How the answer is chosen; the studio's sliders begin here."""

    temperature: float = 0.8
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    max_tokens: int = 128
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(self, "0 to 2", lambda number: 0 <= number <= 2, "temperature")
        require(self, "above 0, to 1", lambda share: 0 < share <= 1, "top_p")
        require(self, "above 0, to 10", lambda number: 0 < number <= 10, "repetition_penalty")
        at_least(self, 1, "top_k", "max_tokens")


@dataclass(frozen=True)
class Guards:
    """notice: shown beside the answer. blocked_words: refused in inputs; an answer ends before one of them."""

    notice: Both | None = None
    blocked_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """A small set of cases. accuracy: the label is right. valid: the answer keeps the card's contract."""

    metric: Literal["accuracy", "valid"] | None = None
    cases: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Card:
    """One prompt task. `template` is the prompt, `shot` one worked example in it; both take {{name}} placeholders."""

    id: str
    version: int
    title: Both
    description: Both
    kind: Literal["classify", "generate", "game"]
    instruction: str
    inputs: tuple[Input, ...]
    template: str
    output: Output
    shot: str = ""
    examples: tuple[Example, ...] = ()
    decoding: Decoding = field(default_factory=Decoding)
    guards: Guards = field(default_factory=Guards)
    evaluation: Evaluation = field(default_factory=Evaluation)

    def __post_init__(self) -> None:
        require(self, "small letters, digits and _, at most 64", lambda name: _ID.fullmatch(name) is not None, "id")
        at_least(self, 1, "version")
        names = [each.name for each in self.inputs]
        if len(set(names)) < len(names):
            raise UserError("inputs has the same name twice", "each once")
        _check_placeholders("template", self.template, [*names, "instruction", "examples"])
        _check_placeholders("shot", self.shot, [*names, "output"])
        for key, examples in (("examples", self.examples), ("evaluation.cases", self.evaluation.cases)):
            for index, example in enumerate(examples):
                self._check_example(example, f"{key}[{index}]")
        if self.output.type == "word_chain" and set(names) != {"word", "history"}:
            raise UserError(f"inputs {', '.join(names)} with output.type 'word_chain'", "inputs word and history")
        if bool(self.examples) != bool(self.shot):
            raise UserError("examples without shot, or shot without examples", "both or neither")

    def _check_example(self, example: Example, where: str) -> None:
        """Raises UserError where an example has an input that the card lacks, or an answer that breaks its contract."""
        names = [each.name for each in self.inputs]
        for name in example.inputs:
            if name not in names:
                raise UserError(f"{where}.inputs has {name!r}", hint=did_you_mean(name, names))
        problem = self.output_problem(example.output)
        if problem:
            raise UserError(f"{where}.output: {problem}")

    def output_problem(self, output: Any) -> str | None:
        """What is wrong with an answer, None where it keeps the contract."""
        kind = self.output.type
        if kind in ("label", "choice") and output not in self.output.choices:
            return f"{output!r} is none of {', '.join(self.output.choices)}"
        if kind == "json":
            return _fields_problem(self.output.fields, output)
        return None if isinstance(output, str) else f"{output!r} is no text"


def read_card(path: Path) -> Card:
    """The card in a YAML file. Raises UserError with the file and the path of the key that is wrong."""
    try:
        if path.stat().st_size > MAX_CARD_BYTES:
            raise UserError(f"{path} is larger than {MAX_CARD_BYTES} bytes", "one card")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no card at {path}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    try:
        return config.parse(Card, content, "")
    except UserError as error:
        raise error.within(path.name) from None


def read_library(folder: Path = LIBRARY) -> dict[str, Card]:
    """All cards of a folder by id, in the order of their files."""
    cards: dict[str, Card] = {}
    for path in sorted(folder.glob("*.yaml")):
        card = read_card(path)
        if card.id != path.stem:
            raise UserError(f"{path.name}: id is {card.id!r}", f"the name of the file, {path.stem!r}")
        if card.output.dictionary and not (folder / card.output.dictionary).is_file():
            raise UserError(f"{path.name}: output.dictionary {card.output.dictionary!r} is not beside the card")
        cards[card.id] = card
    return cards


def _check_placeholders(key: str, text: str, known: list[str]) -> None:
    for name in PLACEHOLDER.findall(text):
        if name not in known:
            raise UserError(f"{key} has {{{{{name}}}}}", hint=did_you_mean(name, known))


def _fields_problem(fields: tuple[OutputField, ...], output: Any) -> str | None:
    """What is wrong with a JSON answer; lengths are in characters (code points), as a JSON schema counts them."""
    if not isinstance(output, dict) or set(output) != {each.name for each in fields}:
        return f"the fields are not {', '.join(each.name for each in fields)}"
    for each in fields:
        text = output[each.name]
        if not isinstance(text, str) or not each.min_chars <= len(text) <= each.max_chars:
            return f"{each.name} is no text of {each.min_chars} to {each.max_chars} characters"
        if each.letters is not None and not re.fullmatch(f"[{each.letters}]*", text):
            return f"{each.name} has a sign that is not in its letters"
    return None
