"""What the OpenAI-compatible routes accept: Pydantic models with a limit on every field, so bad input names its field.

Fields that OpenAI knows and that change no answer here are accepted and ignored; fields that would change it and are
not built yet are refused, because an ignored setting is a wrong answer without a message.
"""

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from malmoi.serve.chat import Turn
from malmoi.serve.engine import Guide

MAX_MESSAGES = 512
MAX_STOPS = 4
MAX_STOP_CHARACTERS = 200
MAX_TOP_LOGPROBS = 20
MAX_TEMPERATURE = 2.0
MAX_TOKENS = 1_000_000
"""Only a bound on the number itself; the real limit is the model's context."""


def _refuse(value: Any) -> Any:
    if value:
        raise ValueError("is not supported by this server")
    return value


Refused = Annotated[Any, AfterValidator(_refuse)]


def _as_stops(value: Any) -> Any:
    """One text or a list as a list, checked here because a union of both would complain about its first half only."""
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > MAX_STOPS:
        raise ValueError(f"must be a text or a list of at most {MAX_STOPS} texts")
    if not all(isinstance(stop, str) and 1 <= len(stop) <= MAX_STOP_CHARACTERS for stop in stops):
        raise ValueError(f"each must be a text of 1 to {MAX_STOP_CHARACTERS} characters")
    return stops


Stops = Annotated[list[str], BeforeValidator(_as_stops)]


MAX_DEPTH = 32


def plain_json(value: Any, depth: int = 0) -> Any:
    """`value`, where it can be written as JSON again: no NaN, no half of a surrogate pair, no bottomless nesting.

    Python's own reader lets all of them in, and what then is saved can never be shown again. Raises ValueError.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        for key, item in value.items():
            plain_json(key, depth)
            plain_json(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            plain_json(item, depth + 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("has a number that JSON does not know")
    elif isinstance(value, str) and not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("has half of a surrogate pair")
    return value


PlainTable = Annotated[dict[str, Any], BeforeValidator(plain_json)]
"""A JSON object of any content."""


class Strict(BaseModel):
    """No unknown field, and no text where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StreamOptions(Strict):
    """include_usage: one more chunk with the token counts at the end."""

    include_usage: bool = False
    include_obfuscation: bool = False


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
    content: dict[str, Any] = Field(alias="schema")


class ResponseFormat(Strict):
    """OpenAI's way to ask for JSON."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    def to_guide(self) -> Guide | None:
        """As the engine takes it. Raises ValueError where the schema is missing."""
        if self.type == "text":
            return None
        if self.type == "json_object":
            return Guide("json", {"type": "object"})
        if self.json_schema is None:
            raise ValueError("response_format.json_schema is missing")
        return Guide("json", self.json_schema.content)


class Sampling(Strict):
    """What chat and plain completions share."""

    model: str | None = Field(default=None, max_length=200)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(default=None, ge=0, le=MAX_TOKENS)
    temperature: float | None = Field(default=None, ge=0, le=MAX_TEMPERATURE)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    repetition_penalty: float | None = Field(default=None, gt=0, le=10)
    seed: int | None = Field(default=None, ge=-(2**63), le=2**63 - 1)
    stop: Stops = []
    guide: GuideIn | None = None
    response_format: ResponseFormat | None = None

    n: Literal[1] | None = None
    logit_bias: Refused = None
    presence_penalty: Refused = None
    frequency_penalty: Refused = None
    tools: Refused = None
    tool_choice: Refused = None
    functions: Refused = None
    function_call: Refused = None
    audio: Refused = None
    web_search_options: Refused = None
    best_of: Literal[1] | None = None
    suffix: Refused = None

    user: Any = None
    metadata: Any = None
    store: Any = None
    service_tier: Any = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None
    parallel_tool_calls: Any = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the token counts."""
        return self.stream_options is not None and self.stream_options.include_usage


class TextPart(Strict):
    """A message's content may come in parts; only text is understood."""

    type: Literal["text"]
    text: str


class Message(Strict):
    """One turn. OpenAI's newer name for the system role is "developer"."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[TextPart], Field(max_length=64)]
    name: str | None = Field(default=None, max_length=64)

    def to_turn(self) -> Turn:
        """As the chat template takes it."""
        text = self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)
        return Turn("system" if self.role == "developer" else self.role, text)


class ChatBody(Sampling):
    """POST /v1/chat/completions."""

    messages: list[Message] = Field(min_length=1, max_length=MAX_MESSAGES)
    max_completion_tokens: int | None = Field(default=None, ge=1, le=MAX_TOKENS)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=MAX_TOP_LOGPROBS)


TokenIds = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]


class CompletionBody(Sampling):
    """POST /v1/completions. A prompt is a text or token ids; a list of prompts may hold one."""

    prompt: str | TokenIds | Annotated[list[str | TokenIds], Field(min_length=1, max_length=1)] = ""
    logprobs: int | None = Field(default=None, ge=0, le=MAX_TOP_LOGPROBS)
    echo: bool | None = False

    @property
    def one_prompt(self) -> str | list[int]:
        """The prompt, out of the list that it may come in."""
        if isinstance(self.prompt, list) and isinstance(self.prompt[0], (str, list)):
            return self.prompt[0]
        return self.prompt  # type: ignore[return-value]
