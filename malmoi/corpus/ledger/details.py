"""What the ledger says of an item that gave no text: why, and never what stood in it.

Readers quote what they could not read, and libraries quote whole lines in their errors. So every detail passes here
before it is written: what is quoted is cut short, markup is left out, and personal data are masked.
"""

import re
from collections.abc import Sequence

MOST_QUOTED = 24
"""Characters of a quotation: a field's name or a type is told, a sentence is not."""
_QUOTED = re.compile(rf"""(['"][^'"]{{{MOST_QUOTED}}})[^'"]+(?=['"])""")
_MARKUP = re.compile(r"<[A-Za-z!/?][^'\"]*")


def without_content(details: Sequence[str | None]) -> list[str | None]:
    """The details as they may be written."""
    from malmoi.corpus.steps.masking import find_spans_of
    from malmoi.corpus.steps.personal.settings import MaskingSettings

    plain = [(detail or "").encode("utf-8", "replace").decode() for detail in details]
    masked = [text for text, _ in find_spans_of(plain, MaskingSettings())]  # before a cut goes through a number
    short = [_QUOTED.sub(r"\1…", _MARKUP.sub("…", text)) for text in masked]
    return [None if detail is None else text for detail, text in zip(details, short, strict=True)]
