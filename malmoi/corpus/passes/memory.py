"""How the memory of one machine is shared out: processes, and what DuckDB may use in each."""

import os

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import MEGABYTE

WORKER_BYTES = 650 * MEGABYTE
"""What one worker takes with the page parser beside it: libraries 350 MB, batches and buffers the rest (measured)."""


LIBRARY_BYTES = 350 * MEGABYTE


DRIVER_BYTES = 300 * MEGABYTE


LEAST_DUCKDB_BYTES = 200 * MEGABYTE


def num_processes(recipe: CorpusRecipe) -> int:
    """As many as asked for, else as there are cores; no more than fit into the memory."""
    cores = recipe.processes or len(os.sched_getaffinity(0))
    return max(1, min(cores, (recipe.memory_bytes - DRIVER_BYTES) // WORKER_BYTES))


def duckdb_bytes(recipe: CorpusRecipe, alone: bool) -> tuple[int, int]:
    """Bytes of memory and threads that DuckDB may use in one process, alone or with all others at work."""
    processes = num_processes(recipe)
    sharing = 1 if alone else processes
    limit_bytes = (recipe.memory_bytes - DRIVER_BYTES) // sharing - LIBRARY_BYTES
    return max(LEAST_DUCKDB_BYTES, limit_bytes), processes if alone else 1
