"""How the memory of one machine is shared out: processes, DuckDB in each, and what grows with the documents."""

from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.sources.input import MEGABYTE
from malmoi.kit import pool
from malmoi.kit.errors import UserError

WORKER_BYTES = 650 * MEGABYTE
"""What one worker takes with the page parser beside it: libraries 350 MB, batches and buffers the rest (measured)."""
LIBRARY_BYTES = 350 * MEGABYTE
"""What numba, pyarrow and DuckDB take in a process before any work (measured)."""
DRIVER_BYTES = 300 * MEGABYTE
LEAST_DUCKDB_BYTES = 200 * MEGABYTE
"""Below this DuckDB gives up on sorts that it could spill."""

RANK_BYTES = 17
"""Of each document in the stage RANK: rank (int64), dropped (bool), trust and popularity (float32)."""
CLUSTER_BYTES = 3
"""Of each document in the stage CLUSTER: epochs (int16), and whether it is in any pair (bool)."""
COPY_BYTES = 80
"""Of each exact copy and each document in a pair, in CLUSTER: ten arrays of 8 bytes in dedup.Copies and on the way."""
BYTES_PER_DOCUMENT = max(RANK_BYTES, CLUSTER_BYTES)
"""What the driver holds for each document of all inputs and bases, at most: the two stages follow one another. In no
other stage does memory grow with the documents; of copies and repeated paragraphs 16 to 250 bytes each are held."""
INPUT_BYTES_PER_DOCUMENT = 20_000
"""Input bytes of one document, to guess their number before they are read. A page of a compressed crawl has 15-25 kB, a
text in JSON Lines 1-4 kB: the guess is low rather than high, so that no build is refused without need."""


def num_processes(recipe: CorpusRecipe) -> int:
    """As many as asked for, else as there are cores; no more than fit into the memory."""
    cores = pool.num_processes(recipe.processes)
    return max(1, min(cores, (recipe.memory_bytes - DRIVER_BYTES) // WORKER_BYTES))


def duckdb_bytes(recipe: CorpusRecipe, alone: bool, held_bytes: int = 0) -> tuple[int, int]:
    """Bytes of memory and threads that DuckDB may use in one process, alone or with all others at work.

    held_bytes: what the process itself holds meanwhile.
    """
    processes = num_processes(recipe)
    sharing = 1 if alone else processes
    limit_bytes = (recipe.memory_bytes - DRIVER_BYTES) // sharing - LIBRARY_BYTES - held_bytes
    return max(LEAST_DUCKDB_BYTES, limit_bytes), processes if alone else 1


def needed_bytes(documents: int) -> int:
    """The least `memory_bytes` with which so many documents, of inputs and bases together, can be judged.

    What does not grow with the documents is left out where they are few: then the least of the recipe holds.
    """
    return LIBRARY_BYTES + LEAST_DUCKDB_BYTES + documents * BYTES_PER_DOCUMENT


def require_memory(recipe: CorpusRecipe, documents: int, is_guess: bool = False, copies: int = 0) -> None:
    """Raises UserError where so many documents do not fit into `memory_bytes`. A killed build goes on with more.

    copies: rows that the stage CLUSTER holds besides (COPY_BYTES each).
    """
    needed = max(needed_bytes(documents), needed_bytes(0) + documents * CLUSTER_BYTES + copies * COPY_BYTES)
    if needed > recipe.memory_bytes:
        about = "about " if is_guess else ""
        wrong = f"memory_bytes is {recipe.memory_bytes:,}, too small for {about}{documents:,} documents"
        wrong += f" with {copies:,} copies and pairs" if copies else ""
        hint = f"{COPY_BYTES if copies else BYTES_PER_DOCUMENT} bytes of each are held; what is done already is kept"
        raise UserError(wrong, f"at least {needed:,}", hint)
