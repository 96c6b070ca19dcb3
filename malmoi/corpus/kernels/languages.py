"""The language of a text from the shares of scripts that the walk over its characters gives."""

import numpy as np
import pyarrow as pa

from malmoi.corpus.kernels.feature_names import FEATURES

LANGUAGES = ("none", "ko", "mixed", "en", "ja", "zh", "other")
"""ko: Korean, also North Korean, old, or with Hanja. mixed: Korean beside much English, code or another language
(`korean_share` says how much is Korean). none: no letter in it. other: another language, romanised Korean, code."""

KOREAN_SHARE = 0.5
"""From this share of the letters on it is Korean. Documentation with much code has medians of .43 to .51."""

MIXED_SHARE = 0.08
"""From here on Korean is a part of it: the limit of documentation in steps/quality.toml."""

KANA_SHARE = 0.1
"""Of kana and Hanja: Japanese has some 50 % kana, headings less; Chinese has none but quotations."""

ENGLISH_SHARE = 0.08
"""Of words in Latin letters that are one of counts.ENGLISH_WORDS: running English has some 20 %, Dutch 2 to 3 %."""


def language(measured: np.ndarray) -> pa.Array:
    """One of LANGUAGES for each row of `features.measure`: a string array.

    measured: float32 (texts, features).
    """
    column = {name: measured[:, index] for index, name in enumerate(FEATURES)}
    korean, latin, hanja, kana = (column[f"{name}_share"] for name in ("korean", "latin", "hanja", "kana"))
    hangul = column["hangul_share"] + column["jamo_share"]
    letters = hangul + latin + hanja + kana + column["foreign_letter_share"]
    eastern = hanja + kana
    of_east = (eastern >= latin) & (eastern >= column["foreign_letter_share"])
    conditions = [
        letters == 0,
        korean >= KOREAN_SHARE,
        korean >= MIXED_SHARE,
        of_east & (kana >= KANA_SHARE * eastern),
        of_east,
        (latin >= 0.5 * letters) & (np.nan_to_num(column["english_share"]) >= ENGLISH_SHARE),
    ]
    order = np.select(conditions, [0, 1, 2, 4, 5, 3], default=6)
    return pa.array(LANGUAGES, pa.string()).take(pa.array(order))
