"""What makes roads slower: winter, and what own drives say. In: decisions, samples. Out: rows, events."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import numpy as np
from django.db import transaction

from narvaro.access.policy import Record
from narvaro.access.queries import list_all_organisation_ids
from narvaro.core.roads import PROFILES, ROAD_CLASSES
from narvaro.core.roads.calibration import Drives, calibrate, errors_of
from narvaro.directory.models import DriveSample, RoadCalibration, RoadCondition, RoadMap
from narvaro.spine import events
from narvaro.spine.refusal import Refused

KEPT = timedelta(days=365)
"""For how long a drive counts, and is kept."""
LONGEST = timedelta(days=7)


@dataclass(frozen=True)
class RoadConditionSet(events.Happening):
    """Winter on the roads began, changed or ended; without a state they are as usual."""

    kind: ClassVar[str] = "road.condition_set"
    record_class: ClassVar[str] = Record.MAP
    state: str
    until_at: datetime | None


@dataclass(frozen=True)
class RoadTimesChosen(events.Happening):
    """A person decided whether travel times follow the own drives."""

    kind: ClassVar[str] = "road.times_chosen"
    record_class: ClassVar[str] = Record.MAP
    used: bool
    drives: int


def _tell(
    happening: events.Happening, tenant_id: UUID, subject: UUID | None, by: str, at: datetime
) -> None:
    events.append(
        happening, tenant_id=tenant_id, subject=subject,
        audience=list_all_organisation_ids(tenant_id), by=by, at=at,
    )  # fmt: skip


@transaction.atomic
def set_road_condition(
    *, tenant_id: UUID, state: str, until_at: datetime | None, number: str, by: str, at: datetime
) -> RoadCondition | None:
    """Let winter lie on all roads from now on, or with no state end it, by who has a service number.

    Saying what holds already changes nothing. Raises Refused for an end that is past or far off.
    """
    if until_at is not None and not at < until_at <= at + LONGEST:
        raise Refused("winter_end", "Winter roads end later than now, within 7 days.", status=422)
    rows = RoadCondition.objects.select_for_update(no_key=True)
    open_row = rows.filter(tenant_id=tenant_id, ended_at=None).first()
    runs = open_row is not None and (open_row.until_at is None or open_row.until_at > at)
    if runs and open_row is not None and (open_row.state, open_row.until_at) == (state, until_at):
        return open_row
    if not runs and not state:
        return None
    if open_row is not None:
        open_row.ended_at = at if runs or open_row.until_at is None else open_row.until_at
        open_row.ended_by = number if runs else ""
        open_row.save(update_fields=["ended_at", "ended_by"])
    made = None
    if state:
        made = RoadCondition.objects.create(
            tenant_id=tenant_id, state=RoadCondition.State(state), since_at=at, set_by=number,
            until_at=until_at,
        )  # fmt: skip
    subject = made.pk if made else open_row.pk if open_row else None
    _tell(RoadConditionSet(state, until_at), tenant_id, subject, by, at)
    return made


@transaction.atomic
def make_calibration(*, tenant_id: UUID, at: datetime) -> RoadCalibration | None:
    """Hold the last year's drives against the map in use, and keep what they say; None without a map.

    Factors are of drives on bare roads alone: what the winter's own factors miss is no trait of a
    road. Winter drives are judged apart. Drives of another map do not count. It is used only once a person says so. What was made before and never used is dropped.
    """
    ground = RoadMap.objects.filter(tenant_id=tenant_id).first()
    if ground is None:
        return None
    samples = DriveSample.objects.filter(tenant_id=tenant_id)
    samples.filter(day__lt=(at - KEPT).date()).delete()
    known = list(samples.filter(map_sha256=ground.sha256).order_by("day", "pk"))
    found, winter = {}, {}
    for profile in PROFILES:
        of_profile = [one for one in known if one.profile == profile and one.parts_s]
        if of_profile:
            fit = calibrate(_drives(of_profile, ""))
            found[profile] = fit.to_plain()
            winter[profile] = {
                str(state): fit.judge(_drives(of_profile, state)).to_plain()
                for state in RoadCondition.State.values
            }
    told = [one for one in known if one.told_s is not None]
    RoadCalibration.objects.filter(tenant_id=tenant_id, used_from=None).delete()
    return RoadCalibration.objects.create(
        tenant_id=tenant_id, made_at=at, map_sha256=ground.sha256, found=found,
        winter=winter, told=asdict(
            errors_of(
                np.array([one.told_s for one in told], np.float64),
                np.array([one.actual_s for one in told], np.float64),
                np.array([one.hour for one in told], np.int64),
            )
        ),
    )  # fmt: skip


def _drives(samples: Sequence[DriveSample], condition: str) -> Drives:
    """Return those that were made while this lay on the roads."""
    these = [one for one in samples if one.condition == condition]
    return Drives(
        np.array([one.hour for one in these], np.int64),
        np.array([one.day.toordinal() for one in these], np.int64),
        np.array([one.parts_s for one in these], np.float64).reshape(-1, len(ROAD_CLASSES) + 1),
        np.array([one.actual_s for one in these], np.float64),
    )


@transaction.atomic
def use_calibration(*, made: RoadCalibration, number: str, by: str, at: datetime) -> None:
    """Let travel times follow what drives say, instead of what was used before.

    Raises Refused where there were too few drives, or for another map than the tenant's.
    """
    row = RoadCalibration.objects.select_for_update(no_key=True).get(pk=made.pk)
    if row.used_from is not None and row.ended_at is None:
        return
    drives = sum(one["drives"] for one in row.found.values() if one["by_class"])
    if not drives:
        raise Refused("few_drives", "There are too few drives yet; nothing is changed.", status=422)
    if not RoadMap.objects.filter(tenant_id=row.tenant_id, sha256=row.map_sha256).exists():
        raise Refused("other_map", "They are of another map; wait for the next night.", status=422)
    _end(row.tenant_id, number, at)
    row.used_from, row.used_by, row.ended_at, row.ended_by = at, number, None, ""
    row.save(update_fields=["used_from", "used_by", "ended_at", "ended_by"])
    _tell(RoadTimesChosen(used=True, drives=drives), row.tenant_id, row.pk, by, at)


@transaction.atomic
def stop_calibration(*, tenant_id: UUID, number: str, by: str, at: datetime) -> None:
    """Let travel times be the map's own again; where they are already, nothing happens."""
    if _end(tenant_id, number, at):
        _tell(RoadTimesChosen(used=False, drives=0), tenant_id, None, by, at)


def _end(tenant_id: UUID, number: str, at: datetime) -> int:
    used = RoadCalibration.objects.filter(
        tenant_id=tenant_id, used_from__isnull=False, ended_at=None
    )
    return used.update(ended_at=at, ended_by=number)
