"""Photos on disk: kept once, without what a camera adds, seen by who sees what they belong to."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from narvaro.access.models import Member, Role
from narvaro.core.photos import clean
from narvaro.situation.models import Photo
from narvaro.situation.photo_files import photo_file
from narvaro.situation.queries import get_photo
from narvaro.situation.report_facts import Where
from narvaro.situation.reports import keep_photo
from narvaro.spine.models import Event
from narvaro.spine.refusal import Missing, Refused
from tests.make import (
    NIGHT,
    World,
    make_damage,
    make_member,
    make_observation,
    make_viewer,
    make_world,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def photos(settings: Any, tmp_path: Path) -> Path:
    """Give photos a home of their own."""
    settings.HOME = replace(settings.HOME, path=tmp_path)
    return tmp_path / "photos"


def picture(colour: str = "red") -> bytes:
    """Return a photo that says where it was taken."""
    image, out = Image.new("RGB", (64, 48), colour), io.BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (59.0, 11.0, 30.0), 3: "E", 4: (17.0, 38.0, 0.0)}
    exif[0x010F] = "Kameran AB"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_is_kept_once_without_place_readable_by_the_program_alone(
    photos: Path, guard: Member, leader: Member
) -> None:
    row = make_damage(guard, Where(place="Torget"))
    cleaned = clean(picture())
    first = keep_photo(row=row, photo=cleaned, member=guard, at=NIGHT)
    again = keep_photo(row=row, photo=clean(picture()), member=guard, at=NIGHT + HOUR)
    assert first == again
    file = photo_file(first.sha256)
    assert file == photos / first.sha256[:2] / f"{first.sha256}.jpg"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one.stat().st_mode & 0o777 for one in (photos, file.parent)] == [0o700, 0o700]
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    with Image.open(file) as kept:
        assert not kept.getexif()
    assert b"Kameran" not in file.read_bytes()
    assert Event.objects.filter(kind="photo.kept").count() == 1
    assert get_photo(make_viewer(leader), first.pk) == first


def test_a_photo_is_seen_by_who_sees_what_it_belongs_to(
    photos: Path, world: World, guard: Member, coordinator: Member
) -> None:
    row = make_observation(guard)
    kept = keep_photo(row=row, photo=clean(picture()), member=guard, at=NIGHT)
    assert get_photo(make_viewer(coordinator), kept.pk) == kept
    stranger = make_world("Annanby")
    for member in (make_member(world), make_member(stranger, Role.COORDINATOR)):
        with pytest.raises(Missing):
            get_photo(make_viewer(member), kept.pk)


def test_a_report_holds_twelve_photos(photos: Path, guard: Member) -> None:
    row = make_damage(guard, Where(place="Torget"))
    for number in range(12):
        keep_photo(row=row, photo=clean(picture(f"#{number * 20:02x}8040")), member=guard, at=NIGHT)
    with pytest.raises(Refused, match="12 photos"):
        keep_photo(row=row, photo=clean(picture("white")), member=guard, at=NIGHT)
    assert Photo.objects.count() == 12
