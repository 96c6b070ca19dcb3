"""Names in talks: how many that are meant become labels, and how many lines with ordinary words are spoilt.

    python benchmarks/talks.py [--show]

The lines and their truth are tests/gates/talk_mentions.toml. The hash of a line puts it into one of two halves: the
rules were made on one, the other was only measured. --show prints the wrong lines of the former.
"""

import argparse
import sys
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", action="store_true")
    given = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "gates"))
    from talk_mentions import score  # type: ignore[reportMissingImports]

    for half in ("made", "aside"):
        found = score(half)
        print(f"{half}: {found.replaced} of {found.meant} names replaced ({found.replaced / found.meant:.1%})")
        print(f"  {found.spoilt} of {found.ordinary} ordinary lines spoilt ({found.spoilt / found.ordinary:.1%})")
        if given.show and half == "made":
            for text, got in found.wrong:
                print(f"  {text}  ->  {got}")


if __name__ == "__main__":
    main()
