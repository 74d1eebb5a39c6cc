"""What a refusal looks like, whoever asks."""

import pytest
from django.test import Client

from narvaro.access.models import Role
from tests.make import World, make_member
from tests.web.test_phone import browser_of


@pytest.fixture
def browser(world: World) -> Client:
    """Return a coordinator's browser."""
    return browser_of(make_member(world, Role.COORDINATOR))


def test_a_null_character_is_refused_in_words(browser: Client) -> None:
    """In a form and in an address alike; no database is asked to keep it."""
    assert browser.get("/damage/?kind=\x00").status_code == 422
    answer = browser.post("/risk/use/", {"in_plans": "1\x00"})
    assert answer.status_code == 422
    assert "is no text" in answer.content.decode()


def test_a_program_gets_a_problem_document(browser: Client) -> None:
    """RFC 9457, for who asks for JSON."""
    answer = browser.post(
        "/risk/use/", {"in_plans": "\x00"}, headers={"Accept": "application/json"}
    )
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() | {"title": "", "detail": ""} == {
        "type": "urn:narvaro:invalid", "status": 422, "title": "", "detail": "",
    }  # fmt: skip
