"""Settings of the studio. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass
from pathlib import Path

from malmoi.kit.ranges import at_least, require

TRASH_DAYS = 30
"""So long a prompt or an answer that was thrown away can be brought back; then it is removed for good."""


@dataclass(frozen=True)
class StudioSettings:
    """How the studio is opened. It answers to its own machine only.

    database: where prompts, answers and people live: a file, or postgresql://user@host/name; None is studio.db in the
    folder of the runs.
    recipes: the folder of the recipes that jobs are started from; None: nothing is started. jobs_at_once: so many of
    them run at the same time.
    """

    port: int = 8600
    max_body_bytes: int = 1_048_576
    database: Path | str | None = None
    recipes: Path | None = None
    jobs_at_once: int = 1

    def __post_init__(self) -> None:
        require(self, "0 to 65535", lambda port: 0 <= port <= 65535, "port")
        at_least(self, 1024, "max_body_bytes")
        at_least(self, 1, "jobs_at_once")
