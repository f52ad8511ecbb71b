"""What axe-core finds wrong on a page in a real browser.

`axe_core/` is the npm package axe-core 4.14.1 (its minified script and its licences, MPL-2.0), unchanged.
"""

from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

SCRIPT = (Path(__file__).parent / "axe_core" / "axe.min.js").read_text(encoding="utf-8")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


def violations(page: Page | Frame, tags: tuple[str, ...] = TAGS) -> list[str]:
    """One line per violated rule and place; empty when the page (or frame) is as it should be.

    The script is evaluated by the browser's debugger, which a page's own policy does not stop: nothing has to be
    loosened for the test.
    """
    page.evaluate(SCRIPT)
    found: dict[str, Any] = page.evaluate(RUN, list(tags))
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']}: {' '.join(node['failureSummary'].split())}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
