"""The one exception for mistakes of the person at the keyboard or in the data."""


class UserError(Exception):
    """Something was asked wrongly: one clear line, exit code 2, no traceback.

    wrong: what was wrong, with its value. expected: what would have been right. hint: what to do.
    """

    def __init__(self, wrong: str, expected: str = "", hint: str = "") -> None:
        self.wrong, self.expected, self.hint = wrong, expected, hint
        sentences = [wrong, f"expected {expected}" if expected else "", hint]
        super().__init__("; ".join(sentence for sentence in sentences if sentence))


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint naming the closest of `known`, or all of them where none is close. Empty where `known` is empty."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(known)}" if known else ""
