"""Finds out what a server can do, by asking it at the start: some ten answers of a few tokens.

A status of 200 proves nothing, for many servers ignore fields that they do not know. So each question has an answer
that only a server that understood it gives: a guide leaves one text, a bias one token. What fails cannot be done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from malmoi.kit.errors import ASKED_WRONGLY, TRY_AGAIN, UserError
from malmoi.serve.engine import Capabilities, EngineDownError, Guide, OverloadedError, Request
from malmoi.serve.remote.http import Remote
from malmoi.serve.remote.settings import RemoteSettings
from malmoi.serve.remote.wire import FIELDS, GUIDES, Token, body_of, guide_fields, tokens_of
from malmoi.tokenizer.codec import Codec

COMPLETIONS, MODELS, EMBEDDINGS = "/v1/completions", "/v1/models", "/v1/embeddings"
_TEXT = "말모이는 우리말을 모은 것이다. 값을 묻는다: 닭, ½"
_FORCED = "네"
_TOPS = (20, 5, 1)
"""How many alternatives are asked for. vLLM gives 20 at most by its default, OpenAI 5."""
_QUESTIONS = (
    Guide("choice", [_FORCED]),
    Guide("regex", _FORCED),
    Guide("json", {"const": _FORCED}),
    Guide("lark", f'start: "{_FORCED}"'),
    Guide("lark", f'root ::= "{_FORCED}"'),
)
_OWNERS = {"vllm": "vllm", "malmoi": "malmoi", "llamacpp": "llama.cpp"}
"""What /v1/models says of whose it is."""
_MOST_TOKENS = 2**31
_NO = (UserError, EngineDownError, OverloadedError)


@dataclass(frozen=True)
class Found:
    """What a server is. takes_ids: prompts as token ids; tells_ids: with these fields its answers have token ids.

    guide_ways: per kind of guide how it is told. health: the path that says whether it is well.
    """

    server: str
    model: str
    context_tokens: int
    takes_ids: bool
    tells_ids: dict[str, Any] | None
    guide_ways: dict[str, str]
    health: str
    capabilities: Capabilities


def probe(remote: Remote, settings: RemoteSettings, codec: Codec, end_ids: Sequence[int]) -> Found:
    """What the server at the recipe's address is, and can.

    Raises UserError where none answers (exit code 75), where it has not the model, or where its tokenizer is another.
    """
    entry = _entry(remote, settings)
    server = settings.server
    if server == "auto":
        server = _OWNERS.get(str(entry.get("owned_by")), "") or _by_its_fields(remote)
    return _Questions(remote, settings, codec, tuple(end_ids), server, entry).found()


def _entry(remote: Remote, settings: RemoteSettings) -> dict[str, Any]:
    """The model in /v1/models. transformers lists what lies in its cache, not what it has loaded: it is believed."""
    try:
        listed = remote.ask(MODELS)
    except _NO as error:
        status = remote.status(MODELS, remote.limits.connect_s)
        code = TRY_AGAIN if status in (0, 408, 503) else ASKED_WRONGLY
        if code == TRY_AGAIN or settings.server not in ("transformers", "openai"):
            raise UserError(f"{settings.address}: {error}", "a server that answers /v1/models", code=code) from None
        listed = {}
    data = listed.get("data")
    entries = [
        each
        for each in (data if isinstance(data, list) else [])
        if isinstance(each, dict) and isinstance(each.get("id"), str)
    ]
    names = [each["id"] for each in entries]
    if settings.model in names:
        return entries[names.index(settings.model)]
    if settings.model is not None and settings.server in ("transformers", "openai"):
        return {"id": settings.model}
    if settings.model is None and len(entries) == 1:
        return entries[0]
    raise UserError(f"model is {settings.model!r}; {settings.address} has {', '.join(names)[:300] or 'none'}", "one")


def _by_its_fields(remote: Remote) -> str:
    """A server that does not say whose it is: transformers has a route of its own."""
    try:
        remote.ask("/v1/systemone", {})
    except UserError:
        return "transformers"
    except (EngineDownError, OverloadedError):
        pass
    return "openai"


@dataclass(frozen=True)
class _Questions:
    """Asks one server."""

    remote: Remote
    settings: RemoteSettings
    codec: Codec
    end_ids: tuple[int, ...]
    server: str
    entry: dict[str, Any]

    def found(self) -> Found:
        ids = self.codec.text_ids(_TEXT)
        self.remote.ask(COMPLETIONS, self._body(_TEXT, 1))  # what is wrong with this is told, and ends the start
        self._check_tokenizer()
        takes_ids = self._prompt_tokens(ids) == len(ids)
        prompt = ids if takes_ids else _TEXT
        if not takes_ids and self._prompt_tokens(_TEXT) not in (len(ids), None):
            raise UserError("tokenizer: the server reads a text as another number of tokens", "its model's own folder")
        tells_ids, top = self._tells_ids(prompt)
        ways = self._guide_ways(prompt)
        able = Capabilities(
            top_logprobs=top,
            prompt_logprobs=takes_ids and tells_ids is not None and self._scores(ids, tells_ids),
            guides=tuple(ways),
            embeddings=self._embeds(ids),
            prefix_cache=self.server in ("vllm", "llama.cpp"),
            deterministic=self.settings.deterministic,
            token_ids=tells_ids is not None,
            logprobs=tells_ids is not None,
            cannot=tuple(sorted(FIELDS["vllm"].keys() - FIELDS[self.server].keys())),
        )
        context = self.settings.context_tokens or _context(self.entry)
        if context is None:
            raise UserError("the server does not say how many tokens it holds", "context_tokens in the recipe")
        health = "/health" if self.remote.status("/health", self.remote.limits.connect_s) == 200 else MODELS
        return Found(self.server, self.entry["id"], context, takes_ids, tells_ids, ways, health, able)

    def ask(self, prompt: Any, max_tokens: int, **more: Any) -> dict[str, Any] | None:
        """A small greedy answer; None where the server refuses it."""
        try:
            return self.remote.ask(COMPLETIONS, {**self._body(prompt, max_tokens), **more})
        except _NO:
            return None

    def _body(self, prompt: Any, max_tokens: int) -> dict[str, Any]:
        body = body_of(Request((), max_tokens, 0.0), self.server, prompt, None, self.end_ids)
        return {"model": self.entry["id"], **body}

    def _check_tokenizer(self) -> None:
        """Our ids beside the server's own, where it tells them (vLLM and malmoi: prompt, llama.cpp: content)."""
        try:
            told = self.remote.ask("/tokenize", {"prompt": _TEXT, "content": _TEXT, "add_special_tokens": False})
        except _NO:
            return
        if (ids := told.get("tokens")) is not None and ids != self.codec.encode(_TEXT):
            raise UserError("tokenizer: its ids of a text are not those of the server", "its model's own folder")

    def _prompt_tokens(self, prompt: Any) -> int | None:
        told = self.ask(prompt, 1)
        usage = told.get("usage") if told else None
        return usage.get("prompt_tokens") if isinstance(usage, dict) else None

    def _tells_ids(self, prompt: Any) -> tuple[dict[str, Any] | None, int]:
        """The fields with which it tells ids, and how many alternatives it gives with them."""
        named = {"return_tokens_as_token_ids": True}
        if self.server not in ("vllm", "malmoi"):
            return None, 0
        for top in (*_TOPS, 0):
            tokens = _tokens(self.ask(prompt, 2, logprobs=top, **named))
            if tokens:
                return named, min(top, *(len(token.top) for token in tokens))
        return None, 0

    def _guide_ways(self, prompt: Any) -> dict[str, str]:
        ways = {}
        for guide in _QUESTIONS:
            if guide.kind in ways or (self.settings.guides is not None and guide.kind not in self.settings.guides):
                continue
            for way in GUIDES[self.server]:
                if self._follows(prompt, way, guide) or self.settings.guides is not None:
                    ways[guide.kind] = way
                    break
        return ways

    def _follows(self, prompt: Any, way: str, guide: Guide) -> bool:
        """Whether the one text that a guide leaves is what comes."""
        try:
            told = self.ask(prompt, 16, **guide_fields(way, guide))
        except UserError:  # this way has no form for this kind
            return False
        text = _choice(told).get("text")
        return isinstance(text, str) and text.strip().strip('"') == _FORCED

    def _scores(self, ids: list[int], named: dict[str, Any]) -> bool:
        tokens = _tokens(self.ask(ids, 0, echo=True, logprobs=1, **named))
        return tokens is not None and [token.token_id for token in tokens] == ids

    def _embeds(self, ids: list[int]) -> bool:
        """Only of a server that says that it is the mean of the last layer, as ours does."""
        try:
            told = self.remote.ask(EMBEDDINGS, {"model": self.entry["id"], "input": [ids]})
        except _NO:
            return False
        return told.get("pooling") == "mean of the last layer"


def _choice(told: dict[str, Any] | None) -> dict[str, Any]:
    choices = (told or {}).get("choices")
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}


def _tokens(told: dict[str, Any] | None) -> list[Token] | None:
    return tokens_of(_choice(told))


def _context(entry: dict[str, Any]) -> int | None:
    """The word of vLLM and malmoi, or llama.cpp's."""
    meta = entry.get("meta")
    told = entry.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
    return int(told) if isinstance(told, (int, float)) and 1 < told < _MOST_TOKENS else None
