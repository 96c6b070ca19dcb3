"""Copies: exact ones by a fingerprint of the text without white space, near ones by MinHash over character 5-grams.

Unlike other steps this one compares documents: `sign` looks at one batch and makes small keys, and passes/ brings equal
keys together and joins what is alike.
A near-duplicate is only dropped for a document that stays and is itself as similar (kernels/clusters.py).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from malmoi.corpus.steps.rule import Rule
from malmoi.kit.ranges import require

EXACT, NEAR = "exact_duplicate", "near_duplicate"


@dataclass(frozen=True)
class NearDuplicate:
    """Two documents whose estimated Jaccard similarity reaches `similarity` are copies; the best one stays.

    Bands of rows meet with probability 1 - (1 - J^rows)^bands: at 20 x 5 half of the pairs at J = 0.5, 99.9 % at 0.8.
    Measured with 0.7 (benchmarks/near_duplicates.py): recall of J >= 0.8 is 1.0 and precision 0.997 on planted families
    kept aside, recall 0.9995 on versions of laws.
    """

    similarity: float = 0.7
    shingle_characters: int = 5
    bands: int = 20
    rows: int = 5

    def __post_init__(self) -> None:
        require(self, "more than 0, at most 1", lambda similarity: 0 < similarity <= 1, "similarity")
        require(self, "1 to 100", lambda number: 1 <= number <= 100, "shingle_characters", "bands", "rows")

    @property
    def bins(self) -> int:
        """Length of a signature."""
        return self.bands * self.rows

    def rules(self) -> tuple[Rule, ...]:
        """Exact and near copies, by how similar the document is to the one that stays for it (null: it stays)."""
        return (
            Rule(EXACT, "exact_similarity", maximum=0.0),
            Rule(NEAR, "near_similarity", maximum=self.similarity - 1e-6),
        )

    def sign(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Keys of a batch: fingerprint_1, fingerprint_2, bands (list of uint64; null without letters), sketch."""

        from malmoi.corpus.kernels import signatures
        from malmoi.corpus.kernels.buffers import string_buffers

        data, offsets = string_buffers(batch.column("text"))
        signed, fingerprints, shingles = signatures.sign(data, offsets, self.shingle_characters, self.bins)
        keys = pa.array(signatures.band_keys(signed, self.bands).ravel())
        sketches = pa.py_buffer(signatures.sketches(signed).tobytes())
        columns = {
            "fingerprint_1": pa.array(np.ascontiguousarray(fingerprints[:, 0])),
            "fingerprint_2": pa.array(np.ascontiguousarray(fingerprints[:, 1])),
            "bands": pa.FixedSizeListArray.from_arrays(keys, self.bands, mask=pa.array(shingles == 0)),
            "sketch": pa.Array.from_buffers(pa.binary(self.bins), batch.num_rows, [None, sketches]),
        }
        return pa.RecordBatch.from_pydict(columns)
