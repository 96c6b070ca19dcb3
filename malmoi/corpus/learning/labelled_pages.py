"""Pages whose core region is known, read from the three public collections of such pages.

A folder may hold any of `article_extraction_benchmark` (ground-truth.json, html/*.html.gz), `fundus` (its tests' test
data: country/Publisher.json and Publisher_date.html.gz) and `trafilatura_eval` (evaldata.json, html/*.html; only some
wanted and unwanted segments of each page are known).
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from malmoi.corpus.text.host import host_of, registrable_domain
from malmoi.kit.errors import UserError

NUMBERS = re.compile(r"\d+")


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
    readers = {"article_extraction_benchmark": _benchmark, "fundus": _fundus, "trafilatura_eval": _segments}
    pages = [page for name, read in readers.items() if (folder / name).is_dir() for page in read(folder / name)]
    if not pages:
        raise UserError(
            f"{folder} has no labelled pages", f"a folder with any of {', '.join(readers)}", "unpack pages.tar.zst"
        )
    return pages


def site_of(url: str) -> str:
    """The name under which a publisher goes, whatever its country: www.express.co.uk and express.de are "express"."""
    return registrable_domain(host_of(url) or url).partition(".")[0]


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
        pages = sorted(path.parent.glob(f"{path.stem}_2*.html.gz"), key=lambda page: NUMBERS.findall(page.name)[-3:])
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
