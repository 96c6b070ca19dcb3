"""Loads and unloads the models of the table within a bound of memory, each once for all who wait for it.

To be used from one event loop; the work itself is done in threads.
"""

import asyncio
import logging
import math
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from malmoi.kit.errors import UserError, bare, reason_of
from malmoi.serve.daemon_thread import in_daemon_thread
from malmoi.serve.endpoints import Endpoint, Source, UnavailableError
from malmoi.serve.engine import Adapting, Engine
from malmoi.serve.memory_plan import adapter_bytes
from malmoi.serve.served import Served, ServerState
from malmoi.tokenizer.codec import Codec

_BUSY_RETRY_S = 5
_FAULT_S = 30.0
"""A model that could not be loaded is tried again after so long: its folder may have been mended."""

_log = logging.getLogger("malmoi.serve")


class Loading:
    """Of the models in `endpoints`, the table's own. memory_bytes: what all may take together; None is no bound."""

    def __init__(
        self, server: ServerState, source: Source | None, endpoints: Mapping[str, Endpoint], memory_bytes: int | None
    ) -> None:
        self._server, self._source, self._endpoints, self._memory_bytes = server, source, endpoints, memory_bytes

    async def load(self, endpoint: Endpoint, *, may_unload: bool) -> Served:
        """Loads a model, once for all who wait for it. One who leaves stops it for nobody."""
        if endpoint.loading is None:
            self._check_fault(endpoint)
            self._make_room(endpoint, endpoint.needs_bytes, may_unload=may_unload)
            endpoint.loading = asyncio.create_task(self._loaded(endpoint))
            # All who wait may leave: then nobody else takes the error.
            endpoint.loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(endpoint.loading)

    async def _loaded(self, endpoint: Endpoint) -> Served:
        """Loads a model, after those that are being closed: their memory is part of what was planned.

        Raises UnavailableError for any fault. It is noted, so that the next requests are told at once for _FAULT_S.
        """
        try:
            while closing := [each.closing for each in self._endpoints.values() if each.closing]:
                await asyncio.wait(closing)
            began_s, endpoint.loaded_of_s = time.monotonic(), endpoint.listed.created_s
            engine, codec = await in_daemon_thread(lambda: self._open(endpoint))
            await self._load_adapters(endpoint, engine)
        except Exception as error:  # the edge of the libraries that read models: whatever it is, it is this one's own
            reason = str(error) if isinstance(error, UserError) else reason_of(error)  # with what is expected
            endpoint.fault, endpoint.fault_s = reason, time.monotonic()
            _log.error("%s could not be loaded: %s", endpoint.listed.id, reason)
            if not isinstance(error, UserError):
                _log.error("%s", bare(error))
            self._server.metrics.loads.labels(endpoint.listed.id, "failed").inc()
            raise self._broken(endpoint) from None
        finally:
            endpoint.loading = None
        endpoint.served = Served(engine, codec, self._server.settings, server=self._server)
        endpoint.fault, endpoint.fault_s = "", 0.0
        self._server.metrics.loads.labels(endpoint.listed.id, "loaded").inc()
        self._server.metrics.load_s.labels(endpoint.listed.id).observe(time.monotonic() - began_s)
        return endpoint.served

    async def load_adapter(self, endpoint: Endpoint, name: str, folder: Path) -> None:
        """Adds an adapter to a model that is loaded. Raises UserError or UnavailableError."""
        assert endpoint.served is not None
        size = await asyncio.to_thread(adapter_bytes, folder, self._server.settings)
        self._make_room(endpoint, endpoint.needs_bytes + size, may_unload=True)
        await cast(Adapting, endpoint.served.engine).load_adapter(name, folder)
        endpoint.adapters[name] = folder, size

    async def unload_adapter(self, endpoint: Endpoint, name: str) -> None:
        """Takes one away. Raises UserError where that cannot be."""
        assert endpoint.served is not None
        await cast(Adapting, endpoint.served.engine).unload_adapter(name)
        endpoint.adapters.pop(name, None)

    async def _load_adapters(self, endpoint: Endpoint, engine: Engine) -> None:
        """Those that an operator had added before the model was loaded anew. One that is gone costs nobody else."""
        for name, (folder, _) in list(endpoint.adapters.items()):
            try:
                await cast(Adapting, engine).load_adapter(name, folder)
            except UserError as error:
                del endpoint.adapters[name]
                _log.error("%s: the adapter %s could not be loaded again: %s", endpoint.listed.id, name, error)

    def _open(self, endpoint: Endpoint) -> tuple[Engine, Codec]:
        assert self._source is not None
        return endpoint.stack.enter_context(self._source.open(endpoint.listed))

    def _check_fault(self, endpoint: Endpoint) -> None:
        if endpoint.fault_s and time.monotonic() - endpoint.fault_s < _FAULT_S:
            raise self._broken(endpoint)

    def _broken(self, endpoint: Endpoint) -> UnavailableError:
        """What a client is told of a model that cannot be loaded."""
        model_id = endpoint.listed.id
        korean = f"{model_id} 모델을 열 수 없어요. 운영자에게 알려 주세요."
        # The reason may hold paths of this machine: it is for the log and for who may ask /admin/models.
        reason = f"the model {model_id} cannot be loaded; the operator finds the reason in the log"
        return UnavailableError(reason, korean, math.ceil(_FAULT_S))

    def _make_room(self, wanted: Endpoint, needs_bytes: int, *, may_unload: bool) -> None:
        """Unloads what was used longest ago until `wanted` fits. Raises UnavailableError where the rest is in use."""
        if self._memory_bytes is None:
            return
        if needs_bytes > self._memory_bytes:
            korean = f"{wanted.listed.id} 모델은 이 서버의 메모리에 들어가지 않아요. 운영자에게 알려 주세요."
            reason = f"the model {wanted.listed.id} needs more memory than this server has for models"
            raise UnavailableError(reason, korean, math.ceil(_FAULT_S))
        others = [each for each in self._endpoints.values() if each is not wanted]
        free = self._memory_bytes - sum(each.needs_bytes for each in others if each.holds_memory)
        idle = sorted((each for each in others if each.is_idle), key=lambda each: each.used_s)
        leaving: list[Endpoint] = []
        while free < needs_bytes and idle and may_unload:
            leaving.append(idle.pop(0))
            free += leaving[-1].needs_bytes
        if free < needs_bytes:
            korean = f"지금은 {wanted.listed.id} 모델을 올릴 메모리가 없어요. 잠시 뒤에 다시 시도해 주세요."
            reason = f"no memory for the model {wanted.listed.id} now: the models in use hold it"
            soonest_s = min(
                (each.served.admission.retry_s for each in others if each.served is not None), default=_BUSY_RETRY_S
            )
            raise UnavailableError(reason, korean, soonest_s)
        for each in leaving:
            self.unload(each)

    def unload(self, endpoint: Endpoint) -> None:
        """Closes a model in a thread. From now on it is not loaded; its memory is free when that thread is done."""
        stack, endpoint.stack, endpoint.served = endpoint.stack, ExitStack(), None

        async def closed() -> None:
            try:
                await asyncio.to_thread(stack.close)
            finally:
                endpoint.closing = None

        endpoint.closing = asyncio.create_task(closed())
        self._server.metrics.loads.labels(endpoint.listed.id, "unloaded").inc()

    def drop_stale(self, endpoint: Endpoint) -> None:
        """Closes an engine that has failed, or whose folder holds something new, once it has nothing under way.

        So the next request loads it anew.
        """
        served = endpoint.served
        if self._source is None or served is None or served.num_requests or endpoint.num_users > 1:
            return
        made_s = endpoint.listed.created_s  # 0 where the folder has gone: what is loaded goes on
        has_failed = not endpoint.listed.is_remote and served.engine.health().state == "down"
        if has_failed or (made_s and made_s != endpoint.loaded_of_s):
            self.unload(endpoint)

    def preload(self) -> None:
        """Loads the pinned models. To be called before the event loop begins. Raises UserError where one cannot be."""
        for each in self._endpoints.values():
            if each.listed.is_pinned:
                engine, codec = self._open(each)
                each.served = Served(engine, codec, self._server.settings, server=self._server)
                each.loaded_of_s = each.listed.created_s

    def close(self) -> None:
        """Closes all models. To be called when the event loop has ended."""
        with ExitStack() as all_of_them:  # also where one fails to close
            for each in self._endpoints.values():
                all_of_them.push(each.stack)
