"""Pages whose core region is known, read from three public collections of such pages and from our Korean one.

Below a folder there may be any of `article_extraction_benchmark` (ground-truth.json, html/*.html.gz), `fundus` (its
tests' test data: country/Publisher.json and Publisher_date.html.gz), `trafilatura_eval` (evaldata.json, html/*.html;
only some wanted and unwanted segments of each page are known) and `pages_kr` (gold.jsonl, pages/*.html.gz).
"""

import glob
import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from malmoi.corpus.text.host import host_of, registrable_domain
from malmoi.kit.errors import UserError

NUMBERS = re.compile(r"\d+")
KOREAN, MADE_UP = "pages_kr", "made_up"
"""Names of collections: the Korean pages, and those of page_layouts.py."""
MAX_LEVELS = 3
"""So many folders deep a collection is looked for."""


@dataclass(frozen=True)
class LabelledPage:
    """A page and what is known of its core region: all of its text, or segments that are in it and that are not.

    plain: the truth was made by a parser that keeps paragraphs and headings only, so that what it lacks of lists,
    tables and quotations says nothing.
    """

    collection: str
    name: str
    site: str
    html: bytes
    truth: str | None = None
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    plain: bool = False


def read_labelled(folder: Path) -> list[LabelledPage]:
    """All labelled pages under the folder, in a fixed order."""
    pages = [page for name in COLLECTIONS for path in _folders(folder, name) for page in COLLECTIONS[name].read(path)]
    if not pages:
        wanted = f"a folder with any of {', '.join(COLLECTIONS)}"
        raise UserError(f"{folder} has no labelled pages", wanted, "unpack pages.tar.zst and pages_kr.tar.zst")
    return pages


def _folders(folder: Path, name: str) -> list[Path]:
    """Where a collection lies: in the folder or in one of those in it, as two unpacked archives do."""
    found = [path for level in range(MAX_LEVELS) for path in sorted(folder.glob("*/" * level + name))]
    return [path for path in found if any(path.glob(COLLECTIONS[name].mark))][:1]


def site_of(url: str) -> str:
    """The name under which a publisher goes, whatever its country: www.express.co.uk and express.de are "express"."""
    return registrable_domain(host_of(url) or url).partition(".")[0]


def _korean(folder: Path) -> Iterator[LabelledPage]:
    """Korean pages labelled by segments; what the README calls optional counts as outside, as its measure has it."""
    for line in (folder / "gold.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        content = gzip.decompress((folder / "pages" / f"{entry['id']}.html.gz").read_bytes())
        html = content if entry["encoding"] == "utf-8" else content.decode(entry["encoding"], "replace").encode()
        unwanted = tuple(entry["must_not_have"])
        yield LabelledPage(KOREAN, entry["id"], entry["site"], html, entry["gold"], unwanted=unwanted)


def _benchmark(folder: Path) -> Iterator[LabelledPage]:
    """Pages of Scrapinghub's article-extraction-benchmark: one truth, the body of the article, for each."""
    truth = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    for name, entry in truth.items():
        html = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        yield LabelledPage("article_extraction_benchmark", name, site_of(entry["url"]), html, entry["articleBody"])


def _fundus(folder: Path) -> Iterator[LabelledPage]:
    """Publisher.json has one article a version of its parser (V1, V1_1, V2), in the order of the pages' dates."""
    for path in sorted(folder.glob("*/*.json")):
        about = path.with_name("meta.info")
        urls: dict[str, Any] = json.loads(about.read_text("utf-8")) if about.exists() else {}
        versions = json.loads(path.read_text("utf-8"))
        ordered = sorted(versions, key=lambda version: [int(number) for number in NUMBERS.findall(version)])
        pages = sorted(
            path.parent.glob(f"{glob.escape(path.stem)}_2*.html.gz"), key=lambda page: NUMBERS.findall(page.name)[-3:]
        )
        for version, page in zip(ordered, pages, strict=True):
            site = site_of(urls[page.name]["url"]) if page.name in urls else path.stem.lower()
            truth = _paragraphs(versions[version]["body"])
            yield LabelledPage(
                "fundus", page.name[: -len(".html.gz")], site, gzip.decompress(page.read_bytes()), truth, plain=True
            )


def _paragraphs(body: dict[str, Any]) -> str:
    """The lines of an article of Fundus' tests: its summary, then headline and paragraphs of each section."""
    lines = list(body["summary"])
    for section in body["sections"]:
        lines += [*section["headline"], *section["paragraphs"]]
    return "\n".join(lines)


def _segments(folder: Path) -> Iterator[LabelledPage]:
    """Pages of trafilatura's evaluation: segments that must be found and those that must not, comments among them."""
    for url, entry in json.loads((folder / "evaldata.json").read_text("utf-8")).items():
        path = folder / "html" / entry["file"]
        if path.exists():
            unwanted = (*entry.get("without", ()), *entry.get("comments", ()))
            wanted = tuple(entry.get("with", ()))
            yield LabelledPage("trafilatura_eval", url, site_of(url), path.read_bytes(), None, wanted, unwanted)


class Collection(NamedTuple):
    """How the pages of a collection are read. mark: a file that its folder has."""

    read: Callable[[Path], Iterator[LabelledPage]]
    mark: str


COLLECTIONS = {
    "article_extraction_benchmark": Collection(_benchmark, "ground-truth.json"),
    "fundus": Collection(_fundus, "*/*.json"),
    "trafilatura_eval": Collection(_segments, "evaldata.json"),
    KOREAN: Collection(_korean, "gold.jsonl"),
}
