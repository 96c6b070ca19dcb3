"""What one engine does of what every engine must do or declare; one line of JSON for each check.

    PYTHON engine_features.py torch|openvino|remote MODEL_FOLDER_OR_RECIPE

A process of its own for each engine; serve_conformance.py starts it.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "serve")]

from adapter_folder import write_adapter  # noqa: E402
from engine_checks import World, results  # noqa: E402

from malmoi.cli.serve import opened_model  # noqa: E402
from malmoi.serve.marks import end_ids  # noqa: E402
from malmoi.serve.settings import ServeSettings  # noqa: E402

ENGINE, MODEL = sys.argv[1], Path(sys.argv[2])

with opened_model(MODEL, ServeSettings(slots=2, threads=1, device="cpu", engine=ENGINE)) as (engine, codec):
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else MODEL
    with tempfile.TemporaryDirectory() as made:
        adapter = write_adapter(Path(made), folder)
        for name, told in results(World(engine, codec, end_ids(folder, codec)[0], adapter)).items():
            print(json.dumps({"feature": name, "result": told}, ensure_ascii=False), flush=True)
