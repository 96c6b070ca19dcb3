"""Switches one line off at a time in a copy of the tree, and runs the tests that must notice.

    python tests/mutations/run.py [NAME ...]

A mutation is killed only where a test fails (exit code 1 of pytest, and one that is named): a file that cannot be
imported, or a fixture that breaks, proves nothing. The same tests must pass in the copy before. Exit code 1 where more
than one mutation survives, or the tests do not pass.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import NamedTuple

from mutations import ROOT, Mutation, mutated, read_mutations

COPIES = 2
"""So many run at a time, each in a copy of its own."""
MAX_SURVIVORS = 1
TEST_TIMEOUT_S = 120
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "runs", "*.egg-info")
_FAILED = re.compile(r"^FAILED \S*?([\w.-]+::\S+)", re.MULTILINE)


class Result(NamedTuple):
    """What became of a mutation. by: the test that failed, or what else happened."""

    name: str
    is_killed: bool
    by: str
    seconds: float


def main(names: Sequence[str]) -> int:
    """Runs all mutations, or those named; prints a line for each as it ends. Returns the exit code."""
    chosen = [each for each in read_mutations() if not names or each.name in names]
    if unknown := set(names) - {each.name for each in chosen}:
        print(f"no mutation named {', '.join(sorted(unknown))}")
        return 2
    for each in chosen:
        mutated(each)  # the list fits the sources, or nothing is begun
    with tempfile.TemporaryDirectory(prefix="malmoi-mutations-") as folder:
        copies = [_copy(Path(folder, str(number))) for number in range(COPIES)]
        if faults := _unmutated(chosen, copies):
            print(f"the tests do not pass before any mutation:\n{faults}")
            return 1
        results = list(_all(chosen, copies))
    survivors = [result.name for result in results if not result.is_killed]
    print(f"{len(results) - len(survivors)} of {len(results)} killed; survivors: {', '.join(survivors) or 'none'}")
    return int(len(survivors) > min(MAX_SURVIVORS, len(results) - 1))


def _unmutated(chosen: Sequence[Mutation], copies: Sequence[Path]) -> str:
    """What pytest says of the tests before any mutation; nothing where they all pass."""
    files = sorted({test.partition("::")[0] for each in chosen for test in each.tests})
    shares = [set(files[number :: len(copies)]) for number in range(len(copies))]
    tests = [
        sorted({test for each in chosen for test in each.tests if test.partition("::")[0] in share}) for share in shares
    ]
    with ThreadPoolExecutor(len(copies)) as pool:
        ended = pool.map(lambda copy, own: run_tests(copy, own) if own else (0, ""), copies, tests)
    return "\n".join(words for code, words in ended if code)


def _all(chosen: Sequence[Mutation], copies: Sequence[Path]) -> Iterator[Result]:
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def judged(mutation: Mutation) -> Result:
        copy = free.get()
        try:
            return judge(mutation, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        for future in as_completed([pool.submit(judged, mutation) for mutation in chosen]):
            result = future.result()
            print(f"{result.name:<36} {'killed' if result.is_killed else 'SURVIVED':<9}", end="")
            print(f"{result.seconds:6.1f} s  {result.by}", flush=True)
            yield result


def judge(mutation: Mutation, copy: Path) -> Result:
    """Makes one mutation in a copy, runs its tests, and takes the mutation back."""
    started = time.monotonic()
    with applied(mutation, copy) as environment:
        code, words = run_tests(copy, mutation.tests, environment)
    failed = _FAILED.search(words)
    is_killed = code == 1 and failed is not None  # a fixture that breaks ends with 1 too, and is no test that fails
    by = failed[1] if is_killed and failed else f"pytest ended with {code}, no test failed"
    return Result(mutation.name, is_killed, by, time.monotonic() - started)


@contextmanager
def applied(mutation: Mutation, copy: Path) -> Iterator[dict[str, str]]:
    """The mutation is in the copy for as long as this is open. Yields what the environment needs.

    numba knows a compiled function by its own file alone, not by those that it calls: a file with kernels is compiled
    anew, with all others, in a cache that goes away.
    """
    path = copy / mutation.file
    content = mutated(mutation, copy)
    with tempfile.TemporaryDirectory(prefix="malmoi-numba-") as cache:
        original = shutil.copy2(path, cache)
        path.write_text(content, encoding="utf-8")
        try:
            yield {"NUMBA_CACHE_DIR": cache} if "njit" in content else {}
        finally:
            shutil.copy2(original, path)


def run_tests(copy: Path, tests: Sequence[str], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """The exit code and the end of what pytest says of these tests in a copy, up to the first that fails."""
    variables = {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})}
    options = ["-x", "-p", "no:cacheprovider", "-rfE", f"--timeout={TEST_TIMEOUT_S}"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    ended = subprocess.run(command, cwd=copy, env=os.environ | variables, capture_output=True, text=True, check=False)
    return ended.returncode, (ended.stdout + ended.stderr)[-6000:]


def _copy(target: Path) -> Path:
    """The tree with the times of its files, so that what numba has compiled beside them counts."""
    shutil.copytree(ROOT, target, ignore=LEFT_OUT, symlinks=True)
    return target


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
