"""Personal data: seventeen types are found in text, titles and turns, and removed, masked, or given other names.

Hyperscan finds candidates over the bytes of the whole batch; Python looks only at a few hundred bytes around each. The
same is done to the text, the title, what each speaker says, captions and the prompts of views; counts are of the text.
"""

from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa

from malmoi.corpus.steps.personal.settings import KEY_VARIABLE, TYPES, MaskingSettings
from malmoi.corpus.steps.rule import Rule
from malmoi.kit import config


@dataclass(frozen=True)
class PersonalData(MaskingSettings):
    """The step over its settings."""

    reads: ClassVar[tuple[str, ...]] = ("id", "text", "title", "turns", "segments", "views", "letters", "letters_taken")
    adds: ClassVar[tuple[str, ...]] = (*(f"masked_{name}" for name in TYPES), "masked_per_1000")

    def hashes(self) -> dict[str, str]:
        """A key from the environment, for the manifest: another key means other pseudonyms. That of key_file is told
        by `config.files`."""
        from_environment = self.wants_pseudonyms() and self.key_file is None
        return {f"corpus.personal_data.{KEY_VARIABLE}": config.slow_hash(self.key())} if from_environment else {}

    def rules(self) -> tuple[Rule, ...]:
        """One: lists of addresses."""
        return (Rule("address_list", "masked_per_1000", maximum=self.maximum_per_1000_characters),)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Edits text, title, turns, captions and prompts; adds `masked_<type>` (int32) and `masked_per_1000`."""
        from malmoi.corpus.steps import masking, verdicts

        masked, counts = masking.mask_batch(batch, self)
        return verdicts.with_columns(masked, counts)
