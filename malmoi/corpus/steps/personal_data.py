"""Personal data: phone numbers, e-mail addresses and resident numbers become <전화번호>, <이메일>, <주민등록번호>.

Hyperscan finds candidates over the bytes of the whole batch; Python looks only at a few hundred bytes around each. The
same is done to the text, the title and what each speaker says; counts are of the text.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from malmoi.corpus.steps.rule import Rule
from malmoi.corpus.steps.written_forms import TYPES
from malmoi.kit.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class PersonalData:
    """types: what to mask, of phone, email and resident_number.

    maximum_per_1000_characters: a document with more is a list of addresses and no text, and is dropped.
    """

    types: tuple[str, ...] = TYPES
    maximum_per_1000_characters: float = 20.0

    def __post_init__(self) -> None:
        if unknown := [name for name in self.types if name not in TYPES]:
            raise UserError(f"types holds {unknown[0]!r}", f"some of {', '.join(TYPES)}")

    def rules(self) -> tuple[Rule, ...]:
        """One: lists of addresses."""
        return (Rule("address_list", "masked_per_1000", maximum=self.maximum_per_1000_characters),)

    def __call__(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """Masks text, title and turns; adds `masked_<type>` (int32), `masked_per_1000`."""
        from malmoi.corpus.steps import masking, verdicts

        masked, counts = masking.mask_batch(batch, self.types)
        return verdicts.with_columns(masked, counts)
