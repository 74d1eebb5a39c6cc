"""The made-up town's past and its ugly files, put in beside the running demo. In: a town. Out: rows.

They are taken as uploads of the coordinator and brought in by the running system; what they ask is
answered as a person does who agrees with each first suggestion.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from narvaro.demo.town import Town
from narvaro.spine import clock

if TYPE_CHECKING:
    from narvaro.access.models import Member
    from narvaro.access.viewer import Viewer
    from narvaro.directory.models import FileDraft

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
    from narvaro.directory.models import FileDraft
    from narvaro.sharing import actions
    from narvaro.spine.refusal import Refused

    member = Member.objects.select_related("organisation", "tenant").get(service_number=coordinator)
    waiting: list[FileDraft] = []
    for file in list_files(town):
        try:
            found = actions.take_upload(
                tenant=member.tenant, member=member, name=file.name, data=file.read_bytes(),
                at=clock.now(),
            )  # fmt: skip
        except Refused as no:
            tell("refused_file", what=file.name, why=no.detail)
            continue
        for draft in found:
            _name_columns(draft)
        waiting += [one for one in found if one.kind]
        tell("coming", what=file.name)
    actions.queue(drafts=waiting)
    _see_through(member, waiting, tell, stop)


def _name_columns(draft: "FileDraft") -> None:
    from narvaro.sharing import actions

    odd = {name: KNOWN_TO_NOBODY[name] for name in draft.mapping if name in KNOWN_TO_NOBODY}
    if odd and draft.kind:
        actions.set_columns(draft=draft, kind=draft.kind, mapping={**draft.mapping, **odd})


def _see_through(
    member: "Member",
    drafts: Sequence["FileDraft"],
    tell: Tell,
    stop: threading.Event,
) -> None:
    """Answer what the files ask until each is in, or failed."""
    from narvaro.access.viewer import viewer_of
    from narvaro.directory.models import FileDraft

    viewer, open_ones = viewer_of(member), {one.pk for one in drafts}
    until = clock.monotonic() + PATIENCE.total_seconds()
    while open_ones and clock.monotonic() < until and not stop.wait(0.5):
        for draft in FileDraft.objects.select_related("tenant").filter(pk__in=open_ones):
            title = f"{draft.file_name} {draft.sheet}".strip()
            if draft.state == FileDraft.State.ASKS:
                asked = _agree(viewer, draft)
                tell("asked", what=title, count=str(asked))
            elif draft.state == FileDraft.State.DONE:
                tell("in", what=title, count=str(draft.report.get("kept", 0)))
                open_ones.discard(draft.pk)
            elif draft.state == FileDraft.State.FAILED:
                why = draft.report.get("error") or _first_refusal(draft.report)
                tell("refused_file", what=title, why=why)
                open_ones.discard(draft.pk)


def _first_refusal(report: dict[str, object]) -> str:
    refused = report.get("refused")
    return str(refused[0]) if isinstance(refused, list) and refused else "?"


def _agree(viewer: "Viewer", draft: "FileDraft") -> int:
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
        draft=draft, places=place_answers(viewer, draft, form), words=word_answers(draft, form)
    )
    return len(offered)
