"""Photos of things without what a camera writes beside them. In: a file's bytes. Out: a new JPEG.

Only pixels come through: turned upright, in sRGB, at most 2048 pixels on the longer side, encoded
anew into an image that never had anything else. EXIF with position and serial numbers, XMP, IPTC,
comments, thumbnails, further pictures and whatever was put behind the end stay behind. So does the
colour profile, which can name its maker and owner: colours are first turned into sRGB. What shows in
the picture itself stays; nobody looks for faces here.

Read are JPEG (with a phone's second pictures), PNG and WebP. HEIC is not: there is no decoder of it
under a permissive licence.
"""

import hashlib
import io
import re
import struct
import threading
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

LONGEST_PX = 2048
MOST_BYTES = 25_000_000
MOST_PIXELS = 64_000_000  # phones take 12 to 50 million
MOST_WHOLE_PIXELS = 25_000_000  # 100 MB decoded, at four bytes each whatever the bands are
MOST_SCANS = 64  # a camera's progressive JPEG has ten; each costs a pass over the whole picture
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")
_ONE_AT_A_TIME = threading.BoundedSemaphore(1)
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # no stuffed byte, restart or fill byte
_ALONE = frozenset({0x01, 0xD8})  # markers without a length
_START_OF_SCAN, _END = 0xDA, 0xD9
# what Pillow's decoders raise on a damaged file, as seen by feeding them damaged ones
_DAMAGED = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, KeyError, OverflowError, struct.error, MemoryError)  # fmt: skip


class PhotoRefused(ValueError):  # noqa: N818 - a refusal, as Refused and Missing are
    """A file that is not taken: its `code`, `why` not, and what `todo`."""

    def __init__(self, code: str, why: str, todo: str) -> None:
        super().__init__(f"{why} {todo}")
        self.code = code
        self.why = why
        self.todo = todo


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG that holds pixels alone, and the SHA-256 of its bytes in hex."""

    data: bytes
    width: int
    height: int
    sha256: str


_NOT_READ = "Send it as JPEG, PNG or WebP, at most 25 MB."
_OTHERWISE = {
    "heic": (
        "This is a HEIC photo, which cannot be read here.",
        "Set the camera to take JPEG (“most compatible”), or share the photo as JPEG.",
    ),
    "too_large": ("The file is larger than 25 MB.", "Take the photo in a lower resolution."),
    "too_many_pixels": (
        "The picture has more than 64 million pixels.", "Take the photo in a lower resolution.",
    ),
    "too_many_to_decode": (
        "The picture has more than 25 million pixels and cannot be decoded reduced.",
        "Send it as a plain (not progressive) JPEG, or take the photo in a lower resolution.",
    ),
    "animated": ("The picture moves.", "Send a still photo; films stay in the camera system."),
    "not_image": ("The file is no picture that can be read.", _NOT_READ),
    "damaged": ("The picture is damaged.", "Take the photo again, or send the original file."),
}  # fmt: skip


def _refused(code: str) -> PhotoRefused:
    return PhotoRefused(code, *_OTHERWISE[code])


def _check_bytes(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise _refused("too_large")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise _refused("heic")


def _count_scans(data: bytes) -> int:
    """Return how many scans a JPEG holds up to its end (ISO/IEC 10918-1, annex B)."""
    scans, at = 0, 0
    while (found := _MARKER.search(data, at)) is not None:
        marker, at = found[0][1], found.end()
        if marker == _END:
            break
        scans += marker == _START_OF_SCAN
        at += 0 if marker in _ALONE else int.from_bytes(data[at : at + 2])
    return scans


def _open(data: bytes) -> Image.Image:
    """Read the header alone, and refuse what would be costly to read further."""
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused("too_many_pixels") from None
    except _DAMAGED:
        raise _refused("not_image") from None
    if opened.width * opened.height > MOST_PIXELS:
        raise _refused("too_many_pixels")
    if opened.format in {"PNG", "WEBP"} and getattr(opened, "is_animated", False):
        raise _refused("animated")
    is_jpeg = opened.format in {"JPEG", "MPO"}
    scans = _count_scans(data) if is_jpeg else 0
    if scans > MOST_SCANS:
        raise _refused("damaged")
    # a JPEG of several scans is held whole too: its decoder keeps every coefficient to the end
    is_whole = not is_jpeg or scans > 1 or "progressive" in opened.info
    if is_whole and opened.width * opened.height > MOST_WHOLE_PIXELS:
        raise _refused("too_many_to_decode")
    return opened


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Turn colours into sRGB; a profile that cannot be used counts as sRGB already."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        clear = image.convert("RGBA")
        image = Image.new("RGB", image.size, "white")
        image.paste(clear, mask=clear.getchannel("A"))
    if not profile or image.mode not in {"RGB", "CMYK", "L"}:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB")
    return turned if turned is not None else image.convert("RGB")


def _read_pixels(opened: Image.Image) -> Image.Image:
    profile = opened.info.get("icc_profile")
    share = LONGEST_PX / max(opened.size)
    needed = tuple(max(1, int(share * side)) for side in opened.size)
    opened.draft(opened.mode, (needed[0], needed[1]))  # a JPEG is decoded no larger than needed
    image: Image.Image = opened
    if image.mode.startswith("I"):  # 16 bits of grey: Pillow would clip them
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    image.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    return _to_srgb(upright, profile if isinstance(profile, bytes) else None)


def clean(data: bytes) -> Photo:
    """Return the pixels of a photo as a new JPEG; raises PhotoRefused with what to do instead."""
    _check_bytes(data)
    opened = _open(data)
    with _ONE_AT_A_TIME:  # what several threads unpack would add up
        try:
            pixels = _read_pixels(opened)
        except _DAMAGED:
            raise _refused("damaged") from None
        finally:
            opened.close()
    bare = Image.frombytes("RGB", pixels.size, pixels.tobytes())  # holds nothing but pixels
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    encoded = out.getvalue()
    return Photo(encoded, bare.width, bare.height, hashlib.sha256(encoded).hexdigest())
