"""Puts float32 numbers back into the graph that OpenVINO saves, which has them in 16 bits.

Its GenAI library makes the graph of a GGUF file in float32, but can only save it "compressed" (2026.4): the speeds of
the rotary positions lose up to a part in 4,096, so that at position 3,000 a key is turned a whole radian wrong, and the
log-probabilities of a random model were up to 0.3 nats off at 8,000. The norms lose as much. Matrices are in 16 bits in
the file itself. No torch here.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np

_NEAR = 2.0**-10
"""Numbers that were rounded to 16 bits are nearer than this share of theirs (11 bits are kept)."""


def restore_float32(graph: Any, file: Path) -> int:
    """Changes every vector of the graph in 16 bits for the one of the GGUF file that it was made of; says how many.

    graph: an openvino.Model. A vector that is not recognised stays as it is.
    """
    from openvino import opset13

    exact, restored = list(_vectors(file)), 0
    for constant in [each for each in graph.get_ops() if each.get_type_name() == "Constant"]:
        if constant.get_element_type().to_string() != "f16" or not 1 < constant.get_byte_size() // 2 == max(
            constant.shape
        ):
            continue
        rounded = constant.data.astype(np.float32)
        found = [each for each in exact if _is_rounding(rounded.ravel(), each)]
        if not found:
            continue
        nearest = min(found, key=lambda each: float(np.abs(rounded.ravel() - each).max()))
        fresh = opset13.constant(nearest.reshape(rounded.shape)).output(0)
        for widened in [target.get_node() for target in constant.output(0).get_target_inputs()]:
            for target in list(widened.output(0).get_target_inputs()):
                target.replace_source_output(fresh)
        restored += 1
    return restored


def _is_rounding(rounded: np.ndarray, exact: np.ndarray) -> bool:
    same = rounded.shape == exact.shape
    return same and bool(np.all(np.abs(rounded - exact) <= _NEAR * np.abs(exact) + np.finfo(np.float16).tiny))


def _vectors(file: Path) -> Iterator[np.ndarray]:
    """The vectors of a GGUF file in float32, and the speeds of its rotary positions (D/2): theta^(-2i/D)."""
    reader = gguf.GGUFReader(file)
    for tensor in reader.tensors:
        if tensor.tensor_type == gguf.GGMLQuantizationType.F32 and len(tensor.shape) == 1:
            yield np.array(tensor.data, np.float32)
    kind = reader.fields["general.architecture"].contents()
    size = {
        name: reader.fields[f"{kind}.{name}"].contents()
        for name in ("rope.freq_base", "rope.dimension_count", "embedding_length", "attention.head_count")
        if f"{kind}.{name}" in reader.fields
    }
    turned = int(size.get("rope.dimension_count") or size["embedding_length"] // size["attention.head_count"])
    powers = np.arange(0, turned, 2).astype(np.float64) / turned
    yield (float(size.get("rope.freq_base", 10_000.0)) ** -powers).astype(np.float32)
