"""Papers. In: a template beside this file and plain data. Out: the bytes of a PDF.

Templates are Typst; they read their data as JSON, so that no word of a report is ever read as
markup. The PDF is tagged, for screen readers.
"""

import json
from functools import lru_cache
from pathlib import Path

import typst

HERE = Path(__file__).parent


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False)


def render_pdf(template: str, data: object) -> bytes:
    """Return the PDF of a template (`week`, `first_report` …) filled with JSON-ready data."""
    made = typst.compile(
        HERE / f"{template}.typ",
        root=HERE,
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    if not isinstance(made, bytes):
        raise TypeError(f"{template}.typ gave several documents; it must give one.")
    return made
