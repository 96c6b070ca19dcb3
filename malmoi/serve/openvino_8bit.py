"""Puts 8-bit weights into a graph of OpenVINO: whole numbers of 8 bits, and a scale in 16 bits for each 32 of a row.

The rounding is that of GGUF's Q8_0. OpenVINO's own reading of Q8_0 forgets the names of matrices, so that a model's
exact numbers (openvino_weights.py) find no place in it; here the graph is made first, and its products get new weights.
The look-up of embeddings keeps its own.
"""

from typing import Any

import numpy as np

GROUP = 32
_LARGEST = 127


def rounded(matrix_OI: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # noqa: N803
    """A matrix as whole numbers (int8; outputs, groups, 32) and scales (float16; outputs, groups, 1).

    Their products are the matrix, a little wrong. Its rows must be a multiple of 32 long.
    """
    groups = matrix_OI.astype(np.float32).reshape(len(matrix_OI), -1, GROUP)
    scales = np.abs(groups).max(axis=2, keepdims=True) / _LARGEST
    whole = np.divide(groups, scales, out=np.zeros_like(groups), where=scales > 0)
    return np.rint(whole).astype(np.int8), scales.astype(np.float16)


def put_8_bits(model: Any) -> None:
    """Gives the products of an OpenVINO model 8-bit weights where they have matrices of its file."""
    for node in list(model.get_ordered_ops()):
        if node.get_type_name() == "Constant" and node.get_friendly_name().endswith(".weight"):
            shape = list(node.get_output_shape(0))
            products = _products(node)
            if len(shape) == 2 and shape[1] % GROUP == 0 and products:
                compressed = _compressed(node.data)
                for used in products:
                    used.replace_source_output(compressed)


def _products(node: Any) -> list[Any]:
    """The inputs of products that a constant goes to, at once or through a conversion."""
    found = []
    for used in node.output(0).get_target_inputs():
        if used.get_node().get_type_name() == "MatMul":
            found.append(used)
        elif used.get_node().get_type_name() == "Convert":
            found += _products(used.get_node())
    return found


def _compressed(matrix_OI: np.ndarray) -> Any:  # noqa: N803
    """The form that OpenVINO's plugins know as compressed weights."""
    from openvino import opset13

    whole, scales = rounded(matrix_OI)
    numbers = opset13.convert(opset13.constant(whole), "f32")
    scaled = opset13.multiply(numbers, opset13.convert(opset13.constant(scales), "f32"))
    return opset13.reshape(scaled, opset13.constant(np.array(matrix_OI.shape, np.int64)), False).output(0)
