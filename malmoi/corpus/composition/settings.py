"""The [corpus.mix] table of a recipe: which share each kind and source is to have."""

from dataclasses import dataclass, field

from malmoi.corpus.document import require_kind
from malmoi.kit.errors import UserError
from malmoi.kit.ranges import at_least, require


@dataclass(frozen=True)
class Mix:
    """Which part of the mixture each kind is to have.

    shares: target of each kind, of the text bytes with all epochs. Kinds that are not named share what is left, in
    proportion to what there is of them; where the shares sum to 1, nothing is left for them.
    largest_kind_share, largest_source_share: caps on any one kind, and on any one source with a name. None: no cap.
    most_epochs: the most that a document is repeated. Up to 4 are nearly as good as fresh text (Muennighoff and others
    2023).
    total_bytes: size of the mixture; None: as much as there is. Where it cannot be reached, it is less.
    strict: the mixture shrinks until every kind that exists has its very share; else kinds of which there is too little
    leave room to the others.
    A source is a name within a kind; texts without a name have no source cap.
    trust_power, value_power: documents stay by weight trust^trust_power x value^value_power; 0 ignores one.
    source_popularity_power: the same for the popularity that the source itself gives (steps/source_verdict.py).
    """

    shares: dict[str, float] = field(default_factory=dict)
    largest_kind_share: float | None = None
    largest_source_share: float | None = None
    most_epochs: int = 4
    total_bytes: int | None = None
    strict: bool = False
    trust_power: float = 1.0
    value_power: float = 1.0
    source_popularity_power: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for kind, share in self.shares.items():
            require_kind(kind, "a kind in shares")
            if not 0 <= share <= 1:
                raise UserError(f"shares.{kind} is {share}", "0 to 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise UserError(f"shares sum to {sum(self.shares.values()):g}", "1 or less")
        require(self, "above 0, up to 1", lambda cap: 0 < cap <= 1, "largest_kind_share", "largest_source_share")
        require(self, "1 to 100", lambda number: 1 <= number <= 100, "most_epochs")
        at_least(self, 1, "total_bytes")
        require(self, "0 to 10", lambda power: 0 <= power <= 10, "trust_power", "value_power")
        require(self, "0 to 10", lambda power: 0 <= power <= 10, "source_popularity_power")
