"""The large register: hidden until it is whole, short transactions, changes applied at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from narvaro.access.models import Role
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.staged import CHUNK
from narvaro.directory.models import ImportBatch, Site, SiteChange
from narvaro.directory.queries import sites_seen_by
from tests.directory.conftest import Importer
from tests.make import World, make_member, make_viewer

HEADER = "Objektnummer;Objekt;Typ;Fastighetsbeteckning;Adress;Latitud;Longitud;Larmklass\n"


def site_rows(count: int, name: str = "Skola") -> str:
    """Return a file of so many schools."""
    return HEADER + "".join(
        f"T-{n};{name} {n};skola;Trasten {n};Skolgatan {n};59,1;18,1;2\n" for n in range(count)
    )


def codes_seen(world: World) -> set[str]:
    """Return the codes of the sites that the municipality sees."""
    viewer = make_viewer(make_member(world, Role.COORDINATOR))
    return set(sites_seen_by(viewer).values_list("code", flat=True))


@contextmanager
def statements() -> Iterator[list[tuple[str, int]]]:
    """Note each statement and how many values it carries."""
    seen: list[tuple[str, int]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # PostgreSQL takes each column of a bulk insert as one list.
        seen.append((sql, sum(len(one) if isinstance(one, list) else 1 for one in params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


class Cut(Exception):  # noqa: N818 - stands for a power cut
    """The import ends here."""


def cut_while_staging(done: int, total: int) -> None:
    """Stop after the first chunk is written (reading reports to its end before that)."""
    if (done, total) == (CHUNK, CHUNK + 5):
        raise Cut


def interrupt(importer: Importer, content: str) -> None:
    """Import a file and lose the power after its first chunk."""
    with pytest.raises(Cut):
        importer("sites", content, progress=cut_while_staging)


def test_sites_of_an_interrupted_import_are_never_seen_and_go_with_the_next_one(
    importer: Importer, town: World
) -> None:
    """Half a register is worse than none: nobody sees it, and the next import clears it away."""
    seen = codes_seen(town)
    interrupt(importer, site_rows(CHUNK + 5))
    assert Site.objects.filter(code="T-0").exists()
    assert codes_seen(town) == seen
    assert importer("sites", site_rows(3)).written
    assert codes_seen(town) == seen | {"T-0", "T-1", "T-2"}
    assert not Site.objects.filter(code="T-3").exists()
    assert not ImportBatch.objects.filter(published_at=None).exists()


def test_changes_of_an_interrupted_import_are_not_applied(importer: Importer, town: World) -> None:
    """Known sites keep their old facts until the whole new file is there."""
    importer("sites", site_rows(CHUNK + 5))
    interrupt(importer, site_rows(CHUNK + 5, name="Gymnasium"))
    assert Site.objects.get(code="T-1").name == "Skola 1"
    importer("sites", site_rows(2, name="Bibliotek"))
    assert Site.objects.get(code="T-1").name == "Bibliotek 1"
    assert Site.objects.get(code="T-2").name == "Skola 2"
    assert not SiteChange.objects.exists()


def test_changed_sites_are_updated_and_the_others_are_not_touched(
    importer: Importer, town: World
) -> None:
    """A second import of one changed row changes that row alone, under its old id."""
    importer("sites", site_rows(3))
    before = {one.code: one for one in Site.objects.all()}
    moved = site_rows(3).replace("T-1;Skola 1;skola;Trasten 1;Skolgatan 1;59,1;18,1;2",
                                 "T-1;Ugglan;hall;Ugglan 1;Nygatan 1;59,2;18,3;")  # fmt: skip
    importer("sites", moved)
    after = {one.code: one for one in Site.objects.all()}
    one = after["T-1"]
    assert (one.pk, one.name, one.kind, one.premises, one.address) == (
        before["T-1"].pk, "Ugglan", "hall", "Ugglan 1", "Nygatan 1",
    )  # fmt: skip
    assert (one.lat, one.lon, one.alarm_grade) == (59.2, 18.3, None)
    with statements() as seen:
        importer("sites", moved)
    assert not [
        sql
        for sql, _ in seen
        if sql.startswith(("UPDATE directory_site", 'UPDATE "directory_site'))
    ]
    assert {code: site.name for code, site in after.items() if code != "T-1"} == {
        code: site.name for code, site in before.items() if code != "T-1"
    }


def test_a_column_that_the_file_has_not_leaves_what_is_there(
    importer: Importer, town: World
) -> None:
    """A short list with new names does not wipe addresses and alarm grades."""
    importer("sites", site_rows(1))
    importer("sites", "Objektnummer;Objekt;Typ;Latitud;Longitud\nT-0;Ny skola;skola;59,1;18,1\n")
    site = Site.objects.get(code="T-0")
    assert (site.name, site.address, site.alarm_grade) == ("Ny skola", "Skolgatan 0", 2)


def test_no_transaction_holds_more_rows_than_a_chunk(importer: Importer, town: World) -> None:
    """Alarms get in between: the file of any size is written in short transactions."""
    with statements() as seen:
        importer("sites", site_rows(2 * CHUNK + 500))
    rows, most = 0, 0
    for sql, values in seen:
        if sql.startswith('INSERT INTO "directory_site"'):
            rows += values // (sql.partition(")")[0].count(",") + 1)
        elif sql.startswith("RELEASE"):
            most, rows = max(most, rows), 0
    assert most == CHUNK


def test_an_alarm_grade_beyond_four_is_refused(importer: Importer) -> None:
    """SSF 130 has four grades."""
    row = "T-0;Skola;skola;;;59,1;18,1;5\n"
    [reason] = importer("sites", HEADER + row).refused[0].reasons
    assert (reason.column, reason.value) == ("alarm_grade", "5")


def test_an_empty_register_is_written_nowhere(importer: Importer) -> None:
    """A file with a header alone changes nothing and says so; an empty one is refused."""
    report = importer("sites", HEADER)
    assert (report.kept, report.refused, report.written) == (0, (), False)
    assert importer("sites", b"").refused[0].reasons[0].code == "empty_file"


STANDS = "Objektnummer;Objekt;Latitud;Longitud;Larmklass;Larmcentral;Beslut\n"


def reasons_of(report: ImportReport) -> list[tuple[str, str]]:
    return [(one.column, str(one.why)) for row in report.refused for one in row.reasons]


def test_how_sites_stand_towards_an_alarm_centre_is_kept(importer: Importer, town: World) -> None:
    """Beside is what nobody says; what a later file does not say changes nothing."""
    rows = ("A;Ett;59;18;2;Bredvid;", "B;Två;59;18;2;bakom;", "C;Tre;59;18;2;Ensam;KS 2026/14",
            "D;Fyra;59;18;;ensam;", "E;Fem;59;18;1;;")  # fmt: skip
    report = importer("sites", STANDS + "\n".join(rows))
    assert report.refused == ()
    importer("sites", "Objektnummer;Objekt\nC;Tre skola\n")
    found = {one.code: one for one in Site.objects.filter(code__in="ABCDE")}
    assert {code: one.standing for code, one in found.items()} == {
        "A": "beside", "B": "behind", "C": "alone", "D": "alone", "E": "beside",
    }  # fmt: skip
    assert (found["C"].name, found["C"].standing_decision) == ("Tre skola", "KS 2026/14")


def test_a_graded_site_cannot_stand_alone_without_a_decision(
    importer: Importer, town: World
) -> None:
    """The file, and what is known from before, are judged together; the database holds it too."""
    refused = importer("sites", STANDS + "A;Ett;59;18;2;ensam;\n")
    assert not refused.written
    [(column, why)] = reasons_of(refused)
    assert column == "standing_decision"
    assert "alarm grade" in why
    importer("sites", STANDS + "A;Ett;59;18;;ensam;\nB;Två;59;18;2;ensam;KS 2026/14\n")
    for later in ("Objektnummer;Objekt;Larmklass\nA;Ett;3\n", STANDS + "B;Två;59;18;2;;\n"):
        assert reasons_of(importer("sites", later)) == [(column, why)]
    assert importer("sites", STANDS + "B;Två;59;18;2;bredvid;\n").refused == ()
    site = Site.objects.get(code="A")
    site.alarm_grade = 3
    with pytest.raises(IntegrityError, match="site_alone_by_decision"), transaction.atomic():
        site.save()


def test_the_name_of_a_centre_says_not_how_a_site_stands(importer: Importer) -> None:
    """A list that names the centre in that column is asked about, word by word."""
    [(column, _why)] = reasons_of(importer("sites", STANDS + "A;Ett;59;18;;Stadens larmcentral;\n"))
    assert column == "Larmcentral"
