"""Photos of things lose everything but their pixels, and nothing that is no photo comes through."""

import hashlib
import io
import random
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from narvaro.core import photos
from narvaro.core.photos import LONGEST_PX, Photo, PhotoRefused, clean

SECRETS = (
    b"ACME-CAM", b"SN-4711-0815", b"59.1955", b"xpacket", b"GPSLatitude", b"Photoshop", b"8BIM",
    b"MY COMMENT", b"TRAILING", b"ICC_PROFILE", b"Exif", b"MPF", b"http://ns.adobe.com/xap",
    b"tEXt", b"owner",
)  # fmt: skip
XMP = b'<?xpacket begin=""?><x:xmpmeta xmlns:x="adobe:ns:meta/" owner="SN-4711-0815"/>'


def picture(width: int = 64, height: int = 48, mode: str = "RGB") -> Image.Image:
    """Make a picture whose left upper corner is red and whose right upper corner is blue."""
    made = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, width // 4, height // 4), fill="red")
    draw.rectangle((width - width // 4, 0, width, height // 4), fill="blue")
    return made.convert(mode)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif(orientation: int = 1) -> bytes:
    """Make EXIF with a camera, its number, a position, and a picture of its own in the first IFD."""
    made = Image.Exif()
    made[0x0112], made[0x010F] = orientation, "ACME-CAM"
    made.get_ifd(0x8769)[0xA431] = "SN-4711-0815"
    gps = made.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (59.0, 11.0, 44.0), "E", (17.0, 37.0, 33.0)
    gps[0x1D] = "59.1955"
    return made.tobytes()


def segment(marker: int, payload: bytes) -> bytes:
    """Make a JPEG segment."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def talkative_jpeg(orientation: int = 1) -> bytes:
    """Make a JPEG that holds everything a phone or a program may put beside the pixels."""
    plain = encoded(
        picture(), exif=exif(orientation), comment=b"MY COMMENT",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )  # fmt: skip
    thumbnail = encoded(picture(16, 12))
    extra = (
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + XMP)
        + segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00owner")
        + segment(0xEC, b"Ducky" + thumbnail)
    )
    return plain[:2] + extra + plain[2:] + b"TRAILING" + thumbnail


def check_bare(photo: Photo) -> Image.Image:
    """Fail when anything but pixels is in a photo; return it decoded."""
    assert [one for one in SECRETS if one in photo.data] == []
    assert list(markers(photo.data)) == [0xE0]  # JFIF, which holds only a version and a density
    assert photo.data.count(b"\xff\xd8") == 1
    assert photo.data.endswith(b"\xff\xd9")
    opened = Image.open(io.BytesIO(photo.data))
    assert (opened.format, opened.mode, opened.size) == ("JPEG", "RGB", (photo.width, photo.height))
    assert dict(opened.getexif()) == {}
    assert set(opened.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert photo.sha256 == hashlib.sha256(photo.data).hexdigest()
    return opened


def markers(data: bytes) -> list[int]:
    """Return the application and comment segments of a JPEG, up to its pixels."""
    found, at = [], 2
    while data[at + 1] != 0xDA:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            found.append(marker)
        at += 2 + length
    return found


def is_near(pixel: object, colour: tuple[int, int, int]) -> bool:
    """Return whether a pixel has a colour, as well as JPEG keeps it."""
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 40 for a, b in zip(pixel, colour, strict=True))


def test_a_jpeg_with_all_that_a_phone_writes_comes_out_with_pixels_alone() -> None:
    """The source holds every secret that is looked for; the result none, byte by byte and parsed."""
    source = talkative_jpeg()
    unseen = {b"GPSLatitude", b"MPF", b"tEXt"}  # a number in EXIF; what other files hold
    assert [one for one in SECRETS if one not in source and one not in unseen] == []
    assert Image.open(io.BytesIO(source)).getexif().get_ifd(0x8825)[2] == (59.0, 11.0, 44.0)
    check_bare(clean(source))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_kinds_become_bare_jpegs_too(kind: str) -> None:
    """Text chunks, EXIF and profile of PNG and WebP stay behind."""
    options: dict[str, object] = {"exif": exif()}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("owner", "SN-4711-0815")
        options["pnginfo"] = text
    else:
        options["xmp"] = XMP
    source = encoded(picture(), kind, **options)
    assert b"SN-4711-0815" in source
    check_bare(clean(source))


@pytest.mark.parametrize(
    ("orientation", "red", "blue"),
    [
        (1, (2, 2), (61, 2)), (2, (61, 2), (2, 2)), (3, (61, 45), (2, 45)), (4, (2, 45), (61, 45)),
        (5, (2, 2), (2, 61)), (6, (45, 2), (45, 61)), (7, (45, 61), (45, 2)), (8, (2, 61), (2, 2)),
    ],
)  # fmt: skip
def test_a_photo_is_turned_upright_before_its_orientation_is_lost(
    orientation: int, red: tuple[int, int], blue: tuple[int, int]
) -> None:
    """The corners end up where a viewer that reads EXIF would show them."""
    opened = check_bare(clean(talkative_jpeg(orientation)))
    assert is_near(opened.getpixel(red), (255, 0, 0))
    assert is_near(opened.getpixel(blue), (0, 0, 255))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((4000, 3000), (2048, 1536)), ((3000, 4000), (1536, 2048)), ((2048, 10), (2048, 10)),
     ((9000, 3), (2048, 1)), ((1, 1), (1, 1))],
)  # fmt: skip
def test_the_longest_side_is_cut_and_nothing_is_blown_up(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    photo = clean(encoded(picture(*size)))
    assert (photo.width, photo.height) == expected
    assert max(expected) <= LONGEST_PX


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "LA", "I;16", "I"])
def test_every_kind_of_pixels_shows_what_it_showed(mode: str) -> None:
    """Transparent is white, grey of 16 bits keeps its shades."""
    if mode.startswith("I"):
        source = Image.new("I;16", (8, 8), 40_000)
        expected = (156, 156, 156)
    elif mode in {"RGBA", "LA"}:
        source, expected = Image.new(mode, (8, 8)), (255, 255, 255)
    else:
        source, expected = Image.new("RGB", (8, 8), "white").convert(mode), (255, 255, 255)
    opened = check_bare(clean(encoded(source, "PNG")))
    pixel = opened.getpixel((4, 4))
    assert isinstance(pixel, tuple)
    assert all(abs(a - b) < 4 for a, b in zip(pixel, expected, strict=True))


def test_colours_of_another_profile_are_turned_before_it_is_lost() -> None:
    """CMYK is read, and a profile that makes no sense is passed over."""
    check_bare(clean(encoded(picture(mode="CMYK"))))
    check_bare(clean(encoded(picture(), icc_profile=b"owner" * 40)))
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    check_bare(clean(encoded(picture(), icc_profile=lab)))


def test_the_second_picture_of_a_phones_jpeg_is_left() -> None:
    """A still photo with a depth map or a smaller copy is no animation."""
    source = encoded(picture(), "MPO", save_all=True, append_images=[picture(32, 24)])
    assert Image.open(io.BytesIO(source)).format == "MPO"
    assert b"MPF" in source
    photo = clean(source)
    assert (photo.width, photo.height) == (64, 48)
    check_bare(photo)


def test_a_film_behind_a_photo_is_left() -> None:
    """A phone's moving photo is a JPEG with a film behind it, which may hold any bytes."""
    photo = clean(encoded(picture()) + b"ftypmp42" + b"\xff\xda" * 500)
    check_bare(photo)


def test_the_same_photo_gives_the_same_bytes() -> None:
    """So that it is kept once."""
    assert clean(talkative_jpeg()) == clean(talkative_jpeg())


def png_of_size(width: int, height: int) -> bytes:
    """Make the header of a PNG that claims a size."""

    def chunk(name: bytes, payload: bytes) -> bytes:
        crc = zlib.crc32(name + payload)
        return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", crc)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + header
        + chunk(b"IDAT", zlib.compress(bytes(50)))
        + chunk(b"IEND", b"")
    )


def webp_of_size(width: int, height: int) -> bytes:
    """Make a lossless WebP of one colour."""
    return encoded(Image.new("RGB", (width, height)), "WEBP", lossless=True, quality=0, method=0)


def jpeg_of_size(width: int, height: int, *, progressive: bool = False) -> bytes:
    """Make a JPEG of one grey."""
    return encoded(Image.new("L", (width, height), 128), progressive=progressive)


CLEANING = """
import re, sys
from pathlib import Path
from narvaro.core.photos import PhotoRefused, clean

def peak():  # this program's own, not what it was forked from
    return int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])

before, data = peak(), sys.stdin.buffer.read()
try:
    clean(data)
except PhotoRefused:
    pass
print(peak() - before)
"""


def peak_of(source: bytes) -> int:
    """Return by how many bytes a process of its own grows at most while it cleans a photo."""
    ran = subprocess.run(
        [sys.executable, "-c", CLEANING], input=source, capture_output=True, check=True
    )
    return int(ran.stdout) * 1024


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "most_mb"),
    [
        (lambda: encoded(Image.new("RGBA", (8000, 8000)), "PNG"), 20),
        (lambda: encoded(Image.new("RGBA", (5000, 5000)), "PNG"), 300),
        (lambda: encoded(Image.new("I;16", (5000, 5000)), "PNG"), 300),
        (lambda: encoded(Image.new("RGBA", (5000, 5000)), "WEBP", lossless=True, method=0), 500),
        (lambda: jpeg_of_size(5000, 5000, progressive=True), 270),
        (lambda: jpeg_of_size(16_000, 4_000), 100),
    ],
    ids=["8000 x 8000", "the largest", "grey of 16 bits", "webp", "progressive", "panorama"],
)
def test_a_small_file_unpacks_to_no_more_than_is_bounded(
    make: Callable[[], bytes], most_mb: int
) -> None:
    """A picture of one colour is a file of some hundred kilobytes, whatever it unpacks to."""
    source = make()
    assert len(source) < 1_000_000
    assert peak_of(source) < most_mb * 1_000_000


def test_a_panorama_is_decoded_reduced() -> None:
    """A long photo is as large as phones take them."""
    photo = clean(jpeg_of_size(16_000, 4_000))
    assert (photo.width, photo.height) == (2048, 512)


def test_photos_are_cleaned_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What several threads unpack at once does not add up."""
    source, read = encoded(picture()), photos._read_pixels
    at_once, most = 0, 0

    def watched(opened: Image.Image) -> Image.Image:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        threading.Event().wait(0.02)
        pixels = read(opened)
        at_once -= 1
        return pixels

    monkeypatch.setattr(photos, "_read_pixels", watched)
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(clean, [source] * 8))) == 8
    assert most == 1


def progressive_bomb() -> bytes:
    """Make a JPEG that repeats its last scan a hundred times."""
    source = encoded(picture(), progressive=True)
    last = source.rindex(b"\xff\xda")
    return source[:last] + source[last:-2] * 100 + source[-2:]


def moving(kind: str) -> bytes:
    """Make a picture that moves."""
    return encoded(
        picture(), kind, save_all=True, append_images=[Image.new("RGB", (64, 48), "red")]
    )


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: b"", "not_image"),
        (lambda: b"%PDF-1.7 no picture", "not_image"),
        (lambda: b"GIF89a" + bytes(100), "not_image"),
        (lambda: encoded(picture(), "GIF"), "not_image"),
        (lambda: encoded(picture(), "TIFF"), "not_image"),
        (lambda: encoded(picture(), "BMP"), "not_image"),
        (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(100), "heic"),
        (lambda: b"\x00\x00\x00\x18ftypmif1" + bytes(100), "heic"),
        (lambda: bytes(25_000_001), "too_large"),
        (lambda: png_of_size(9000, 9000), "too_many_pixels"),
        (lambda: png_of_size(60_000, 60_000), "too_many_pixels"),
        (lambda: png_of_size(5001, 5000), "too_many_to_decode"),
        (lambda: webp_of_size(5001, 5000), "too_many_to_decode"),
        (lambda: jpeg_of_size(5001, 5000, progressive=True), "too_many_to_decode"),
        (lambda: png_of_size(10, 10), "damaged"),
        (lambda: moving("PNG"), "animated"),
        (lambda: moving("WEBP"), "animated"),
        (lambda: encoded(picture())[:-20], "damaged"),
        (progressive_bomb, "damaged"),
    ],
    ids=["empty", "pdf", "gif head", "gif", "tiff", "bmp", "heic", "mif1", "large", "wide", "bomb",
         "png", "webp", "progressive", "short", "apng", "moving webp", "cut", "scans"],
)  # fmt: skip
def test_what_is_no_photo_is_refused_with_what_to_do(make: Callable[[], bytes], code: str) -> None:
    with pytest.raises(PhotoRefused) as no:
        clean(make())
    assert (no.value.code, bool(no.value.why), bool(no.value.todo)) == (code, True, True)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damaged metadata, and goes on
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP"]), st.integers(0, 2**32), st.booleans())
def test_a_damaged_file_is_refused_or_comes_out_bare(kind: str, seed: int, cut: bool) -> None:
    """Whatever bytes are broken, nothing but a refusal or pixels comes out."""
    source = talkative_jpeg(6) if kind == "JPEG" else encoded(picture(), kind, exif=exif(6))
    chance, broken = random.Random(seed), bytearray(source)
    for _ in range(chance.randint(1, 12)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    if cut:
        del broken[chance.randrange(len(broken)) :]
    try:
        photo = clean(bytes(broken))
    except PhotoRefused:
        return
    check_bare(photo)
