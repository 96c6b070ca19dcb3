"""The [corpus.personal_data] table: which types of personal data are looked for, and what is done with each."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from malmoi.corpus.steps.written_forms import TYPES
from malmoi.kit import config
from malmoi.kit.errors import UserError, did_you_mean

Policy = Literal["remove", "mask", "pseudonym", "keep"]
KEY_VARIABLE = "MALMOI_PSEUDONYM_KEY"
_SHORTEST_KEY_BYTES = 16
"""128 bits: RFC 2104 asks for no less than is hard to guess."""


@dataclass(frozen=True)
class MaskingSettings:
    """types: what to look for. policy: what is done with a type; what is not named there gets `default_policy`.

    remove: the characters go. mask: <전화번호> and the like. pseudonym: another of the same shape, the same for the
    same in one document. keep: it is counted and stays. key_file: the secret of the pseudonyms, 16 bytes or more;
    without it the environment's MALMOI_PSEUDONYM_KEY. maximum_per_1000_characters: a document with more is a list of
    addresses and no text, and is dropped.
    """

    types: tuple[str, ...] = TYPES
    default_policy: Policy = "mask"
    policy: dict[str, Policy] = field(default_factory=dict)
    key_file: Path | None = config.file(None, key=True)
    maximum_per_1000_characters: float = 20.0

    def __post_init__(self) -> None:
        for setting, names in (("types", self.types), ("policy", self.policy)):
            for name in names:
                if name not in TYPES:
                    raise UserError(
                        f"{setting} holds {name!r}", f"some of {', '.join(TYPES)}", did_you_mean(name, list(TYPES))
                    )
        for name, policy in [("default_policy", self.default_policy), *self.policy.items()]:
            if policy not in ("remove", "mask", "pseudonym", "keep"):
                raise UserError(f"{name} is {policy!r}", "one of remove, mask, pseudonym, keep")
        if self.wants_pseudonyms() and self.key_file is None and not os.environ.get(KEY_VARIABLE):
            raise UserError(
                "a policy is 'pseudonym' but there is no key", f"key_file, or {KEY_VARIABLE} in the environment"
            )

    def policy_of(self, kind: str) -> Policy:
        """What is done with a type."""
        return self.policy.get(kind, self.default_policy)

    def wants_pseudonyms(self) -> bool:
        """Whether any type of these is to get pseudonyms."""
        return any(self.policy_of(kind) == "pseudonym" for kind in self.types)

    def key(self) -> bytes:
        """The secret of the pseudonyms. Raises UserError where it cannot be read or is too short."""
        where = str(self.key_file) if self.key_file else KEY_VARIABLE
        try:
            key = self.key_file.read_bytes().strip() if self.key_file else os.environ.get(KEY_VARIABLE, "").encode()
        except OSError as error:
            raise UserError(f"key_file {where} cannot be read: {error.strerror}", "a file that holds the key") from None
        if len(key) < _SHORTEST_KEY_BYTES:
            raise UserError(f"the key in {where} has {len(key)} bytes", f"{_SHORTEST_KEY_BYTES} or more")
        return key
