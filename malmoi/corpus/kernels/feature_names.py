"""The names of what quality_features.py measures. Recipes read them, and need not load a compiler for that."""

FEATURES = (
    "characters",  # with spaces
    "words",  # between white space
    "lines",  # that are not blank
    "sentences",  # that end in a mark; a rest without one is one more
    "hangul_share",  # of the characters that are no spaces ("visible"), as are all shares up to entropy_bits
    "latin_share",  # with accents
    "hanja_share",
    "kana_share",
    "foreign_letter_share",  # of any other script
    "digit_share",
    "jamo_share",  # ㅋ, ㅠ: lone letters
    "symbol_share",  # punctuation and symbols
    "damage_share",  # U+FFFD, control and private characters, what wrong charsets make of Korean
    "jamo_run_share",  # in runs of three or more lone letters
    "url_share",  # from :// or www. to the next space
    "entropy_bits",  # of one visible character, by how often each stands in the text
    "korean_share",  # of letters, digits left out; Hanja counts where Hangul stands beside it
    "bracket_imbalance",  # openings without closings and the other way round, of all brackets; 0 with fewer than 10
    "longest_run",  # of one letter or digit, characters
    "longest_digits",  # digits in a row
    "mean_word_characters",
    "mean_sentence_characters",  # visible ones
    "unique_word_share",
    "top_word_share",  # of words: the most frequent one of two or more characters; NaN where there are few
    "ending_share",  # of words with two or more syllables: see counts.ENDINGS; NaN where they are few
    "single_syllable_share",  # of words: those of one syllable, nothing beside it
    "spaced_share",  # of words: in runs of four or more of one syllable (데 이 터 를); NaN where there are few
    "letterless_share",  # of words: neither a letter nor a digit in it
    "english_share",  # of words in Latin letters: the, of, and, ...; NaN where there is none
    "separator_share",  # commas, slashes, bars, middle dots and hash signs for each word
    "hash_share",  # hash signs for each word
    "ellipsis_share",  # ... and … for each word
    "short_line_share",  # of lines: fewer than 30 visible characters
    "bullet_line_share",  # of lines
    "ellipsis_line_share",  # of lines: ends in one
    "closed_line_share",  # of lines: ends like a sentence
    "repeated_line_share",  # of lines: stood in the text before
    "duplicate_line_share",  # of characters, in such lines, as are all shares to the end: of those that are measured
    "top_bigram_share",  # in the most frequent pair of words, if it comes more than once
    "top_3gram_share",
    "top_4gram_share",
    "repeated_5gram_share",  # in five words in a row that stood in the text before
    "repeated_6gram_share",
    "repeated_7gram_share",
    "repeated_8gram_share",
    "repeated_9gram_share",
    "repeated_10gram_share",
)
"""Names of the columns of `measure`, in order. Shares are 0..1."""
