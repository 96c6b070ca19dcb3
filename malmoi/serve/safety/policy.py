"""What is looked for in prompts and answers, and what is done with it. A leaf: nothing heavy is imported here."""

from dataclasses import dataclass, field
from typing import Literal

from malmoi.kit.errors import UserError
from malmoi.kit.ranges import require

Action = Literal["off", "flag", "mask", "block"]
ACTIONS = ("off", "flag", "mask", "block")
KINDS = ("profanity", "harm", "personal")


@dataclass(frozen=True)
class Rules:
    """What is done with each kind of hit in one direction.

    off: it is not looked for. flag: it is told beside the answer (of a prompt) and
    counted (malmoi_safety_hits). mask: other signs stand in its place. block: the
    request is refused, the answer ends before it. mild: mild words (꺼져, 미친) count as profanity too. harm_at: a
    sentence with such a probability of harm is a hit; it is judged as a whole and so cannot be masked in a stream.
    """

    profanity: Action = "off"
    harm: Action = "off"
    personal: Action = "off"
    mild: bool = True
    harm_at: float = 0.9

    def __post_init__(self) -> None:
        for kind in KINDS:
            if self.action(kind) not in ACTIONS:
                raise UserError(f"{kind} is {self.action(kind)!r}", f"one of {', '.join(ACTIONS)}")
        if self.harm == "mask":
            raise UserError("harm is 'mask'", "off, flag or block: harm is a matter of a whole sentence")
        require(self, "a probability from 0 to 1", lambda limit: 0 <= limit <= 1, "harm_at")

    def action(self, kind: str) -> Action:
        """What is done with a kind of KINDS."""
        return getattr(self, kind)

    def wanted(self) -> tuple[str, ...]:
        """The kinds that are looked for."""
        return tuple(kind for kind in KINDS if self.action(kind) != "off")


@dataclass(frozen=True)
class SafetySettings:
    """Rules for what comes in (prompts) and for what goes out (answers). By default nothing is looked for."""

    input: Rules = field(default_factory=Rules)
    output: Rules = field(default_factory=Rules)
