"""The pages of what-ifs: asking, waiting, the answer in words, and whose it is."""

import html
from datetime import timedelta
from math import inf, nan
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from narvaro.access.models import Role
from narvaro.core.replay import Difference
from narvaro.core.said import Said
from narvaro.followup.models import WhatIf
from narvaro.followup.replay.running import SHARES
from narvaro.followup.replay.scenario import Answer, Asked, Calibration, Note, Scenario
from narvaro.followup.replay.waiting import run_waiting
from narvaro.followup.replay.words import FIGURES
from narvaro.spine.models import Tenant
from narvaro.web.what_if_form import USUAL
from narvaro.web.what_if_words import GROUPS, figure, said_main
from tests.followup.replay.town import make_town
from tests.make import NIGHT, World, make_member, make_site
from tests.web.test_phone import browser_of, shown

HERE = "/what-if/"
LIMIT_S = 1200.0


@pytest.fixture
def browser(world: World) -> Client:
    """Return the coordinator's browser."""
    return browser_of(make_member(world, Role.COORDINATOR))


def text(page: str) -> str:
    """Return a page with its spaces as one and its entities as they read."""
    return " ".join(html.unescape(page).split())


def row(name: str, a: float, b: float, half: float | None = None, runs: int = 50) -> Difference:
    """Return a figure; `half`: of its interval; None: there is none."""
    apart = b - a
    low, high = (nan, nan) if half is None else (apart - half, apart + half)
    return Difference(name, a, b, apart, low, high, runs)


def make_answer(*rows: Difference, **more: Any) -> Answer:
    """Return an answer: every figure 10 in A and in B, but for those that are given."""
    named = {one.name: one for one in rows}
    names = [f"{one}_{LIMIT_S:g}" if one.endswith("_late") else one for one in FIGURES]
    on = {"runs": 50, "cases": 2257, "days_known": 364, "units": 7, "shifts": 192, "places": 150,
          "visits_of_a_run": 4000}  # fmt: skip
    asked = more.pop("asked", Asked(Scenario(), Scenario(more_units=1), runs=50))
    flat = tuple(60.0 for _ in SHARES)
    found = tuple(named.get(one, row(one, 10.0, 10.0, 1.0)) for one in names)
    return Answer(asked, found, SHARES, flat, flat, LIMIT_S, on, **more)


def keep(world: World, answer: Answer, role: Role = Role.COORDINATOR) -> tuple[WhatIf, Client]:
    """Keep an answer as somebody's; return it, and their browser."""
    member = make_member(world, role)
    made = WhatIf.objects.create(
        tenant=world.tenant, organisation=member.organisation, asked=answer.asked.to_json(),
        asked_by=member, asked_at=NIGHT, state="done", progress=1.0, answer=answer.to_json(),
    )  # fmt: skip
    return made, browser_of(member)


def test_who_asks_waits_and_gets_an_answer(street: World) -> None:
    """The whole way: the form as it stands, progress, the child plays, the answer in words."""
    make_town(street)
    member = make_member(street, Role.CONTRACT_MANAGER, street.municipality)
    browser = browser_of(member)
    page = shown(browser, HERE)
    assert "Nobody of your organisation has asked yet." in page
    asked = browser.post(HERE, {**USUAL, "days": "7"})
    assert asked.status_code == 303
    one = asked["Location"]
    waiting = text(shown(browser, one))
    assert "Waits to be played" in waiting
    assert f'hx-get="{one}state/"' in waiting
    assert "units more: 1" in waiting
    assert "0 % played." in text(shown(browser, f"{one}state/", fragment=True))
    assert run_waiting() == 1
    over = browser.get(f"{one}state/")
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")
    answer = text(shown(browser, one))
    for said in (
        "What B would give", "Half of the cases are reached within", "promises no figure",
        "Interval of the draws, B − A", "Responses, danger to life", "Hours", "<svg", "The roster of",
        "Each figure is a mean of 50 runs of 7 days.",
    ):  # fmt: skip
        assert said in answer, said
    assert "style=" not in answer
    assert "under-way" not in answer
    listed = text(shown(browser, HERE))
    assert member.service_number in listed
    assert "Answered" in listed


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(browser: Client) -> None:
    given = {
        **USUAL,
        "rule": "reserve",
        "keep": "many",
        "held": "2,5",
        "days": "0",
        "begins": "18:00",
    }
    answer = browser.post(HERE, given)
    page = text(answer.content.decode())
    assert answer.status_code == 422
    for said in (
        'id="keep-fault">Write a whole number from 0 to 9.',
        'id="days-fault">Write a whole number from 1 to 366.',
        'id="begins-fault">Write both times, and different ones, as 18:00 and 02:00.',
        'value="many"', 'value="2,5"', 'value="18:00"', 'value="reserve" checked',
    ):  # fmt: skip
        assert said in page, said
    assert 'id="held-fault"' not in page
    assert not WhatIf.objects.exists()


def test_the_form_becomes_what_is_asked(world: World, browser: Client) -> None:
    site = make_site(world, "Trasten")
    given = {"rule": "reserve", "keep": "2", "held": "2,5", "more": "2", "begins": "18:00",
             "ends": "02:00", "base": site.code, "play": "real", "days": "28"}  # fmt: skip
    one = browser.post(HERE, given)["Location"]
    asked = Asked.of(WhatIf.objects.get().asked)
    assert asked.a == Scenario()
    assert (asked.b.rule, asked.b.keep, asked.b.held_s) == ("reserve", 2, 150.0)
    assert (asked.b.more_units, asked.b.base, asked.real, asked.days) == (2, site.code, True, 28)
    page = text(shown(browser, one))
    assert "from Trasten" in page
    assert "works 18:00–02:00" in page
    assert "the real cases of the last 28 days" in page


@pytest.mark.parametrize(
    ("looks_ahead", "today", "other"), [(False, "nearest", "ahead"), (True, "ahead", "nearest")]
)
def test_it_is_held_against_who_goes_today(
    world: World, browser: Client, looks_ahead: bool, today: str, other: str
) -> None:
    """A is the tenant's own rule; the form says which that is, and the other can be asked for."""
    Tenant.objects.update(looks_ahead=looks_ahead)
    page = text(shown(browser, HERE))
    assert f'value="{today}" checked' in page
    assert page.count("(as today)") == 1
    assert browser.post(HERE, {**USUAL, "more": "0"}).status_code == 422
    browser.post(HERE, {**USUAL, "rule": other, "more": "0"})
    asked = Asked.of(WhatIf.objects.get().asked)
    assert (asked.a, asked.b) == (Scenario(today), Scenario(other))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"more": "0"}, "Change something: now B is as today."),
        ({"more": "4"}, "Write a whole number from 0 to 3."),
        ({"base": "nowhere"}, "Choose a site of the list."),
        ({"play": "all"}, "Choose one of them."),
        ({"rule": "farthest"}, "Choose one of them."),
        ({"rule": "reserve", "held": "61"}, "Write minutes from 0 to 60, like 5 or 2.5."),
        ({"begins": "18:00", "ends": "18:00"}, "Write both times, and different ones"),
        ({"days": "٣"}, "Write a whole number from 1 to 366."),
    ],
)
def test_what_asks_for_nothing_is_refused(
    world: World, browser: Client, more: dict[str, str], says: str
) -> None:
    make_site(world, "Trasten")
    answer = browser.post(HERE, {**USUAL, **more})
    assert answer.status_code == 422
    assert says in text(answer.content.decode())


def test_three_wait_at_most_and_one_can_be_stopped(browser: Client) -> None:
    first, *_ = [browser.post(HERE, USUAL)["Location"] for _ in range(3)]
    full = browser.post(HERE, {**USUAL, "days": "30"})
    assert full.status_code == 422
    assert "3 are still to be played; wait, or stop one" in text(full.content.decode())
    assert 'value="30"' in full.content.decode()
    assert browser.post(f"{first}stop/")["Location"] == first
    assert "Was stopped" in shown(browser, first)
    assert browser.post(HERE, USUAL).status_code == 303


def test_differences_are_said_with_their_intervals(world: World) -> None:
    """Sooner and more are said as such; where the interval holds 0, nothing is called a difference."""
    made, browser = keep(world, make_answer(
        row("all_p50_s", 178.8, 155.4, 0.6), row("all_p90_s", 400.0, 399.0, 5.0),
        row("readiness_share", 0.8, 0.85, 0.01), row("km", 90_000.0, 100_000.0, 50.0),
        row("idle_hours", 1000.0, 3000.0, 5.0),
    ))  # fmt: skip
    page = text(shown(browser, f"{HERE}{made.pk}/"))
    for said in (
        "within 2.59 min instead of 2.98. <b>0.39 min sooner (interval of the draws 0.38 to 0.40).</b>",
        "<b>No difference that can be told (interval of the draws −0.10 to +0.07 min).</b>",
        "5.00 percentage points more (interval of the draws 4.00 to 6.00).",
        "The units move 100,000 km instead of 90,000. <b>10,000 km more",
        "The units work 3,040 hours in all instead of 1,040. <b>2,000 hours more.</b>",
    ):  # fmt: skip
        assert said in page, said


def test_what_is_not_known_is_not_called_a_difference() -> None:
    never = Difference("all_p90_s", inf, 300.0, nan, nan, nan, 0)
    with translation.override("en"):
        told = said_main(make_answer(never, row("all_p50_s", 120.0, 60.0), row("km", 5, 5, 0.0)))
        assert (told[1].way, told[0].way, told[6].way) == ("unknown", "less", "none")
        assert told[1].figure == "9 of 10 are reached within (min):"
        assert "one run gives no interval" in told[0].verdict
        assert told[6].verdict == "No difference: both are the same."


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.0, "0.00"), (-0.0, "0.00"), (-0.394, "−0.39"), (0.00041, "0.0004"), (-1e-12, "0.00"),
     (12345.6, "12,346"), (inf, "never"), (nan, "–")],
)  # fmt: skip
def test_numbers_are_read_as_people_read_them(value: float, told: str) -> None:
    with translation.override("en"):
        assert figure(value) == told
        assert figure(1.5, sign=True) == "+1.50"


def test_every_figure_is_in_a_group_once() -> None:
    assert sorted(one for _, names in GROUPS for one in names) == sorted(FIGURES)


def test_real_days_stand_beside_what_was_played(world: World) -> None:
    real = Calibration(80, 600.0, 1200.0, 0, nan, nan, 300.0, 660.0)
    asked = Asked(Scenario(), Scenario(more_units=1), days=28, runs=1, real=True)
    note = Note("real_days", {"days": 28, "pieces": 4})
    made, browser = keep(world, make_answer(asked=asked, calibration=real, notes=(note,)))
    page = text(shown(browser, f"{HERE}{made.pk}/"))
    assert "Held against what really was" in page
    assert 'Real, from received to on scene</th><td class="num">80' in page
    assert "from accepted" not in page
    assert "The real cases of 28 days were played in 4 pieces" in page
    bare, browser = keep(world, make_answer(asked=asked))
    assert "No real response time is known" in shown(browser, f"{HERE}{bare.pk}/")


def test_why_it_failed_is_said(world: World, browser: Client) -> None:
    browser.post(HERE, USUAL)
    run_waiting()
    page = text(shown(browser, f"{HERE}{WhatIf.objects.get().pk}/"))
    assert "Could not be played" in page
    assert "No shift is known within four weeks of 2026-11-24; import the roster." in page
    kept = Said.of(WhatIf.objects.get().why)
    assert kept.facts == {"today": "2026-11-24"}  # so that it can be said in Swedish too


def test_words_of_a_name_cannot_break_the_drawing(world: World) -> None:
    """A site may be called anything."""
    site = make_site(world, "<script>x</script>")
    asked = Asked(Scenario(), Scenario(more_units=1, base=site.code))
    made, browser = keep(world, make_answer(asked=asked))
    page = shown(browser, f"{HERE}{made.pk}/")
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_another_organisation_sees_nothing_of_it(world: World, browser: Client) -> None:
    made, theirs = keep(world, make_answer(), Role.SHIFT_LEADER)
    assert "units more: 1" in shown(theirs, HERE)
    assert "units more: 1" not in shown(browser, HERE)
    for where in ("", "state/"):
        assert browser.get(f"{HERE}{made.pk}/{where}").status_code == 404
    assert browser.post(f"{HERE}{made.pk}/stop/").status_code == 404


def test_it_is_in_the_menu_of_those_who_may_ask_and_of_nobody_else(world: World) -> None:
    office = browser_of(make_member(world, Role.CONTRACT_MANAGER))
    page = shown(office, HERE)
    assert f'href="{HERE}"' in page
    assert 'name="base"' not in page  # who may see no site is offered none
    guard = browser_of(make_member(world))
    assert guard.get(HERE).status_code == 404


def test_progress_is_told_while_it_is_played(browser: Client) -> None:
    one = browser.post(HERE, USUAL)["Location"]
    WhatIf.objects.update(state="running", progress=0.42, started_at=NIGHT + timedelta(seconds=1))
    page = text(shown(browser, f"{one}state/", fragment=True))
    assert "42 % played." in page
    assert '<progress max="100" value="42"' in page
