"""`malmoi tokenizer learn|encode|show|encode-text`."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from malmoi.cli.arguments import JSON, add_recipe_arguments, add_verb, verbs_of
from malmoi.cli.run import run_alone
from malmoi.kit.paths import to_local_path
from malmoi.kit.run import TOKENIZER, TOKENS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the room."""
    verbs, learn, encode = verbs_of(parser), partial(run_alone, name=TOKENIZER), partial(run_alone, name=TOKENS)
    add_recipe_arguments(add_verb(verbs, "learn", "learn a tokenizer from the run's corpus", learn))
    add_recipe_arguments(add_verb(verbs, "encode", "encode the run's corpus to token shards", encode))
    purpose = "bytes per token by kind, and morpheme boundaries crossed"
    show = add_verb(verbs, "show", purpose, show_tokenizer, JSON)
    show.add_argument("folder", type=to_local_path, help="the folder of a tokenizer or of an exported model")
    show.add_argument("--text", type=to_local_path, action="append", help="measure on this file; else on held-out text")
    show.add_argument("--bytes", type=int, default=100_000, help="how much text of each kind or file (100000)")
    show.add_argument("--no-morphemes", action="store_true", help="leave the analyser out: much quicker")
    purpose = "show the tokens of a text read from stdin"
    text = add_verb(verbs, "encode-text", purpose, encode_text, "print the ids as JSON")
    text.add_argument("folder", type=to_local_path, help="the folder of a tokenizer or of an exported model")


def show_tokenizer(arguments: argparse.Namespace) -> None:
    """`malmoi tokenizer show DIR`."""
    from malmoi.kit.errors import UserError
    from malmoi.tokenizer.codec import Codec
    from malmoi.tokenizer.measure import heldout_texts, measure, read_text
    from malmoi.tokenizer.shards import open_part, require_tokenizer

    if arguments.bytes < 1:
        raise UserError(f"--bytes {arguments.bytes}", "1 or more")
    codec = Codec(arguments.folder)
    if arguments.text:
        if missing := [str(file) for file in arguments.text if not file.is_file()]:
            raise UserError(f"no file at {missing[0]}", "a text file after --text")
        texts = {file.name: [read_text(file, arguments.bytes)] for file in arguments.text}
    else:
        tokens = arguments.folder.parent / TOKENS
        if not tokens.is_dir():
            raise UserError(f"no held-out text beside {arguments.folder}", hint="name a text file with --text")
        require_tokenizer(tokens, arguments.folder)
        texts = heldout_texts(open_part(tokens, "heldout"), codec, arguments.bytes)
    measures = {name: measure(codec, some, morphemes=not arguments.no_morphemes) for name, some in texts.items()}
    if arguments.json:
        shares = ("bytes_per_token", "crossed_share")
        rows = {name: asdict(one) | {key: getattr(one, key) for key in shares} for name, one in measures.items()}
        return print(json.dumps({"vocabulary_tokens": codec.vocabulary_tokens, "measures": rows}, ensure_ascii=False))
    print(f"{codec.vocabulary_tokens:,} tokens, {len(codec.special_ids):,} of them special or reserved")
    header = ("text", "bytes", "tokens", "bytes/token", "tokens/character", "boundaries crossed")
    return _print_table(header, (_row(name, one) for name, one in measures.items()))


def encode_text(arguments: argparse.Namespace) -> None:
    """`malmoi tokenizer encode-text DIR`: one line per token, its id and its text (bytes where it is no text)."""
    from malmoi.tokenizer.codec import Codec

    codec = Codec(arguments.folder)
    ids = codec.encode(sys.stdin.buffer.read().decode("utf-8", errors="replace"))
    if arguments.json:
        print(json.dumps(ids))
        return
    for token_id in ids:
        raw = codec.token_bytes(token_id)
        try:
            print(token_id, repr(raw.decode("utf-8")), sep="\t")
        except UnicodeDecodeError:
            print(token_id, raw.hex(" "), sep="\t")


def _row(name: str, measure: Any) -> tuple[str, ...]:
    share, per_character = measure.crossed_share, measure.tokens / max(measure.characters, 1)
    crossed = "-" if share is None else f"{share:.1%} of {measure.boundaries:,}"
    sizes = f"{measure.text_bytes:,}", f"{measure.tokens:,}", f"{measure.bytes_per_token:.3f}"
    return name, *sizes, f"{per_character:.3f}", crossed


def _print_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = [header, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(header))]
    for row in table:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print(row[0].ljust(widths[0]), *cells, sep="  ")
