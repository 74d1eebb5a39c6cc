"""Photos on disk, each under its digest. In: bytes without metadata. Out: a file beside the database.

A file is written aside and renamed, so that there is a whole one or none; the same photo kept twice
is one file. Nobody but the program reads the folder.
"""

import os
import secrets
from pathlib import Path

from django.conf import settings


def photo_file(sha256: str) -> Path:
    """Return where a photo lies."""
    folder: Path = settings.HOME.photos
    return folder / sha256[:2] / f"{sha256}.jpg"


def write_photo(sha256: str, data: bytes) -> Path:
    """Write a photo down to the disk, and return its file."""
    file = photo_file(sha256)
    if file.exists():
        return file
    for folder in (file.parent.parent, file.parent):  # the mode holds for the last folder alone
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = file.with_name(f".{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    _sync_folder(file.parent)
    return file


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
