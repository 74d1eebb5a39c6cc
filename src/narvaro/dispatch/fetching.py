"""A first responder by way of a defibrillator. In: a medical case, who may be sent. Out: who fetches which.

It complements 112 and the ambulance, and stands in for neither. An AED counts where it is open now,
in service, and verified within half a year.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from narvaro.core.choice import NONE, Ranked, detour, drift_s, late_by_s
from narvaro.core.geo import distance_m
from narvaro.core.jit import F64
from narvaro.directory.models import Defibrillator
from narvaro.dispatch.loading import OFF_ROAD_M, open_roads
from narvaro.situation.models import Case, Position
from narvaro.situation.queries import newest_positions

CARRIED = "aed"  # what a unit's kit calls it
MOST_AEDS = 50
ON_SITE_M = 150.0  # so near, who leads takes the AED itself; elsewhere a stop costs time
MOST_FETCH_S = 15 * 60.0  # an AED that comes later is no reason to bind a unit


@dataclass(frozen=True)
class Fetch:
    """The unit `ranked` brings an AED `with_s` seconds from now: by way of `aed`, or its own (None)."""

    ranked: Ranked
    aed: Defibrillator | None
    with_s: float

    @property
    def unit(self) -> UUID:
        """Return who it is."""
        return self.ranked.candidate.unit


def find_fetch(
    case: Case, ranked: Sequence[Ranked], sent: Collection[UUID], brought_s: float, at: datetime
) -> Fetch | None:
    """Return who should bring an AED besides the units that are `sent`, sooner than in `brought_s`.

    `brought_s`: when one of these brings its own; inf where none does. None: nobody is sooner.
    """
    known = [
        one
        for one in ranked
        if one.candidate.travel_s is not None and one.candidate.unit not in sent
    ]
    if case.kind != Case.Kind.MEDICAL or case.lat is None or case.lon is None or not known:
        return None
    positions = newest_positions([one.candidate.unit for one in known])
    known = [one for one in known if one.candidate.unit in positions]
    aeds = _list_open(case, at)
    drift = np.array([drift_s(one.candidate.position_age_s or 0.0) for one in known])
    by_way_s = _by_way_s(case, known, positions, aeds, at) + drift[:, None]
    # How one goes on from an AED hangs on the unit too, so it stands in the first table.
    plan = detour(
        [late_by_s(one.candidate) for one in known], by_way_s, np.zeros(len(aeds)),
        aed_open=[True] * len(aeds), carries_aed=[CARRIED in one.candidate.equipment for one in known],
    )  # fmt: skip
    if not known or not plan.with_s.min() < min(brought_s, MOST_FETCH_S):
        return None
    soonest = int(plan.with_s.argmin())
    fetched = int(plan.aed[soonest])
    return Fetch(
        known[soonest], None if fetched == NONE else aeds[fetched], float(plan.with_s[soonest])
    )


def find_on_site(case: Case, lead: Ranked, at: datetime) -> Fetch | None:
    """Return the AED that hangs where who goes straight is going; None where none does."""
    known = isfinite(late_by_s(lead.candidate))
    if case.kind != Case.Kind.MEDICAL or case.lat is None or case.lon is None or not known:
        return None
    aed = next(iter(_list_open(case, at)), None)
    if aed is None or float(distance_m(aed.lat, aed.lon, case.lat, case.lon)) > ON_SITE_M:
        return None
    return Fetch(lead, aed, late_by_s(lead.candidate))


def _place_of(case: Case) -> tuple[float, float]:
    assert case.lat is not None
    assert case.lon is not None
    return case.lat, case.lon


def _list_open(case: Case, at: datetime) -> list[Defibrillator]:
    """List the nearest AEDs, as the crow flies, that may be fetched now."""
    lat, lon = _place_of(case)
    local = at.astimezone(ZoneInfo(case.tenant.timezone))
    rows = Defibrillator.objects.filter(tenant_id=case.tenant_id, out_of_service=False)
    found = [one for one in rows if one.is_to_be_proposed_at(local)]
    found.sort(
        key=lambda one: (
            (one.lat - lat) ** 2 + (np.cos(np.radians(lat)) * (one.lon - lon)) ** 2,
            one.code,
        )
    )
    return found[:MOST_AEDS]


def _by_way_s(
    case: Case, known: Sequence[Ranked], positions: Mapping[UUID, Position],
    aeds: Sequence[Defibrillator], at: datetime,
) -> F64:  # fmt: skip
    """Return seconds by way of each AED to the case, [units, AEDs], as each travels; inf: no way known."""
    lat, lon = _place_of(case)
    now = open_roads(case.tenant_id, at)
    by_way_s = np.full((len(known), len(aeds)), np.inf)
    if now is None or not aeds:
        return by_way_s
    lats, lons = np.array([(one.lat, one.lon) for one in aeds]).T
    for roads, walks in ((now.roads, False), (now.walking, True)):
        alike = [n for n, one in enumerate(known) if one.candidate.on_foot == walks]
        if not alike:
            continue
        of_unit = [positions[known[n].candidate.unit] for n in alike]
        stands = roads.place([one.lat for one in of_unit], [one.lon for one in of_unit], OFF_ROAD_M)
        hangs = roads.place(lats, lons, OFF_ROAD_M)
        onward_s = roads.travel_s(hangs, roads.place(lat, lon, OFF_ROAD_M))[:, 0]
        by_way_s[alike] = roads.travel_s(stands, hangs) + onward_s
    return by_way_s
