"""Puts a model's own numbers into the graph that OpenVINO made of its GGUF file.

OpenVINO reads GGUF in a few forms only and saves what it made in 16 bits: the norms, the speeds of the rotary positions
(in 16 bits a position of 1,000 is off by a tenth of a turn) and the matrices of a model that was not trained in
float16. The graph names its matrices as transformers does; the norms are found as what stands before them.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

EXACT, SPEEDS = "exact.safetensors", "rope_speeds"
"""The file beside the GGUF file, and what the speeds are called in it."""
_NORM_BEFORE = {"self_attn.q_proj": "input_layernorm", "mlp.gate_proj": "post_attention_layernorm"}


def put_exact(model: Any, path: Path) -> None:
    """Replaces constants of an OpenVINO model by those of a file: float32, by transformers' names, and the speeds.

    What the file does not name stays. Raises RuntimeError where the graph has another form than this.
    """
    exact = load_file(path)
    placed = {SPEEDS: _put_speeds(model, exact[SPEEDS])}
    for node in model.get_ordered_ops():
        if node.get_type_name() == "MatMul":
            placed |= _put_norm(node, exact)
    for node in model.get_ordered_ops():
        name = _name(node)
        if node.get_type_name() == "Constant" and name in exact and exact[name].ndim > 1:
            for used in node.output(0).get_target_inputs():  # a Convert, for the graph's own number has 16 bits
                used.get_node().output(0).replace(_constant(exact[name], node.get_friendly_name()))
                placed[name] = True
    if missing := sorted(exact.keys() - {name for name, is_placed in placed.items() if is_placed}):
        raise RuntimeError(f"\nits graph has no place for {missing[0]}")


def _put_speeds(model: Any, speeds: np.ndarray) -> bool:
    """The only constant of this form turns positions into angles."""
    shape = [1, len(speeds), 1]
    nodes = [node for node in model.get_ordered_ops() if _is_constant(node, shape)]
    if len(nodes) == 1:
        [used] = nodes[0].output(0).get_target_inputs()
        end = used.get_node() if used.get_node().get_type_name() == "Convert" else nodes[0]
        end.output(0).replace(_constant(speeds.reshape(shape), "rope_speeds"))
    return len(nodes) == 1


def _put_norm(product: Any, exact: Mapping[str, np.ndarray]) -> dict[str, bool]:
    """The weight of the norm before a matrix: the second factor of what goes into the product."""
    from openvino import opset13

    before = product.input_value(0).get_node()
    name = _name(_source(product.input_value(1).get_node()))
    layer, _, kind = name.removesuffix(".weight").partition(".self_attn.")
    if not kind:
        layer, _, kind = name.removesuffix(".weight").partition(".mlp.")
    is_last = name in ("lm_head.weight", "model.embed_tokens.weight")
    norm = _NORM_BEFORE.get(name.removesuffix(".weight").removeprefix(f"{layer}."))
    norm_name = "model.norm.weight" if is_last else f"{layer}.{norm}.weight"
    if norm_name not in exact or before.get_type_name() != "Multiply":
        return {}
    value = _constant(exact[norm_name].reshape(1, 1, -1), norm_name)
    if _source(before.input_value(1).get_node()).get_type_name() == "Constant":
        before.input(1).replace_source_output(value)
    elif np.any(exact[norm_name] != 1):  # a norm that is 1 in 16 bits has been left out
        used = before.output(0).get_target_inputs()
        normed = opset13.multiply(before, value)
        for each in used:
            each.replace_source_output(normed.output(0))
    return {norm_name: True}


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
    made.set_friendly_name(name)
    return made.output(0)
