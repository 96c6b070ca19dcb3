"""Settings of the studio. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass
from pathlib import Path

from malmoi.kit.errors import UserError


@dataclass(frozen=True)
class StudioSettings:
    """How the studio is opened. It has no accounts yet, so it answers to its own machine only.

    database: where saved prompts live; None is studio.db in the folder of the runs.
    """

    port: int = 8600
    max_body_bytes: int = 1_048_576
    database: Path | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise UserError(f"port is {self.port}", "0 to 65535")
        if self.max_body_bytes < 1024:
            raise UserError(f"max_body_bytes is {self.max_body_bytes}", "1024 or more")
