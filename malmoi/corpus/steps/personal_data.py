"""Personal data: fourteen types are found in text, titles and turns, and removed, masked, or given other names.

Hyperscan finds candidates over the bytes of the whole batch; Python looks only at a few hundred bytes around each. The
same is done to the text, the title, what each speaker says, captions and the prompts of views; counts are of the text.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from malmoi.corpus.steps.personal.settings import TYPES, MaskingSettings
from malmoi.corpus.steps.rule import Rule


@dataclass(frozen=True)
class PersonalData(MaskingSettings):
    """The step over its settings."""

    reads: ClassVar[tuple[str, ...]] = ("id", "text", "title", "turns", "segments", "views")
    adds: ClassVar[tuple[str, ...]] = (*(f"masked_{name}" for name in TYPES), "masked_per_1000")

    def rules(self) -> tuple[Rule, ...]:
        """One: lists of addresses."""
        return (Rule("address_list", "masked_per_1000", maximum=self.maximum_per_1000_characters),)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Edits text, title, turns, captions and prompts; adds `masked_<type>` (int32) and `masked_per_1000`."""
        from malmoi.corpus.steps import masking, verdicts

        masked, counts = masking.mask_batch(batch, self)
        return verdicts.with_columns(masked, counts)
