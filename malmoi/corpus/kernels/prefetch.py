"""Asks the processor for a place in a table before it is needed: numba has no word of its own for it."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_BYTES, _NUMBER = ir.PointerType(ir.IntType(8)), ir.IntType(32)
_FOR_WRITING, _KEEP_NEAR, _DATA = (ir.Constant(_NUMBER, value) for value in (1, 3, 1))
"""Arguments of LLVM's `llvm.prefetch`: the place will be written to, stays in all caches, and is no code."""


def _typed(_context: Any, array: Any, index: Any) -> Any:
    """What numba asks for: the signature, and what writes the code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        place = builder.bitcast(builder.gep(data, [arguments[1]]), _BYTES)
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _NUMBER, _NUMBER, _NUMBER])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(function, [place, _FOR_WRITING, _KEEP_NEAR, _DATA])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = intrinsic(_typed)
"""prefetch(array, index) in a kernel: changes nothing but the time that array[index] takes soon after.

array: contiguous, of one dimension. index: unsigned, inside it.
"""
