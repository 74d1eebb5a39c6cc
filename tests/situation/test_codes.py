"""Alarm codes: the table is whole in both languages, and nothing that arrives is lost."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.situation.codes import UNKNOWN_PRIORITY, find_code, list_codes

ALARMS = Path(__file__).parents[2].parent / "shared" / "data" / "alarms"
KINDS = {
    "intruder",
    "duress",
    "assistance",
    "fire",
    "medical",
    "tamper",
    "technical",
    "path",
    "arming",
    "test",
    "bypass",
    "other",
}
PHASES = {"alarm", "restore", "trouble", "test", "info", "cancel"}


def load(name: str) -> Any:
    """Return a list of real codes, or skip where the data folder is missing."""
    path = ALARMS / name
    if not path.exists():
        pytest.skip(f"{path} is missing: real code lists are not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("signal", "meaning"),
    [
        (("SIA-DCS", "BA", None), ("intruder", "alarm", 2, "Inbrottslarm")),
        (("*SIA-DCS", "ba ", None), ("intruder", "alarm", 2, "Inbrottslarm")),
        (("SIA-DCS", "BV", None), ("intruder", "alarm", 1, "Bekräftat inbrottslarm")),
        (("SIA-DCS", "HA", None), ("duress", "alarm", 1, "Överfallslarm")),
        (("SIA-DCS", "QA", None), ("assistance", "alarm", 2, "Bråklarm")),
        (("SIA-DCS", "TA", None), ("tamper", "alarm", 3, "Sabotagelarm")),
        (("SIA-DCS", "YT", None), ("technical", "trouble", 4, "Batterifel")),
        (("SIA-DCS", "AT", None), ("technical", "trouble", 4, "Nätbortfall")),
        (("SIA-DCS", "BH", None), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("SIA-DCS", "RP", None), ("test", "test", None, "Automatiskt provlarm")),
        (("SIA-DCS", "CL", None), ("arming", "info", None, "Tillkoppling")),
        (("ADM-CID", "110", "1"), ("fire", "alarm", 1, "Brandlarm")),
        (("*ADM-CID", "1110", None), ("fire", "alarm", 1, "Brandlarm")),
        (("ADM-CID", "110", "3"), ("fire", "restore", None, "Återställt: brandlarm")),
        (("ADM-CID", "130", "6"), ("intruder", "alarm", 2, "Kvarstår: inbrottslarm")),
        (("ADM-CID", "401", "1"), ("arming", "info", None, "Frånkoppling av användare")),
        (("ADM-CID", "401", "3"), ("arming", "info", None, "Tillkoppling av användare")),
        (("ADM-CID", "570", "3"), ("bypass", "info", None, "Sektionens förbikoppling upphävd")),
        (("ADM-CID", "602", "1"), ("test", "test", None, "Periodiskt provlarm")),
        (("ADM-CID", "607", "3"), ("test", "test", None, "Återställt: gångprov")),
        (("ADM-CID", "454", "3"), ("other", "trouble", 4, "Utebliven tillkoppling")),
        (("ADM-CID", "119", "1"), ("fire", "alarm", 1, "Okänt brandlarm (119)")),
        (("ADM-CID", "119", "3"), ("fire", "restore", None, "Återställt: okänt brandlarm (119)")),
        (("NULL", "", None), ("path", "test", None, "Linjekontroll")),
    ],
)
def test_codes_mean_what_the_trade_means(
    signal: tuple[str, str, str | None], meaning: tuple[str, str, int | None, str]
) -> None:
    """Alarms open cases; restores, tests and arming do not; the text is the trade's."""
    found = find_code(*signal)
    assert (found.kind, found.phase, found.priority, found.sv) == meaning
    assert found.opens_case == (found.priority is not None)


@pytest.mark.parametrize(
    ("token", "code", "qualifier"),
    [
        ("ADM-CID", "1122", "1"),
        ("SIA-DCS", "HA", None),
        ("SIA-DCS", "HH", None),
        ("SIA-DCS", "PA", None),
        ("SIA-DCS", "ND", None),
        ("ADM-CID", "120", "1"),
        ("ADM-CID", "121", "3"),
        ("ADM-CID", "122", "6"),
        ("ADM-CID", "423", "3"),
    ],
)
def test_a_duress_alarm_is_never_cancellable(token: str, code: str, qualifier: str | None) -> None:
    """No code ends it, its own restore included."""
    assert not find_code(token, code, qualifier).cancellable


@pytest.mark.parametrize(
    ("token", "code", "qualifier"),
    [
        ("SIA-DCS", "B9", None),
        ("SIA-DCS", "", None),
        ("ADM-CID", "0F1", "1"),
        ("ADM-CID", "1xx", "1"),
        ("ADM-CID", "712", "1"),
        ("ACR-SF", "BA", None),
    ],
)
def test_an_unknown_code_opens_a_visible_case_and_shows_itself(
    token: str, code: str, qualifier: str | None
) -> None:
    """What no table knows is kept with its own code in the text, in both languages."""
    found = find_code(token, code, qualifier)
    assert (found.is_known, found.opens_case, found.priority) == (False, True, UNKNOWN_PRIORITY)
    assert found.code == code.upper()
    assert code.upper() in found.label("sv-SE")
    assert "nknown" in found.label("en")


def test_an_unlisted_code_of_a_grave_group_keeps_the_gravity_of_the_group() -> None:
    """An unknown fire, medical or duress code is handled as one, but shown as unknown."""
    for code, kind in (("109", "medical"), ("119", "fire"), ("129", "duress")):
        found = find_code("ADM-CID", code, "1")
        assert (found.kind, found.priority, found.is_known) == (kind, 1, False)


def test_the_table_is_whole_in_both_languages() -> None:
    """Each row has known kinds and phases, both texts, and a priority if and only if a case."""
    for row in list_codes():
        assert row.kind in KINDS, row
        assert row.phase in PHASES, row
        assert row.opens_case == (row.priority in {1, 2, 3, 4}), row
        assert row.opens_case or row.phase not in {"alarm", "trouble"}, row
        assert not (row.opens_case and row.phase in {"restore", "info", "cancel", "test"}), row
        for text in (row.sv, row.en):
            assert text == text.strip(), row
            assert 2 < len(text) <= 50, row


@pytest.mark.parametrize("scheme", ["sia", "cid"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_two_codes_of_a_scheme_share_a_text(scheme: str, language: str) -> None:
    """A person tells two codes apart by their words in either language."""
    texts = Counter(row.label(language).casefold() for row in list_codes() if row.scheme == scheme)
    assert [text for text, count in texts.items() if count > 1] == []


def test_a_text_means_one_thing_in_both_schemes_and_languages() -> None:
    """The same words have the same kind and phase, and the same words in the other language."""
    for language, other in (("sv", "en"), ("en", "sv")):
        meanings: dict[str, set[tuple[str, str, str]]] = {}
        for row in list_codes():
            meaning = (row.kind, row.phase, row.label(other))
            meanings.setdefault(row.label(language), set()).add(meaning)
        assert {text: found for text, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.real_data
def test_every_listed_sia_code_is_known() -> None:
    """The whole DC-03 list is in the table."""
    codes = [entry["code"] for entry in load("sia_dc03_codes.json")]
    assert len(codes) > 300
    assert [code for code in codes if not find_code("SIA-DCS", code).is_known] == []


@pytest.mark.real_data
def test_every_listed_contact_id_event_is_known() -> None:
    """Both Contact ID lists are in the table."""
    events = {str(entry["code"]) for entry in load("contact_id_events.json")}
    events |= set(load("contact_id_to_sia.json"))
    assert len(events) > 100
    assert [code for code in sorted(events) if not find_code("ADM-CID", code, "1").is_known] == []


# Where the table follows the event's own label rather than the SIA code it is mapped to.
KIND_DIFFERS = {"114", "146", "150", "374"}


@pytest.mark.real_data
def test_contact_id_and_sia_agree_on_alarms_and_their_restores() -> None:
    """An alarm event of the 100 series means what its SIA equivalent means, and so does its end."""
    for code, pair in load("contact_id_to_sia.json").items():
        if not code.startswith("1"):
            continue
        new, sia_new = find_code("ADM-CID", code, "1"), find_code("SIA-DCS", pair["1"])
        ended, sia_ended = find_code("ADM-CID", code, "3"), find_code("SIA-DCS", pair["3"])
        assert new.phase == sia_new.phase, code
        assert ended.phase == sia_ended.phase == "restore", code
        assert new.kind == sia_new.kind or code in KIND_DIFFERS, code


@given(st.text(max_size=20), st.text(max_size=40), st.none() | st.text(max_size=3))
def test_anything_that_arrives_has_a_meaning(token: str, code: str, qualifier: str | None) -> None:
    """No token, code or qualifier breaks the link, and each has two texts."""
    found = find_code(token, code, qualifier)
    assert found.sv
    assert found.en
    assert found.opens_case == (found.priority is not None)


@given(st.sampled_from(["SIA-DCS", "ADM-CID"]), st.text(alphabet="ABX0123456789x", max_size=4))
def test_short_codes_have_a_meaning(token: str, code: str) -> None:
    """Codes of the right form, known or not, keep their own code."""
    found = find_code(token, code, "1")
    with_qualifier = token == "ADM-CID" and len(code) == 4 and code[0] == "1"
    assert found.code == (code[1:] if with_qualifier else code).upper()
    assert found.is_known or found.opens_case
