"""The doctor's findings: worst first, one that stumbles is one itself, for people and programs."""

import pytest
from django.conf import settings

from narvaro.config.doctor import Finding, examine, exit_code, to_text
from narvaro.config.home import Home


def well(_home: Home) -> list[Finding]:
    return [Finding("well", "ok", "It is well")]


def ill(_home: Home) -> list[Finding]:
    return [Finding("slow", "warn", "It is slow", "disk", "Wait.")]


def stumbling(_home: Home) -> list[Finding]:
    raise OSError("no such thing")


def test_the_worst_stands_first_and_one_that_stumbles_stops_none() -> None:
    found = examine(settings.HOME, (well, ill, stumbling))
    assert [(one.code, one.level) for one in found] == [
        ("stumbling", "bad"), ("slow", "warn"), ("well", "ok"),
    ]  # fmt: skip
    assert "OSError: no such thing" in found[0].what
    assert exit_code(found) == 1
    assert exit_code(found[1:]) == 0


def test_a_trouble_that_a_finding_tells_of_is_not_told_twice() -> None:
    def troubles(_home: Home) -> list[Finding]:
        return [
            Finding("troubles", "warn", one, what_to_do="!", trouble=one)
            for one in ("slow", "jobs")
        ]

    found = examine(settings.HOME, (troubles, ill, well))
    assert [one.what for one in found] == ["jobs", "It is slow", "It is well"]
    assert "trouble" not in found[0].to_dict()


def test_people_read_what_where_and_what_to_do() -> None:
    text = to_text(examine(settings.HOME, (well, ill)))
    assert (
        text
        == "WARN  slow: It is slow (disk)\n      → Wait.\nOK    well: It is well\n0 bad, 1 warn, 1 ok"
    )


@pytest.mark.django_db
def test_every_examination_can_be_made_of_this_home() -> None:
    """None stumbles, and whatever is not well says what to do."""
    found = examine(settings.HOME)
    assert not [one for one in found if one.what.startswith("This could not be looked at")]
    assert not [one for one in found if one.level != "ok" and not one.what_to_do]
