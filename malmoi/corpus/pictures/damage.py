"""What is wrong with a picture that is not stored."""


class DamagedError(ValueError):
    """The bytes are not what their format's standard says: such a picture is told and never stored."""


class NotCleanedError(ValueError):
    """A format whose metadata we do not take out: such a picture is told and never stored."""


def take(content: bytes, start: int, length: int, what: str) -> bytes:
    """`length` bytes from `start`. Raises DamagedError where the picture ends before."""
    if length < 0 or start + length > len(content):
        raise DamagedError(f"{what} of {length:,} bytes at {start:,} ends behind the picture of {len(content):,} bytes")
    return content[start : start + length]
