"""The erasure drill: after one command nothing of twelve persons is left but in weights that are named."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from erasure_scene import NAMES, RECIPE, files_with_names, plant, plant_files

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def malmoi(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "malmoi", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A trained run on a base corpus, with a sibling corpus beside it, before anything is erased."""
    folder = tmp_path_factory.mktemp("drill")
    raw = plant(folder)
    runs = folder / "runs"
    corpus_only = 'name = "c"\nfolder = "{folder}"\n[corpus]\nprocesses = 1\n[[corpus.inputs]]\npath = "{raw}"\n'
    for name in ("base", "sibling"):
        recipe = folder / f"{name}.toml"
        recipe.write_text(corpus_only.format(folder=runs / name, raw=raw[name]), encoding="utf-8")
        malmoi("corpus", "build", str(recipe))
    recipe = folder / "drill.toml"
    of_run = RECIPE.format(folder=runs / "drill", raw=raw["raw"], base=runs / "base" / "corpus")
    recipe.write_text(of_run, encoding="utf-8")
    malmoi("run", str(recipe))
    media = runs / "drill" / "corpus" / "media" / "ab"
    media.mkdir(parents=True)
    (media / f"{'ab' * 32}.jpg").write_bytes(b"\xff\xd8\xff\xe1Exif" + NAMES[0].encode() + NAMES[1].encode("utf-16-le"))
    plant_files(runs / "drill")
    persons = folder / "persons.csv"
    persons.write_text("name\n" + "\n".join(NAMES) + "\n", encoding="utf-8")
    return {"folder": folder, "runs": runs, "recipe": recipe, "persons": persons, "raw": raw}


def before_names(before: dict[str, set[str]]) -> set[str]:
    return {Path(name).name for name in before}


def by_place(files: dict[str, set[str]]) -> Counter[str]:
    """Files with names, by place."""
    return Counter("/".join(name.split("/")[:3]).rpartition("/")[0] or name for name in files)


def test_after_one_command_nothing_is_left_but_in_named_weights_and_no_crawl_brings_it_back(scene, capsys):
    runs, corpus = scene["runs"], scene["runs"] / "drill" / "corpus"
    folders = (runs / "drill", runs / "base", runs / "sibling")
    before = files_with_names(*folders)
    assert set().union(*before.values()) == set(NAMES)
    words = ("--persons", str(scene["persons"]))
    was = json.loads(malmoi("corpus", "where", str(corpus), *words, "--json"))
    planted = {path.name for path in (runs / "drill").iterdir() if path.is_file()} & before_names(before)
    assert len(planted) == 11
    assert planted <= {Path(one["path"]).name for one in was["found"]}
    said = json.loads(malmoi("corpus", "erase", str(corpus), *words, "--siblings", "--files", "--json"))
    after = files_with_names(*folders)
    now = json.loads(malmoi("corpus", "where", str(corpus), *words, "--json"))
    with capsys.disabled():
        print_table(before, after, was, now, said)
    named = {Path(one["path"]).relative_to(runs).as_posix() for one in said["left"]}
    assert after == {}
    assert (now["found"], now["undecided"]) == ([], 0)
    assert named == {"drill/train", "drill/model"}
    assert [run["run"] for run in now["weights"]] == [str(runs / "drill")]
    assert now["weights"] == said["seen_by"]
    assert malmoi("corpus", "certificates", str(corpus)).endswith("all certificates are as they were written\n")
    (scene["raw"]["raw"] / "next.jsonl").write_bytes(scene["raw"]["next"].read_bytes())
    malmoi("corpus", "build", str(scene["recipe"]))
    assert files_with_names(*folders) == {}


def test_a_second_request_after_encoding_anew_still_knows_what_was_trained_on(scene):
    """The scene as the first test left it: erased, and the corpus built again with the next crawl."""
    run, corpus = scene["runs"] / "drill", scene["runs"] / "drill" / "corpus"
    malmoi("corpus", "build", str(scene["recipe"]))
    shown = malmoi("corpus", "sample", str(corpus), "--kept", "--count", "400", "--json").splitlines()
    kept = [row["id"] for row in map(json.loads, shown) if row["origin"]["file"] == "posts.jsonl"]
    trained = [one for one in kept if int(one[:8], 16) / 2**32 >= 0.2]  # the recipe's heldout_share
    before = {one: malmoi("train", "seen", str(run), one, "--json") for one in trained[:3]}
    malmoi("tokenizer", "encode", str(scene["recipe"]))
    assert {one: malmoi("train", "seen", str(run), one, "--json") for one in before} == before
    steps = {one: json.loads(told)["steps"] for one, told in before.items()}
    words = [word for one in steps for word in ("--id", one)]
    said = json.loads(malmoi("corpus", "erase", str(corpus), *words, "--json"))
    assert {hit["id"] for hit in said["documents"]} >= steps.keys()
    (seen,) = said["seen_by"]
    assert seen["documents"] + seen["heldout"] >= len(steps)
    assert seen["steps"] >= len(set().union(*steps.values()))
    assert said["erased"]["tokens (train)"] + said["erased"]["tokens (heldout)"] == len(said["documents"])


def print_table(before, after, was, now, said) -> None:
    """Files with any of the names, before and after, by place; and what `where` found."""
    first, last = by_place(before), by_place(after)
    print("\nplace                          files with names: before  after")
    for place in sorted(first | last):
        print(f"{place:<48} {first[place]:>6} {last[place]:>6}")
    print(f"{'`where`: places':<48} {len(was['found']):>6} {len(now['found']):>6}")
    print(f"documents erased {len(said['documents'])}, undecided {len(said['undecided'])}")
    for run in said["seen_by"]:
        saved = ", ".join(run["checkpoints"])
        print(f"trained on: {run['documents']} in {run['steps']} steps ({saved}); held out: {run['heldout']}")
