"""Text translated word by word by a machine: traces of English syntax that Korean does without, per 1,000 characters.

It finds the crude sort that fills product pages. Of 9,849 pages translated by a present-day system (Microsoft's .NET
documentation) it finds none, which takes a learned model; of 96,000 texts of all sorts it takes some two in 10,000.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from malmoi.corpus.steps.rule import Rule

if TYPE_CHECKING:
    import pyarrow as pa

TRACES = (
    r"당신(은|의|이|을|에게|께|으로)",  # "you", which Korean leaves out
    r"그것(은|이|을|의|들|에)",  # "it"
    r"것(에|으로) 의해",  # "by doing"
    r"(되어|혀|려|겨)(진다|집니다|졌다|졌습니다|질)",  # a passive of a passive
    r"가지고 있(다|습|으|지)",  # "have"
    r"하는 것(이|을) (가능|필요|추천|허락|부탁|희망)",
    r"것을 (필요로|희망|추천|시작|계속|멈추)",
    r"(을|를) 필요로 (한|합|하)",
    r"그 경우에 있어서",
    r"만약 (당신|그것|어떤)",
    r"그리고 그것",
    r"우리(의|는 당신)",
    r"(에|를) 대해 감사",
    r"(해|물|것|지시|정보|표면)들(을|은|이|의)? ",  # plurals of what has none
    r"들 (위|안|사이)에",
)
COUNTED_TIMES = 3
"""One trace counts at most so often: verse and letters say "당신" in every line, and that alone is no syntax."""
SHORTEST_CHARACTERS = 500
"""A shorter text counts as so long: it takes five traces to drop one (48 of 76,110 groups of reviews had three)."""


@dataclass(frozen=True)
class Translation:
    """maximum_per_1000_characters: what a document may hold. Novels reach 6, word-by-word translation 7 to 46
    (measured when one trace counted up to six times; now less).
    """

    maximum_per_1000_characters: float = 8.0

    def rules(self) -> tuple[Rule, ...]:
        """One: density."""
        return (Rule("machine_translated", "translation_per_1000", maximum=self.maximum_per_1000_characters),)

    def __call__(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """Adds `translation_per_1000`. Needs the column `characters` of the quality step."""
        import numpy as np

        from malmoi.corpus.kernels import patterns
        from malmoi.corpus.kernels.buffers import string_buffers
        from malmoi.corpus.steps import verdicts

        found = patterns.scan(TRACES, *string_buffers(batch.column("text")))
        total = patterns.weigh(found, np.ones(len(TRACES)), COUNTED_TIMES, batch.num_rows)
        characters = np.maximum(batch.column("characters").to_numpy(), SHORTEST_CHARACTERS)
        column = (1000 * total / characters).astype(np.float32)
        return verdicts.with_columns(batch, {"translation_per_1000": column})
