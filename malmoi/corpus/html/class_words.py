"""Words that hint at what a block of text is: in the classes of the elements around it, and in short texts.

The words lie in words.toml, which says how they are written; the model learns what each group is worth.
"""

import tomllib
from pathlib import Path

WORDS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
CLASS_WORDS, TEXT_WORDS, THREAD_WORDS = WORDS["class"], WORDS["text"], WORDS["thread"]
"""By group its words, separated by white space: of attributes, of texts, of the parts of a thread."""
CLASS_BIT = {name: 1 << position for position, name in enumerate(CLASS_WORDS)}
"""The bit of each group of CLASS_WORDS in the column `words` of a scanned element."""
