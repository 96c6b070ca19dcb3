"""The one exception for what a person can mend, and the exit codes of every program of ours."""

import errno

DONE, OUR_FAULT, ASKED_WRONGLY, TRY_AGAIN, GIVE_UP, STOPPED = 0, 1, 2, 75, 93, 130
"""Exit codes. 75 (EX_TEMPFAIL of sysexits.h): the same command may succeed later, because something outside is not
there now, or because the work was stopped and saved as asked. 93: the same command will fail the same way; a person
is needed. 130: Ctrl-C (128 + SIGINT)."""

WRONG_PATH_ERRNOS = frozenset({errno.EROFS, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ELOOP, errno.EFBIG})
"""The system says no to the path that was named, and will say so again. All other errors of the system (ENOSPC, EDQUOT,
EIO, ESTALE, a lost connection) may pass."""

_WRONG_PATH = (PermissionError, FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)
"""Remote file systems raise these without a number."""


def code_of(error: OSError) -> int:
    """The exit code for what the system refused: ASKED_WRONGLY where the path is to blame, else TRY_AGAIN."""
    return ASKED_WRONGLY if isinstance(error, _WRONG_PATH) or error.errno in WRONG_PATH_ERRNOS else TRY_AGAIN


class UserError(Exception):
    """Something was asked wrongly, or cannot be done now: one clear line, an exit code, no traceback.

    wrong: what was wrong, with its value. expected: what would have been right. hint: what to do. code: the exit code.
    """

    def __init__(self, wrong: str, expected: str = "", hint: str = "", code: int = ASKED_WRONGLY) -> None:
        self.wrong, self.expected, self.hint, self.code = wrong, expected, hint, code
        sentences = [wrong, f"expected {expected}" if expected else "", hint]
        super().__init__("; ".join(sentence for sentence in sentences if sentence))

    def __reduce__(self) -> tuple[type["UserError"], tuple[str, str, str, int]]:
        """Between processes it keeps its parts: an exception is otherwise made anew from its message alone."""
        return UserError, (self.wrong, self.expected, self.hint, self.code)

    def within(self, where: str) -> "UserError":
        """The same error, told as part of `where` ("corpus.inputs[0]")."""
        return UserError(f"{where}: {self.wrong}" if where else self.wrong, self.expected, self.hint, self.code)


def reason_of(error: BaseException) -> str:
    """An error in one line, where something else goes on without what failed."""
    return error.wrong if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def bare(error: BaseException) -> str:
    """An error's type and the lines it came through, for a log: its message may hold what a person wrote."""
    import traceback

    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint naming the closest of `known`, or all of them where none is close. Empty where `known` is empty."""
    import difflib

    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(known)}" if known else ""
