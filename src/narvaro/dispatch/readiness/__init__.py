"""How ready the units on duty are for the next case. In: a viewer, a time. Out: shares, losses, advice.

Who may see where units are may see how ready they are; whose organisation may see only its own units
sees how ready these are. Visits to take earlier are told only to who may know of planned visits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isfinite
from uuid import UUID

import numpy as np

from narvaro.access.policy import Record, Scope
from narvaro.access.viewer import Viewer
from narvaro.core import readiness as core
from narvaro.core.jit import I64, Bits
from narvaro.directory.roads_now import RoadsNow
from narvaro.dispatch.loading import open_roads
from narvaro.dispatch.readiness import visits
from narvaro.dispatch.readiness.answer import (
    Advice,
    Lost,
    Move,
    Note,
    NoteCode,
    Readiness,
    SiteCover,
    UnitCover,
)
from narvaro.dispatch.readiness.loading import (
    NO_TERM_S,
    Expected,
    OnDuty,
    Permits,
    Site,
    find_expected,
    list_on_duty,
    list_sites,
    walks_there,
    where_of,
)
from narvaro.dispatch.readiness.nets import Net, Where, net_on
from narvaro.spine.refusal import Missing

__all__ = [
    "NO_TERM_S",
    "Advice",
    "Lost",
    "Move",
    "Note",
    "NoteCode",
    "Readiness",
    "SiteCover",
    "UnitCover",
    "get_readiness",
]


def get_readiness(viewer: Viewer, at: datetime, *, without: UUID | None = None) -> Readiness:
    """Return how ready the viewer's units are; raises Missing, also for a unit that is not on duty."""
    _require(viewer)
    duty = list_on_duty(viewer, at)
    gone = _index_of(without, duty)
    sites, unplaced = list_sites(viewer, at)
    where = where_of(sites)
    field = _Field(
        viewer, at, duty, sites, where, open_roads(viewer.tenant_id, at), Permits(duty)
    )  # fmt: skip
    expected = find_expected(viewer, where, at)
    scene = field.scene(expected)
    found = core.assess(scene)
    units = tuple(_unit_cover(n, one, sites, found) for n, one in enumerate(duty))
    return Readiness(
        at=at,
        now=found.now,
        units=units,
        sites=tuple(_site_cover(n, one, duty, found) for n, one in enumerate(sites)),
        leaving=None if gone is None else units[gone],
        advice=field.advise(scene if gone is None else scene.without(gone)),
        forecast_at=expected.made_at if expected else None,
        elsewhere_per_h=expected.elsewhere_per_h if expected else None,
        map_sha256=field.now.ground.meta.sha256 if field.now else "",
        notes=_notes(field, expected, unplaced),
    )


def _require(viewer: Viewer) -> None:
    """Raise Missing where the viewer may not see where units of others than his own are."""
    many = viewer.scope(Record.UNIT) in {Scope.TENANT, Scope.SHARED}
    if not many or not viewer.sees(Record.UNIT, "position"):
        raise Missing
    viewer.require(Record.SITE)


def _index_of(unit_id: UUID | None, duty: Sequence[OnDuty]) -> int | None:
    if unit_id is None:
        return None
    found = next((n for n, one in enumerate(duty) if one.unit.pk == unit_id), None)
    if found is None:
        raise Missing
    return found


@dataclass(frozen=True, eq=False)
class _Field:
    """What one question stands on."""

    viewer: Viewer
    at: datetime
    duty: Sequence[OnDuty]
    sites: Sequence[Site]
    where: Where
    now: RoadsNow | None
    permits: Permits

    @cached_property
    def local(self) -> datetime:
        """Return when that is by the tenant's clock."""
        return self.at.astimezone(self.viewer.zone)

    @cached_property
    def may(self) -> Bits:
        """Return which unit may be sent to which site, [U, P]."""
        return self.permits.may_be_sent(self.duty, self.where, self.local)

    def scene(self, expected: Expected | None) -> core.Scene:
        """Return it as the core takes it."""
        travel_s = np.full(self.may.shape, np.nan)
        for net, alike, from_ in self._parties():
            drift_s = np.array([[self.duty[n].drift_s] for n in alike])
            travel_s[alike] = drift_s + net.travel_s("units", from_, "sites", self.where)
        travel_s[~self.may] = np.inf
        free_in_s = np.array([0.0 if one.is_free else np.inf for one in self.duty])
        limit_s = np.array([one.limit_s for one in self.sites], np.float64)
        holds, needs = _masks(self.duty, self.sites)
        per_h = expected.per_h if expected else None
        return core.Scene(travel_s, free_in_s, holds, limit_s, needs, per_h)

    def _parties(self) -> Iterator[tuple[Net, list[int], Where]]:
        """Yield who drives, then who walks, with where they are; nobody without a map."""
        placed = [(n, one.position) for n, one in enumerate(self.duty) if one.position]
        for walks in (False, True) if self.now else ():
            alike = [(n, p) for n, p in placed if walks_there(self.duty[n]) == walks]
            if alike:
                net = self._net_of(self.duty[alike[0][0]])
                yield net, [n for n, _ in alike], tuple((p.lat, p.lon) for _, p in alike)

    def count_dark(self) -> int:
        """Count the free units that nobody knows where on the map they are."""
        known = {
            n
            for net, alike, from_ in self._parties()
            for n, is_on in zip(alike, net.is_on_map("units", "source", from_), strict=True)
            if is_on
        }
        return sum(one.is_free and n not in known for n, one in enumerate(self.duty))

    def count_off_map(self) -> int:
        """Count the sites that lie too far from any road to be driven to."""
        if self.now is None:
            return 0
        net = net_on(self.now.roads, self.where)
        return int((~net.is_on_map("sites", "target", self.where)).sum())

    def advise(self, scene: core.Scene) -> Advice | None:
        """Return the visits to take now, or None where nothing is gained, or it is not told."""
        coming = visits.list_coming(self.viewer, self.duty, self.at)
        coming = {unit: found for unit, found in coming.items() if scene.is_free[unit]}
        if self.now is None or not coming:
            return None
        rules = visits.Rules(self.local, self.permits)
        candidates = visits.list_candidates(coming, self.duty, self._net_of, self.where, rules)
        found = core.suggest(scene, visits.moves_of(candidates, self.may))
        if found is None:
            return None
        return Advice(
            moves=tuple(_move(candidates[one], self.duty) for one in found.moves),
            before=found.before, after=found.after, gain=found.gain, by_sites=found.by_sites,
            lasts_s=found.lasts_s, extra_s=found.extra_s,
        )  # fmt: skip

    def _net_of(self, one: OnDuty) -> Net:
        assert self.now is not None
        return net_on(self.now.walking if walks_there(one) else self.now.roads, self.where)


def _masks(duty: Sequence[OnDuty], sites: Sequence[Site]) -> tuple[I64, I64]:
    """Return competences that units hold and sites need, as bits; what nobody needs has none."""
    bit = {name: 1 << n for n, name in enumerate(sorted({a for one in sites for a in one.needs}))}
    holds = [sum(bit.get(name, 0) for name in one.competences) for one in duty]
    needs = [sum(bit[name] for name in one.needs) for one in sites]
    return np.array(holds, np.int64), np.array(needs, np.int64)


def _notes(field: _Field, expected: Expected | None, unplaced: int) -> tuple[Note, ...]:
    counted = (
        (NoteCode.NO_POSITION, unplaced),
        (NoteCode.OFF_MAP, field.count_off_map()),
        (NoteCode.NO_TERM, sum(not one.has_term for one in field.sites)),
        (NoteCode.UNIT_UNKNOWN, field.count_dark()),
    )
    said = (
        (NoteCode.NO_MAP, field.now is None),
        (NoteCode.OWN_UNITS, field.viewer.scope(Record.UNIT) == Scope.SHARED),
        (NoteCode.NO_FORECAST, expected is None),
        (NoteCode.NAIVE, expected is not None and expected.is_naive),
        (NoteCode.PLANS_HIDDEN, not visits.sees_plans(field.viewer)),
    )
    found = [Note(code) for code, holds in said if holds]
    return (*found, *(Note(code, n) for code, n in counted if n))


def _lost(loss: core.Loss, sites: Sequence[Site]) -> Lost:
    site = sites[loss.place]
    return Lost(site.id, site.name, site.limit_s, loss.before_s, _known_s(loss.after_s))


def _known_s(seconds: float) -> float | None:
    return seconds if isfinite(seconds) else None


def _unit_cover(
    number: int, one: OnDuty, sites: Sequence[Site], found: core.Assessment
) -> UnitCover:  # fmt: skip
    return UnitCover(
        one.unit.pk, one.unit.call_sign, one.state, one.is_free, one.position_age_s,
        found.if_leaves[number], tuple(_lost(loss, sites) for loss in found.losses[number]),
    )  # fmt: skip


def _site_cover(
    number: int, site: Site, duty: Sequence[OnDuty], found: core.Assessment
) -> SiteCover:  # fmt: skip
    unit = int(found.nearest[number])
    return SiteCover(
        site.id, site.name, site.limit_s, site.has_term, bool(found.is_within[number]),
        bool(found.is_unknown[number]), duty[unit].unit.call_sign if unit >= 0 else None,
        _known_s(float(found.nearest_s[number])),
    )  # fmt: skip


def _move(one: visits.Candidate, duty: Sequence[OnDuty]) -> Move:
    unit, visit = duty[one.unit].unit, one.visit
    begun = visits.find_under_way(unit.pk)
    return Move(
        unit.pk, unit.call_sign, visit.pk, visit.place_name, visit.arrive_at, one.drive_s,
        float(visit.dwell_s), begun.place_name if begun else "",
    )  # fmt: skip
