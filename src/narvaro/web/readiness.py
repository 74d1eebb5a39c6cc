"""Readiness in words. In: a viewer. Out: what holds now, what a unit's leaving would change, advice."""

from collections.abc import Mapping
from functools import cached_property

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.core.readiness import Readiness as Counts
from narvaro.dispatch.readiness import NO_TERM_S, Advice, Note, NoteCode, Readiness, get_readiness
from narvaro.spine import clock
from narvaro.web.road_times import winter_note
from narvaro.web.screens.readiness import ReadinessView
from narvaro.web.templatetags.screen import minutes, percent


class ReadinessNow:
    """The readiness that a viewer may see, asked for once however many rows of a page tell it."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer

    @cached_property
    def _found(self) -> Readiness | None:
        if not self._viewer.sees(Record.UNIT, "position"):
            return None
        return get_readiness(self._viewer, clock.now())

    @property
    def view(self) -> ReadinessView | None:
        """Return how ready the units are; None for who may not see where units are."""
        found = self._found
        if found is None:
            return None
        return ReadinessView(
            share=found.now.site_share,
            text=_counted(found.now),
            notes=_notes(self._viewer, found),
            advice=_advice_text(self._viewer, found.advice) if found.advice else (),
        )

    @cached_property
    def leaving(self) -> Mapping[str, str]:
        """Return by unit what its leaving would change; nothing of those who are not free."""
        found = self._found
        if found is None or not found.map_sha256 or not found.now.sites or found.now.sites_unknown:
            return {}  # what is not known is not said to stay as it is
        return {
            str(one.unit_id): _("Readiness if it goes: %(left)s of %(sites)s sites")
            % {"left": one.if_leaves.sites_within, "sites": one.if_leaves.sites}
            for one in found.units
            if one.is_free and one.position_age_s is not None and not one.if_leaves.sites_unknown
        }


def _counted(now: Counts) -> str:
    if not now.sites:
        return _("No site has a position: readiness cannot be told.")
    said = _("%(within)s of %(sites)s sites are reached in time") % {
        "within": now.sites_within, "sites": now.sites,
    }  # fmt: skip
    if now.sites_unknown:
        said += ", " + _("%(unknown)s not known") % {"unknown": now.sites_unknown}
    if now.case_share is not None:
        said += "; " + _("%(share)s of the expected cases") % {"share": percent(now.case_share)}
    return said


def _notes(viewer: Viewer, found: Readiness) -> tuple[str, ...]:
    """Return what the figures leave out, and what lay on the roads that they stand on."""
    winter = winter_note(viewer, found.at) if found.map_sha256 else ""
    said = (winter, *(_note_text(one) for one in found.notes))
    return tuple(one for one in said if one)


def _note_text(note: Note) -> str:
    texts = {
        NoteCode.NO_MAP: _("No map: no travel time is known."),
        NoteCode.NO_POSITION: _("%(n)s sites without a position are not counted."),
        NoteCode.OFF_MAP: _("%(n)s sites are far from any road."),
        NoteCode.NO_TERM: _("%(n)s sites have no agreed time; %(minutes)s minutes are counted."),
        NoteCode.UNIT_UNKNOWN: _("Of %(n)s free units it is not known where they are."),
        NoteCode.OWN_UNITS: _("Units of other organisations are not counted."),
        NoteCode.NO_FORECAST: _("No forecast: only sites are counted."),
    }
    text = texts.get(note.code, "")
    return text % {"n": note.n, "minutes": NO_TERM_S // 60} if text else ""


def _advice_text(viewer: Viewer, advice: Advice) -> tuple[str, ...]:
    moves = [
        _("%(unit)s could make the visit at %(place)s now, %(drive)s away, instead of %(time)s")
        % {
            "unit": one.call_sign, "place": one.place, "drive": minutes(one.drive_s),
            "time": date_format(one.planned_at.astimezone(viewer.zone), "H:i"),
        }
        for one in advice.moves
    ]  # fmt: skip
    after = _("Then: %(counted)s.") % {"counted": _counted(advice.after)}
    return (*moves, after)
