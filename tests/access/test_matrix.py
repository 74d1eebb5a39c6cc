"""No leak: every address and the live stream, for every role in every kind of organisation.

The table below is written by hand from the design, not computed from the policy: it is what the
policy is held against. Hidden and missing must be the same answer, to the byte.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import URLPattern, get_resolver, reverse

from narvaro.access.models import Member, Organisation, OrganisationKind, Role
from narvaro.access.policy import POLICY
from narvaro.directory.actions import import_roads
from narvaro.followup.models import WhatIf
from narvaro.spine.clock import Hands
from narvaro.spine.models import Event
from narvaro.web.live import find_notice
from narvaro.web.rooms import Need, Open
from narvaro.web.shared_fragments import FRAGMENTS
from tests.access.scene import Scene, client_of, make_scene, members_of
from tests.conftest import Standing
from tests.make import (
    NIGHT,
    make_member,
    make_unit,
    make_viewer,
)

DESK = {"dispatcher@municipality", "dispatcher@alarm_centre"}
LEADER, GUARD = "shift_leader@guarding_company", "guard@guarding_company"
BUYERS = {"coordinator@municipality", "contract_manager@municipality"}
OFFICE = "contract_manager@guarding_company"
REPORTERS = {
    "property_manager@municipality", "camera_operator@municipality", "reporter@municipality",
    "reporter@housing_company",
}  # fmt: skip
POLICE = "police_guest@police"
EVERYBODY = DESK | BUYERS | REPORTERS | {LEADER, GUARD, OFFICE, POLICE}
READERS = BUYERS | REPORTERS | {LEADER, OFFICE, POLICE}  # of a published week
MEETING = {"coordinator@municipality"}
AUTHORS = REPORTERS | MEETING | {LEADER, GUARD}
DECIDES_SEEN = DESK | {"camera_operator@municipality"}
SEES_CAMERAS = DECIDES_SEEN | {"coordinator@municipality"}
DAMAGE = BUYERS | {"property_manager@municipality", LEADER, GUARD}
# Of another's photo they are told nothing, though they may have photos of their own.
NOT_THEIRS = {
    ("dispatcher@alarm_centre", "case"),
    ("dispatcher@alarm_centre", "case_way"),
    ("dispatcher@alarm_centre", "case_reach"),
    *((who, name) for who in BUYERS for name in ("what_if_one", "what_if_state")),  # the company's
    *((who, "photo") for who in REPORTERS - {"property_manager@municipality"}),
}
SITE_NAMES = re.compile(r"ALFA-(?:SKOLA|PLATS-\d)")  # every company of the tenant may see them

# Who gets an answer at all; whose rows they see in it is the other half of this file.
MAY: dict[str, set[str]] = {
    "console": DESK,
    "cases": DESK,
    "case": DESK,
    "units": DESK,
    "refused": DESK,
    "new_case": DESK,
    "offer": DESK | {LEADER},
    "close": DESK,
    "pass_on": DESK,
    "have_it": DESK | {LEADER},
    "cameras": SEES_CAMERAS,
    "camera_case": DECIDES_SEEN,
    "camera_dismiss": DECIDES_SEEN,
    "phone": {GUARD},
    "phone_state": {GUARD},
    "accept": {GUARD},
    "decline": {GUARD},
    "call_support": {GUARD},
    "report": {GUARD},
    "step": {GUARD},
    "unit_state": {GUARD},
    **{key: {GUARD} for key in ("watch_start", "watch_here", "watch_end")},
    **{key: {LEADER} for key in ("plan_propose", "plan_publish", "plan_add", "plan_visit")},
    "night": {LEADER},
    "key_hand_out": {LEADER},
    "key_take_back": {LEADER},
    "key_lost": {LEADER},
    "aids": DESK | {LEADER, GUARD, "coordinator@municipality"},
    "contracts": BUYERS | {OFFICE},
    "contract": BUYERS | {OFFICE},
    "statement": BUYERS | {OFFICE},
    "statement_response": BUYERS | {OFFICE},
    "presence": BUYERS | {OFFICE},
    "new_contract": {"coordinator@municipality"},
    "effect": BUYERS,
    **dict.fromkeys(
        ("files", "files_state", "files_bring_in", "files_answer", "files_drop"), MEETING
    ),
    "first_report": BUYERS,
    "first_report_pdf": BUYERS,
    "first_report_xlsx": BUYERS,
    "case_way": DESK,
    "case_reach": DESK,
    "unit_reach": DESK,
    "closures": DESK,
    "close_road": DESK,
    "open_road": DESK,
    "set_winter": DESK,
    "use_times": DESK,
    "stop_times": DESK,
    "map_features": EVERYBODY - {POLICE},
    "tile": EVERYBODY - {POLICE},
    "reports": AUTHORS,
    "new_report": AUTHORS,
    "words": AUTHORS,
    "photo": AUTHORS | BUYERS,
    "damage": DAMAGE,
    "new_damage": DAMAGE - {"contract_manager@municipality"},
    "damage_detail": DAMAGE,
    "own_record": BUYERS | REPORTERS | {LEADER, GUARD, OFFICE},
    "own_record_data": BUYERS | REPORTERS | {LEADER, GUARD, OFFICE},
    "week": READERS,
    "week_of": READERS,
    "week_paper": READERS,
    "week_freeze": MEETING,
    "week_decide": MEETING,
    "week_drop": MEETING,
    "week_measures": MEETING,
    "week_measure": MEETING,
    "week_decided": MEETING,
    "week_publish": MEETING,
    "week_triage": MEETING,
    **dict.fromkeys(
        ("what_if", "what_if_one", "what_if_state", "what_if_stop"), BUYERS | {LEADER, OFFICE}
    ),
    "risk": BUYERS | {LEADER},
    "risk_use": MEETING,
    "plan": BUYERS | {LEADER, OFFICE},
    "visit_step": {GUARD},
    "system": DESK | BUYERS | {LEADER, OFFICE},
}
ONLY_POSTED = {
    "close_road", "open_road", "set_winter", "use_times", "stop_times",
    "key_hand_out", "key_take_back", "key_lost",
    "watch_start", "watch_here", "watch_end", "have_it", "pass_on",
    "camera_case", "camera_dismiss", "risk_use", "plan_propose", "plan_publish", "visit_step",
    "week_freeze", "week_decide", "week_drop", "week_measures", "week_measure", "week_decided",
    "week_publish", "week_triage", "files_bring_in", "files_answer", "files_drop",
    "what_if_stop",
}  # fmt: skip
OF_A_WEEK = ("week_drop", "week_measure", "week_triage")  # the others name a day: it is one's own
COMMON = {"tile", "week", "week_of", "week_paper"}  # every organisation of the tenant may see it
OPEN = {
    "home", "account_login", "account_logout", "who", "set_language",
    "tour", "tour_chapter", "tour_told", "tour_play", "tour_enter",  # missing outside the demo
    "metrics",  # missing without its token
}  # fmt: skip

AS_JSON = {"Accept": "application/json"}  # the same answer at half the time

# Which classes of events reach whom in a stream (the audience comes on top of it).
HEARS: dict[str, set[str]] = {
    "case": DESK | BUYERS | {LEADER, GUARD, OFFICE},
    "offer": DESK | BUYERS | {LEADER, GUARD},
    "response": DESK | BUYERS | {LEADER, GUARD, OFFICE},
    "report": DESK | BUYERS | {LEADER, GUARD, OFFICE},
    "unit": DESK | BUYERS | {LEADER, GUARD},
    "audit": {"coordinator@municipality"},
    "camera_event": SEES_CAMERAS,
    "import": set(),
    "key": DESK | {LEADER},
    "map": EVERYBODY - {POLICE},
    "observation": BUYERS | {LEADER},
    "damage": BUYERS | {LEADER, "property_manager@municipality"},
    "picture": READERS,
    "patrol_plan": BUYERS | {LEADER, OFFICE, GUARD},
    "forecast": BUYERS | {LEADER},
    "system": DESK | BUYERS | {LEADER, OFFICE},
}


def routes() -> Iterator[URLPattern]:
    """Yield every address of the product."""
    for pattern in get_resolver().url_patterns:
        assert isinstance(pattern, URLPattern), f"{pattern} hides addresses from this test"
        yield pattern


def test_every_address_has_a_policy() -> None:
    """An address without a policy, or without a line in this file's table, fails the build."""
    for pattern in routes():
        need = getattr(pattern.callback, "need", None)
        assert isinstance(need, Need | Open), f"{pattern.pattern} has no policy"
        assert (pattern.name in OPEN) == isinstance(need, Open), pattern.name
        assert pattern.name in OPEN or pattern.name in MAY, f"{pattern.name} is in no table here"


def address(name: str, ids: dict[str, Any]) -> str:
    """Return an address of the table with the ids of a scene."""
    pattern = next(one for one in routes() if one.name == name)
    return reverse(name, kwargs={key: ids[key] for key in pattern.pattern.converters})


def plain(content: bytes, where: str = "") -> bytes:
    """Return a page without what changes at each request, and without its own address."""
    content = content.replace(where.encode(), b"") if where else content
    content = re.sub(rb'name="csrfmiddlewaretoken" value="[^"]+"', b"", content)
    content = re.sub(rb'data-now="[^"]+"', b"", content)
    return re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", b"", content)


@pytest.fixture(scope="module")
def made_scene(standing: Standing, street_file: Path) -> Scene:
    """Play the scene whose secrets are guarded once, with a map."""
    made: Scene = standing(lambda: make_scene("Alfa"))
    meta = standing(
        lambda: import_roads(
            tenant=made.world.tenant, pbf=street_file, progress=lambda _step, _share: None,
            by="test", at=NIGHT,
        )
    )  # fmt: skip
    made.ids["sha256"] = meta.sha256
    return made


@pytest.fixture(scope="module")
def made_strangers(standing: Standing, made_scene: Scene) -> dict[str, Member]:
    """Make them once."""
    made: dict[str, Member] = standing(lambda: make_strangers(made_scene))
    return made


@pytest.fixture
def scene(db: None, hands: Hands, made_scene: Scene) -> Scene:
    """Return the scene as it was made, with nothing kept of what another test was shown."""
    FRAGMENTS._places.clear()
    return deepcopy(made_scene)


@pytest.fixture
def strangers(scene: Scene, made_strangers: dict[str, Member]) -> dict[str, Member]:
    """Return those who may see nothing of it."""
    return deepcopy(made_strangers)


def test_who_is_not_named_gets_the_answer_of_a_missing_page(scene: Scene) -> None:
    """Each pair of a role and a kind that may anything, at each address; one in four as a page and by
    POST too. The pairs that the policy does not name at all, at one in four and at one in twelve.
    """
    everyone = members_of(scene.world)
    assert {f"{role}@{kind}" for role, kind in POLICY} == EVERYBODY
    for turn, (who, member) in enumerate(everyone.items()):
        client = client_of(member)
        for number, (name, allowed) in enumerate(MAY.items()):
            named = who in EVERYBODY
            if who in allowed or not (named or (number + turn) % 4 == 0):
                continue
            where = address(name, scene.ids)
            rare = (number + turn) % (4 if named else 12) == 0
            answers = [client.get(where, headers=None if rare else AS_JSON)]
            if rare:
                answers.append(client.post(where, headers=AS_JSON))
            for answer in answers:
                assert answer.status_code == 404, (who, name)
                assert not any(one.encode() in plain(answer.content) for one in scene.secrets), name


def test_who_is_named_gets_an_answer_without_a_key(scene: Scene) -> None:
    """The table is no empty promise: the named ones get their pages."""
    everyone = members_of(scene.world)
    everyone["guard@guarding_company"] = scene.guard
    pages = [
        name for name in MAY if name not in {"offer", "close", "accept", "decline", "call_support", "step", "unit_state", "tile"} | ONLY_POSTED
    ]  # fmt: skip
    for who in EVERYBODY:
        client = client_of(everyone[who])
        for name in (one for one in pages if who in MAY[one]):
            answer = client.get(address(name, scene.ids))
            expected = 404 if (who, name) in NOT_THEIRS else 200
            assert answer.status_code == expected, (who, name)
            if who != GUARD:  # a key is for the accepted unit alone
                assert b"-NYCKEL" not in b"".join(answer), (who, name)


def test_nobody_is_sent_to_the_way_in(scene: Scene) -> None:
    """Without a sign-in there is only the way in."""
    client = client_of(None)
    for name in MAY:
        answer = client.get(address(name, scene.ids))
        assert answer.status_code == 302, name
        assert answer["Location"].startswith("/login/"), name


def make_strangers(scene: Scene) -> dict[str, Member]:
    """Make every role in another tenant, in another company of the same one, and one who left."""
    other = make_scene("Beta")
    theirs = members_of(other.world)
    found = {f"other tenant: {who}": one for who, one in theirs.items() if who in EVERYBODY}
    found["other tenant: crew"] = other.guard
    rival = Organisation.objects.create(
        tenant=scene.world.tenant, name="rival", kind=OrganisationKind.GUARDING_COMPANY
    )
    for role in (Role.GUARD, Role.SHIFT_LEADER, Role.CONTRACT_MANAGER):
        found[f"rival: {role}"] = make_member(scene.world, role, rival)
    left = make_member(scene.world, Role.SHIFT_LEADER)
    left.valid_until = NIGHT.date()
    left.save()
    found["left yesterday"] = left
    return found


def test_another_organisations_record_answers_exactly_like_a_missing_one(
    scene: Scene, strangers: dict[str, Member]
) -> None:
    """Hidden and missing are one answer, and nothing of the scene stands in any of them."""
    missing = scene.ids | {
        key: uuid4() for key, value in scene.ids.items() if isinstance(value, UUID)
    } | {"sha256": "f00"}  # fmt: skip
    for who, member in strangers.items():
        client = client_of(member)
        place = f"{member.role}@{member.organisation.kind}"
        for name, allowed in MAY.items():
            if place not in allowed:
                continue  # stopped before any record is looked for: the test above
            if name in COMMON and who.startswith("rival"):
                continue  # the tenant's common ground
            where, nowhere = address(name, scene.ids), address(name, missing)
            hidden = client.get(where)
            if where != nowhere:  # else it is a page of his own
                absent = client.get(nowhere)
                assert hidden.status_code == absent.status_code, (who, name)
                assert plain(hidden.content, where) == plain(absent.content, nowhere), (who, name)
            text = hidden.content.decode(errors="replace")
            if who.startswith("rival"):
                text = SITE_NAMES.sub("", text)
            found = [one for one in scene.secrets if one in text and one not in where]
            assert not found, (who, name, found)


def test_another_organisations_record_cannot_be_written(
    scene: Scene, strangers: dict[str, Member]
) -> None:
    """Nothing that a stranger posts changes anything of the scene."""
    harm = str(scene.ids["damage_id"])
    given = {"finding": "other", "id": harm, "keep": "1", "state": "closed", "final": "1",
             "kind": "fire", "reason": "animal"}  # fmt: skip
    before = Event.objects.filter(tenant=scene.world.tenant).count()
    for who, member in strangers.items():
        client = client_of(member)
        for name in (
            "offer", "close", "pass_on", "have_it", "accept", "decline", "step", "report", "words", "damage_detail",
            "plan_publish", "plan_add", "plan_visit", "visit_step", "files_drop", "camera_case",
            "camera_dismiss", "call_support", "open_road", "key_take_back", "key_lost", "what_if_stop",
            *OF_A_WEEK,
        ):  # fmt: skip
            answer = client.post(address(name, scene.ids), given)
            assert answer.status_code in {302, 404}, (who, name)
    assert Event.objects.filter(tenant=scene.world.tenant).count() == before
    assert WhatIf.objects.get(pk=scene.ids["what_if_id"]).state == WhatIf.State.WAITING


def test_the_stream_tells_nobody_more_than_the_pages(
    scene: Scene, strangers: dict[str, Member]
) -> None:
    """Every event of the night, for every role: only the audience, only granted classes."""
    log = list(Event.objects.filter(tenant=scene.world.tenant).order_by("position"))
    for who, member in members_of(scene.world).items():
        viewer = make_viewer(member)
        for event in log:
            told = find_notice(viewer, event) is not None
            assert not told or who in HEARS[event.record_class], (who, event.kind)
    for who, member in strangers.items():
        viewer = make_viewer(member)
        if who == "left yesterday":
            continue
        for event in log:
            if event.record_class != "map":
                assert find_notice(viewer, event) is None, (who, event.kind)


def test_a_guard_hears_of_his_own_unit_only(scene: Scene) -> None:
    """The crew hears its own offers and visits; a colleague of the same company does not."""
    kinds = ("offer.made", "visit.changed")
    log = list(Event.objects.filter(tenant=scene.world.tenant, kind__in=kinds))
    assert {one.kind for one in log} == set(kinds)
    colleague = make_unit(scene.world, "V9").member
    assert all(find_notice(make_viewer(scene.guard), event) for event in log)
    assert not any(find_notice(make_viewer(colleague), event) for event in log)


def test_the_buyer_sees_no_position(scene: Scene) -> None:
    """Visits and responses, never tracks."""
    everyone = members_of(scene.world)
    for who in MAY["map_features"]:
        features = client_of(everyone[who]).get("/map/features/").json()["features"]
        units = [one for one in features if one["properties"]["layer"] == "unit"]
        assert bool(units) == (who in DESK | {LEADER}), who
