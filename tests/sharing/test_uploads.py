"""Files that lie in the home folder: kept while a draft needs them, and not longer."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from narvaro.access.models import Member, Role
from narvaro.access.viewer import viewer_of
from narvaro.directory.models import ImportBatch
from narvaro.sharing import actions, running, uploads
from narvaro.sharing.models import FileDraft
from narvaro.sharing.queries import count_waiting, list_drafts
from narvaro.sharing.running import look, run_waiting
from narvaro.sharing.uploads import upload_file
from narvaro.situation.models import Damage
from narvaro.spine import clock
from narvaro.spine.models import Event
from narvaro.spine.refusal import Refused
from tests.files import PERSON
from tests.make import World, make_member, make_world
from tests.sharing.test_actions import DAMAGE, Rows, answered, bring_in, put_in, take, workbook

State = FileDraft.State
DAY = timedelta(days=1)


def came(draft: FileDraft, *, days_ago: int) -> None:
    """Let a draft have come so many days ago."""
    FileDraft.objects.filter(pk=draft.pk).update(uploaded_at=clock.now() - days_ago * DAY)


def written(file: Path, *, minutes_ago: int) -> None:
    """Let a file have been written so long ago."""
    then = clock.now().timestamp() - 60 * minutes_ago
    os.utime(file, (then, then))


@pytest.mark.parametrize("state", [State.READ, State.ASKS, State.FAILED])
def test_what_waits_for_a_person_is_shown_until_it_is_dropped(
    coordinator: Member, state: State
) -> None:
    """A week is for what is in; nothing that holds others back hides."""
    (draft,) = take(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    FileDraft.objects.update(state=state)
    came(draft, days_ago=29)
    viewer = viewer_of(coordinator)
    assert list_drafts(viewer, clock.now()) == [draft]
    FileDraft.objects.update(state=State.DONE, finished_at=clock.now() - 6 * DAY)
    assert list_drafts(viewer, clock.now()) == [draft]
    FileDraft.objects.update(finished_at=clock.now() - 8 * DAY)
    assert list_drafts(viewer, clock.now()) == []


@pytest.mark.parametrize("state", [State.READ, State.ASKS, State.FAILED])
def test_what_nobody_finishes_in_thirty_days_goes_with_its_file(
    coordinator: Member, state: State
) -> None:
    """It alone is reason enough for a run; a younger one stays."""
    (old,) = take(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    (young,) = take(coordinator, "Fler skador.xlsx", workbook(Blad1=[*DAMAGE, DAMAGE[1]]))
    FileDraft.objects.update(state=state)
    came(young, days_ago=29)
    assert count_waiting() == 0
    came(old, days_ago=31)
    assert count_waiting() == 1
    run_waiting()
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.state, young.state) == (State.DROPPED, state)
    assert "samples" not in old.header
    assert not upload_file(old).exists()
    assert upload_file(young).exists()
    assert count_waiting() == 0


def test_old_questions_of_sites_hold_nothing_back_for_ever(coordinator: Member) -> None:
    (sites,) = take(
        coordinator, "Objekt.xlsx", workbook(Blad1=[["Objekt nr", "Objekt"], ["1", "A"]])
    )
    FileDraft.objects.filter(pk=sites.pk).update(state=State.ASKS, kind="sites")
    (draft,) = take(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    (draft,) = bring_in([draft])
    assert draft.state == State.QUEUED
    came(sites, days_ago=31)
    run_waiting()
    draft.refresh_from_db()
    assert draft.state == State.ASKS


def test_a_file_that_is_being_looked_into_can_be_dropped(coordinator: Member) -> None:
    """What looks into it then puts nothing in its place, and its failure is nobody's."""
    draft = put_in(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    data = upload_file(draft).read_bytes()
    actions.drop_draft(draft=draft, at=clock.now())
    assert not upload_file(draft).exists()
    upload_file(draft).write_bytes(data)
    assert look(draft) == []
    upload_file(draft).unlink()
    running.run_draft(draft)
    assert FileDraft.objects.get().state == State.DROPPED


def test_what_is_kept_to_be_looked_at_is_masked(coordinator: Member) -> None:
    """First rows and lines that are no rows: no personnummer and no phone number."""
    rows: Rows = [
        [f"Skador, frågor till 070-123 45 67, {PERSON}"],
        [],
        *DAMAGE,
        [f"Klotter av {PERSON}", "Norrhallen", "2026-03-10", "", "", "", "070-123 45 67"],
    ]
    (draft,) = take(coordinator, "Skador.xlsx", workbook(Blad1=rows))
    kept = str(draft.header)
    assert (kept.count("[personnummer]"), kept.count("[telefonnummer]")) == (2, 2)
    assert PERSON not in kept
    assert "070" not in kept


def test_the_same_file_of_two_tenants_lies_there_twice(coordinator: Member) -> None:
    """One's end is not the other's."""
    other = make_member(make_world("Annköping"), Role.COORDINATOR, competences=())
    mine, theirs = (put_in(one, "a.csv", b"a;b\n1;2\n") for one in (coordinator, other))
    actions.drop_draft(draft=mine, at=clock.now())
    assert not upload_file(mine).exists()
    assert upload_file(theirs).read_bytes() == b"a;b\n1;2\n"


def test_a_file_whose_draft_cannot_be_kept_leaves_nothing(
    coordinator: Member, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It gets its name only with its draft, under the lock."""

    def fail(**_named: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(FileDraft.objects, "create", fail)
        with pytest.raises(ZeroDivisionError):
            put_in(coordinator, "a.csv", b"a;b")
    assert list((tmp_path / "uploads").iterdir()) == []


def test_the_same_file_again_takes_the_place_of_the_one_that_waits(coordinator: Member) -> None:
    """The rows of the first that were kept to be looked at go."""
    (first,) = take(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    second = put_in(coordinator, "Skador.xlsx", upload_file(first).read_bytes())
    first.refresh_from_db()
    assert (first.state, "samples" in first.header) == (State.DROPPED, False)
    assert upload_file(second).exists()


def test_a_file_that_no_draft_names_is_swept(coordinator: Member, tmp_path: Path) -> None:
    """After an hour, so that none goes that is just being written; one that is needed stays."""
    (draft,) = take(coordinator, "Skador.xlsx", workbook(Blad1=DAMAGE))
    folder = tmp_path / "uploads"
    start = coordinator.tenant_id.hex
    fresh = [folder / f"{start}-{'1' * 64}", folder / ".1"]
    old = [folder / f"{start}-{'2' * 64}", folder / ".2"]
    for one in (*fresh, *old):
        one.write_bytes(b"x")
        written(one, minutes_ago=61 if one in old else 59)
    written(upload_file(draft), minutes_ago=61)
    run_waiting()
    assert {*folder.iterdir()} == {*fresh, upload_file(draft)}


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(
    coordinator: Member, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_BYTES", 10)
    with pytest.raises(Refused, match="split it"):
        put_in(coordinator, "a.csv", b"0123456789x")
    assert list((tmp_path / "uploads").iterdir()) == []
    assert not FileDraft.objects.exists()


def imports() -> list[str]:
    """Return by whom files came in, as the log names him."""
    return [
        *Event.objects.filter(kind="file.imported")
        .order_by("position")
        .values_list("actor", flat=True)
    ]


def test_the_log_names_who_let_a_file_in(sites: Member, world: World) -> None:
    """Not who put it there: who queued it, then who answered what it asked."""
    queuer, answerer = (make_member(world, Role.COORDINATOR, competences=()) for _ in range(2))
    before = len(imports())
    rows: Rows = [*DAMAGE, ["Klotter", "Någon annanstans", "2026-03-10", "", "", "", ""]]
    (whole, asking) = (
        take(sites, name, workbook(Blad1=one))[0]
        for name, one in (("Skador.xlsx", DAMAGE), ("Fler skador.xlsx", rows))
    )
    actions.queue(drafts=[whole], member=queuer)
    run_waiting()
    actions.queue(drafts=[asking], member=queuer)
    run_waiting()
    asking.refresh_from_db()
    places = {one["text"]: "" for one in asking.report["unsure"]}
    actions.answer(draft=asking, member=answerer, places=places, words={})
    run_waiting()
    assert imports()[before:] == [f"member:{queuer.pk}", f"member:{answerer.pk}"]


@pytest.mark.parametrize("ended", ["membership", "user"])
def test_what_one_who_has_left_decided_is_not_done(sites: Member, world: World, ended: str) -> None:
    """Another one looks at it, and lets it in."""
    leaver = make_member(world, Role.COORDINATOR, competences=())
    (draft,) = take(sites, "Skador.xlsx", workbook(Blad1=DAMAGE))
    actions.queue(drafts=[draft], member=leaver)
    if ended == "membership":
        Member.objects.filter(pk=leaver.pk).update(valid_until=clock.now().date() - DAY)
    else:
        leaver.user.is_active = False
        leaver.user.save()
    run_waiting()
    draft.refresh_from_db()
    assert draft.state == State.FAILED
    assert "no member here any more" in draft.report["error"][0]
    assert not Damage.objects.exists()
    answered(*bring_in([draft]))
    assert Damage.objects.published().count() == 1


def test_a_file_that_is_in_is_told_once_however_its_end_was_cut(
    sites: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cut between the rows and their draft's end: the second run finds nothing to do."""

    def cut(**_named: object) -> None:
        raise KeyboardInterrupt

    (draft,) = take(sites, "Skador.xlsx", workbook(Blad1=DAMAGE))
    actions.queue(drafts=[draft], member=sites)
    with monkeypatch.context() as broken:
        broken.setattr(actions, "finish", cut)
        with pytest.raises(KeyboardInterrupt):
            run_waiting()
    assert Damage.objects.published().count() == 1
    run_waiting()
    draft.refresh_from_db()
    assert (draft.state, draft.report["known"]) == (State.DONE, 1)
    assert ImportBatch.objects.filter(kind="damage").count() == 1
    assert len(imports()) == 2  # the sites, the damage
    assert Damage.objects.published().count() == 1


def test_another_file_of_known_rows_is_a_file_that_came_in(sites: Member) -> None:
    answered(*bring_in(take(sites, "a.xlsx", workbook(Skador=DAMAGE))))
    answered(*bring_in(take(sites, "b.xlsx", workbook(Skador=[*DAMAGE, []], Mer=[["x"]]))[:1]))
    assert ImportBatch.objects.filter(kind="damage").count() == 2
