"""Puts a model's own numbers into the graph that OpenVINO made of its GGUF file.

OpenVINO reads GGUF in a few forms only and saves what it made in 16 bits: the norms, the speeds of the rotary positions
(in 16 bits a position of 1,000 is off by a tenth of a turn) and the matrices of a model that was not trained in
float16. The graph names its matrices as transformers does. The other numbers are found by where they stand: a norm is
the factor before its matrices, a bias is added after its matrix, a norm of heads is the factor before the heads are
turned. Where a number is the neutral one, or unknown to OpenVINO's reader, nothing stands there and it is put in.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

EXACT, SPEEDS = "exact.safetensors", "rope_speeds"
"""The file beside the GGUF file, and what the speeds are called in it."""
_NORM_BEFORE = {
    "self_attn.q_proj.weight": "input_layernorm.weight",
    "mlp.gate_proj.weight": "post_attention_layernorm.weight",
}
_NORM_OF_HEADS = {
    "self_attn.q_proj.weight": "self_attn.q_norm.weight",
    "self_attn.k_proj.weight": "self_attn.k_norm.weight",
}
_LAST_NORM = "model.norm.weight"


def put_exact(model: Any, path: Path) -> None:
    """Replaces constants of an OpenVINO model by those of a file: float32, by transformers' names, and the speeds.

    What the file does not name stays. Raises RuntimeError where the graph has another form than this.
    """
    exact = load_file(path)
    placed = {SPEEDS} if _put_speeds(model, exact[SPEEDS]) else set[str]()
    products = [node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"]
    matrices = [node for node in model.get_ordered_ops() if node.get_type_name() == "Constant"]
    for product in products:
        placed |= _put_around(product, exact)
    for node in matrices:
        name = _name(node)
        if name in exact and exact[name].ndim > 1:
            for used in node.output(0).get_target_inputs():  # a Convert, for the graph's own number has 16 bits
                used.get_node().output(0).replace(_constant(exact[name], node.get_friendly_name()))
                placed.add(name)
    if missing := sorted(exact.keys() - placed):
        raise RuntimeError(f"\nits graph has no place for {missing[0]}")


def _put_speeds(model: Any, speeds_D: np.ndarray) -> bool:  # noqa: N803
    """The only constant of this form turns positions into angles."""
    shape = [1, len(speeds_D), 1]
    nodes = [node for node in model.get_ordered_ops() if _is_constant(node, shape)]
    if len(nodes) == 1:
        [used] = nodes[0].output(0).get_target_inputs()
        end = used.get_node() if used.get_node().get_type_name() == "Convert" else nodes[0]
        end.output(0).replace(_constant(speeds_D.reshape(shape), SPEEDS))
    return len(nodes) == 1


def _put_around(product: Any, exact: Mapping[str, np.ndarray]) -> set[str]:
    """What stands before and after one product with a matrix. Returns the names of what was put there."""
    name = _name(_source(product.input_value(1).get_node()))
    layer = "".join(re.findall(r"^model\.layers\.\d+\.", name))
    kind = name.removeprefix(layer)
    is_last = name in ("lm_head.weight", "model.embed_tokens.weight")
    before = _LAST_NORM if is_last else layer + _NORM_BEFORE.get(kind, "-")
    bias = name.removesuffix("weight") + "bias"
    of_heads = layer + _NORM_OF_HEADS.get(kind, "-")
    if before in exact:
        _put(product.input_value(0).get_node(), "multiply", exact[before].reshape(1, 1, -1))
    if of_heads in exact:
        _put(_before_turning(product), "multiply", exact[of_heads].reshape(1, 1, 1, -1))
    if bias in exact:
        added = [node for node in _users(product) if node.get_type_name() == "Add" and _has_constant(node)]
        _put(added[0] if added else product, "add", exact[bias].reshape(1, 1, -1))
    return {before, of_heads, bias} & exact.keys()


def _put(node: Any, operation: str, value: np.ndarray) -> None:
    """Gives a node its own second number; where the node has none, an operation with it follows the node."""
    from openvino import opset13

    if node.get_type_name().lower() == operation and _has_constant(node):
        node.input(1).replace_source_output(_constant(value, ""))
        return
    used = node.output(0).get_target_inputs()
    made = getattr(opset13, operation)(node, _constant(value, ""))
    for each in used:
        each.replace_source_output(made.output(0))


def _before_turning(product: Any) -> Any:
    """What goes into the transposition of the heads after a product."""
    node = product
    for _ in range(8):  # reshape, and the steps of a norm
        users = _users(node)
        turned = [each for each in users if each.get_type_name() == "Transpose"]
        if turned:
            return turned[0].input_value(0).get_node()
        node = next((each for each in users if each.get_type_name() in ("Multiply", "Add")), users[0])
    raise RuntimeError("\nits graph does not turn the heads of an attention")


def _users(node: Any) -> list[Any]:
    return [each.get_node() for each in node.output(0).get_target_inputs()]


def _has_constant(node: Any) -> bool:
    return _source(node.input_value(1).get_node()).get_type_name() == "Constant"


def _source(node: Any) -> Any:
    """What a number is before it is converted."""
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    return node


def _name(node: Any) -> str:
    """model.layers[0].mlp.up_proj.weight is model.layers.0.mlp.up_proj.weight for transformers."""
    return re.sub(r"layers\[(\d+)\]", r"layers.\1", node.get_friendly_name())


def _is_constant(node: Any, shape: list[int]) -> bool:
    return node.get_type_name() == "Constant" and list(node.get_output_shape(0)) == shape


def _constant(value: np.ndarray, name: str) -> Any:
    from openvino import opset13

    made = opset13.constant(np.ascontiguousarray(value, np.float32))
    if name:
        made.set_friendly_name(name)
    return made.output(0)
