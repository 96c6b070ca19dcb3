"""Texts to ids and back, in the forms of vLLM and llama.cpp: a client counts tokens before it sends a text."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malmoi.kit.special_tokens import END_OF_TEXT
from malmoi.serve.chat import chat_ids
from malmoi.serve.http_ask import check_length, in_thread
from malmoi.serve.http_body import read
from malmoi.serve.http_errors import unknown_token
from malmoi.serve.http_replies import reply, token_text
from malmoi.serve.http_route import routed
from malmoi.serve.http_schema import DetokenizeBody, TokenizeBody
from malmoi.serve.http_trace import trace_of
from malmoi.serve.models import Models
from malmoi.serve.served import Served
from malmoi.tokenizer.codec import Codec


def token_routes(models: Models) -> list[Route]:
    """The routes for a table of models."""

    async def tokenize(request: Request) -> Response:
        """The ids of a text or of a conversation, in the forms of vLLM and llama.cpp."""
        body = (await read(request, TokenizeBody, models.server.large_bodies)).body
        async with routed(models, trace_of(request), body.model) as served:
            return reply(await _tokenized(served, body))

    async def tokenizer_info(request: Request) -> Response:
        """What a client needs to tokenise here, in vLLM's words; with it lm-eval needs no tokenizer of its own."""
        async with routed(models, trace_of(request), request.query_params.get("model")) as served:
            return reply(_about(served.codec))

    async def detokenize(request: Request) -> Response:
        """The text of ids."""
        body = (await read(request, DetokenizeBody, models.server.large_bodies)).body
        async with routed(models, trace_of(request), body.model) as served:
            if body.tokens and max(body.tokens) >= served.codec.vocabulary_tokens:
                raise unknown_token("tokens", served.codec.vocabulary_tokens - 1)
            text = served.codec.decode(body.tokens)
        return reply({"prompt": text, "content": text})

    posted = {"tokenize": tokenize, "detokenize": detokenize}
    found = [Route(f"{place}/{name}", posted[name], methods=["POST"]) for place in ("", "/v1") for name in posted]
    return [*found, Route("/tokenizer_info", tokenizer_info)]


def _about(codec: Codec) -> dict[str, Any]:
    """A tokenizer in vLLM's words."""
    names = {token_id: name for name, token_id in codec.special_ids.items()}
    begin = [names.get(token_id) for token_id in codec.begin_ids]
    about = {"tokenizer_class": "malmoi", "vocab_size": codec.vocabulary_tokens}
    marks = codec.marks
    # Of a foreign model what its tokenizer names, else what its config does.
    end = marks.names.get("eos_token") or next(filter(None, map(names.get, marks.end_ids)), None)
    pad = None if codec.is_ours else marks.names.get("pad_token")
    end = END_OF_TEXT if codec.is_ours else end
    return {**about, "bos_token": begin[0] if begin else None, "eos_token": end, "pad_token": pad}


async def _tokenized(served: Served, body: TokenizeBody) -> dict[str, Any]:
    """The ids of a text, or of a conversation up to where the assistant speaks."""
    if body.messages is not None:
        turns = [message.to_turn() for message in body.messages]
        text, field = "".join(turn.text for turn in turns), "messages"
        encode = lambda: chat_ids(served.codec, turns)  # noqa: E731
    else:
        text, field = body.prompt or body.content or "", "prompt"
        encode = lambda: _text_ids(served.codec, text, body.add_special_tokens is not False)  # noqa: E731
    num_bytes = len(text.encode("utf-8", "surrogatepass"))
    check_length(served, field, num_bytes)
    ids = await in_thread(served, encode, num_bytes)
    return {
        "count": len(ids),
        "max_model_len": served.engine.describe().context_tokens,
        "tokens": ids,
        "token_strs": [token_text(served.codec, token_id) for token_id in ids],
    }


def _text_ids(codec: Codec, text: str, with_begin: bool) -> list[int]:
    """Ids of a text. A text that is nothing but a special token's name gives its id: so lm-eval asks for the end."""
    if not with_begin:
        return [codec.special(text)] if text in codec.special_ids else codec.encode(text)
    return codec.text_ids(text)
