"""Each setting, and each secret that the code asks for, stands in docs/how-to/listen.md."""

import re
from dataclasses import fields
from pathlib import Path

from narvaro.config.home import Settings, open_home

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "listen.md"
ASKED = re.compile(r'"(\w+_(?:password|token))"')
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \|", re.MULTILINE)


def test_each_setting_stands_in_the_table_with_its_default() -> None:
    """All of them, nothing else, and the default that holds."""
    rows = dict(ROW.findall(_section("All settings")))
    assert rows == {one.name: _shown(one.default) for one in fields(Settings)}


def test_each_secret_that_is_made_or_asked_for_stands_there(tmp_path: Path) -> None:
    """All of them, and nothing else."""
    source = ROOT / "src" / "narvaro"
    files = [*(source / "config").glob("*.py"), source / "intake" / "receiver_config.py"]
    asked = {one for file in files for one in ASKED.findall(file.read_text("utf-8"))}
    cells = re.findall(r"^\| (`[^|]+)\|", _section("Secrets"), re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", " ".join(cells)))
    assert named == asked | set(open_home(tmp_path).secrets)


def _section(heading: str) -> str:
    return PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def _shown(default: object) -> str:
    if isinstance(default, tuple):
        return ", ".join(f"`{one}`" for one in default) or "none"
    if isinstance(default, bool):
        return "true" if default else "false"
    if isinstance(default, int):
        return str(default)
    return f"`{default}`" if default else "none"
