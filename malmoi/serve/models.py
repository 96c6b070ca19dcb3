"""The table of models: which names there are, which model a request goes to, and which are loaded now.

A model's id is `name@version`, or `name` where it has no version. A bare name goes to one of its versions: by the
weights of its traffic, or to the default one. Plain Python: no web framework, no torch. To be used from one event loop.
"""

import asyncio
import contextlib
import difflib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence

from malmoi.kit.errors import UserError, reason_of
from malmoi.serve.endpoints import Endpoint, Listed, NoModelError, NotAllowedError, Source, UnavailableError
from malmoi.serve.keys import Key
from malmoi.serve.loading import Loading
from malmoi.serve.model_metrics import ModelMetrics
from malmoi.serve.served import Served, ServerState
from malmoi.serve.traffic import Traffic, composed

_MOST_CLOSE = 5
_LOOK_S = 2.0
"""So often at most the folders are looked at for new models, and only while requests come."""
_STARTED_S = int(time.time())
"""When a model was made is not always known; OpenAI's clients want a number that does not change."""

_log = logging.getLogger("malmoi.serve")


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
        self._source, self._looked_s = source, time.monotonic()
        self.endpoints: dict[str, Endpoint] = {}
        self.loading = Loading(server, source, self.endpoints, memory_bytes)
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

        may_unload: others may go for it. Where traffic's weights sent a request to a version that cannot be loaded, the
        main version answers. Raises NoModelError, NotAllowedError or UnavailableError.
        """
        try:
            endpoint = self.resolve(asked, key, user)
        except NoModelError:
            await self.look()  # it may have been exported this moment
            endpoint = self.resolve(asked, key, user)
        if self._is_look_due:  # in the background: who asks now goes to what is known now
            self._looking = asyncio.create_task(self.look())
        async with contextlib.AsyncExitStack() as held:
            try:
                served = await self._held(endpoint, held, may_unload=may_unload)
            except UnavailableError as error:
                if (main := self._main(asked, key, endpoint)) is None:
                    raise
                self.server.metrics.fallbacks.labels(endpoint.listed.id).inc()
                _log.warning("%s; %s answers in its place", error, main.listed.id)
                served = await self._held(main, held, may_unload=may_unload)
            yield served

    async def _held(self, endpoint: Endpoint, held: contextlib.AsyncExitStack, *, may_unload: bool) -> Served:
        """A model, loaded, that stays so until `held` ends."""
        held.enter_context(endpoint.used())
        self.loading.drop_stale(endpoint)
        return endpoint.served or await self.loading.load(endpoint, may_unload=may_unload)

    def _main(self, asked: str | None, key: Key, endpoint: Endpoint) -> Endpoint | None:
        """The version with the largest weight, where another one of a bare name got the request; None else."""
        split = self.traffic.splits.get(self.bare_name(asked) or "")
        known = {} if split is None else {each: weight for each, weight in split.weights.items() if weight > 0}
        known = {each: weight for each, weight in known.items() if each in self.endpoints}
        known = {each: weight for each, weight in known.items() if may_ask(key, self.endpoints[each].listed)}
        main = self.endpoints[max(known, key=known.__getitem__)] if known else endpoint
        return None if main is endpoint else main

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
                self.loading.unload(each)
            elif each.is_gone and not each.holds_memory and not each.num_users:
                del self.endpoints[each.listed.id]
        for model_id, each in listed.items():
            endpoint = self.endpoints.pop(model_id, None) or Endpoint(each)
            if endpoint.listed != each and (each.created_s or endpoint.served is None):  # 0: the folder has gone
                endpoint.listed, endpoint.fault_s = each, 0.0
            self.endpoints[model_id] = endpoint  # in the order of what was found

    def preload(self) -> None:
        """Loads the pinned models. To be called before the event loop begins. Raises UserError where one cannot be."""
        self.loading.preload()

    def close(self) -> None:
        """Closes all models. To be called when the event loop has ended."""
        self.loading.close()

    def _listed(self) -> list[Listed]:
        """The models that are there, in the order of the command line, older versions of a name first."""
        return [each.listed for each in self.endpoints.values() if not each.is_gone]

    def _close(self, name: str, key: Key) -> list[str]:
        known = {each.casefold(): each for each in self.names(key)}
        close = difflib.get_close_matches(name.casefold(), known, _MOST_CLOSE, 0.5)
        return [known[each] for each in close or list(known)[:_MOST_CLOSE]]


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
