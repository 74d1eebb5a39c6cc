"""The page of refused messages: words for each code of the intake, one row for what is the same."""

import ast
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from narvaro import intake
from narvaro.access.models import Role
from narvaro.situation import cameras
from narvaro.situation.models import RefusedIntake
from narvaro.web.intake_words import REFUSED
from tests.make import NIGHT, World, make_member
from tests.web.test_phone import browser_of, shown

CODE = re.compile(r"[a-z]+(_[a-z]+)*")
SAYS_NO = {
    "Refusal", "UnusableError", "FrameError", "DocumentError", "Refused", "_Refused", "_refused",
    "read_object",
}  # fmt: skip
NAMES = {"code", "fault"}  # variables that hold a code until it is refused with
# A GPX file is an import with a report of its own; an answer is what another centre says to us;
# the last ones are said to the person who decides.
ELSEWHERE = {"protocols/gpx.py"}
NEVER_KEPT = {"answer", "camera_decided", "camera_case"}


def codes_of(source: str) -> Iterator[str]:
    """Yield the codes that a module refuses with: in its refusals, or held in a variable first."""
    for node in ast.walk(ast.parse(source)):
        given: list[ast.expr] = []
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in SAYS_NO:
                given = args[:2]
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in NAMES:
                given = [value.body, value.orelse] if isinstance(value, ast.IfExp) else [value]
            case ast.arguments(args=parameters, defaults=defaults) if defaults:
                named = zip(parameters[-len(defaults) :], defaults, strict=True)
                given = [one for parameter, one in named if parameter.arg in NAMES]
        for one in given:
            if isinstance(one, ast.Constant) and CODE.fullmatch(str(one.value)):
                yield str(one.value)


def collected() -> set[str]:
    room = Path(str(intake.__file__)).parent
    files = [one for one in room.rglob("*.py") if str(one.relative_to(room)) not in ELSEWHERE]
    texts = [one.read_text(encoding="utf-8") for one in [*files, Path(str(cameras.__file__))]]
    return {code for text in texts for code in codes_of(text)} - NEVER_KEPT


def refuse(world: World, reason: str, account: str = "4008", **given: object) -> None:
    RefusedIntake.objects.create(
        **{
            "receiver_id": "r1",
            "journal_id": world.next_serial(),
            "received_at": NIGHT,
            "account": account,
            "reason": reason,
            "detail": "In English.",
            "tenant": world.tenant,
        }
        | given
    )


def test_codes_are_found_however_they_are_given() -> None:
    source = """
def read(body, code="json"):
    fault = "crc" if body else "length"
    raise UnusableError(code, "No.")
raise DocumentError(Status.X, "xml", "No.")
raise _Refused(Answer.DUH, "token", "This kind is not taken.")
"""
    assert set(codes_of(source)) == {"json", "crc", "length", "xml", "token"}


def test_each_code_of_the_intake_has_words_and_advice() -> None:
    found = collected()
    assert {"replay", "crc", "camera_undocumented", "unknown_device", "undecryptable"} <= found
    assert found == set(REFUSED)
    assert all(words.why and words.what_to_do for words in REFUSED.values())


def test_what_is_the_same_is_one_row_with_a_count(world: World) -> None:
    desk = browser_of(make_member(world, Role.DISPATCHER))
    for minute in range(3):
        refuse(world, "replay", received_at=NIGHT + timedelta(minutes=minute))
    refuse(world, "replay", account="4014")
    refuse(world, "faces_or_plates", account="K-12", received_at=NIGHT - timedelta(minutes=1))
    page = shown(desk, "/console/refused/")
    assert page.count("The same message again") == 2
    assert page.index("4008") < page.index("4014") < page.index("K-12")
    row = page[page.rindex("<tr>", 0, page.index("4008")) : page.index("4008")]
    assert "02:02:00" in row
    assert '<td class="num">3</td>' in row
    assert "In English." not in page


def test_a_code_without_words_is_shown_with_its_detail(world: World) -> None:
    refuse(world, "from_another_time")
    page = shown(browser_of(make_member(world, Role.DISPATCHER)), "/console/refused/")
    for said in ("from_another_time", "In English.", "Tell those who run the system"):
        assert said in page, said
