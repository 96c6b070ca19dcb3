"""Byte streams out of files that may be compressed, cut short, damaged, or made to fill the memory.

The compression is told by the first bytes, never by the name. Input goes to the decompressors in pieces of 1 KiB,
so that one call can never give more than some 32 MB (zstd's worst case: 4 bytes for a block of 128 KiB); on Korean
Markdown this costs nothing against larger pieces (gzip 370 MB/s, zstd 900 MB/s on one core).
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import zstandard

from malmoi.corpus.sources.raw import Reason

PIECE_BYTES = 1024
BUFFER_BYTES = 1 << 20
BOMB_RATIO = 200
"""More output than so many times the input is a bomb; law texts reach 5, repeated log lines some 100."""
BOMB_FLOOR_BYTES = 256_000_000
"""...but not below this, so that small files with long repeats stay readable."""
XZ_MEMORY_BYTES = 256_000_000

ZSTD_WINDOW_BYTES = 128 << 20
"""zstd's own limit without --long; the library keeps to it too."""
WINDOW = (
    "the file is whole, but its zstd window is {} MiB; {} are allowed. Pack it again: "
    "zstd -d --long=31 -c FILE | zstd --long=27 -o NEW.zst"
)
MAX_SPOOLED_BYTES = 4_000_000_000
"""Of the temporary file that a format needs which is read from its end (Parquet, zip) inside an archive."""
SPOOL_MEMORY_BYTES = 64_000_000

GZIP_MAGIC = b"\x1f\x8b\x08"
DECOMPRESSORS: dict[bytes, Callable[[], Any]] = {
    GZIP_MAGIC: lambda: zlib.decompressobj(31),
    b"\x28\xb5\x2f\xfd": lambda: zstandard.ZstdDecompressor().decompressobj(),
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES),
    b"BZh": bz2.BZ2Decompressor,
}


class DamagedError(Exception):
    """A stream that cannot be read on. `reason` and `detail` are those of the Unreadable it becomes."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


def malformed(error: BaseException, what: str = "") -> DamagedError:
    """What a document becomes on which its parser gave up. what: is wrong; the type of the error where nothing is."""
    return DamagedError("malformed_document", f"{what or type(error).__name__}: {error}"[:200])


class Decompressed(io.RawIOBase):
    """The decompressed bytes of `source`, several members after one another as one stream.

    compressed_bytes: size of the source, against which a bomb is told. Raises DamagedError where the source ends inside
    a member, breaks its format, or grows beyond all measure; all bytes before the fault are delivered first.
    """

    def __init__(self, source: BinaryIO, start: Callable[[], Any], compressed_bytes: int) -> None:
        self.num_bytes = 0
        self._source = source
        self._start = start
        self._member = start()
        self._ahead = b""  # read from the source, not yet decompressed
        self._at_start = True  # nothing of this member was decompressed yet
        self._output = memoryview(b"")
        self._limit_bytes = max(BOMB_FLOOR_BYTES, BOMB_RATIO * compressed_bytes)
        self._fault: DamagedError | None = None  # told again to whoever reads on

    def readable(self) -> bool:
        """True: a raw stream says so."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills `buffer` with what comes next and returns the number of bytes, 0 at the end."""
        while not self._output:
            if self._fault:
                raise self._fault
            try:
                if not self._refill():
                    return 0
            except DamagedError as fault:
                self._fault = fault
                raise
        size = min(len(buffer), len(self._output))
        buffer[:size] = self._output[:size]
        self._output = self._output[size:]
        self.num_bytes += size
        if self.num_bytes > self._limit_bytes:
            raise DamagedError("decompression_bomb", f"more than {self._limit_bytes} bytes from a far smaller file")
        return size

    def skip_to_next_gzip_member(self) -> bool:
        """After damage: goes on at the next gzip header in the source. False where none follows."""
        self._output, self._fault = memoryview(b""), None
        held = self._ahead
        while True:
            index = held.find(GZIP_MAGIC)
            if index >= 0:
                self._ahead, self._member, self._at_start = held[index:], self._start(), True
                return True
            more = self._source.read(BUFFER_BYTES)
            if not more:
                return False
            held = held[-2:] + more

    def _refill(self) -> bool:
        """Decompresses one more piece. False at the clean end of the source."""
        piece = self._ahead[:PIECE_BYTES] or self._source.read(PIECE_BYTES)
        self._ahead = self._ahead[PIECE_BYTES:]
        if self._member.eof:
            # Between members: padding with zeros is allowed (tapes, block devices), anything else is damage.
            piece = piece.lstrip(b"\0")
            if not piece:
                self._ahead = self._ahead or self._source.read(PIECE_BYTES)
                return bool(self._ahead)
            self._member, self._at_start = self._start(), True
        elif not piece:
            raise DamagedError("truncated_archive", "the compressed data ends before its end mark")
        try:
            self._output = memoryview(self._member.decompress(piece))
        except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError, MemoryError) as error:
            window_bytes = _window_bytes(piece) if self._at_start and isinstance(error, zstandard.ZstdError) else 0
            self._ahead = piece[int(self._at_start) :] + self._ahead  # a later member may begin in this piece
            if window_bytes > ZSTD_WINDOW_BYTES:
                raise DamagedError("too_large", WINDOW.format(window_bytes >> 20, ZSTD_WINDOW_BYTES >> 20)) from None
            raise DamagedError("damaged_archive", f"decompression failed: {error}") from None
        self._at_start = False
        if self._member.eof and self._member.unused_data:
            self._ahead = self._member.unused_data + self._ahead
        return True


def _window_bytes(head: bytes) -> int:
    """The window that a zstd frame asks for; 0 where its header cannot be read."""
    try:
        return zstandard.get_frame_parameters(head).window_size
    except zstandard.ZstdError:
        return 0


def open_stream(source: BinaryIO, size_bytes: int) -> io.BufferedReader:
    """A buffered reader over the plain bytes of `source`, decompressed where its first bytes say so."""
    buffered = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source, BUFFER_BYTES)  # type: ignore[arg-type]
    head = buffered.peek(6)[:6]
    for magic, start in DECOMPRESSORS.items():
        if head.startswith(magic):
            return io.BufferedReader(Decompressed(buffered, start, size_bytes), BUFFER_BYTES)
    return buffered


def read_whole(stream: BinaryIO, limit_bytes: int) -> bytes:
    """All bytes of a stream. Raises DamagedError ("too_large") as soon as there are more than `limit_bytes`."""
    content = stream.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise DamagedError("too_large", f"more than {limit_bytes} bytes")
    return content


def copied(stream: BinaryIO, spool: Any) -> Any:
    """`spool`, a temporary file, with all bytes of a stream, at its beginning. Raises DamagedError where too large."""
    size_bytes = 0
    while piece := stream.read(BUFFER_BYTES):
        size_bytes += len(piece)
        if size_bytes > MAX_SPOOLED_BYTES:
            raise DamagedError("too_large", f"more than {MAX_SPOOLED_BYTES} bytes, which are read from their end")
        spool.write(piece)
    spool.seek(0)
    return spool
