"""An evening on a street of schools: who works, what is expected, what a test says of a plan."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from narvaro.access.models import Member
from narvaro.core.jit import F64
from narvaro.directory.models import Site, Unit
from narvaro.plan import actions
from narvaro.plan.following import PLAN
from narvaro.plan.models import PatrolPlan, Shift, Visit
from narvaro.situation.events import PicturePublished
from narvaro.situation.models import Picture
from narvaro.spine import events
from narvaro.spine.refusal import Refused
from tests.make import World, make_decision, make_member

DAY = date(2026, 11, 24)  # a Tuesday
ZONE = ZoneInfo("Europe/Stockholm")


def local(clock: str, day: date = DAY) -> datetime:
    """Return a local time of the night in UTC; before noon it is the next day's."""
    moment = time.fromisoformat(clock)
    after = day if moment >= time(12) else date.fromordinal(day.toordinal() + 1)
    return datetime.combine(after, moment, tzinfo=ZONE).astimezone(UTC)


Harm = Callable[[F64, int], F64]  # latitudes, bins → SEK


def steady(lats: F64, bins: int) -> F64:
    """Expect more the further north, the same at all hours."""
    return np.repeat(1 + (lats - lats.min())[:, None] * 100, bins, axis=1)


@dataclass
class Night:
    """A street with five schools, a kilometre apart, and who works."""

    world: World
    schools: list[Site]
    leader: Member

    def unit(
        self, call_sign: str, hours: tuple[str, str] = ("18:00", "07:00"), *,
        role: str = "guard", travel: str = "car",
    ) -> Unit:  # fmt: skip
        """Make a unit with a shift in the night."""
        unit = Unit.objects.create(
            tenant=self.world.tenant, organisation=self.world.company, call_sign=call_sign,
            role=role, travel=travel,
        )  # fmt: skip
        shift = Shift.objects.create(
            tenant=self.world.tenant, unit=unit, starts_at=local(hours[0]),
            ends_at=local(hours[1]),
        )  # fmt: skip
        shift.crew.add(make_member(self.world))
        return unit

    def propose(self, at: str = "15:00", seed: int = 1) -> PatrolPlan:
        """Propose the night's plan."""
        return actions.propose(
            organisation=self.world.company, day=DAY, by="test", at=local(at), seed=seed,
            iterations=20,
        )  # fmt: skip

    def publish(self, plan: PatrolPlan, at: str = "16:00") -> PatrolPlan:
        """Publish a plan as the company's shift leader."""
        return actions.publish(plan=plan, member_id=self.leader.pk, by="test", at=local(at))


def in_order(plan: PatrolPlan, unit: Unit | None = None) -> list[Visit]:
    """List a plan's visits in the order of their times."""
    rows = plan.visits.select_related("unit", "site", "area", "plan").order_by("arrive_at")
    return list(rows.filter(unit=unit) if unit else rows)


def refusal(do: Callable[[], object]) -> str:
    """Return the code of the refusal that an action answers with."""
    with pytest.raises(Refused) as refused:
        do()
    return refused.value.code


def state_of(visit: Visit) -> tuple[str, str]:
    """Return what is said of a visit."""
    visit.refresh_from_db()
    return visit.state, visit.cause


def moment(clock: str, day: date = DAY) -> datetime:
    """Return a local time of a day, mornings too."""
    return local(clock, day if clock >= "12" else day - timedelta(days=1))


def publish_picture(night: Night, at: str = "10:05", day: date = DAY) -> Picture:
    """Publish the week's picture with one decided place, and let the plan hear of it."""
    decision = make_decision(night.world, night.schools[4])
    picture = decision.picture
    picture.state, picture.published_at = Picture.State.PUBLISHED, moment(at, day)
    picture.save()
    events.append(
        PicturePublished(picture.pk, picture.monday.isoformat(), 1, 0),
        tenant_id=night.world.tenant.pk, subject=picture.pk,
        audience={night.world.company.pk}, by="test", at=picture.published_at,
    )  # fmt: skip
    events.advance(PLAN, night.world.tenant.pk)
    return picture
