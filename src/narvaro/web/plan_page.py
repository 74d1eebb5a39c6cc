"""The plan room's page. In: a viewer, a night, its plans. Out: screen rows in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from narvaro.access.models import Organisation
from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.plan.hours import Period, night_at, night_of
from narvaro.plan.models import PatrolPlan, Visit
from narvaro.plan.queries import (
    PlaceCount,
    count_visits,
    list_planning_companies,
    list_plans_of_night,
    list_visits,
)
from narvaro.web import labels, plan_words, week_words
from narvaro.web.console import position_now
from narvaro.web.labels import say
from narvaro.web.screens import (
    HourMark,
    NightPlan,
    NotVisited,
    PlaceCountRow,
    PlanBar,
    PlanChange,
    PlannedVisit,
    PlanPage,
    Problem,
    UnitPlan,
)
from narvaro.web.templatetags.screen import percent

COUNTED_NIGHTS = 7
COUNTED_PLACES = 20
Json = dict[str, Any]
State = PatrolPlan.State


@dataclass(frozen=True, slots=True)
class Night:
    """The night that is looked at, and from when."""

    day: date
    period: Period
    at: datetime
    is_tonight: bool

    @property
    def name(self) -> str:
        """Return how an address names it."""
        return self.day.isoformat()


def night_to_show(viewer: Viewer, day: date | None, at: datetime) -> Night:
    """Return the night of a day, by default tonight's."""
    tonight = night_at(at, viewer.zone)
    shown = day or tonight
    return Night(shown, night_of(shown, viewer.zone), at, shown == tonight)


def visit_row(visit: Visit, change_href: str = "") -> PlannedVisit:
    """Return a visit in words."""
    return PlannedVisit(
        id=str(visit.pk),
        from_at=visit.window_from,
        until_at=visit.window_until,
        announced=visit.is_announced,
        place=visit.place_name,
        minutes=round(visit.dwell_s / 60),
        reasons=tuple(plan_words.reason_text(one) for one in visit.reasons),
        state=visit.state,
        state_label=say(plan_words.VISIT_STATE, visit.state),
        cause_label=say(plan_words.CAUSE, visit.cause) if visit.cause else "",
        changed_because=visit.changed_because,
        change_href=change_href,
    )


def _hundredths(period: Period, at: datetime) -> float:
    return 100 * period.seconds(at) / period.whole.until_s


def _bar(period: Period, kind: str, begins: datetime, ends: datetime) -> PlanBar:
    x = _hundredths(period, begins)
    return PlanBar(kind, x, max(0.4, _hundredths(period, ends) - x))


def _kind(visit: Visit) -> str:
    if visit.state in {Visit.State.MISSED, Visit.State.REPLACED}:
        return "dropped"
    if visit.state != Visit.State.PLANNED:
        return "done"
    codes = {one["code"] for one in visit.reasons}
    return "announced" if "announced" in codes else "asked" if "asked" in codes else "drawn"


def hour_marks(period: Period, viewer: Viewer) -> tuple[HourMark, ...]:
    """Return every other full hour of the night."""
    hours = range(0, period.whole.until_s, 2 * 3600)
    times = (period.at(one) for one in hours)
    return tuple(
        HourMark(_hundredths(period, at), f"{at.astimezone(viewer.zone):%H}") for at in times
    )


def _times(pair: Sequence[str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(pair[0]), datetime.fromisoformat(pair[1])


def _unit(period: Period, facts: Json, visits: Sequence[Visit], *, changes: bool) -> UnitPlan:
    unit = visits[0].unit
    rests = tuple(_times(one) for one in facts["rests"])
    stays = [
        _bar(period, _kind(one), one.arrive_at, one.arrive_at + timedelta(seconds=one.dwell_s))
        for one in visits
    ]
    begins, ends = _times((facts["from"], facts["until"]))
    return UnitPlan(
        id=str(unit.pk),
        call_sign=unit.call_sign,
        about=f"{say(labels.UNIT_ROLE, unit.role)}, {say(labels.TRAVEL, unit.travel)}",
        from_at=begins,
        until_at=ends,
        base=facts["base"],
        rests=rests,
        visits=tuple(visit_row(one, _change_href(one) if changes else "") for one in visits),
        bars=(
            _bar(period, "shift", begins, ends),
            *(_bar(period, "rest", *one) for one in rests),
            *stays,
        ),
    )


def _change_href(visit: Visit) -> str:
    if visit.state != Visit.State.PLANNED:
        return ""
    return reverse("plan_visit", args=[visit.pk])


def _units(
    plan: PatrolPlan, visits: Iterable[Visit], *, changes: bool
) -> tuple[tuple[UnitPlan, ...], list[str]]:
    """Return the units that have visits, and the call signs of those that have none."""
    period = Period(plan.starts_at, plan.ends_at)
    rows = list(visits)
    units, idle = [], []
    for facts in plan.facts["units"]:
        begins, ends = _times((facts["from"], facts["until"]))
        mine = [
            one
            for one in rows
            if str(one.unit_id) == facts["unit"] and begins <= one.arrive_at < ends
        ]
        if mine:
            units.append(_unit(period, facts, mine, changes=changes))
        else:
            idle.append(facts["call_sign"])
    return tuple(units), idle


def _basis(plan: PatrolPlan) -> tuple[str, ...]:
    """Return what the plan was made from."""
    facts = plan.facts
    base = sorted({one["base"] for one in facts["units"]})
    lines = [
        _(
            "Where the units begin is not known here: each is taken to begin and end at the middle "
            "of the places it may go to (%(places)s)."
        )
        % {"places": ", ".join(base)}
    ]
    if facts["currency"] == "events":
        lines.append(_("No damage has a cost yet: the harm risk counts events, not kronor."))
    return tuple(lines)


def _covered(plan: PatrolPlan) -> tuple[str, float, str]:
    """Return what the visits cover, as words and share, and the same of the week before."""
    facts = plan.facts
    if not facts["expected"]:
        return "", 0.0, ""
    share = facts["prevented"] / facts["expected"]
    covered = _("%(share)s of the night's harm risk") % {"share": percent(share)}
    usual = facts["usual"]
    if usual is None:
        return covered, share, _("Nothing is recorded of the same night last week to compare with.")
    words = _("The same night last week, as recorded: %(n)s visits, %(share)s")
    before = usual["prevented"] / facts["expected"]
    return covered, share, words % {"n": usual["visits"], "share": percent(before)}


def _left_out(plan: PatrolPlan, viewer: Viewer) -> tuple[NotVisited, ...]:
    """Return what was asked for and is not kept, then the places that nobody goes to, by reason."""
    wishes, places = [], dict[str, list[str]]()
    for one in plan.facts["left_out"]:
        why = say(plan_words.RULE, one["why"])
        if "asked" not in one:
            places.setdefault(why, []).append(one["place"])
            continue
        hours = "–".join(f"{at.astimezone(viewer.zone):%H:%M}" for at in _times(one["window"]))
        wishes.append(
            NotVisited(one["place"], f"{say(week_words.FOCUS, one['asked'])} {hours}", why)
        )
    return (*wishes, *(NotVisited(", ".join(names), "", why) for why, names in places.items()))


def _changes(plan: PatrolPlan) -> tuple[PlanChange, ...]:
    return tuple(
        PlanChange(
            datetime.fromisoformat(one["at"]), plan_words.change_text(one), one["why"],
            plan_words.cost_text(one, plan.facts["expected"]),
        )
        for one in plan.facts["changes"]
    )  # fmt: skip


def _view(viewer: Viewer, plan: PatrolPlan, others: Sequence[PatrolPlan], night: str) -> NightPlan:
    """Return a plan in words, with what the viewer may do with it."""
    leads = viewer.may(Record.PATROL_PLAN, Verb.LEAD)
    units, idle = _units(plan, list_visits(viewer, plan), changes=leads)
    notes = [plan_words.note_text(one) for one in plan.facts["notes"]]
    if idle:
        notes.append(_("No visits for %(units)s.") % {"units": ", ".join(idle)})
    covered, share, usual = _covered(plan)
    forecast_at = plan.facts["forecast_at"]
    return NightPlan(
        company=plan.organisation.name,
        state=plan.state,
        state_label=say(plan_words.STATE, plan.state),
        made_at=plan.made_at,
        published_at=plan.published_at,
        forecast_at=datetime.fromisoformat(forecast_at) if forecast_at else None,
        basis=_basis(plan),
        notes=tuple(notes),
        covered=covered,
        covered_share=share,
        usual=usual,
        units=units,
        hours=hour_marks(Period(plan.starts_at, plan.ends_at), viewer),
        left_out=_left_out(plan, viewer),
        left_out_more=plan.facts["left_out_more"],
        changes=_changes(plan),
        publish_url=reverse("plan_publish", args=[plan.pk])
        if leads and plan.state == State.PROPOSED
        else "",
        add_href=reverse("plan_add", args=[plan.pk]) if leads else "",
        **_other(plan, others, night),
    )


def _other(plan: PatrolPlan, others: Sequence[PatrolPlan], night: str) -> dict[str, str]:
    """Return the way to the plan that is not shown, where there are two."""
    address = f"{reverse('plan')}?night={night}"
    for one in others:
        if one.pk == plan.pk:
            continue
        if one.state == State.PUBLISHED:
            return {"other_href": address, "other_label": _("To the published plan")}
        if plan.state == State.PUBLISHED and one.made_at > (plan.published_at or plan.made_at):
            return {
                "other_href": f"{address}&proposal=1",
                "other_label": _("A newer proposal waits: look at it"),
            }
    return {}


def _of_company(
    viewer: Viewer, company: Organisation, night: Night, *, proposal: bool
) -> NightPlan:  # fmt: skip
    plans = list_plans_of_night(viewer, company.pk, night.period.starts_at)
    leads = viewer.may(Record.PATROL_PLAN, Verb.LEAD)
    may_propose = leads and night.at < night.period.ends_at
    label = _("Propose anew") if plans else _("Propose a plan")
    url = reverse("plan_propose") if may_propose else ""
    if not plans:
        why = _("No plan is proposed for this night yet.")
        if night.is_tonight:
            why = _("No plan is proposed yet. It comes at three in the afternoon.")
        return NightPlan(company.name, why_none=why, propose_url=url, propose_label=label)
    shown = plans[-1] if proposal else plans[0]
    view = _view(viewer, shown, plans, night.name)
    return replace(view, propose_url=url, propose_label=label)


def count_rows(counts: Iterable[PlaceCount]) -> tuple[PlaceCountRow, ...]:
    """Return places with what became of their visits."""
    return tuple(
        PlaceCountRow(
            one.place, one.planned, one.states["done"], one.states["short"],
            one.states["missed"], one.states["replaced"],
            one.states["planned"] + one.states["started"],
        )
        for one in counts
    )  # fmt: skip


def page_of(
    viewer: Viewer, night: Night, *, proposal: bool = False, problem: str = ""
) -> PlanPage:  # fmt: skip
    """Return the plan room's page for a night."""
    address = f"{reverse('plan')}?night="
    since = night_of(night.day - timedelta(days=COUNTED_NIGHTS), viewer.zone).starts_at
    counts = count_visits(viewer, since, min(night.at, night.period.ends_at))
    refresh = f"{address}{night.name}{'&proposal=1' if proposal else ''}"
    return PlanPage(
        position=position_now(viewer),
        night=night.name,
        starts_at=night.period.starts_at,
        ends_at=night.period.ends_at,
        is_tonight=night.is_tonight,
        refresh_url=refresh,
        previous_href=f"{address}{night.day - timedelta(days=1)}",
        next_href=f"{address}{night.day + timedelta(days=1)}",
        plans=tuple(
            _of_company(viewer, one, night, proposal=proposal)
            for one in list_planning_companies(viewer)
        ),
        counts=count_rows(counts[:COUNTED_PLACES]),
        counts_more=max(0, len(counts) - COUNTED_PLACES),
        counts_nights=COUNTED_NIGHTS,
        problems=(Problem(problem),) if problem else (),
    )
