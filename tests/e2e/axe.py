"""Run axe-core on a page. In: an open page. Out: its violations in words a developer can act on."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


def list_violations(page: Page) -> list[str]:
    """Return one line per violated rule and element; empty when the page is clean.

    The script goes in through the debugger, not the page, so a strict content policy stays on.
    """
    if not SOURCE.exists():
        message = f"{SOURCE} is missing: run `npm ci` at the root of the project."
        raise FileNotFoundError(message)
    page.evaluate(SOURCE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']} at {' '.join(map(str, node['target']))}"
        f" – {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def check_page(page: Page, name: str) -> None:
    """Fail with every violation on the page, if there is any."""
    violations = list_violations(page)
    assert not violations, f"{name}: {len(violations)} violations\n" + "\n".join(violations)
