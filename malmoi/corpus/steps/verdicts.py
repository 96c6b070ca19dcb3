"""Score and verdict columns of Arrow batches. Imported inside steps' calls only, so that settings stay light."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from malmoi.corpus.steps.rule import Rule


def with_columns(batch: pa.RecordBatch, columns: Mapping[str, np.ndarray | pa.Array]) -> pa.RecordBatch:
    """The batch with columns appended. NaN becomes null."""
    for name, values in columns.items():
        array = values if isinstance(values, pa.Array) else pa.array(values, from_pandas=True)
        batch = batch.append_column(name, array)
    return batch


def replaced(batch: pa.RecordBatch, name: str, values: pa.Array) -> pa.RecordBatch:
    """The batch with other values in one column."""
    index = batch.schema.get_field_index(name)
    return batch.set_column(index, batch.schema.field(index), values)


def judged(batch: pa.RecordBatch, rules: Sequence[Rule]) -> pa.RecordBatch:
    """The batch with `drop_<reason>` for every reason in `rules`; rules of one reason are joined by "or"."""
    kinds = batch.column("source").field("kind")
    verdicts: dict[str, np.ndarray] = {}
    for rule in rules:
        fired = _fired(rule, batch.column(rule.score), kinds)
        verdicts[rule.column] = verdicts[rule.column] | fired if rule.column in verdicts else fired
    return with_columns(batch, verdicts)


def _fired(rule: Rule, scores: pa.Array, kinds: pa.Array) -> np.ndarray:
    values = scores.cast(pa.float64()).to_numpy(zero_copy_only=False)  # null becomes NaN, which is never over or under
    limits = np.full(len(values), rule.limit(""))
    for kind, limit in rule.by_kind.items():
        limits[pc.call_function("equal", [kinds, pa.scalar(kind)]).to_numpy(zero_copy_only=False)] = limit
    return values > limits if rule.minimum is None else values < limits


def reasons(names: Iterable[str]) -> list[str]:
    """The verdict columns among column names, in order."""
    return [name for name in names if name.startswith("drop_")]
