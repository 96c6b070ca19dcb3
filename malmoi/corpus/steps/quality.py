"""Quality: what is too short, not Korean, broken, or repeats itself. One pass over the bytes (kernels/features.py)."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from malmoi.corpus.steps.rule import Rule

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Quality:
    """Limits of the quality rules. `..._by_kind` sets another limit for documents of some kinds.

    minimum_characters: shorter is too_short. minimum_korean_share: of the letters; less is not_korean (documentation
    and code hold much Latin, so expert and code have limits of their own).
    maximum_damage_share: of the visible characters; more is broken_encoding. One rare syllable (뷁) is much of a short
    comment, so comments may hold more.
    minimum_ending_share: of the longer words; less is a word_list, a page of search words or names.
    maximum_jamo_share, _symbol_share, _digit_share: of the visible characters; more is jamo, symbols, digits.
    maximum_run_characters: one letter in a row; maximum_duplicate_line_share, _top_bigram_share and
    _repeated_5gram_share: of the characters; more of any of them is repetition.

    Where a default came from: quantiles over 5,675 statutes, 12,801 pages of .NET and 307 of TensorFlow documentation,
    wiki news, library reviews, fairy tales and film reviews, each passing in 99 % of documents or more (log.md).
    Sentences end like particles or verbs in 43-95 % of their longer words, lists of search words in 4-14 %.
    """

    minimum_characters: int = 40
    minimum_characters_by_kind: dict[str, int] = field(
        default_factory=lambda: {"comment": 8, "dialogue": 16, "kin": 20}
    )
    minimum_korean_share: float = 0.3
    minimum_korean_share_by_kind: dict[str, float] = field(
        default_factory=lambda: {"expert": 0.08, "code": 0.0, "comment": 0.2}
    )
    maximum_damage_share: float = 0.03
    maximum_damage_share_by_kind: dict[str, float] = field(default_factory=lambda: {"comment": 0.2, "dialogue": 0.2})
    minimum_ending_share: float = 0.25
    maximum_jamo_share: float = 0.4
    maximum_symbol_share: float = 0.45
    maximum_digit_share: float = 0.5
    maximum_run_characters: int = 100
    maximum_run_characters_by_kind: dict[str, int] = field(default_factory=lambda: {"expert": 10_000, "code": 10_000})
    maximum_duplicate_line_share: float = 0.5
    maximum_top_bigram_share: float = 0.3
    maximum_repeated_5gram_share: float = 0.6

    def rules(self) -> tuple[Rule, ...]:
        """The rules, the plainest reason first: the first one that fires is counted as the reason."""
        return (
            Rule(
                "broken_encoding",
                "damage_share",
                maximum=self.maximum_damage_share,
                by_kind=self.maximum_damage_share_by_kind,
            ),
            Rule(
                "not_korean",
                "korean_share",
                minimum=self.minimum_korean_share,
                by_kind=self.minimum_korean_share_by_kind,
            ),
            Rule("too_short", "characters", minimum=self.minimum_characters, by_kind=self.minimum_characters_by_kind),
            Rule("word_list", "ending_share", minimum=self.minimum_ending_share),
            Rule("jamo", "jamo_share", maximum=self.maximum_jamo_share),
            Rule("symbols", "symbol_share", maximum=self.maximum_symbol_share),
            Rule("digits", "digit_share", maximum=self.maximum_digit_share),
            Rule(
                "repetition",
                "longest_run",
                maximum=self.maximum_run_characters,
                by_kind=self.maximum_run_characters_by_kind,
            ),
            Rule("repetition", "duplicate_line_share", maximum=self.maximum_duplicate_line_share),
            Rule("repetition", "top_bigram_share", maximum=self.maximum_top_bigram_share),
            Rule("repetition", "repeated_5gram_share", maximum=self.maximum_repeated_5gram_share),
        )

    def __call__(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """Adds every feature as a column, and `quality` (0..1)."""
        from malmoi.corpus.kernels import features
        from malmoi.corpus.kernels.buffers import string_buffers
        from malmoi.corpus.steps import verdicts

        measured = features.measure(*string_buffers(batch.column("text")))
        columns = {name: measured[:, place] for place, name in enumerate(features.FEATURES)}
        columns["quality"] = features.quality(measured)
        return verdicts.with_columns(batch, columns)
