"""The made-up town's past and its ugly files, put in beside the running demo. In: a town. Out: rows.

They are taken as uploads of the coordinator and brought in by the running system; what they ask is
answered as a person does who agrees with each first suggestion.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from narvaro.demo.town import Town
from narvaro.spine import clock

if TYPE_CHECKING:
    from narvaro.access.models import Member
    from narvaro.access.viewer import Viewer
    from narvaro.sharing.models import FileDraft

Tell = Callable[..., None]
PATIENCE = timedelta(minutes=30)
KNOWN_TO_NOBODY = {"Var nånstans": "place", "Vad hände": "text"}


def list_files(town: Town) -> list[Path]:
    """List what is put in: context first, then what happened, then what others wrote of it.

    The list of objects and the written incidents are left to the viewer: the town's own registers
    hold the same already.
    """
    folder = town.folder
    ugly = sorted((folder / "first-day").glob("*.xlsx"))
    return [
        folder / "areas.geojson", folder / "police-events.json",
        folder / "history" / "damage.csv", folder / "history" / "incidents.csv",
        *(one for one in ugly if one.name.startswith(("Larmjournal", "Väktarbolaget"))),
    ]  # fmt: skip


def put_in(town: Town, coordinator: str, tell: Tell, stop: threading.Event) -> None:
    """Put the files in and see them through; each line told is a code and its facts."""
    from narvaro.access.models import Member
    from narvaro.sharing import actions
    from narvaro.spine.refusal import Refused

    member = Member.objects.select_related("organisation", "tenant").get(service_number=coordinator)
    digests = set()
    for file in list_files(town):
        try:
            draft = actions.take_upload(
                tenant=member.tenant, member=member, name=file.name, pieces=[file.read_bytes()],
                at=clock.now(),
            )  # fmt: skip
        except Refused as no:
            tell("refused_file", what=file.name, why=no.detail)
            continue
        digests.add(draft.sha256)
        tell("coming", what=file.name)
    _see_through(member, digests, tell, stop)


def _see_through(member: "Member", digests: set[str], tell: Tell, stop: threading.Event) -> None:
    """Go on with each sheet, and answer what it asks, until it is in or failed."""
    from narvaro.access.viewer import viewer_of
    from narvaro.sharing.models import FileDraft

    viewer, ended = viewer_of(member), set()
    until = clock.monotonic() + PATIENCE.total_seconds()
    mine = FileDraft.objects.filter(tenant_id=member.tenant_id, sha256__in=digests)
    while clock.monotonic() < until and not stop.wait(0.5):
        left = [one for one in mine.select_related("tenant") if one.pk not in ended]
        if not left:
            return
        ended |= {one.pk for one in left if _goes_on(member, viewer, one, tell)}


def _goes_on(member: "Member", viewer: "Viewer", draft: "FileDraft", tell: Tell) -> bool:
    """Do what a person does with a sheet now; return whether there is nothing more to do."""
    from narvaro.sharing import actions
    from narvaro.sharing.models import FileDraft

    title = f"{draft.file_name} {draft.sheet}".strip()
    match draft.state:
        case FileDraft.State.READ if draft.kind:
            _name_columns(draft)
            actions.queue(drafts=[draft], member=member)
        case FileDraft.State.READ:
            tell("refused_file", what=title, why="nobody knows what kind of list it is")
            return True
        case FileDraft.State.ASKS:
            tell("asked", what=title, count=str(_agree(member, viewer, draft)))
        case FileDraft.State.DONE:
            tell("in", what=title, count=str(draft.report.get("kept", 0)))
            return True
        case FileDraft.State.FAILED:
            why = draft.report.get("error") or _first_refusal(draft.report)
            tell("refused_file", what=title, why=str(why))
            return True
        case _:  # it is looked into, waits, or runs
            pass
    return False


def _name_columns(draft: "FileDraft") -> None:
    from narvaro.sharing import actions

    odd = {name: KNOWN_TO_NOBODY[name] for name in draft.mapping if name in KNOWN_TO_NOBODY}
    if odd:
        actions.set_columns(draft=draft, kind=draft.kind, mapping={**draft.mapping, **odd})


def _first_refusal(report: dict[str, object]) -> str:
    refused = report.get("refused")
    return str(refused[0]) if isinstance(refused, list) and refused else "?"


def _agree(member: "Member", viewer: "Viewer", draft: "FileDraft") -> int:
    """Answer a file's questions with what the page proposes; return how many they were."""
    from narvaro.sharing import actions
    from narvaro.web.files_questions import place_answers, questions_of, word_answers

    asked = questions_of(viewer, [draft])
    offered = {one.name: one.choices for one in asked.places} if asked else {}
    offered |= {one.name: one.choices for one in asked.words} if asked else {}
    form = {
        name: next((one.value for one in choices if one.chosen), "")
        for name, choices in offered.items()
    }
    actions.answer(
        draft=draft, member=member, places=place_answers(viewer, draft, form),
        words=word_answers(draft, form),
    )  # fmt: skip
    return len(offered)
