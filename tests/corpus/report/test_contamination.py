import pyarrow.parquet as pq
from small_batches import quiet, sentences, write_rows

from malmoi.corpus.build import build
from malmoi.corpus.recipe import CorpusRecipe
from malmoi.corpus.report.contamination import report
from malmoi.corpus.report.questions import numbers, recipe_of
from malmoi.corpus.sources.input import Input
from malmoi.corpus.steps.decontamination import Decontamination
from malmoi.corpus.steps.evaluation_sets import EvaluationSet

ITEMS = (
    "흡연자분들은 발코니가 있는 방이면 발코니에서 흡연이 가능합니다.",
    "이 문장은 어떤 문서에도 들어 있지 않습니다.",
)


def test_a_build_drops_leaked_items_and_its_folder_reports_them(tmp_path):
    (tmp_path / "items.txt").write_text("\n".join(ITEMS), "utf-8")
    texts = [sentences(number) for number in range(6)]
    texts[2] += "\n흡연자분들은 발코니가 있는 방 이면 발코니에서 흡연이 가능 합니다"
    write_rows(tmp_path / "raw.jsonl", [{"text": text, "kind": "web"} for text in texts])
    looked_for = Decontamination((EvaluationSet("held-out", tmp_path / "items.txt"),))
    recipe = CorpusRecipe(inputs=(Input(tmp_path / "raw.jsonl"),), decontamination=looked_for, processes=1)
    build(recipe, tmp_path / "corpus", quiet)
    rows = pq.read_table(tmp_path / "corpus" / "ledger").to_pylist()
    (dropped,) = [row for row in rows if "contaminated" in row["reasons"]]
    assert dropped["contaminated_items"] == ["held-out:items.txt:1:line"]
    assert numbers(tmp_path / "corpus")["dropped_by_reason"]["contaminated"] == 1
    assert recipe_of(tmp_path / "corpus").decontamination == looked_for
    (found,) = report(tmp_path / "corpus", recipe_of(tmp_path / "corpus").decontamination)
    assert (found["items"], found["leaked"], found["documents"]) == (2, 1, 1)
    assert found["examples"] == [{"item": "held-out:items.txt:1:line", "text": ITEMS[0], "documents": [dropped["id"]]}]
