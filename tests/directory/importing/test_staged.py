"""What every file of things that happened promises, whatever its kind."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from narvaro.directory.importing.history import Answers
from narvaro.directory.models import ImportBatch, Site
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.models import DeliveredHours
from narvaro.situation.models import Case, Damage, Incident, Presence
from narvaro.spine.models import Event
from tests.files import PERSON, bring_in, told
from tests.make import World, make_site, make_world


@dataclass(frozen=True)
class Kind:
    """A kind of file with good rows, all of different things, and what is bad in one."""

    header: str
    rows: tuple[str, ...]
    bad: str
    bad_cell: tuple[str, str]  # its column as refused, its value
    model: type[models.Model]
    kept: tuple[str, ...]  # fields by which rows are compared
    numbered: tuple[str, str] = ("", "")  # header, a row with its own number


KINDS = {
    "alarm-journal": Kind(
        "Datum;Tid;Objekt;Larmtyp;Väktare på plats;Orsak;Larmtext",
        (
            "2026-03-02;02:13;Trasten skola;Inbrott;02:31;Obefogat;Zon 4",
            "2026-03-02;02:13;Norrhallen;Inbrott;;Obefogat;",
            "2026-07-03;23:55;Trasten skola;Inbrott;00:14;Skarpt;",
            "2026-03-04;11:00;Norrhallen;Brand;;;",
            "2026-03-05;11:00;Norra parken;Brand;;;",
        ),
        "2026-03-06;11:00;Norrhallen;Fuktlarm;;;",
        ("Larmtyp", "Fuktlarm"),
        Case,
        ("received_at", "closed_at", "kind", "cause", "site__code", "place", "text", "state", "born"),
        ("Larmnummer;Datum;Tid;Objekt;Larmtyp", "77;2026-03-02;02:13;Norrhallen;Inbrott"),
    ),
    "responses": Kind(
        "Datum;Larmtid;Framme;Lämnat;Objekt;Enhet;Resultat",
        (
            "2026-03-02;02:13;02:29;02:50;Trasten skola;V1;Obefogat",
            "2026-03-02;02:15;02:33;02:50;Trasten skola;V2;Obefogat",
            "2026-03-02;02:20;02:41;02:50;Trasten skola;V1;Obefogat",
            "2026-07-03;23:55;00:14;00:40;Norrhallen;V1;Skarpt",
            "2026-03-04;04:00;04:33;04:50;Norra parken;;",
        ),
        "2026-03-06;04:00;;;Norrhallen;V1;",
        ("on_scene", ""),
        Response,
        (
            "case__received_at", "case__site__code", "case__place", "case__cause", "unit_as_stated",
            "organisation__name", "state", "accepted_at",
        ),
        ("Uppdragsnr;Datum;Larmtid;Framme;Objekt;Enhet", "77;2026-03-02;02:13;02:29;Norrhallen;V1"),
    ),
    "visits": Kind(
        "Datum;Objekt;Från;Till;Enhet;Notering",
        (
            "2026-03-02;Trasten skola;23:50;00:05;V1;Lugnt",
            "2026-03-02;Norrhallen;23:50;00:05;V2;",
            "2026-07-03;Trasten skola;21:00;21:15;V1;",
            "2026-03-03;Norra parken;21:00;21:10;V1;",
        ),
        "2026-03-06;Trasten skola;;;V1;ej utförd",
        ("clock", ""),
        Presence,
        ("starts_at", "ends_at", "site__code", "place", "organisation__name", "grade", "note"),
        ("Löpnr;Datum;Objekt;Från;Till;Enhet", "77;2026-03-02;Norrhallen;23:50;00:05;V1"),
    ),
    "hours": Kind(
        "Datum;Tjänst;Från;Till;Timmar",
        (
            "2026-03-02;Rondering;22:00;06:00;",
            "2026-03-02;Ordningsvakt;18:00;02:30;",
            "2026-03-03;Rondering;22:00;06:00;",
            "2026-03-04;Rondering;;;7,5",
        ),
        "2026-03-06;Rondering;;;",
        ("hours", ""),
        DeliveredHours,
        ("day", "activity", "hours", "organisation__name", "place"),
    ),
    "damage": Kind(
        "Skadetyp;Objekt;Inträffat från;Inträffat till;Kostnad;Beskrivning",
        (
            "Glaskross;Trasten skola;2026-03-06 17:00;2026-03-09 07:00;12 500:-;Två rutor",
            "Klotter;Trasten skola;2026-03-06 17:00;2026-03-09 07:00;;",
            "Klotter;Norrhallen;2026-07-10;;3000;",
            "Brand;Norra parken;2026-03-10 21:00;;;",
        ),
        "Glaskross;Norrhallen;2026-03-11;;-500;",
        ("final_sek", "-500"),
        Damage,
        (
            "occurred_from", "occurred_until", "kind", "site__code", "place", "final_sek", "text",
            "state",
        ),
    ),
    "incidents": Kind(
        "Datum;Tid;Kategori;Plats;Fritext",
        (
            "2026-03-02;21:30;Klotter;Trasten skola;Tagg på dörren",
            "2026-03-02;21:30;Skadegörelse;Trasten skola;",
            "2026-07-03;;Klotter;Norrhallen;",
            "2026-03-04;02:00;Bråk;Norra parken;",
        ),
        "2026-03-29;02:30;Klotter;Norrhallen;",
        ("day", "2026-03-29 02:30:00"),
        Incident,
        ("occurred_from", "occurred_until", "category", "site__code", "place", "text", "known_by"),
        ("Ärendenr;Datum;Tid;Kategori;Plats", "77;2026-03-02;21:30;Klotter;Norrhallen"),
    ),
}  # fmt: skip
EVERY = pytest.mark.parametrize("kind", KINDS)
NUMBERED = pytest.mark.parametrize("kind", [name for name, one in KINDS.items() if one.numbered[0]])
MODELS = (Case, Response, TimePoint, Presence, DeliveredHours, Damage, Incident)
FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # fmt: skip


@pytest.fixture
def town(world: World) -> World:
    """Give the world two sites."""
    make_site(world, "Trasten skola")
    make_site(world, "Norrhallen", lat=59.1)
    return world


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is written meanwhile."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def shown(kind: str, world: World) -> list[tuple[str, ...]]:
    """Return what readers see of a kind's rows, in an order of its own."""
    one: Any = KINDS[kind]
    found = one.model.objects.published().filter(tenant=world.tenant)
    rows = [tuple(map(str, row)) for row in found.values_list(*one.kept)]
    if kind in {"alarm-journal", "responses"}:
        points = TimePoint.objects.filter(response__tenant=world.tenant)
        names = ("response__case__received_at", "response__unit_as_stated", "point", "at", "source")
        rows += [tuple(map(str, row)) for row in points.values_list(*names)]
    return sorted(rows)


@pytest.fixture
def straight(town: World, kind: str) -> list[tuple[str, ...]]:
    """Return what readers see where a kind's rows come in one file, in their order."""
    with undone():
        bring_in(town, kind, KINDS[kind].header, *KINDS[kind].rows)
        return shown(kind, town)


@EVERY
def test_the_same_file_again_is_known(town: World, kind: str) -> None:
    """Nothing is added and nothing changed."""
    one = KINDS[kind]
    first = bring_in(town, kind, one.header, *one.rows)
    assert (first.kept, first.known, first.refused, first.written) == (len(one.rows), 0, (), True)
    before = shown(kind, town)
    again = bring_in(town, kind, one.header, *one.rows)
    assert (again.kept, again.known, again.changed) == (0, len(one.rows), 0)
    assert shown(kind, town) == before


@NUMBERED
def test_a_row_with_its_own_number_that_stands_twice_is_one(town: World, kind: str) -> None:
    """Two extracts that were pasted together overlap; the number says that it is the same thing."""
    header, row = KINDS[kind].numbered
    report = bring_in(town, kind, header, row, row)
    assert (report.kept, report.known, report.refused) == (1, 1, ())
    rows: Any = KINDS[kind].model
    assert rows.objects.filter(tenant=town.tenant).count() == 1


@pytest.mark.parametrize("kind", ["hours", "damage"])
def test_lines_of_one_order_that_say_the_same_are_several(town: World, kind: str) -> None:
    """Two guards of one shift, two panes of one order: what was delivered twice counts twice."""
    one = KINDS[kind]
    lines = (f"Ordernr;{one.header}", *[f"77;{one.rows[0]}"] * 2)
    assert bring_in(town, kind, *lines).kept == 2
    assert bring_in(town, kind, *lines).known == 2
    assert len(shown(kind, town)) == 2


@EVERY
def test_a_bad_row_holds_the_file_back_and_is_told(town: World, kind: str) -> None:
    """Line, column, value, why, what to do; nothing is written unless the good rows are asked for."""
    one = KINDS[kind]
    events = Event.objects.count()
    for dry in (False, True):
        report = bring_in(town, kind, one.header, *one.rows, one.bad, keep_good=dry, dry_run=dry)
        assert (report.kept, report.written) == (len(one.rows), False)
        assert told(report) == [(len(one.rows) + 2, *one.bad_cell)]
        assert [rows for rows in MODELS if rows._default_manager.exists()] == []
        assert Event.objects.count() == events
        assert not ImportBatch.objects.filter(kind=kind).exists()
    assert bring_in(town, kind, one.header, *one.rows, one.bad, keep_good=True).written
    assert Event.objects.count() == events + 1
    batch = ImportBatch.objects.get(kind=kind)
    assert (batch.kept, batch.refused) == (len(one.rows), 1)


@EVERY
def test_a_site_of_another_municipality_is_none_of_ours(town: World, kind: str) -> None:
    """Neither by its name, nor where an answer names its id."""
    one = KINDS[kind]
    Site.objects.filter(tenant=town.tenant).delete()
    theirs = make_site(make_world("Annanstad"), "Trasten skola")
    bring_in(town, kind, one.header, *one.rows)
    answers = Answers(places={"Norrhallen": f"site:{theirs.pk}"})
    rows = [row.replace("2026-0", "2025-0") for row in one.rows]
    assert bring_in(town, kind, one.header, *rows, answers=answers).kept == len(rows)
    placed: Any = Case if kind == "responses" else one.model
    assert placed.objects.filter(tenant=town.tenant).exists()
    assert not placed.objects.exclude(site=None).exists()


@EVERY
def test_a_place_as_written_keeps_no_personnummer(town: World, kind: str) -> None:
    """Not in the row, nor in what a person is asked; and what is as long as it may be stays so."""
    place = f"{'lång gata ' * 16}{PERSON} bakom porten"
    one = KINDS[kind]
    header, row = one.header, one.rows[0].replace("Trasten skola", place)
    if kind == "hours":
        header, row = f"{header};Plats", f"{row};{place}"
    report = bring_in(town, kind, header, row)
    assert report.written
    [asked] = report.unsure
    assert "9805" not in asked.text
    rows: Any = Case if kind == "responses" else one.model
    kept = rows.objects.get(tenant=town.tenant).place
    assert "[personnummer]" in kept
    assert "9805" not in kept
    assert len(kept) <= 200


def test_what_a_report_repeats_of_a_file_has_no_personnummer(town: World) -> None:
    """A report is kept: neither a refused cell nor a line beside the table tells who it was."""
    title, row = f"Anmält av {PERSON}", f"2026-03-02;;Bråk med {PERSON};Norrhallen;"
    report = bring_in(town, "incidents", title, "", KINDS["incidents"].header, row)
    assert told(report) == [(4, "Kategori", "Bråk med [personnummer]")]
    assert report.passed_over == ((1, "title: Anmält av [personnummer]"),)


@EVERY
@FEW
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(
    town: World, kind: str, straight: list[tuple[str, ...]], data: st.DataObject
) -> None:
    """A list sorted anew is the same list."""
    one = KINDS[kind]
    with undone():
        bring_in(town, kind, one.header, *data.draw(st.permutations(one.rows)))
        assert shown(kind, town) == straight


@EVERY
@FEW
@given(data=st.data())
def test_two_parts_that_overlap_are_the_whole(
    town: World, kind: str, straight: list[tuple[str, ...]], data: st.DataObject
) -> None:
    """However a list is cut, also where months overlap; the second part adds what the first had not."""
    one = KINDS[kind]
    whole = len(one.rows)
    cut = data.draw(st.integers(1, whole))
    overlap = data.draw(st.integers(0, cut))
    with undone():
        bring_in(town, kind, one.header, *one.rows[:cut])
        if rest := one.rows[cut - overlap :]:
            assert bring_in(town, kind, one.header, *rest).known == overlap
        assert shown(kind, town) == straight
