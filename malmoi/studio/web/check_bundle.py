"""Says whether the built bundle in ../static belongs to the sources that lie beside this file.

`python check_bundle.py` exits 1 with one line when it does not; `--write` (the last step of `npm run build`) records
the present state. Neither needs node: only the hashes of files are compared, nothing is built.
"""

import hashlib
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "static"
SENTENCES = (WEB.parent / "errors.json", WEB.parents[1] / "serve" / "errors.json")
"""Sources outside: the server's sentences for its errors."""
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


def main(arguments: list[str]) -> int:
    """Compares, or records with `--write`; returns the exit code."""
    record = STATIC / RECORD
    if arguments == ["--write"]:
        record.write_text(present_state(), encoding="utf-8")
        return 0
    if arguments:
        print(f"check_bundle.py: unknown option {arguments[0]!r}; expected nothing or --write", file=sys.stderr)
        return 2
    if not record.is_file() or record.read_text(encoding="utf-8") != present_state():
        print("malmoi/studio/static was not built from the present sources: run `make web`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
