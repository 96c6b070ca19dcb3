"""The table of models: which names there are, which model a request goes to, and which are loaded now.

A model's id is `name@version`, or `name` where it has no version. A bare name goes to one of its versions: by the
weights of its traffic, or to the default one. Plain Python: no web framework, no torch. To be used from one event loop.
"""

import asyncio
import concurrent.futures
import contextlib
import difflib
import logging
import math
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from malmoi.kit.errors import UserError, bare, reason_of
from malmoi.serve.engine import Engine
from malmoi.serve.keys import Key
from malmoi.serve.model_metrics import ModelMetrics
from malmoi.serve.served import Served, ServerState
from malmoi.serve.traffic import Traffic, composed
from malmoi.tokenizer.codec import Codec

_MOST_CLOSE = 5
_LOOK_S = 2.0
"""So often at most the folders are looked at for new models, and only while requests come."""
_BUSY_RETRY_S = 5
_FAULT_S = 30.0
"""A model that could not be loaded is tried again after so long: its folder may have been mended."""

_STARTED_S = int(time.time())
"""When a model was made is not always known; OpenAI's clients want a number that does not change."""

_log = logging.getLogger("malmoi.serve")
T = TypeVar("T")


@dataclass(frozen=True)
class Listed:
    """A model that can be asked. created_s: since 1970; needs_bytes: memory when it is loaded, and in words `plan`;
    is_default: it is what its bare name means; is_pinned: it is loaded at the start and stays;
    is_remote: it runs elsewhere and comes back by itself when it has failed.
    """

    name: str
    version: str = ""
    context_tokens: int = 0
    created_s: int = 0
    needs_bytes: int = 0
    plan: str = ""
    folder: Path | None = None
    is_default: bool = False
    is_pinned: bool = False
    is_remote: bool = False

    @property
    def id(self) -> str:
        """What clients call this very version."""
        return f"{self.name}@{self.version}" if self.version else self.name


class Source(Protocol):
    """Where models come from."""

    def find(self) -> Sequence[Listed]:
        """The models that are there now, newest version of a name last. Blocks; called in a thread."""
        ...

    def open(self, listed: Listed) -> AbstractContextManager[tuple[Engine, Codec]]:
        """One of them, loaded while the block runs. Blocks; called in a thread. Raises UserError where it cannot be."""
        ...


class NoModelError(Exception):
    """Nobody here has this name. close: names that are like it, or all where none is."""

    def __init__(self, asked: str, close: Sequence[str]) -> None:
        super().__init__(asked)
        self.asked, self.close = asked, tuple(close)


class NotAllowedError(Exception):
    """The key may not ask this model."""


class UnavailableError(Exception):
    """The model cannot answer now. retry_s: when it may."""

    def __init__(self, reason: str, korean: str, retry_s: int) -> None:
        super().__init__(reason)
        self.korean, self.retry_s = korean, retry_s


@dataclass(eq=False)
class Endpoint:
    """A model and its state. num_users: requests on their way to a place; used_s, fault_s: monotonic.

    loaded_of_s: when what is loaded was made.
    """

    listed: Listed
    served: Served | None = None
    loading: "asyncio.Task[Served] | None" = None
    closing: "asyncio.Task[None] | None" = None
    stack: ExitStack = field(default_factory=ExitStack)
    is_gone: bool = False
    loaded_of_s: int = 0
    num_users: int = 0
    used_s: float = 0.0
    fault: str = ""
    fault_s: float = 0.0

    @property
    def is_idle(self) -> bool:
        """Whether it may be unloaded."""
        is_used = self.num_users or self.loading or (self.served is not None and self.served.num_requests)
        return self.served is not None and not is_used and not self.listed.is_pinned

    @property
    def holds_memory(self) -> bool:
        """Whether it takes memory now."""
        return self.served is not None or self.loading is not None or self.closing is not None


class Models:
    """The table. memory_bytes: what all loaded models may take together; None is no bound."""

    def __init__(
        self,
        server: ServerState,
        source: Source | None,
        traffic: Traffic | None = None,
        memory_bytes: int | None = None,
    ) -> None:
        self.server, self.traffic = server, traffic or Traffic()
        self._source, self._memory_bytes, self._looked_s = source, memory_bytes, time.monotonic()
        self.endpoints: dict[str, Endpoint] = {}
        self._looking: asyncio.Task[None] | None = None
        if source is not None:
            self._list(source.find())
        server.metrics.registry.register(ModelMetrics(self.loaded, lambda: len(self._listed()), self.traffic))

    def loaded(self) -> list[Served]:
        """The models that are loaded now."""
        return [each.served for each in self.endpoints.values() if each.served is not None]

    @property
    def num_requests(self) -> int:
        """Places that are taken, of all models, and models that somebody waits for."""
        num_loading = sum(each.loading is not None for each in self.endpoints.values())
        return num_loading + sum(served.num_requests for served in self.loaded())

    def names(self, key: Key) -> dict[str, Listed]:
        """What a key may ask: bare names first, then every version."""
        allowed = [listed for listed in self._listed() if may_ask(key, listed)]
        by_name: dict[str, list[Listed]] = {}
        for listed in allowed:
            by_name.setdefault(listed.name, []).append(listed)
        return {name: _default(versions) for name, versions in by_name.items()} | {each.id: each for each in allowed}

    def resolve(self, asked: str | None, key: Key, user: str | None = None) -> Endpoint:
        """The model that a request goes to. Raises NoModelError or NotAllowedError.

        An id goes to that very version. A bare name, or none (then the first model's), goes by its traffic's weights
        among the versions that the key may ask, else to the default version.
        """
        there = self._listed()
        name = _named(asked, there)
        versions = [listed for listed in there if listed.name == name]
        exact = [listed for listed in there if listed.id == name and listed.version]
        if not versions and not exact:
            raise NoModelError(name, self._close(name, key))
        allowed = [listed for listed in versions or exact if may_ask(key, listed)]
        if not allowed:
            raise NotAllowedError(name)
        chosen = self.traffic.pick(name, [listed.id for listed in allowed], user, key.name)
        return self.endpoints[chosen or _default(allowed).id]

    def bare_name(self, asked: str | None) -> str | None:
        """The bare name that a client asked; None where it asked for one version."""
        there = self._listed()
        name = _named(asked, there)
        return name if any(listed.name == name for listed in there) else None

    @contextlib.asynccontextmanager
    async def using(
        self, asked: str | None, key: Key, user: str | None = None, *, may_unload: bool = True
    ) -> AsyncIterator[Served]:
        """The model of a request, loaded; it stays so while the block runs, and while a request has a place there.

        may_unload: others may go for it. Raises NoModelError, NotAllowedError or UnavailableError.
        """
        try:
            endpoint = self.resolve(asked, key, user)
        except NoModelError:
            await self.look()  # it may have been exported this moment
            endpoint = self.resolve(asked, key, user)
        if self._is_look_due:  # in the background: who asks now goes to what is known now
            self._looking = asyncio.create_task(self.look())
        endpoint.num_users += 1
        try:
            self._drop_stale(endpoint)
            yield endpoint.served or await self._load(endpoint, may_unload=may_unload)
        finally:
            endpoint.num_users -= 1
            endpoint.used_s = time.monotonic()

    def _drop_stale(self, endpoint: Endpoint) -> None:
        """Closes an engine that has failed, or whose folder holds something new, once it has nothing under way.

        So the next request loads it anew.
        """
        served = endpoint.served
        if self._source is None or served is None or served.num_requests or endpoint.num_users > 1:
            return
        made_s = endpoint.listed.created_s  # 0 where the folder has gone: what is loaded goes on
        has_failed = not endpoint.listed.is_remote and served.engine.health().state == "down"
        if has_failed or (made_s and made_s != endpoint.loaded_of_s):
            self._unload(endpoint)

    async def look(self) -> None:
        """Looks for models that are new or gone, at most every two seconds."""
        if self._source is None or not self._is_look_due:
            return
        self._looked_s = time.monotonic()
        try:
            self._list(await asyncio.to_thread(self._source.find))
        except (UserError, OSError) as error:  # what was there goes on
            _log.error("the folders of models could not be looked at: %s", reason_of(error))

    @property
    def _is_look_due(self) -> bool:
        return self._source is not None and time.monotonic() - self._looked_s >= _LOOK_S

    def _list(self, found: Iterable[Listed]) -> None:
        """Takes over what is there now. A model that is gone serves what it has begun, and is then forgotten."""
        listed = {each.id: each for each in found}
        for each in list(self.endpoints.values()):
            each.is_gone = each.listed.id not in listed
            if each.is_gone and each.is_idle:
                self._unload(each)
            elif each.is_gone and not each.holds_memory and not each.num_users:
                del self.endpoints[each.listed.id]
        for model_id, each in listed.items():
            endpoint = self.endpoints.pop(model_id, None) or Endpoint(each)
            if endpoint.listed != each and (each.created_s or endpoint.served is None):  # 0: the folder has gone
                endpoint.listed, endpoint.fault_s = each, 0.0
            self.endpoints[model_id] = endpoint  # in the order of what was found

    async def _load(self, endpoint: Endpoint, *, may_unload: bool) -> Served:
        """Loads a model, once for all who wait for it. One who leaves stops it for nobody."""
        if endpoint.loading is None:
            self._check_fault(endpoint)
            self._make_room(endpoint, may_unload=may_unload)
            endpoint.loading = asyncio.create_task(self._loaded(endpoint))
            # All who wait may leave: then nobody else takes the error.
            endpoint.loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(endpoint.loading)

    async def _loaded(self, endpoint: Endpoint) -> Served:
        try:
            while closing := [each.closing for each in self.endpoints.values() if each.closing]:
                await asyncio.wait(closing)
            began_s, endpoint.loaded_of_s = time.monotonic(), endpoint.listed.created_s
            engine, codec = await _in_daemon_thread(lambda: self._open(endpoint))
        except Exception as error:  # the edge of the libraries that read models: whatever it is, it is this one's own
            reason = str(error) if isinstance(error, UserError) else reason_of(error)  # with what is expected
            endpoint.fault, endpoint.fault_s = reason, time.monotonic()
            _log.error("%s could not be loaded: %s", endpoint.listed.id, reason)
            if not isinstance(error, UserError):
                _log.error("%s", bare(error))
            self.server.metrics.loads.labels(endpoint.listed.id, "failed").inc()
            raise self._broken(endpoint) from None
        finally:
            endpoint.loading = None
        endpoint.served = Served(engine, codec, self.server.settings, server=self.server)
        endpoint.fault, endpoint.fault_s = "", 0.0
        self.server.metrics.loads.labels(endpoint.listed.id, "loaded").inc()
        self.server.metrics.load_s.labels(endpoint.listed.id).observe(time.monotonic() - began_s)
        return endpoint.served

    def _open(self, endpoint: Endpoint) -> tuple[Engine, Codec]:
        assert self._source is not None
        return endpoint.stack.enter_context(self._source.open(endpoint.listed))

    def _check_fault(self, endpoint: Endpoint) -> None:
        if endpoint.fault_s and time.monotonic() - endpoint.fault_s < _FAULT_S:
            raise self._broken(endpoint)

    def _broken(self, endpoint: Endpoint) -> UnavailableError:
        model_id = endpoint.listed.id
        korean = f"{model_id} 모델을 열 수 없어요. 운영자에게 알려 주세요."
        # The reason may hold paths of this machine: it is for the log and for who may ask /admin/models.
        reason = f"the model {model_id} cannot be loaded; the operator finds the reason in the log"
        return UnavailableError(reason, korean, math.ceil(_FAULT_S))

    def _make_room(self, wanted: Endpoint, *, may_unload: bool) -> None:
        """Unloads what was used longest ago until `wanted` fits. Raises UnavailableError where the rest is in use."""
        if self._memory_bytes is None:
            return
        if wanted.listed.needs_bytes > self._memory_bytes:
            korean = f"{wanted.listed.id} 모델은 이 서버의 메모리에 들어가지 않아요. 운영자에게 알려 주세요."
            reason = f"the model {wanted.listed.id} needs more memory than this server has for models"
            raise UnavailableError(reason, korean, math.ceil(_FAULT_S))
        others = [each for each in self.endpoints.values() if each is not wanted]
        free = self._memory_bytes - sum(each.listed.needs_bytes for each in others if each.holds_memory)
        idle = sorted((each for each in others if each.is_idle), key=lambda each: each.used_s)
        leaving: list[Endpoint] = []
        while free < wanted.listed.needs_bytes and idle and may_unload:
            leaving.append(idle.pop(0))
            free += leaving[-1].listed.needs_bytes
        if free < wanted.listed.needs_bytes:
            korean = f"지금은 {wanted.listed.id} 모델을 올릴 메모리가 없어요. 잠시 뒤에 다시 시도해 주세요."
            reason = f"no memory for the model {wanted.listed.id} now: the models in use hold it"
            soonest_s = min((served.admission.retry_s for served in self.loaded()), default=_BUSY_RETRY_S)
            raise UnavailableError(reason, korean, soonest_s)
        for each in leaving:
            self._unload(each)

    def _unload(self, endpoint: Endpoint) -> None:
        """Closes a model in a thread. From now on it is not loaded; its memory is free when that thread is done."""
        stack, endpoint.stack, endpoint.served = endpoint.stack, ExitStack(), None

        async def closed() -> None:
            try:
                await asyncio.to_thread(stack.close)
            finally:
                endpoint.closing = None

        endpoint.closing = asyncio.create_task(closed())
        self.server.metrics.loads.labels(endpoint.listed.id, "unloaded").inc()

    def preload(self) -> None:
        """Loads the pinned models. To be called before the event loop begins. Raises UserError where one cannot be."""
        for each in self.endpoints.values():
            if each.listed.is_pinned:
                engine, codec = self._open(each)
                each.served = Served(engine, codec, self.server.settings, server=self.server)
                each.loaded_of_s = each.listed.created_s

    def close(self) -> None:
        """Closes all models. To be called when the event loop has ended."""
        with ExitStack() as all_of_them:  # also where one fails to close
            for each in self.endpoints.values():
                all_of_them.push(each.stack)

    def _listed(self) -> list[Listed]:
        """The models that are there, in the order of the command line, older versions of a name first."""
        return [each.listed for each in self.endpoints.values() if not each.is_gone]

    def _close(self, name: str, key: Key) -> list[str]:
        known = {each.casefold(): each for each in self.names(key)}
        close = difflib.get_close_matches(name.casefold(), known, _MOST_CLOSE, 0.5)
        return [known[each] for each in close or list(known)[:_MOST_CLOSE]]


async def _in_daemon_thread(work: Callable[[], T]) -> T:
    """As asyncio.to_thread, but the end of the server does not wait for it: an export may take an hour."""
    future = concurrent.futures.Future[T]()
    future.set_running_or_notify_cancel()  # whoever waits may leave: the work goes on

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # it belongs to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name="malmoi-load", daemon=True).start()
    return await asyncio.wrap_future(future)


def only(served: Served) -> Models:
    """The table of one model that somebody else has loaded."""
    models = Models(served.server, None)
    listed = Listed(served.name, "", served.engine.describe().context_tokens, _STARTED_S)
    models.endpoints[listed.id] = Endpoint(listed, served)
    return models


def _named(asked: str | None, there: Sequence[Listed]) -> str:
    """The name that is meant: the first model's where none is said. Clients write Korean names composed or not."""
    return composed(asked) if asked else there[0].name if there else ""


def may_ask(key: Key, listed: Listed) -> bool:
    """Whether a key may ask a model: it names the model, or this version of it, or nothing at all."""
    return key.models is None or listed.name in key.models or listed.id in key.models


def _default(versions: Sequence[Listed]) -> Listed:
    """What a bare name means: the version that is marked, else the newest."""
    return next((listed for listed in versions if listed.is_default), versions[-1])
