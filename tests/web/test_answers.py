"""When a form was filled, as a phone without net says: believed within half a day, never ahead."""

from datetime import timedelta

import pytest
from django.test import RequestFactory

from narvaro.web.answers import written_at
from tests.make import NIGHT


@pytest.mark.parametrize(
    ("ago", "believed"),
    [
        (timedelta(minutes=50), True),
        (timedelta(), True),
        (timedelta(hours=12), True),
        (timedelta(hours=13), False),
        (-timedelta(minutes=1), False),
    ],
)
def test_a_tap_has_the_time_at_which_it_was_made(ago: timedelta, *, believed: bool) -> None:
    """Too old, or ahead of the server: when it came."""
    said = (NIGHT - ago).isoformat()
    request = RequestFactory().post("/", {"written_at": said})
    assert written_at(request, NIGHT) == (NIGHT - ago if believed else NIGHT)


@pytest.mark.parametrize("said", ["", "soon", "2026-11-24T02:00:00", "9999-99-99T00:00:00Z"])
def test_what_is_no_time_is_when_it_came(said: str) -> None:
    """A time without its zone is none."""
    assert written_at(RequestFactory().post("/", {"written_at": said}), NIGHT) == NIGHT
