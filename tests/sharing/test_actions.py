"""Files on their way in: what they are, what they ask, what comes of them."""

import io
from datetime import UTC, datetime

import pytest
import xlsxwriter

from narvaro.access.models import Member
from narvaro.core.said import Said
from narvaro.directory.importing import staged
from narvaro.directory.models import Site, SiteAlias
from narvaro.dispatch.models import Response, TimePoint
from narvaro.followup.models import DeliveredHours
from narvaro.sharing import actions, running
from narvaro.sharing.models import FileDraft
from narvaro.sharing.queries import count_waiting
from narvaro.sharing.running import look, run_waiting
from narvaro.sharing.uploads import upload_file
from narvaro.situation.models import Case, Damage, Incident, Presence
from narvaro.spine.refusal import Refused
from tests.make import NIGHT

Rows = list[list[object]]
State = FileDraft.State

SITES: Rows = [
    ["Objektlista 2026"],
    [],
    ["Objekt nr", "Objekt", "Typ av objekt", "Fastighetsbet", "Gatuadress", "Kommentar"],
    ["S-1", "Trasten skola", "Grundskola", "Trasten 1", "Skolgatan 3", "ring först"],
    ["S-2", "Lönnens förskola", "Förskola", "Lönnen 4", "Lönngatan 12", ""],
    ["S-3", "Norrhallen", "Sporthall", "Hallen 2", "Norra vägen 1", ""],
    ["Summa objekt", 3],
]
JOURNAL: Rows = [
    ["Datum", "Tid", "Objekt", "Larmtyp", "Väktare på plats", "Orsak", "Operatör"],
    ["2026-03-02", "02:13", "Trasten skola", "Inbrott", "02:31", "Obefogat", "17"],
    ["2026-03-03", "23:55", "Lönnens fsk", "Inbrott", "00:14", "Skarpt", "17"],
    ["2026-03-04", "11:00", "Norrhallen", "Fuktlarm", "", "Tekniskt", "12"],
    ["2026-03-05", "12:00", "Eklunda herrgård", "Inbrott", "", "Obefogat", "12"],
]
RESPONSES: Rows = [
    ["Datum", "Larmtid", "Ordertid", "Framme", "Lämnat", "Objekt", "Enhet", "Resultat"],
    ["2026-03-02", "02:13", "02:15", "02:29", "02:50", "Trasten skola", "V1", "Obefogat"],
    ["2026-03-09", "04:00", "04:03", "04:33", "04:50", "Norrhallen", "V2", "Obefogat"],
]
HOURS: Rows = [
    ["Datum", "Tjänst", "Från", "Till"],
    ["2026-03-02", "Rondering", "22:00", "06:00"],
    ["2026-03-03", "Ordningsvakt", "18:00", "02:30"],
]
VISITS: Rows = [
    ["Datum", "Objekt", "Från", "Till", "Enhet"],
    ["2026-03-02", "Trasten skola", "23:50", "00:05", "V1"],
]
DAMAGE: Rows = [
    ["Skadetyp", "Objekt", "Upptäckt", "Inträffat från", "Inträffat till", "Kostnad", "Polisanmälan"],
    ["Glaskross", "Trasten skola", "2026-03-09", "2026-03-06 17:00", "2026-03-09 07:00", "12 500:-",
     "5000-K1234-26"],
]  # fmt: skip


def workbook(**sheets: Rows) -> bytes:
    """Return a workbook of those sheets."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return out.getvalue()


def take(member: Member, name: str, data: bytes) -> list[FileDraft]:
    """Put a file in, and look into it."""
    return look(put_in(member, name, data))


def put_in(member: Member, name: str, data: bytes) -> FileDraft:
    """Put a file in."""
    return actions.take_upload(
        tenant=member.tenant, member=member, name=name, pieces=[data[:7], data[7:]], at=NIGHT
    )


def bring_in(drafts: list[FileDraft]) -> list[FileDraft]:
    """Queue drafts and let them run; return them as they are then."""
    actions.queue(drafts=drafts, member=drafts[0].uploaded_by)
    run_waiting()
    found = FileDraft.objects.in_bulk([one.pk for one in drafts])
    return [found[one.pk] for one in drafts]


def test_a_sheet_with_a_title_and_a_sum_is_read(sites: Member) -> None:
    """Titles and sums are no rows; columns that nobody asked for are not kept; no map, no position."""
    found = Site.objects.published().filter(tenant=sites.tenant).order_by("code")
    assert [(one.code, one.kind, one.lat) for one in found] == [
        ("S-1", "school", None), ("S-2", "preschool", None), ("S-3", "hall", None)
    ]  # fmt: skip
    draft = FileDraft.objects.get()
    assert draft.report["unmapped"] == ["Kommentar"]
    assert [line for line, _what in draft.report["passed_over"]] == [1, 7]
    assert not upload_file(draft).exists()


def test_every_sheet_of_a_file_is_a_draft_of_its_likely_kind(coordinator: Member) -> None:
    """Headers and names tell what a sheet holds."""
    data = workbook(
        Larmjournal=JOURNAL, Utryckningar=RESPONSES, Ronder=VISITS, Timmar=HOURS, Skador=DAMAGE
    )
    drafts = take(coordinator, "Allt.xlsx", data)
    assert [one.kind for one in drafts] == [
        "alarm-journal",
        "responses",
        "visits",
        "hours",
        "damage",
    ]


def test_a_journal_asks_what_it_does_not_know_and_goes_on(sites: Member) -> None:
    """An unknown word and an uncertain place are put up; the answers are remembered."""
    (draft,) = bring_in(take(sites, "Larmjournal.xlsx", workbook(Blad1=JOURNAL)))
    assert draft.state == State.ASKS
    assert [(one["value"], one["rows"]) for one in draft.report["words"]] == [("Fuktlarm", 1)]
    asked = {one["text"] for one in draft.report["unsure"]}
    assert "Eklunda herrgård" in asked
    assert not Case.objects.exists()
    hall = Site.objects.get(code="S-3")
    actions.answer(
        draft=draft, member=sites, places={**dict.fromkeys(asked, ""), "Eklunda herrgård": f"site:{hall.pk}"},
        words={"kind": {"Fuktlarm": "technical"}},
    )  # fmt: skip
    (draft,) = bring_in([draft])
    assert draft.state == State.DONE, draft.report
    cases = Case.objects.published().order_by("received_at")
    assert [(one.kind, one.cause, one.number) for one in cases] == [
        ("intruder", "unwarranted", 1), ("intruder", "real", 2), ("technical", "technical", 3),
        ("intruder", "unwarranted", 4),
    ]  # fmt: skip
    assert cases[0].received_at == datetime(2026, 3, 2, 1, 13, tzinfo=UTC)
    assert cases[3].site_id == hall.pk
    assert SiteAlias.objects.get(alias="Eklunda herrgård").site_id == hall.pk
    arrived = Response.objects.get(case=cases[1]).time_points.get(point="on_scene")
    assert (arrived.at, arrived.source) == (datetime(2026, 3, 3, 23, 14, tzinfo=UTC), "centre")


def answered(draft: FileDraft) -> FileDraft:
    """Leave what a draft asks as it is, and let it go on."""
    if draft.state == State.ASKS:
        places = {one["text"]: "" for one in draft.report["unsure"]}
        actions.answer(draft=draft, member=draft.uploaded_by, places=places, words={})
        (draft,) = bring_in([draft])
    assert draft.state == State.DONE, draft.report
    return draft


def test_the_suppliers_list_joins_what_the_centre_knows(sites: Member) -> None:
    """A response at a known alarm adds its stated times; another makes a case of its own."""
    answered(*bring_in(take(sites, "Larmjournal.xlsx", workbook(Blad1=JOURNAL))))
    before = Case.objects.count()
    done = answered(*bring_in(take(sites, "Statistik.xlsx", workbook(Utryckningar=RESPONSES))))
    assert done.report["alone"] == 1
    assert Case.objects.count() == before + 1
    joined = Response.objects.get(case__received_at=datetime(2026, 3, 2, 1, 13, tzinfo=UTC))
    told = {(one.point, one.source): one.at for one in joined.time_points.all()}
    assert told["on_scene", "centre"] == datetime(2026, 3, 2, 1, 31, tzinfo=UTC)
    assert told["on_scene", "stated"] == datetime(2026, 3, 2, 1, 29, tzinfo=UTC)
    assert joined.call_sign == "V1"


def test_hours_visits_and_damage_come_in(sites: Member) -> None:
    """Nights pass midnight, an interval stays one, money is read as people write it."""
    data = workbook(Ronder=VISITS, Timmar=HOURS, Skador=DAMAGE)
    for draft in bring_in(take(sites, "Väktarbolaget.xlsx", data)):
        answered(draft)
    assert [str(one.hours) for one in DeliveredHours.objects.order_by("day")] == ["8.00", "8.50"]
    visit = Presence.objects.get()
    assert (visit.grade, (visit.ends_at - visit.starts_at).seconds) == ("stated", 900)
    damage = Damage.objects.get()
    assert damage.site is not None
    assert (damage.site.code, damage.kind, str(damage.final_sek)) == ("S-1", "glass", "12500.00")
    assert damage.occurred_from == datetime(2026, 3, 6, 16, tzinfo=UTC)
    assert damage.occurred_until == datetime(2026, 3, 9, 6, tzinfo=UTC)


def test_the_same_rows_again_are_known(sites: Member) -> None:
    """A file that overlaps an earlier one adds only what is new."""
    answered(*bring_in(take(sites, "a.xlsx", workbook(Skador=DAMAGE))))
    more: Rows = [*DAMAGE, ["Klotter", "Norrhallen", "2026-03-10", "", "", "3000", ""]]
    done = answered(*bring_in(take(sites, "b.xlsx", workbook(Skador=more))))
    assert (done.report["kept"], done.report["known"]) == (1, 1)
    assert Damage.objects.published().count() == 2


@pytest.mark.parametrize(
    ("name", "rows"), [("Larmjournal", JOURNAL), ("Utryckningar", RESPONSES), ("Skador", DAMAGE)]
)
def test_an_import_that_is_cut_off_shows_nothing_and_is_run_again(
    sites: Member, monkeypatch: pytest.MonkeyPatch, name: str, rows: Rows
) -> None:
    """The rows of the cut run go, whatever hangs on them, and all come in once."""
    answered(*bring_in(take(sites, "Larmjournal.xlsx", workbook(Blad1=JOURNAL[:3]))))
    before = [shown(), Case.objects.published().count()]
    (draft,) = take(sites, f"{name}.xlsx", workbook(**{name: rows}))
    actions.queue(drafts=[draft], member=draft.uploaded_by)
    with monkeypatch.context() as cut:
        cut.setattr(staged, "publish", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_and_answer(draft)
    assert [shown(), Case.objects.published().count()] == before
    run_waiting()
    draft.refresh_from_db()
    assert draft.state == State.DONE, draft.report
    assert draft.report["kept"] > 0
    once = [shown(), Case.objects.published().count()]
    answered(*bring_in(take(sites, "igen.xlsx", workbook(**{name: rows}))))
    assert [shown(), Case.objects.published().count()] == once


def shown() -> list[int]:
    """Count what readers see of the past."""
    return [
        Response.objects.published().count(), TimePoint.objects.count(),
        Damage.objects.published().count(),
    ]  # fmt: skip


def _cut_off(*_given: object, **_named: object) -> None:
    raise KeyboardInterrupt


def run_and_answer(draft: FileDraft) -> None:
    """Run a draft, answer what it asks, and run it again."""
    for _turn in range(2):
        run_waiting()
        answer_nothing(draft)


def answer_nothing(draft: FileDraft) -> None:
    """Leave what a draft asks as it is."""
    draft.refresh_from_db()
    if draft.state == State.ASKS:
        places = {one["text"]: "" for one in draft.report["unsure"]}
        words = {"kind": {one["value"]: "technical" for one in draft.report["words"]}}
        actions.answer(draft=draft, member=draft.uploaded_by, places=places, words=words)


@pytest.mark.parametrize("name", ["Larmjournal", "Utryckningar"])
def test_a_clock_that_never_was_costs_its_row_alone(sites: Member, name: str) -> None:
    """The night in spring when the clock skips an hour."""
    rows: Rows = [
        ["Datum", "Larmtid", "Objekt", "På plats", "Orsak"],
        ["2026-03-29", "01:50", "Trasten skola", "02:10", "Obefogat"],
        ["2026-03-30", "01:50", "Trasten skola", "02:10", "Obefogat"],
    ]
    done = answered(*bring_in(take(sites, f"{name}.xlsx", workbook(**{name: rows}))))
    assert (done.report["kept"], done.report["refused_count"]) == (1, 1)
    assert "skips this hour" in Said.of(done.report["refused"][0]["reasons"][0][2])


def test_columns_that_a_person_chose_are_remembered(sites: Member) -> None:
    """Once per source: the next file of the same headers needs nobody."""
    rows: Rows = [["Vad hände", "När", "Ställe"], ["Klotter", "2026-03-02 10:00", "Trasten skola"]]
    (draft,) = take(sites, "utdrag.xlsx", workbook(Blad1=rows))
    actions.set_columns(
        draft=draft, kind="incidents",
        mapping={"Vad hände": "category", "När": "occurred_from", "Ställe": "site"},
    )  # fmt: skip
    answered(*bring_in([draft]))
    assert Incident.objects.get().category == "graffiti"
    (again,) = take(sites, "nästa.xlsx", workbook(Blad1=rows))
    assert (again.kind, again.mapping["Ställe"]) == ("incidents", "site")


def test_what_cannot_be_read_is_refused_in_words(coordinator: Member) -> None:
    """A damaged workbook says what to do, and nothing of it is written."""
    put_in(coordinator, "trasig.xlsx", b"PK\x03\x04" + b"\0" * 50)
    run_waiting()
    draft = FileDraft.objects.get()
    assert draft.state == State.FAILED
    assert "save it anew as .xlsx" in Said.of(draft.report["error"])


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (FileNotFoundError(2, "No such file"), "the disk failed (No such file); try again"),
        (Refused("x", "The words of an action."), "The words of an action."),
        (
            ZeroDivisionError("by 0"),
            "a fault of the program itself stopped it (ZeroDivisionError); tell",
        ),
    ],
)
def test_what_stops_a_file_is_kept_on_it_for_a_person(
    coordinator: Member, monkeypatch: pytest.MonkeyPatch, fault: Exception, said: str
) -> None:
    """Whatever it is: the disk, an action's no, a fault of ours."""

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(running, "look_into", fail)
    put_in(coordinator, "a.csv", b"a;b")
    run_waiting()
    draft = FileDraft.objects.get()
    assert draft.state == State.FAILED
    assert Said.of(draft.report["error"]).startswith(said)


def test_a_file_that_ends_its_run_each_time_is_given_up(coordinator: Member) -> None:
    """Three runs that end without a word, whether it is looked into or brought in; then it is said."""
    put_in(coordinator, "Bomb.xlsx", b"PK")
    for _run in range(3):
        assert actions.take_next(coordinator.tenant_id) is not None  # and the program ends here
        actions.requeue_interrupted(at=NIGHT)
    assert actions.take_next(coordinator.tenant_id) is None
    draft = FileDraft.objects.get()
    assert (draft.state, count_waiting()) == (State.FAILED, 0)
    assert "three times" in Said.of(draft.report["error"])


def test_what_was_cut_off_is_run_again(sites: Member) -> None:
    """A restart in the middle costs nothing but time."""
    drafts = take(sites, "Skador.xlsx", workbook(Blad1=DAMAGE))
    actions.queue(drafts=drafts, member=drafts[0].uploaded_by)
    assert actions.take_next(sites.tenant_id) is not None
    assert run_waiting() == 1
    assert FileDraft.objects.get(pk=drafts[0].pk).state in {State.DONE, State.ASKS}
