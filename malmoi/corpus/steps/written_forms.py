"""The types of personal data, and how a text is searched for all of them. Pure Python, run on candidates only.

Numbers that belong to the public are not personal: representative numbers (1588-1234), 080 and emergency numbers.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator

from malmoi.corpus.steps.personal import identity
from malmoi.corpus.steps.personal.accounts import find_accounts, find_cards
from malmoi.corpus.steps.personal.addresses import find_addresses
from malmoi.corpus.steps.personal.births import find_births
from malmoi.corpus.steps.personal.mail import find_mail
from malmoi.corpus.steps.personal.messengers import find_messengers
from malmoi.corpus.steps.personal.names import find_names, find_names_beside
from malmoi.corpus.steps.personal.network import find_networks
from malmoi.corpus.steps.personal.phones import find_phones
from malmoi.corpus.steps.personal.plain import PersonalSpan, to_plain, without_invisible
from malmoi.corpus.steps.personal.registers import find_registers
from malmoi.corpus.steps.personal.vehicles import find_plates
from malmoi.corpus.steps.personal.words import WORDS

MASKS = WORDS["masks"]
"""What a type's mask says. The keys are the types."""
TYPES = tuple(MASKS)

FINDERS: dict[str, Callable[[str], Iterator[PersonalSpan]]] = {
    "resident": identity.find_resident,
    "corporate": identity.find_corporate,
    "business": identity.find_business,
    "licences": identity.find_licences,
    "passports": identity.find_passports,
    "cards": find_cards,
    "accounts": find_accounts,
    "phones": find_phones,
    "mail": find_mail,
    "networks": find_networks,
    "plates": find_plates,
    "addresses": find_addresses,
    "births": find_births,
    "registers": find_registers,
    "messengers": find_messengers,
    "names": find_names,
}
"""In order: where two findings overlap, the earlier finder is right."""
_CONTACTS = ("phone", "email", "bank_account")


def find(text: str, finders: Collection[str] = FINDERS) -> list[PersonalSpan]:
    """The personal data in a text, in order, none overlapping. Signs of no width inside it belong to it."""
    visible, places = without_invisible(text)
    spans = _find(to_plain(visible), finders)
    if places is None:
        return spans
    return [PersonalSpan(places[span.start], places[span.stop - 1] + 1, span.type) for span in spans]


def _find(plain: str, finders: Collection[str]) -> list[PersonalSpan]:
    spans: list[PersonalSpan] = []
    for name, finder in FINDERS.items():
        if name in finders:
            _add(spans, finder(plain))
    for contact in [span for span in spans if span.type in _CONTACTS]:
        _add(spans, find_names_beside(plain, contact))
    return spans


def _add(spans: list[PersonalSpan], found: Iterable[PersonalSpan]) -> None:
    """Those of `found` that overlap with nothing yet, put where they belong in order."""
    for span in found:
        index = bisect_left(spans, span)
        if (not index or spans[index - 1].stop <= span.start) and (
            index == len(spans) or spans[index].start >= span.stop
        ):
            spans.insert(index, span)
