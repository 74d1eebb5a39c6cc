"""Uploaded files on the disk. In: pieces of bytes. Out: a file in the home folder, until no draft needs it.

A file goes by its tenant and its digest: the sheets of one workbook share it, two tenants never do.
"""

import hashlib
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from narvaro.core.said import Said
from narvaro.sharing.models import FileDraft
from narvaro.spine.refusal import Refused

logger = logging.getLogger(__name__)

LARGEST_BYTES = 300 * 1024 * 1024
LONGEST_UPLOAD = timedelta(hours=1)
ASIDE = "."


def _folder() -> Path:
    folder: Path = settings.HOME.uploads
    return folder


def upload_file(draft: FileDraft) -> Path:
    """Return where a draft's file lies."""
    return _folder() / f"{draft.tenant_id.hex}-{draft.sha256}"


@contextmanager
def written_aside(name: str, pieces: Iterable[bytes]) -> Iterator[tuple[Path, str]]:
    """Write a file down beside the others, for the block to rename; yield it and its digest.

    Raises Refused where it is too large or the disk fails, in the block too.
    """
    aside = _folder() / f"{ASIDE}{secrets.token_hex(8)}"
    digest, size = hashlib.sha256(), 0
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            for piece in pieces:
                size += len(piece)
                if size > LARGEST_BYTES:
                    said = Said("%(name)s: split it; 300 MB at most.", name=name)
                    raise Refused("file_too_large", said, status=413)
                digest.update(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        yield aside, digest.hexdigest()
    except OSError as fault:
        said = Said("The file could not be kept: %(fault)s.", fault=fault.strerror or "")
        raise Refused("disk", said, status=507) from fault
    finally:
        aside.unlink(missing_ok=True)


def list_old_files(start: str, at: datetime) -> list[Path]:
    """List the files whose names begin so and that no upload can still be writing."""
    newest = (at - LONGEST_UPLOAD).timestamp()
    return [one for one in _folder().glob(f"{start}*") if _written_at(one) < newest]


def list_old_files_of(tenant_id: UUID, at: datetime) -> list[Path]:
    """List a tenant's files that lie there since long."""
    return list_old_files(f"{tenant_id.hex}-", at)


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # gone since it was listed
        return float("inf")


def delete_file(file: Path) -> None:
    """Delete a file that nobody needs; where the disk will not, the log tells, and it is tried again."""
    try:
        file.unlink(missing_ok=True)
    except OSError:
        logger.exception("an uploaded file could not be deleted", extra={"file": file.name})
