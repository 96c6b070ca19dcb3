"""A model as the routes see it: the engine, its tokenizer, and how many requests are under way."""

from dataclasses import dataclass

from malmoi.serve.engine import Engine
from malmoi.serve.settings import ServeSettings
from malmoi.tokenizer.codec import Codec


@dataclass
class Served:
    """One served model. `num_requests` are those in a slot or waiting for one."""

    engine: Engine
    codec: Codec
    settings: ServeSettings
    num_requests: int = 0

    @property
    def is_full(self) -> bool:
        """Whether every slot and every waiting place is taken."""
        return self.num_requests >= self.engine.describe().slots + self.settings.queue


class Place:
    """One request's place. Released once, whoever is first to do it."""

    def __init__(self, served: Served) -> None:
        self._served: Served | None = served
        served.num_requests += 1

    def release(self) -> None:
        """Gives the place to the next request."""
        if self._served is not None:
            self._served.num_requests -= 1
            self._served = None
