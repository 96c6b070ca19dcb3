"""What the OpenAI-compatible routes accept: Pydantic models with a limit on every field, so bad input names its field.

Fields that OpenAI knows and that change no answer here are accepted and ignored (harmless.toml); fields that would
change it and are not built yet are refused, because an ignored setting is a wrong answer without a message.

Every check stops at the first thing that is wrong: Pydantic would build an error for each of 10^5 items, which stopped
the whole server for seconds.
"""

import functools
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from malmoi.serve.chat import Turn
from malmoi.serve.engine import Guide

MAX_MESSAGES = 512
MAX_PARTS = 64
MAX_STOPS = 32
MAX_STOP_CHARACTERS = 200
MAX_TOP_LOGPROBS = 20
MAX_TEMPERATURE = 2.0
MAX_TOKENS = 1_000_000
"""Only a bound on the number itself; the real limit is the model's context."""
MAX_CHOICES = 128
"""Answers of one request, over all of its prompts (OpenAI's bound on n)."""
MAX_BIASES = 4096
MAX_TOKEN_ID = 2**31 - 1
MAX_DEPTH = 32


def plain_json(value: Any, depth: int = 0) -> Any:
    """`value`, where it can be written as JSON again: no NaN, no half of a surrogate pair, no bottomless nesting.

    Python's own reader lets all of them in, and what then is saved can never be shown again. Raises ValueError.
    """
    if depth > MAX_DEPTH:
        raise PydanticCustomError("too_deep", "is nested deeper than {most}", {"most": MAX_DEPTH})
    if isinstance(value, dict):
        for key, item in value.items():
            plain_json(key, depth)
            plain_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            plain_json(item, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("number_not_in_json", "has a number that JSON does not know")
    elif isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise PydanticCustomError("half_of_a_pair", "has half of a surrogate pair")
    return value


PlainTable = Annotated[dict[str, Any], BeforeValidator(plain_json)]
"""A JSON object of any content."""


class Strict(BaseModel):
    """No unknown field, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_the_first_unknown_field(cls, value: Any) -> Any:
        """Pydantic alone makes an error for each."""
        if isinstance(value, dict):
            known = known_fields(cls)
            for name in value:
                if name not in known:
                    raise PydanticCustomError("unknown_field", "{name}", {"name": str(name)})
        return value


@functools.cache
def known_fields(model: type[BaseModel]) -> frozenset[str]:
    """The names under which a model's fields are sent."""
    return frozenset(str(field.validation_alias or name) for name, field in model.model_fields.items())


def _whole(value: Any) -> Any:
    """16.0 is 16: JavaScript and YAML write whole numbers so."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _stops(value: Any) -> Any:
    """One text or a list as a list without empty ones."""
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > MAX_STOPS:
        told = "must be a text or a list of at most {most} texts"
        raise PydanticCustomError("too_many_stops", told, {"most": MAX_STOPS})
    if not all(isinstance(stop, str) and len(stop) <= MAX_STOP_CHARACTERS for stop in stops):
        told = "each must be a text of at most {most} characters"
        raise PydanticCustomError("stop_too_long", told, {"most": MAX_STOP_CHARACTERS})
    return [stop for stop in stops if stop]


def _biases(value: Any) -> Any:
    """OpenAI's {"id": bias}, with ids as numbers."""
    if not isinstance(value, dict) or len(value) > MAX_BIASES:
        told = "must be an object of at most {most} token ids and biases"
        raise PydanticCustomError("bad_biases", told, {"most": MAX_BIASES})
    result: dict[int, float] = {}
    for name, bias in value.items():
        if not (name.isascii() and name.isdecimal() and len(name) <= 10):
            raise PydanticCustomError("bias_without_token", "each name must be a token id")
        if type(bias) not in (int, float) or not -100 <= bias <= 100:
            raise PydanticCustomError("bias_out_of_range", "each bias must be a number from -100 to 100")
        result[int(name)] = float(bias)
    return result


def _prompts(value: Any) -> Any:
    """A text, token ids, or a list of either, as a list of prompts. Nothing is the begin of a document."""
    if value is None or value == []:
        return [""]
    if isinstance(value, str) or _is_ids(value):
        return [value]
    told = "must be a text, token ids (whole numbers from 0), or a list of at most {most} of either"
    expected = PydanticCustomError("bad_prompt", told, {"most": MAX_CHOICES})
    if not isinstance(value, list) or len(value) > MAX_CHOICES:
        raise expected
    for prompt in value:
        if not isinstance(prompt, str) and not _is_ids(prompt):
            raise expected
    return value


def _is_ids(value: Any) -> bool:
    """Whether `value` is a list of token ids."""
    return isinstance(value, list) and bool(value) and all(type(i) is int and 0 <= i <= MAX_TOKEN_ID for i in value)


def _spoken(value: Any) -> Any:
    """The text of a message, which may come in parts; only text is understood."""
    if not isinstance(value, list):
        return value
    if len(value) > MAX_PARTS:
        told = "has {parts} parts, at most {most} are read"
        raise PydanticCustomError("too_many_parts", told, {"parts": len(value), "most": MAX_PARTS})
    return "".join(_part(part) for part in value)


def _part(part: Any) -> str:
    kind = part.get("type", "text") if isinstance(part, dict) else None
    text = part.get("refusal" if kind == "refusal" else "text") if isinstance(part, dict) else None
    if not isinstance(text, str) or kind not in ("text", "input_text", "output_text", "refusal"):
        told = "each part must be {form}: this model reads text only"
        raise PydanticCustomError("not_a_text_part", told, {"form": '{"type": "text", "text": "..."}'})
    return text


Whole = BeforeValidator(_whole)
Count = Annotated[int, Whole, Field(ge=0, le=MAX_TOKENS)]
TokenId = Annotated[int, Whole, Field(ge=0, le=MAX_TOKEN_ID)]
Tops = Annotated[int, Whole, Field(ge=0, le=MAX_TOP_LOGPROBS)]


class StreamOptions(Strict):
    """include_usage: one more chunk with the token counts at the end. continuous_usage_stats: in every chunk."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None
    continuous_usage_stats: bool | None = None


class GuideIn(Strict):
    """Our own field: what the answer must look like (malmoi/serve/engine.py, Guide)."""

    kind: Literal["choice", "regex", "json", "lark"]
    value: Any

    def to_guide(self) -> Guide:
        """As the engine takes it."""
        return Guide(self.kind, self.value)


class JsonSchema(Strict):
    """The `json_schema` of a response format. `schema` hides a method of BaseModel, hence the alias."""

    name: str | None = Field(default=None, max_length=64)
    description: str | None = None
    strict: bool | None = None
    content: dict[str, Any] = Field(validation_alias="schema")


class ResponseFormat(Strict):
    """OpenAI's way to ask for JSON, and other servers' for a regular expression, a choice or a grammar."""

    type: Literal["text", "json_object", "json_schema", "json", "regex", "choice", "grammar"]
    json_schema: JsonSchema | None = None
    content: dict[str, Any] | None = Field(default=None, validation_alias="schema")
    regex: Any = None
    choice: Any = None
    grammar: Any = None
    value: Any = None

    def to_guide(self) -> Guide | None:
        """As the engine takes it. Raises ValueError where what the type needs is missing."""
        if self.type == "text":
            return None
        if self.type == "json_schema":
            if self.json_schema is None:
                raise ValueError("response_format.json_schema is missing")
            return Guide("json", self.json_schema.content)
        if self.type in ("json_object", "json"):
            return Guide("json", self.content or self.value or {"type": "object"})
        value = getattr(self, self.type) or self.value
        if not value:
            raise ValueError(f"response_format.{self.type} is missing")
        return Guide("lark" if self.type == "grammar" else self.type, value)


class Sampling(Strict):
    """What chat and plain completions share."""

    model: Annotated[str | None, Field(max_length=200)] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Annotated[int, Whole, Field(ge=1, le=MAX_CHOICES)] | None = None
    best_of: Annotated[int, Whole] | None = None
    max_tokens: Annotated[int, Whole, Field(ge=-1, le=MAX_TOKENS)] | None = None
    min_tokens: Count | None = None
    temperature: Annotated[float, Field(ge=0, le=MAX_TEMPERATURE)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Whole, Field(ge=-1, le=MAX_TOKENS)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=10)] | None = None
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = None
    logit_bias: Annotated[dict[int, float], BeforeValidator(_biases)] | None = None
    seed: Annotated[int, Whole, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    stop: Annotated[list[str], BeforeValidator(_stops)] = Field(default_factory=list)
    stop_token_ids: Annotated[list[TokenId], Field(fail_fast=True, max_length=MAX_STOPS)] | None = None
    ignore_eos: bool | None = None
    cache_salt: Annotated[str, Field(max_length=256)] | None = None
    guide: GuideIn | None = None
    response_format: ResponseFormat | None = None
    user: Any = None
    timeout: float | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return self.stream_options is not None and bool(self.stream_options.include_usage)

    @property
    def num_answers(self) -> int:
        """Answers to each prompt."""
        return self.n or 1


class Message(Strict):
    """One turn. OpenAI's newer name for the system role is "developer"."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str | None, BeforeValidator(_spoken)] = None
    name: Any = None

    @model_validator(mode="after")
    def _only_an_assistant_may_say_nothing(self) -> "Message":
        """The reply to a tool call has null for content; a person's turn without content is a mistake."""
        if self.content is None and self.role != "assistant":
            raise PydanticCustomError("field_missing", "Field required", {"name": "content"})
        return self

    def to_turn(self) -> Turn:
        """As the chat template takes it."""
        return Turn("system" if self.role == "developer" else self.role, self.content or "")


class ChatBody(Sampling):
    """POST /v1/chat/completions."""

    messages: Annotated[list[Message], Field(fail_fast=True, min_length=1, max_length=MAX_MESSAGES)]
    max_completion_tokens: Annotated[int, Whole, Field(ge=-1, le=MAX_TOKENS)] | None = None
    logprobs: bool | None = None
    top_logprobs: Tops | None = None

    def turns(self) -> Sequence[Turn]:
        """The conversation as the chat template takes it."""
        return [message.to_turn() for message in self.messages]


def _as_tops(value: Any) -> Any:
    """Chat's way to ask for log-probabilities, true or false, means the chosen tokens alone."""
    return (0 if value else None) if isinstance(value, bool) else value


class CompletionBody(Sampling):
    """POST /v1/completions. A prompt is a text or token ids; a list may hold several of them.

    return_tokens_as_token_ids: vLLM's; logprobs names each token "token_id:5", which no two tokens share.
    """

    prompt: Annotated[list[Any], BeforeValidator(_prompts)] = [""]
    max_completion_tokens: Annotated[int, Whole, Field(ge=-1, le=MAX_TOKENS)] | None = None
    logprobs: Annotated[Tops | None, BeforeValidator(_as_tops)] = None
    return_tokens_as_token_ids: bool | None = None
    echo: bool | None = None


class EmbeddingsBody(Strict):
    """POST /v1/embeddings. input: as a prompt. The official client in Python asks for base64 by itself."""

    model: Annotated[str | None, Field(max_length=200)] = None
    input: Annotated[list[Any], BeforeValidator(_prompts)]
    encoding_format: Literal["float", "base64"] = "float"
    user: Any = None


class TokenizeBody(Strict):
    """POST /tokenize, in vLLM's form (prompt or messages) or llama.cpp's (content)."""

    model: str | None = None
    prompt: str | None = None
    content: str | None = None
    add_special_tokens: bool | None = None
    messages: Annotated[list[Message], Field(fail_fast=True, min_length=1, max_length=MAX_MESSAGES)] | None = None


class DetokenizeBody(Strict):
    """POST /detokenize."""

    model: str | None = None
    tokens: Annotated[list[TokenId], Field(fail_fast=True)]
