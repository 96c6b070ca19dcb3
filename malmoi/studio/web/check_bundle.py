"""Says whether the built bundle in ../static belongs to the sources that lie beside this file.

`python check_bundle.py` exits 1 with one line when it does not; `--write` (the last step of `npm run build`) records
the present state. Neither needs node: only the hashes of files are compared, nothing is built. Both measure the bundle
by the .gz files in it, print the two figures that have a budget, and refuse one above it.
"""

import hashlib
import json
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "static"
SENTENCES = (WEB.parent / "errors.json", WEB.parents[1] / "serve" / "errors.json")
"""Sources outside: the server's sentences for its errors."""
MOST_FIRST_BYTES, MOST_AREA_BYTES = 210_000, 40_000
"""Budgets (gzip): all that loads before the first words of the first page, and each area's own pages."""
FIRST = "/home/"
RECORD = "sources.sha256"
NOT_SOURCES = {"node_modules", "dist", "check_bundle.py", "__pycache__"}


def folder_hash(folder: Path, left_out: set[str]) -> str:
    """SHA-256 over the paths and contents of all files in `folder`, without the top-level names `left_out`."""
    total = hashlib.sha256()
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    for path in sorted((path for path in files if path.parts[0] not in left_out), key=Path.as_posix):
        content = hashlib.sha256((folder / path).read_bytes()).hexdigest()
        total.update(f"{content}  {path.as_posix()}\n".encode())
    return total.hexdigest()


def present_state() -> str:
    """Lines of hashes: of the sources with the lockfile, of the sentences, and of the bundle built from them."""
    sentences = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.parent.name}\n" for path in SENTENCES)
    return f"{folder_hash(WEB, NOT_SOURCES)}  sources\n{''.join(sentences)}{folder_hash(STATIC, {RECORD})}  bundle\n"


def loaded_with(manifest: dict[str, dict], entry: str) -> set[str]:
    """The scripts and styles that come with a file of Vite's manifest, through whatever it imports at once."""
    seen, waiting, files = set(), [entry], set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            files |= {manifest[name]["file"], *manifest[name].get("css", ())}
            waiting += manifest[name].get("imports", ())
    return files


def gzip_bytes(files: set[str]) -> int:
    """What these files of the bundle weigh on the way."""
    return sum((STATIC / f"{name}.gz").stat().st_size for name in files)


def measured() -> tuple[int, dict[str, int]]:
    """Bytes before the first words of the first page, and of each area: the pages' own files, styles included."""
    manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    pages = [name for name, chunk in manifest.items() if name.startswith("src/features/") and chunk.get("isDynamicEntry")]
    first = loaded_with(manifest, "index.html") | loaded_with(manifest, next(each for each in pages if FIRST in each))
    areas = {}
    for page in pages:
        own = {manifest[page]["file"], *manifest[page].get("css", ())}
        area = page.split("/")[2]
        areas[area] = areas.get(area, set()) | own
    return gzip_bytes(first), {area: gzip_bytes(files) for area, files in areas.items()}


def over_budget() -> list[str]:
    """One line for each budget that is broken. Prints the figures."""
    first, areas = measured()
    largest = max(areas, key=areas.__getitem__)
    print(f"first words: {first} bytes gzip of {MOST_FIRST_BYTES}; largest area {largest}: {areas[largest]} bytes")
    told = [f"first words take {first} bytes gzip; at most {MOST_FIRST_BYTES}"] if first > MOST_FIRST_BYTES else []
    heavy = (f"area {area} has {size} bytes gzip; at most {MOST_AREA_BYTES}" for area, size in areas.items())
    return told + [line for line, size in zip(heavy, areas.values(), strict=True) if size > MOST_AREA_BYTES]


def main(arguments: list[str]) -> int:
    """Compares, or records with `--write`; returns the exit code."""
    record = STATIC / RECORD
    if arguments == ["--write"]:
        record.write_text(present_state(), encoding="utf-8")
        return told(over_budget())
    if arguments:
        print(f"check_bundle.py: unknown option {arguments[0]!r}; expected nothing or --write", file=sys.stderr)
        return 2
    if not record.is_file() or record.read_text(encoding="utf-8") != present_state():
        return told(["malmoi/studio/static was not built from the present sources: run `make web`"])
    return told(over_budget())


def told(lines: list[str]) -> int:
    """Prints what is wrong; returns the exit code."""
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
