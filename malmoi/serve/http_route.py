"""Which model a request goes to, before anything of it is encoded; and what is said where none can answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from malmoi.serve.admission import FullError
from malmoi.serve.endpoints import Listed, NoModelError, NotAllowedError, UnavailableError
from malmoi.serve.http_errors import ApiError
from malmoi.serve.http_stream import check_draining, told
from malmoi.serve.http_trace import Trace
from malmoi.serve.keys import Key
from malmoi.serve.models import Models
from malmoi.serve.served import Served
from malmoi.serve.traffic import composed

_LOADING_RETRY_S = 5


@contextlib.asynccontextmanager
async def routed(
    models: Models, trace: Trace, asked: str | None, user: Any = None, within_s: float | None = None
) -> AsyncIterator[Served]:
    """The model for what a client asked (a name, name@version, nothing), loaded, and noted in the request's trace.

    It stays loaded while the block runs, and after that as long as the request has a place. user: the request's, for
    weights that keep a person with one version. within_s: since the request came; who waits no longer does not wait for
    a model to be loaded. "name:adapter" is the model with that adapter. Raises ApiError 404, 403 or 503.
    """
    check_draining(models.server)
    clock = asyncio.timeout(trace.left_s(within_s))
    try:
        name, adapter = parted(models, asked, trace.key)
        async with clock, models.using(name, trace.key, user if isinstance(user, str) else None) as served:
            clock.reschedule(None)  # it is loaded: from here on the place keeps the time
            trace.model, trace.adapter = served.name, adapter
            if adapter is not None and adapter not in dict(served.engine.describe().adapters):
                raise NoModelError(asked or "", [f"{name}:{each}" for each, _ in served.engine.describe().adapters])
            yield served
    except (NoModelError, NotAllowedError, UnavailableError) as error:
        raise refused(error) from None
    except TimeoutError as error:
        if not clock.expired():
            raise
        late = FullError(f"the model was not loaded within {within_s:g} seconds", _LOADING_RETRY_S, is_late=True)
        raise told(late) from error


def parted(models: Models, asked: str | None, key: Key) -> tuple[str | None, str | None]:
    """The model's name and the adapter's, of "name:adapter"; a model may have a colon in its own name."""
    asked = composed(asked) if asked else asked
    name, _, adapter = (asked or "").rpartition(":")
    return (asked, None) if not name or asked in models.names(key) else (name, adapter)


def listed_models(models: Models, key: Key) -> list[dict[str, Any]]:
    """OpenAI's model objects of all that the key may ask; max_model_len is vLLM's word for the context.

    An adapter is a model of its own with its base as `parent`, as in vLLM.
    """
    names = models.names(key)
    shown = [_shown(name, listed) for name, listed in names.items()]
    for name, listed in names.items():
        served = models.endpoints[listed.id].served
        adapters = () if served is None else served.engine.describe().adapters
        shown += [{**_shown(f"{name}:{adapter}", listed), "parent": name} for adapter, _ in adapters]
    return shown


async def listed_model(models: Models, name: str, key: Key) -> dict[str, Any]:
    """One of them. Raises ApiError 404 or 403."""
    await models.look()
    shown, wanted = {each["id"]: each for each in listed_models(models, key)}, composed(name)
    if wanted not in shown:
        try:
            models.resolve(wanted, key)
        except (NoModelError, NotAllowedError) as error:
            raise refused(error) from None
    return shown[wanted]


def _shown(name: str, listed: Listed) -> dict[str, Any]:
    frame = {"id": name, "object": "model", "created": listed.created_s, "owned_by": "malmoi"}
    return {**frame, "max_model_len": listed.context_tokens}


def refused(error: NoModelError | NotAllowedError | UnavailableError) -> ApiError:
    """What the table says, as the error that a client sees."""
    if isinstance(error, UnavailableError):
        headers = {"Retry-After": str(error.retry_s)}
        return ApiError(503, str(error), "model", "model_unavailable", error.korean, headers)
    if isinstance(error, NotAllowedError):
        message, params = f"this API key may not ask the model {str(error)!r}", {"model": str(error)}
        return ApiError(403, message, "model", "model_not_allowed", params=params)
    there = ", ".join(repr(name) for name in error.close) or "none that this key may ask"
    message = f"there is no model {error.asked!r}; this server has {there}"
    return ApiError(404, message, "model", "model_not_found", params={"model": error.asked, "known": there})
