"""The format of a corpus on disk: the name of every file and folder in it."""

import pyarrow as pa

LEDGER, SHARDS = "ledger", "shards"


MIX = "mix.json"
"""What shares were asked for, and what could be had."""


FOUND = pa.schema(
    [
        ("exact_similarity", pa.float32()),
        ("near_similarity", pa.float32()),
        ("exact_duplicate_of", pa.string()),
        ("near_duplicate_of", pa.string()),
        ("cluster", pa.string()),
        ("cluster_size", pa.int32()),
        ("over_share", pa.float32()),
        ("epochs", pa.int32()),
    ]
)
"""What comparing adds to a document. Null: it is the one that stays; it is alone.

over_share: 1 where there is too much of its kind or source and others are preferred, else 0. epochs: how many times it
is to be read.
"""


SITES, THRESHOLDS = "sites.parquet", "thresholds.json"


MEDIA = "media"
"""Folder of a corpus for what its segments stand for."""
