"""Attention of requests that decode together on a CPU in float32, each over its own row of the cache, in one call.

Every number is added in one order, whoever is in the batch and however a text is cut into pieces: a token that is read
in a prompt of 500 gets the same bits as one that was generated alone. So what was read once may be kept and used again
(serve/prefix_cache.py), and an answer can be made again to the last bit. The kernels of torch do not promise that, and
cost one call for each request and layer: at 16 requests of 130 tokens their attention took 31 % of a step, this 4 %.

Keys lie with their slots side by side (K, D, S), so that the products of a query with all keys need no sums across a
vector register, whose order a compiler may choose. No `fastmath` that lets it choose elsewhere is switched on.

Shape letters: B row, T token, H query head, K key/value head, D number in a head, S slot of a row, F feed-forward size.
"""
# ruff: noqa: N803, N806 (shape letters)

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from numba import carray, njit, types  # pyright: ignore[reportPrivateImportUsage]
from numba.core import cgutils
from numba.extending import intrinsic
from torch import Tensor

from malmoi.model.cache import PIECE_TOKENS, Row

BLOCK = PIECE_TOKENS

QUERIES = 8
"""Queries that share one pass over the keys: 8 rows of 1,000 scores are 32 kB, which the nearest cache holds."""

_FEW_PRODUCTS = 2_000_000
"""Products for each thread below which a second one costs more than it saves."""

_LOG2_E, _LN2_HIGH, _LN2_LOW = np.float32(1.44269504), np.float32(0.693359375), np.float32(-2.12194440e-4)
_LOWEST, _HALF, _ONE = np.float32(-87.0), np.float32(0.5), np.float32(1.0)
_C0, _C1, _C2, _C3, _C4, _C5 = (
    np.float32(x) for x in (1.9875691e-4, 1.3981999e-3, 8.3334519e-3, 4.1665796e-2, 1.6666665e-1, 5.0000001e-1)
)
"""e^x as in Cephes' expf (Moshier): 2^n times a polynomial of degree 7, to 2 units of the last place."""


def gather(
    layer: int, new: tuple[Tensor, Tensor, Tensor], rotation: tuple[Tensor, Tensor], rows: Sequence[Row]
) -> Tensor:
    """What the next T tokens of each row gather (B, T, H x D); their keys and values are written into the rows.

    new: queries, keys and values (B, T, heads, D), not rotated yet; rotation: cosines and sines (B, T, 1, D/2).
    """
    B, T, H, D = new[0].shape
    K = new[1].shape[2]
    parts = (*(each.contiguous().numpy() for each in new), *(each.view(B, T, -1).numpy() for each in rotation))
    out_BTHD = torch.empty((B, T, H, D))
    table_B4 = np.array([[r.keys.data_ptr(), r.values.data_ptr(), r.length, r.slots] for r in rows], np.int64)

    def run(first: int, stop: int) -> None:
        _attend(parts, out_BTHD.numpy(), table_B4, layer, np.float32(D**-0.5), first, stop)

    threads = min(torch.get_num_threads(), B * K)
    if threads == 1 or int(table_B4[:, 2].sum() + B * T) * T * H * D < threads * _FEW_PRODUCTS:
        run(0, B * K)
    else:
        borders = [B * K * number // threads for number in range(threads + 1)]
        list(_pool(threads).map(run, borders, borders[1:]))
    return out_BTHD.flatten(2)


def gated(gate_BTF: Tensor, up_BTF: Tensor) -> Tensor:
    """Gives silu(gate) * up, a number with the same bits wherever it stands in the tensor."""
    out_BTF = torch.empty_like(gate_BTF)
    _gate(gate_BTF.reshape(-1).numpy(), up_BTF.reshape(-1).numpy(), out_BTF.view(-1).numpy())
    return out_BTF


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """The threads that share the heads; the kernel holds no interpreter lock."""
    return ThreadPoolExecutor(threads, "malmoi-attention")


@intrinsic
def _pointer(typing: Any, address: Any) -> Any:  # noqa: ARG001 (numba's signature)
    """An address as a pointer."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), build


@njit(nogil=True, cache=True, error_model="numpy")
def _exp(x_N, bits_N, last):  # noqa: ANN001, ANN202
    """Replaces the first `last` of x (at most 0) by e^x. bits: int32 of the same length, written over."""
    power_N = bits_N.view(np.float32)
    for n in range(last):
        x = max(x_N[n], _LOWEST)
        whole = np.floor(x * _LOG2_E + _HALF)
        rest = (x - whole * _LN2_HIGH) - whole * _LN2_LOW
        series = ((((_C0 * rest + _C1) * rest + _C2) * rest + _C3) * rest + _C4) * rest + _C5
        bits_N[n] = (np.int32(whole) + np.int32(127)) << np.int32(23)
        x_N[n] = (series * (rest * rest) + rest) + _ONE
    for n in range(last):
        x_N[n] *= power_N[n]


@njit(nogil=True, cache=True, error_model="numpy")
def _gate(gate_N, up_N, out_N):  # noqa: ANN001, ANN202
    """Gives x / (1 + e^-x) * up by e^-|x|, in pieces that the nearest cache holds."""
    powers, bits = np.empty(1024, np.float32), np.empty(1024, np.int32)
    for first in range(0, len(gate_N), len(powers)):
        count = min(len(powers), len(gate_N) - first)
        for n in range(count):
            powers[n] = -abs(gate_N[first + n])
        _exp(powers, bits, count)
        for n in range(count):
            x, power = gate_N[first + n], powers[n]
            out_N[first + n] = (x if x > 0 else x * power) / (_ONE + power) * up_N[first + n]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _score(scores_S, q_D, keys_DS):  # noqa: ANN001, ANN202
    """The products of a query with the keys of one block, added one after the other along a head."""
    scores_S[:] = 0
    whole = len(q_D) // 8 * 8
    for i in range(0, whole, 8):
        a, b, c, d = q_D[i], q_D[i + 1], q_D[i + 2], q_D[i + 3]
        e, f, g, h = q_D[i + 4], q_D[i + 5], q_D[i + 6], q_D[i + 7]
        for j in range(BLOCK):
            x = scores_S[j] + a * keys_DS[i, j] + b * keys_DS[i + 1, j] + c * keys_DS[i + 2, j] + d * keys_DS[i + 3, j]
            y = x + e * keys_DS[i + 4, j] + f * keys_DS[i + 5, j] + g * keys_DS[i + 6, j] + h * keys_DS[i + 7, j]
            scores_S[j] = y
    for i in range(whole, len(q_D)):
        a = q_D[i]
        for j in range(BLOCK):
            scores_S[j] += a * keys_DS[i, j]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract"})
def _gather(result_D, shares_S, values_SD, first, last):  # noqa: ANN001, ANN202
    """Adds the values from `first` to `last` by their shares, one after the other."""
    whole = last // 8 * 8
    for j in range(first, whole, 8):
        a, b, c, d = shares_S[j], shares_S[j + 1], shares_S[j + 2], shares_S[j + 3]
        e, f, g, h = shares_S[j + 4], shares_S[j + 5], shares_S[j + 6], shares_S[j + 7]
        for i in range(len(result_D)):
            x = result_D[i] + a * values_SD[j, i] + b * values_SD[j + 1, i] + c * values_SD[j + 2, i]
            y = x + d * values_SD[j + 3, i] + e * values_SD[j + 4, i] + f * values_SD[j + 5, i]
            result_D[i] = y + g * values_SD[j + 6, i] + h * values_SD[j + 7, i]
    for j in range(max(first, whole), last):
        a = shares_S[j]
        for i in range(len(result_D)):
            result_D[i] += a * values_SD[j, i]


@njit(nogil=True, cache=True, error_model="numpy")
def _soften(scores_S, bits_S, seen):  # noqa: ANN001, ANN202
    """Turns the first `seen` scores into e^(score - highest) and gives their sum, added one after the other."""
    highest = scores_S[0]
    for j in range(1, seen):
        highest = max(highest, scores_S[j])
    for j in range(seen):
        scores_S[j] -= highest
    _exp(scores_S, bits_S, seen)
    total = np.float32(0)
    for j in range(seen):
        total += scores_S[j]
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _turn(result_D, x_D, cos_P, sin_P):  # noqa: ANN001, ANN202
    """Rotates the numbers of one head; the pair of number i is i + D/2."""
    half = len(cos_P)
    for i in range(half):
        c, s, low, high = cos_P[i], sin_P[i], x_D[i], x_D[half + i]
        result_D[i], result_D[half + i] = low * c - high * s, high * c + low * s


@njit(nogil=True, cache=True, error_model="numpy")
def _gather_group(scores_RS, q_RD, stores, seen_R, out_RD):  # noqa: ANN001, ANN202
    """Results of some queries of a head, which see the first `seen` slots of the keys and values."""
    keys_NDS, values_SD, bits = stores
    count, blocks = len(seen_R), (seen_R.max() + BLOCK - 1) // BLOCK
    totals = np.empty(count, np.float32)
    for n in range(blocks):
        for r in range(count):
            _score(scores_RS[r, n * BLOCK : (n + 1) * BLOCK], q_RD[r], keys_NDS[n])
    for r in range(count):
        totals[r] = _soften(scores_RS[r], bits, seen_R[r])
        out_RD[r] = 0
    for n in range(blocks):
        for r in range(count):
            _gather(out_RD[r], scores_RS[r], values_SD, n * BLOCK, min((n + 1) * BLOCK, seen_R[r]))
    for r in range(count):
        for i in range(out_RD.shape[1]):
            out_RD[r, i] /= totals[r]


@njit(nogil=True, cache=True, error_model="numpy")
def _attend(parts, out_BTHD, table_B4, layer, scale, first, stop):  # noqa: ANN001, ANN202
    """Tasks `first` to `stop`, a task being a row and one of its key/value heads: writes new keys, values and results.

    parts: q, k, v (B, T, heads, D), not yet rotated; cos, sin (B, T, D / 2). table (B, 4): addresses of a row's keys
    and values, tokens that it holds, its slots. Queries go in groups that share a pass over the keys.
    """
    q_BTHD, k_BTKD, v_BTKD, cos_BTP, sin_BTP = parts
    (T, H, D), K = q_BTHD.shape[1:], k_BTKD.shape[2]
    longest = (table_B4[:, 2].max() + T + BLOCK - 1) // BLOCK * BLOCK
    scores, bits = np.empty((QUERIES, longest), np.float32), np.empty(longest, np.int32)
    q, out, turned = np.empty((QUERIES, D), np.float32), np.empty((QUERIES, D), np.float32), np.empty(D, np.float32)
    seen = np.empty(QUERIES, np.int64)
    for task in range(first, stop):
        b, head = task // K, task % K
        held, slots = table_B4[b, 2], table_B4[b, 3]
        skipped = 4 * (layer * K + head) * D * slots
        keys_NDS = carray(_pointer(table_B4[b, 0] + skipped), (slots // BLOCK, D, BLOCK), np.float32)  # pyright: ignore[reportCallIssue]
        values_SD = carray(_pointer(table_B4[b, 1] + skipped), (slots, D), np.float32)  # pyright: ignore[reportCallIssue]
        for t in range(T):
            _turn(turned, k_BTKD[b, t, head], cos_BTP[b, t], sin_BTP[b, t])
            keys_DS, j = keys_NDS[(held + t) // BLOCK], (held + t) % BLOCK
            for i in range(D):
                keys_DS[i, j] = turned[i]
                values_SD[held + t, i] = v_BTKD[b, t, head, i]
        queries = T * (H // K)
        for begin in range(0, queries, QUERIES):
            count = min(QUERIES, queries - begin)
            for r in range(count):
                t, h = (begin + r) // (H // K), head * (H // K) + (begin + r) % (H // K)
                _turn(q[r], q_BTHD[b, t, h], cos_BTP[b, t], sin_BTP[b, t])
                q[r] *= scale
                seen[r] = held + t + 1
            _gather_group(scores, q, (keys_NDS, values_SD, bits), seen[:count], out)
            for r in range(count):
                out_BTHD[b, (begin + r) // (H // K), head * (H // K) + (begin + r) % (H // K)] = out[r]
