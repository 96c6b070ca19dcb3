"""The format of a corpus on disk: the name of every file and folder in it."""

import pyarrow as pa

LEDGER, SHARDS, INDEX = "ledger", "shards", "index"
"""Folders of parts: one row for every item read; the documents that are kept; their keys, for later corpora."""

WRITTEN = (SHARDS, LEDGER, INDEX)
"""The folders that parts are written to."""

MIX = "mix.json"
"""What shares were asked for, and what could be had."""

COMPARISON = pa.schema({
    "exact_similarity": pa.float32(), "near_similarity": pa.float32(), "exact_duplicate_of": pa.string(),
    "near_duplicate_of": pa.string(), "cluster": pa.string(), "cluster_size": pa.int32(), "over_share": pa.float32(),
    "epochs": pa.int32(),
})  # fmt: skip
"""What comparing adds to a document. Null: it is the one that stays; it is alone.

over_share: 1 where there is too much of its kind or source and others are preferred, else 0. epochs: how many times it
is to be read.
"""

SITES, THRESHOLDS, RULES = "sites.parquet", "thresholds.json", "rules.json"
"""What is known of each site; the limits that were learnt, with what they were learnt from; every rule as applied."""

SIDE_FILES = (THRESHOLDS, RULES, SITES, MIX)
"""The files of a corpus beside its folders of parts."""

REPORTS = ("report.html", "report.json")
"""The report for people, and what it is drawn from. Whoever asks for them writes them: they are no outputs."""

MEDIA = "media"
"""Folder of a corpus for what its segments stand for."""
