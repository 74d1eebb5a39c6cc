"""Small files that are read while they are written. In: a file, a text. Out: the whole text in its place.

Pure Python, so that the receiver can use it without Django.
"""

import secrets
from pathlib import Path


def replace_text(file: Path, text: str) -> None:
    """Write a file aside and rename it, so that a reader sees the old text or the new one.

    Raises OSError, and then leaves the old one, and nothing beside it. Nothing is synced: what is lost
    in a power cut must be no loss.
    """
    aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        aside.write_text(text, "utf-8")
        aside.replace(file)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
