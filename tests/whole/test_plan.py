"""One truth about stages: what a dry run says is what a run does, and nothing good is replaced on a way that ends."""

import json
from pathlib import Path

import pytest
from test_road import RECIPE

from malmoi.cli.main import main
from malmoi.corpus import build
from malmoi.kit.run import STAGES
from malmoi.kit.stage import Made, stage
from malmoi.sample.grow import grow

pytestmark = pytest.mark.slow
LIMIT = "corpus.quality.limits.korean_share={fixed = 0.2}"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """A recipe on rows and pages, run once."""
    folder = tmp_path_factory.mktemp("plan")
    grow(folder / "grown", 120, 1, lambda _done, _total: None)
    path = folder / "tiny.toml"
    path.write_text(RECIPE.format(folder=folder / "run", raw=folder / "grown" / "raw"), encoding="utf-8")
    assert main(["run", str(path)]) == 0
    return path


@pytest.fixture
def call(recipe, capsys):
    """Runs `malmoi run` on the recipe: exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["run", str(recipe), *words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def dry(call):
    """The plan of a dry run as JSON, each stage by name."""

    def run(*settings: str) -> tuple[dict, dict]:
        code, out, err = call("--dry-run", "--json", *(word for one in settings for word in ("--set", one)))
        assert code == 0, err
        told = json.loads(out)
        return {stage["stage"]: stage for stage in told["stages"]}, told

    return run


def finished(recipe: Path) -> dict[str, bytes]:
    return {stage: (recipe.parent / "run" / stage / "manifest.json").read_bytes() for stage in STAGES}


def states(stages: dict) -> list[str]:
    return [stages[name]["state"] for name in STAGES]


def test_a_run_with_nothing_to_do_says_so_for_each_stage(recipe, call, dry):
    before = finished(recipe)
    assert states(dry()[0]) == ["unchanged"] * 6
    code, _, err = call()
    assert code == 0
    assert [line.split()[0] for line in err.splitlines() if "unchanged" in line] == [f"{n}/6" for n in range(1, 7)]
    assert finished(recipe) == before


@pytest.mark.parametrize(
    "setting", ["corpus.processes=2", "tokenizer.processes=2", "tokens.processes=2", "train.threads=2"]
)
def test_settings_of_the_machine_change_nothing(setting, dry):
    assert states(dry(setting)[0]) == ["unchanged"] * 6


def test_a_changed_limit_is_refused_before_anything_is_replaced(recipe, call, dry):
    before = finished(recipe)
    stages, told = dry(LIMIT)
    assert states(stages) == ["again", "again", "again", "needs a new training", "again", "again"]
    assert stages["corpus"]["key"] == stages["train"]["key"] == "corpus.quality.limits.korean_share"
    assert stages["corpus"]["new"]["fixed"] == 0.2
    assert stages["train"]["steps_lost"] == 12
    code, out, err = call("--set", LIMIT)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err == f"malmoi: {told['refused']}\n"
    other = f"{recipe.parent / 'run'}2"
    assert f"`malmoi run RECIPE --set folder={other}`" in err
    assert f"`malmoi corpus diff {recipe.parent / 'run'}/corpus {other}/corpus`" in err
    assert finished(recipe) == before


def test_another_file_in_an_input_is_another_content(recipe, dry):
    added = recipe.parent / "grown" / "raw" / "새 글.txt"
    added.write_text("오늘은 도서관에서 책을 읽었다. " * 20, encoding="utf-8")
    try:
        stages, told = dry()
    finally:
        added.unlink()
    assert states(stages)[:4] == ["again", "again", "again", "needs a new training"]
    assert "holds other content than before" in told["refused"]
    assert states(dry()[0]) == ["unchanged"] * 6


@pytest.mark.parametrize(
    ("setting", "key", "expected"),
    [
        ("corpus.inputs.0.rows_per_document=3", "corpus.inputs[0].rows_per_document", 0),
        ("tokenizer.seed=5", "tokenizer.seed", 1),
        ("tokens.heldout_share=0.12", "tokens.heldout_share", 2),
        ("train.steps=24", "train.steps", 3),
        ("model.layers=1", "model.layers", 3),
    ],
)
def test_what_changes_the_training_needs_a_new_one(setting, key, expected, dry):
    stages, told = dry(setting)
    again = ["again"] * (3 - expected)
    assert states(stages) == ["unchanged"] * expected + again + ["needs a new training", "again", "again"]
    assert stages["train"]["key"] == key
    assert told["refused"].startswith(f"{key} changed")


def test_other_settings_of_the_evaluation_replace_the_report_alone(recipe, dry, call):
    before = finished(recipe)
    stages, told = dry("evaluate.samples=2")
    assert states(stages) == ["unchanged"] * 5 + ["again"]
    assert (stages["report"]["key"], stages["report"]["old"], stages["report"]["new"]) == ("evaluate.samples", 1, 2)
    assert told["refused"] is None
    assert call("--set", "evaluate.samples=2")[0] == 0
    after = finished(recipe)
    assert [name for name in STAGES if after[name] != before[name]] == ["report"]
    assert call()[0] == 0


def test_code_that_writes_something_else_makes_the_stage_again(dry, monkeypatch):
    monkeypatch.setattr(build, "OUTPUT_VERSION", build.OUTPUT_VERSION + 1)
    stages, _ = dry()
    assert states(stages)[:4] == ["again", "again", "again", "needs a new training"]
    assert stages["corpus"]["key"] == "corpus.output_version"


def test_an_input_that_is_missing_is_told_before_anything_is_made(call, tmp_path):
    for words in (["--dry-run"], []):
        code, out, err = call(*words, "--set", f"folder={tmp_path / 'new'}", "--set", "corpus.inputs.0.path=no/such")
        assert (code, out) == (2, "")
        assert "no/such" in err
    assert not (tmp_path / "new").exists()


def test_nothing_held_out_is_told_before_anything_is_made(call, tmp_path):
    code, _, err = call("--set", f"folder={tmp_path / 'new'}", "--set", "tokens.heldout_share=0")
    assert (code, err.count("\n")) == (2, 1)
    assert "tokens.heldout_share is 0" in err
    assert not (tmp_path / "new").exists()


def test_tokens_that_were_removed_come_back_and_the_training_stays(recipe, dry, call):
    before = finished(recipe)
    for file in (recipe.parent / "run" / "tokens").iterdir():
        if file.is_file():
            file.unlink()
    stages, told = dry()
    assert states(stages) == ["unchanged", "unchanged", "to do", "to do", "to do", "to do"]
    assert told["refused"] is None
    assert call()[0] == 0
    after = finished(recipe)
    assert [name for name in STAGES if after[name] != before[name]] == ["tokens"]


def test_a_changed_key_counts_also_where_a_stage_before_it_is_gone(recipe, dry):
    gone = recipe.parent / "run" / "corpus" / "manifest.json"
    gone.rename(gone.with_name("kept"))
    try:
        unseen, changed = dry()[0], dry("tokenizer.seed=5")[0]
        trained_otherwise, told = dry("train.learning_rate=0.0123")
    finally:
        gone.with_name("kept").rename(gone)
    assert states(unseen) == ["to do"] * 6
    assert states(changed)[:4] == ["to do", "again", "again", "needs a new training"]
    assert states(trained_otherwise)[:4] == ["to do"] * 3 + ["needs a new training"]
    assert told["refused"].startswith("train.learning_rate changed")


def test_a_rebuild_that_was_killed_knows_what_the_training_was_made_from(recipe, dry):
    corpus = recipe.parent / "run" / "corpus"
    before = (corpus / "manifest.json").read_bytes()
    with pytest.raises(KeyboardInterrupt), stage(corpus, Made("corpus", 2, {}, {})):
        raise KeyboardInterrupt
    try:
        unseen, (changed, told) = dry()[0], dry(LIMIT)
    finally:
        (corpus / "manifest.json").write_bytes(before)
        (corpus / "unfinished.json").unlink()
    assert states(unseen) == ["to do"] * 6
    assert states(changed)[:4] == ["again", "again", "again", "needs a new training"]
    assert told["refused"].startswith("corpus.quality.limits.korean_share changed")


def test_from_scratch_goes_on_with_another_text_and_begins_the_training_again(recipe, call, dry):
    code, _, err = call("--set", LIMIT, "--set", "tokens.heldout_share=0.15", "--from-scratch")
    assert code == 0, err
    kept = sorted(path.name for path in (recipe.parent / "run" / "train" / "checkpoints").iterdir())
    assert [name for name in kept if name.endswith(".refused")]
    assert states(dry(LIMIT, "tokens.heldout_share=0.15")[0]) == ["unchanged"] * 6
