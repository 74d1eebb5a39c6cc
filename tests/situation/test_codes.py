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
        (("SIA-DCS", "QA", None), ("assistance", "alarm", 1, "Nödlarm, hjälp begärd")),
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
        (("ADM-CID", "102", "1"), ("assistance", "alarm", 1, "Uteblivet livstecken")),
        (
            ("ADM-CID", "642", "1"),
            ("assistance", "alarm", 2, "Väntad användare har inte anmält sig"),
        ),
        (("ADM-CID", "113", "1"), ("fire", "alarm", 1, "Sprinklerlarm, vattenflöde")),
        (("ADM-CID", "373", "1"), ("technical", "trouble", 3, "Fel i brandslinga")),
        (("ADM-CID", "3305", None), ("technical", "restore", None, "Centralapparat i drift igen")),
        (
            ("SIA-DCS", "TJ", None),
            ("tamper", "restore", None, "Sabotage i frånkopplat läge upphört"),
        ),
        (("SIA-DCS", "OT", None), ("other", "trouble", 4, "Ej tillkopplat i tid")),
        (("SIA-DCS", "XX", None), ("path", "trouble", 3, "Uteblivet provlarm")),
        (("ADM-CID", "608", "1"), ("technical", "trouble", 4, "Provlarm, fel finns")),
        (("NULL", "", None), ("path", "test", None, "Linjekontroll")),
        (("SOS-ACCESS", "BA", "AL"), ("intruder", "alarm", 2, "Inbrottslarm")),
        (("SOS-ACCESS", "BA", "RE"), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("SOS-ACCESS", "BH", "RE"), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("SOS-ACCESS", "OP", "AL"), ("arming", "info", None, "Frånkoppling")),
        (("SOS-ACCESS", "1130", "RE"), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("SOS-ACCESS", "3130", "AL"), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("SOS-ACCESS", "3119", "AL"), ("fire", "alarm", 1, "Okänt brandlarm (119)")),
        (("SOS-ACCESS", "3401", "AL"), ("arming", "info", None, "Tillkoppling av användare")),
        (("SOS-ACCESS", "3001", "AL"), ("other", "alarm", 3, "Okänd kod 3001 (SOS Access)")),
        (
            ("SOS-ACCESS", "17", "RE"),
            ("other", "restore", None, "Återställt: okänd kod 17 (SOS Access)"),
        ),
        (("EVENT", "130", None), ("intruder", "alarm", 2, "Inbrottslarm")),
        (("event", "130", "Restore"), ("intruder", "restore", None, "Återställt: inbrottslarm")),
        (("EVENT", "door", None), ("other", "alarm", 3, "Okänd kod DOOR (webhook)")),
        (("MAIL", "HA", "restore"), ("duress", "restore", None, "Återställt: överfallslarm")),
        (("MAIL", "9130", None), ("other", "alarm", 3, "Okänd kod 9130 (e-mail)")),
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


# What the mapping takes for something that our table says more exactly, or does not believe.
SAME_BOTH_WAYS = "The SIA code has no end of its own; with qualifier 3 ours has ended."
DIFFERS = {
    "113": "Water flow stands among the fire events: a sprinkler runs.",
    "146": "A silent burglary is no threat against a person.",
    "150": "A 24-hour auxiliary zone is technical; SIA has no type for it.",
    "158": "High temperature of a process; a heat detector is 114 and KA.",
    "306": "Programming that was changed needs no service.",
    "320": "Contact ID tells of a fault of the relay, SIA of its position.",
    "323": "As 320.",
    "324": "As 320.",
    "325": "As 320.",
    "341": "An opened cover is tampering, not a fault of the module.",
    "376": "The end of a fault of the hold-up zone is no end of a hold-up.",
    "381": "A lost sensor is inside the site; the path to the centre stands.",
    "382": "As 381.",
    "414": "A system shut down by command has no flat battery; " + SAME_BOTH_WAYS,
    "423": "Forced under duress says more than a forced door.",
    "461": "Wrong codes are tampering; SIA's code is of one refused passage.",
    "463": "Armed anew after an alarm; SIA has only a status report.",
    "608": "The test arrived, and says that there is a fault.",
    "622": "Half full is no fault yet.",
    "623": SAME_BOTH_WAYS,
    "624": SAME_BOTH_WAYS,
    "626": "A clock that goes wrong is a fault; one that was set is not.",
    "654": SAME_BOTH_WAYS,
}


@pytest.mark.real_data
def test_contact_id_and_sia_agree() -> None:
    """A Contact ID event, new or ended, has its SIA code's kind and phase, or a reason why not."""
    mapping = load("contact_id_to_sia.json")
    differs = set()
    for code, pair in mapping.items():
        for qualifier, sia in pair.items():
            one, other = find_code("ADM-CID", code, qualifier), find_code("SIA-DCS", sia)
            assert one.is_known, code
            assert other.is_known, sia
            if (one.kind, one.phase) != (other.kind, other.phase):
                differs.add(code)
    assert differs == set(DIFFERS)


ENDS_OF = {
    "AT": "AR", "AS": "AN", "BA": "BH", "BT": "BJ", "DF": "DR", "DL": "DH", "ES": "EJ", "ET": "ER",
    "FA": "FH", "FT": "FJ", "GA": "GH", "HA": "HH", "HT": "HJ", "IA": "IR", "JA": "JC", "KA": "KH",
    "LT": "LR", "MA": "MH", "NA": "NS", "NT": "NR", "OU": "OV", "PA": "PH", "QA": "QH", "SA": "SH",
    "TA": "TH", "TT": "TJ", "UA": "UH", "VT": "VR", "WA": "WH", "XQ": "XH", "XS": "XJ", "XT": "XR",
    "YA": "YH", "YC": "YK", "YI": "YJ", "YP": "YQ", "YT": "YR", "YX": "YZ", "ZA": "ZH",
}  # fmt: skip


@pytest.mark.parametrize(("begins", "ends"), ENDS_OF.items())
def test_an_end_is_of_the_kind_of_its_beginning(begins: str, ends: str) -> None:
    """Else it would not be put to the case that it ends."""
    one, other = find_code("SIA-DCS", begins), find_code("SIA-DCS", ends)
    assert (other.kind, other.phase, other.opens_case) == (one.kind, "restore", False)


def test_a_threat_is_of_the_highest_priority_and_only_told_or_restored() -> None:
    """Duress, hold-up and panic of both tables: no row cancels one."""
    rows = [row for row in list_codes() if row.kind == "duress"]
    assert {row.code for row in rows if row.scheme == "sia" and row.phase == "alarm"} == {
        "HA", "ND", "PA",
    }  # fmt: skip
    assert {row.code for row in rows if row.code.startswith("12")} == {
        "120", "121", "122", "123", "124", "125", "12x",
    }  # fmt: skip
    assert {(row.phase, row.priority) for row in rows} == {("alarm", 1), ("restore", None)}


def test_arming_opens_nothing() -> None:
    """Whoever arms or disarms is at home there; what opens a case is that nobody did, or a threat."""
    assert not [row.code for row in list_codes() if row.kind == "arming" and row.opens_case]
    for code in ("CI", "OT"):
        assert find_code("SIA-DCS", code).opens_case
    for qualifier in ("1", "3"):  # panels differ in which of the two tells of a closing that failed
        assert find_code("ADM-CID", "454", qualifier).opens_case


TOKENS = st.sampled_from(["SIA-DCS", "ADM-CID", "NULL", "SOS-ACCESS", "EVENT", "MAIL"])
QUALIFIERS = (
    st.none() | st.sampled_from(["1", "3", "6", "AL", "RE", "restore"]) | st.text(max_size=3)
)
SHAPED = st.from_regex(r"[A-Z]{2}|[1369]?[0-9]{3}", fullmatch=True)


@given(TOKENS | st.text(max_size=20), SHAPED | st.text(max_size=40), QUALIFIERS)
def test_anything_that_arrives_has_a_meaning(token: str, code: str, qualifier: str | None) -> None:
    """No token, code or qualifier breaks the link; what is unknown is shown, and opens or ends."""
    found = find_code(token, code, qualifier)
    assert found.kind in KINDS
    assert found.phase in PHASES
    assert found.sv
    assert found.en
    assert found.opens_case == (found.priority is not None)
    assert found.is_known or found.opens_case or found.phase == "restore"
    assert found.is_known or "nknown" in found.en
    assert not (found.opens_case and found.phase in {"restore", "cancel", "test", "info"})
    assert not (found.kind == "duress" and (found.cancellable or found.phase == "cancel"))


@given(st.sampled_from(["SIA-DCS", "ADM-CID"]), st.text(alphabet="ABX0123456789x", max_size=4))
def test_short_codes_have_a_meaning(token: str, code: str) -> None:
    """Codes of the right form, known or not, keep their own code."""
    found = find_code(token, code, "1")
    with_qualifier = token == "ADM-CID" and len(code) == 4 and code[0] == "1"
    assert found.code == (code[1:] if with_qualifier else code).upper()
    assert found.is_known or found.opens_case


@given(st.sampled_from(["SOS-ACCESS", "EVENT", "MAIL"]), SHAPED | st.text(min_size=1, max_size=12))
def test_what_no_table_holds_opens_a_case_in_every_free_protocol(token: str, code: str) -> None:
    """Whatever digit it begins with: a centre's own number is never taken for an end."""
    for qualifier in (None, "AL", "1", "new"):
        found = find_code(token, code, qualifier)
        assert found.is_known or found.opens_case
