"""What an installed package needs beside its code."""

import tomllib

from source_files import ROOT

PACKAGE = ROOT / "malmoi"
NOT_SHIPPED = ("studio/web/",)
"""The sources of the studio's pages; what is built of them lies in studio/static."""
MADE_WHILE_IT_RUNS = (".pyc", ".nbi", ".nbc")


def test_every_data_file_beside_the_code_is_installed_with_it():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["malmoi"]
    shipped = {path for pattern in patterns for path in PACKAGE.glob(pattern)}
    data = [path for path in PACKAGE.rglob("*") if path.is_file() and path.suffix not in (".py", *MADE_WHILE_IT_RUNS)]
    names = {path.relative_to(PACKAGE).as_posix() for path in data if path not in shipped}
    assert len(data) > 100
    assert {name for name in names if not name.startswith(NOT_SHIPPED)} == set()
