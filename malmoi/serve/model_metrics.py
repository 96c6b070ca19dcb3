"""The numbers of each loaded model for Prometheus: its places, its engine, its guides."""

from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from malmoi.serve.served import Served
from malmoi.serve.traffic import Traffic

Family = GaugeMetricFamily | CounterMetricFamily


class ModelMetrics:
    """What Prometheus asks for numbers of models: their series come and go with the models."""

    def __init__(self, loaded: Callable[[], list[Served]], listed: Callable[[], int], traffic: Traffic) -> None:
        self._loaded, self._listed, self._traffic = loaded, listed, traffic

    def collect(self) -> Iterator[Metric]:
        """The series now."""
        loaded = self._loaded()
        yield GaugeMetricFamily("malmoi_models_listed", "Models that can be asked", self._listed())
        yield GaugeMetricFamily("malmoi_models_loaded", "Models that are loaded", len(loaded))
        weights = GaugeMetricFamily("malmoi_traffic_share", "Share of its name's requests", labels=["model"])
        shadows = GaugeMetricFamily("malmoi_shadow_share", "Share of requests that are copied to it", labels=["model"])
        for split in self._traffic.splits.values():
            for model, weight in split.weights.items():
                weights.add_metric([model], weight / sum(split.weights.values()))
            if split.shadow is not None:
                shadows.add_metric([split.shadow], split.shadow_share)
        yield from (weights, shadows)
        for name, about, value in _GAUGES:
            yield _family(GaugeMetricFamily(f"malmoi_{name}", about, labels=["model"]), loaded, value)
        for name, about, value in _COUNTERS:
            yield _family(CounterMetricFamily(f"malmoi_{name}", about, labels=["model"]), loaded, value)


def _family(family: Family, loaded: list[Served], value: Callable[[Served], float]) -> Metric:
    """A series with the value of each model."""
    for served in loaded:
        family.add_metric([served.name], value(served))
    return family


_GAUGES: tuple[tuple[str, str, Callable[[Served], float]], ...] = (
    ("slots", "Answers that may run at once", lambda served: served.admission.slots),
    ("slots_running", "Answers that run", lambda served: served.admission.running),
    ("places", "Requests that may be held at once", lambda served: served.admission.places),
    ("places_held", "Places taken, running or waiting", lambda served: served.admission.held),
    ("answers_waiting", "Answers that wait for a slot", lambda served: served.admission.waiting),
    ("tokens_held", "Tokens of the requests under way, at most", lambda served: served.admission.held_tokens),
    ("engine_up", "1 while the engine is well", lambda served: served.engine.health().state == "ok"),
)
_COUNTERS: tuple[tuple[str, str, Callable[[Served], float]], ...] = (
    ("guides_built", "Guides that were built", lambda served: served.engine.health().guides_built),
    ("prefix_hits", "Answers whose beginning had been read before", lambda served: served.engine.health().prefix_hits),
    ("prefix_tokens", "Tokens that need not be read again", lambda served: served.engine.health().prefix_tokens),
    ("guide_cache_hits", "Guides that had been built before", lambda served: served.engine.health().guide_hits),
)
