"""/v1/embeddings: the mean of the model's last layer over a text's tokens. The reply says which model it is of."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from malmoi.serve.admission import Place
from malmoi.serve.http_ask import check_ids, check_prompts, encoded
from malmoi.serve.http_body import read
from malmoi.serve.http_errors import bad
from malmoi.serve.http_replies import reply
from malmoi.serve.http_route import routed
from malmoi.serve.http_safety import judged_inputs
from malmoi.serve.http_schema import EmbeddingsBody
from malmoi.serve.http_stream import hold_tokens, take_place, timeout_of, told, until_gone
from malmoi.serve.http_trace import Trace, trace_of
from malmoi.serve.models import Models
from malmoi.serve.served import Served


def embedding_routes(models: Models) -> list[Route]:
    """The route for a table of models."""

    async def embeddings(request: Request) -> Response:
        """A vector for each text."""
        body = (await read(request, EmbeddingsBody, models.server.large_bodies)).body
        trace = trace_of(request)
        trace.user = body.user if isinstance(body.user, str) else None
        async with routed(models, trace, body.model, within_s=timeout_of(request, None)) as served:
            vectors, flags = await _vectors(request, served, body, trace)
            return reply(_listed(body, vectors, trace), headers=flags)

    return [Route("/v1/embeddings", embeddings, methods=["POST"])]


async def _vectors(
    request: Request, served: Served, body: EmbeddingsBody, trace: Trace
) -> tuple[list[list[float]], dict[str, str]]:
    """A vector for each text, and the headers that tell what was flagged."""
    if not served.engine.describe().capabilities.embeddings:
        raise bad(None, "the engine of this server makes no embeddings", "cannot", "embeddings")
    if trace.adapter is not None:
        message = f"embeddings are made without an adapter, by {served.name}"
        raise bad("model", message, "cannot", "embeddings_of_adapter", model=served.name)
    check_prompts(served, "input", body.input)
    place = take_place(served, 1, trace.key, trace.left_s(timeout_of(request, None)))
    trace.placed_s = trace.elapsed_s
    try:
        texts, flags = await judged_inputs(served, body.input, trace.key)
        ids = await encoded(served, texts)
        for each in ids:
            check_ids(served, "input", each)
        tokens = sum(map(len, ids))
        hold_tokens(served, place, trace, tokens, tokens)
        return await until_gone(request, _embedded(served, place, trace, ids)), flags
    except Exception as error:
        raise told(error, "input") from None
    finally:
        place.release()


async def _embedded(served: Served, place: Place, trace: Trace, ids: Sequence[Sequence[int]]) -> list[list[float]]:
    """The vectors, when it is the request's turn."""
    async with place.turn(sum(map(len, ids))):
        trace.queue_s = trace.elapsed_s - trace.placed_s
        return [await served.engine.embed(each) for each in ids]


def _listed(body: EmbeddingsBody, vectors: list[list[float]], trace: Trace) -> dict[str, Any]:
    """OpenAI's list of embeddings; base64 is of float32, lowest byte first."""
    as_text = body.encoding_format == "base64"
    shown = [base64.b64encode(np.asarray(each, "<f4").tobytes()).decode() if as_text else each for each in vectors]
    rows = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(shown)]
    usage = {"prompt_tokens": trace.prompt_tokens, "total_tokens": trace.prompt_tokens}
    return {"object": "list", "data": rows, "model": trace.model, "pooling": "mean of the last layer", "usage": usage}
