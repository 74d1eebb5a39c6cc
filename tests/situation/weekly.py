"""A week of the tests: its times, and short ways to freeze it and to look into it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from narvaro.access.models import Member
from narvaro.situation import pictures
from narvaro.situation.contents import Contents, PlaceLine, read_contents
from narvaro.situation.models import Picture
from narvaro.situation.queries import get_contents, get_picture
from narvaro.situation.weeks import Week, closing_of
from tests.make import World, make_viewer

MONDAY = date(2026, 11, 23)
ZONE = ZoneInfo("Europe/Stockholm")
WEEK = Week(MONDAY, ZONE)
CLOSES = WEEK.ends
IN_WEEK = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)  # a Friday, 21:00 local


def freeze(world: World, monday: date = MONDAY, at: datetime | None = None) -> Picture:
    """Freeze a week, by default an hour after it closed."""
    picture = pictures.ensure_picture(tenant_id=world.tenant.pk, monday=monday)
    when = at or closing_of(monday, ZONE) + timedelta(hours=1)
    return pictures.freeze(picture=picture, by="test", at=when)


def contents_of(member: Member, monday: date = MONDAY, at: datetime = CLOSES) -> Contents:
    """Return what the coordinator sees of a week that is being collected."""
    viewer = make_viewer(member)
    return get_contents(viewer, get_picture(viewer, monday, at), at)


def place(contents: Contents, name: str) -> PlaceLine:
    """Return the line of a place."""
    return next(one for one in contents.places if one.name == name)


def unsaid(contents: Contents) -> dict[str, float]:
    """Return what the figures cannot say, by code."""
    return {one.code: one.number for one in contents.unsaid}


def freeze_contents(world: World) -> Contents:
    """Freeze the week and return what stands fast."""
    return read_contents(freeze(world).contents)
