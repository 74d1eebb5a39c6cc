"""A week's picture, computed. In: a tenant and a Monday. Out: `Contents`.

Asked for by the action that freezes a week and, behind a viewer, by `queries.pictures`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from math import isclose
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce

from narvaro.access.models import Member, Organisation
from narvaro.access.policy import Record, Verb, find_grant
from narvaro.core.change import TAIL, Change, Verdict, judge
from narvaro.core.wording_numbers import Hidden
from narvaro.situation.contents import (
    CategoryLine,
    Contents,
    Counted,
    DecisionLine,
    Intake,
    MeasureLine,
    PlaceLine,
    PoliceLine,
    ReporterLine,
    Unsaid,
    When,
)
from narvaro.situation.models import (
    Damage,
    Decision,
    Incident,
    Measure,
    Observation,
    Picture,
    PoliceEvent,
)
from narvaro.situation.queries.known import Register
from narvaro.situation.queries.week_reports import (
    Place,
    Report,
    WeekReports,
    files_ended,
    load_reports,
    names_of,
)
from narvaro.situation.weeks import BEFORE, Week

BAND_H = 6
"""A stretch of the day, in hours; a report whose interval is longer is in none."""
WHEN_AT_MOST = 2
POLICE_AT_MOST = 60
OPEN = (Measure.State.DECIDED, Measure.State.IN_PROGRESS)


def _counted(change: Change) -> Counted:
    return Counted(change.now, change.mean, change.low, change.high, change.verdict)


class _Judge:
    """Compares counts with those of the weeks before that hold any report at all."""

    def __init__(
        self, reports: Sequence[Report], *, over: bool, ended: Collection[Register] = ()
    ) -> None:
        self.weeks = {one.week for one in reports if one.week > 0}
        self.over = over
        self.ended = ended

    def judge(self, reports: Sequence[Report]) -> Change:
        """Return what may be said of these reports: never fewer because a file ended."""
        change = self._compare(reports)
        if change.verdict != Verdict.FEWER:
            return change
        known = self._compare([one for one in reports if one.filed not in self.ended])
        if known.verdict == Verdict.FEWER:
            return change
        return Change(change.now, None, None, None, Verdict.UNKNOWN)

    def _compare(self, reports: Sequence[Report]) -> Change:
        by_week = Counter(one.week for one in reports)
        before = sum(by_week[one] for one in self.weeks)
        return judge(by_week[0], before, len(self.weeks), over=self.over)


def _when(reports: Iterable[Report], zone: ZoneInfo) -> tuple[When, ...]:
    """Return the stretches of the week that hold the most reports, if any holds two."""
    bands: Counter[tuple[int, int]] = Counter()
    for one in reports:
        if one.until - one.begins > timedelta(hours=BAND_H):
            continue
        middle = (one.begins + (one.until - one.begins) / 2).astimezone(zone)
        bands[middle.weekday(), middle.hour // BAND_H * BAND_H] += 1
    ordered = sorted(bands.items(), key=lambda one: (-one[1], one[0]))
    return tuple(
        When(weekday, hour, hour + BAND_H, count)
        for (weekday, hour), count in ordered[:WHEN_AT_MOST]
        if count > 1
    )


def _places(found: WeekReports, judged: _Judge, zone: ZoneInfo) -> tuple[PlaceLine, ...]:
    by_place: dict[Place, list[Report]] = defaultdict(list)
    for one in found.counted:
        if one.place is not None:
            by_place[one.place].append(one)
    costs: Counter[Place] = Counter()
    for cost in found.costs:
        if cost.place is not None:
            costs[cost.place] += round(cost.sek or 0)
    names = names_of(by_place)
    lines = []
    for place, reports in by_place.items():
        change = judged.judge(reports)
        now = [one for one in reports if one.week == 0]
        if not now and change.verdict != Verdict.FEWER:
            continue
        lines.append(
            PlaceLine(
                kind=place.kind, id=str(place.id), name=names[place], counted=_counted(change),
                categories=tuple(Counter(one.category for one in now).most_common()),
                when=_when(now, zone), damage_sek=costs[place],
            )
        )  # fmt: skip

    def rank(line: PlaceLine) -> tuple[int, int, str]:
        order = {Verdict.MORE: 0, Verdict.FEWER: 2}
        return order.get(Verdict(line.counted.verdict), 1), -line.counted.now, line.name

    return tuple(sorted(lines, key=rank))


def _categories(found: WeekReports, judged: _Judge) -> tuple[CategoryLine, ...]:
    by_category: dict[str, list[Report]] = defaultdict(list)
    for one in found.counted:
        by_category[one.category].append(one)
    lines = [CategoryLine(one, _counted(judged.judge(of))) for one, of in by_category.items()]
    return tuple(sorted(lines, key=lambda one: (-one.counted.now, one.category)))


_MASKED = tuple(f"[{one}]" for one in Hidden)


class _Received:
    """What was reported in a week, by whom and with what outcome; nothing that a file brought."""

    def __init__(self, tenant_id: UUID, begins: datetime, ends: datetime) -> None:
        self.states: Counter[str] = Counter()
        self.by: Counter[UUID | None] = Counter()
        self.reworded = self.unsettled = 0
        mine = Q(tenant_id=tenant_id, reported_at__gte=begins, reported_at__lt=ends)
        words = ("marks", "settled_at", "text")
        seen = Observation.objects.filter(mine)
        self._take(seen.values_list("organisation_id", "state", *words))
        happened = Incident.objects.filter(mine, batch=None).annotate(state=Value(""))
        self._take(happened.values_list("reported_by__organisation_id", "state", *words))
        broken = Damage.objects.filter(mine, batch=None)
        self._take(broken.values_list("organisation_id", "state", *words))

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> None:
        for organisation_id, state, marks, settled_at, text in rows:
            self.by[organisation_id] += 1
            self.states[state] += 1
            self.unsettled += bool(marks) and settled_at is None
            masked = any(one in text for one in _MASKED)
            self.reworded += bool(marks) or settled_at is not None or masked

    def to_intake(self, from_files: int, counted: int) -> Intake:
        """Return the sums."""
        state = Observation.State
        return Intake(
            received=self.by.total(),
            organisations=len(self.by.keys() - {None}),
            from_files=from_files,
            merged=self.states[state.MERGED],
            referred=self.states[state.REFERRED],
            rejected=self.states[state.REJECTED],
            untouched=self.states[state.SUBMITTED],
            reworded=self.reworded,
            counted=counted,
        )


def _may_report(member: Member) -> bool:
    """Return whether a member is there to report, and not to sort what others report."""
    grant = find_grant(member.role, member.organisation.kind, Record.OBSERVATION)
    return grant is not None and Verb.REPORT in grant.verbs and Verb.WRITE not in grant.verbs


def _reporters(
    tenant_id: UUID, day: date, now: _Received, before: _Received
) -> tuple[ReporterLine, ...]:
    members = Member.objects.filter(tenant_id=tenant_id).select_related("organisation")
    asked = {
        one.organisation_id for one in members if one.is_valid_on(day) and _may_report(one)
    } | {one for one in now.by if one is not None}
    names = Organisation.objects.filter(pk__in=asked).values_list("pk", "name")
    lines = [ReporterLine(name, now.by[pk], before.by[pk]) for pk, name in names]
    return tuple(sorted(lines, key=lambda one: (-one.reports, one.organisation)))


def is_late(measure: Measure, today: date) -> bool:
    """Return whether a measure is past its day and not done."""
    return measure.state in OPEN and measure.due_on < today


def find_picture_before(tenant_id: UUID, monday: date) -> Picture | None:
    """Return the newest earlier picture that a meeting has seen."""
    seen = Picture.objects.filter(tenant_id=tenant_id, monday__lt=monday)
    return seen.exclude(state=Picture.State.COLLECTING).order_by("-monday").first()


def measures_to_follow_up(tenant_id: UUID, monday: date) -> list[Measure]:
    """List the last meeting's measures, and those of earlier ones that were open then; first due first."""
    last = find_picture_before(tenant_id, monday)
    if last is None:
        return []
    theirs = Measure.objects.filter(tenant_id=tenant_id, picture__monday__lt=monday)
    still = Q(picture=last) | Q(state__in=OPEN) | Q(done_on__gt=last.monday)
    return list(theirs.filter(still).select_related("owner").order_by("due_on", "id"))


def measure_line(measure: Measure, today: date) -> MeasureLine:
    """Return a measure as it stands."""
    return MeasureLine(
        id=str(measure.pk), text=measure.text, owner=measure.owner.name,
        due_on=measure.due_on.isoformat(), state=measure.state, late=is_late(measure, today),
    )  # fmt: skip


def decision_line(decision: Decision) -> DecisionLine:
    """Return a decision in plain values; it comes with its site and area."""
    place = decision.site or decision.area
    hours = (decision.hours_from, decision.hours_until)
    since, until = (one.strftime("%H:%M") if one is not None else "" for one in hours)
    return DecisionLine(
        place=place.name if place is not None else "", focus=decision.focus,
        weekdays=tuple(decision.weekdays), hours_from=since, hours_until=until, why=decision.why,
    )  # fmt: skip


def _police(tenant_id: UUID, week: Week) -> list[PoliceLine]:
    rows = PoliceEvent.objects.filter(tenant_id=tenant_id)
    rows = rows.annotate(at=Coalesce(F("happened_at"), F("published_at")))
    rows = rows.filter(at__gte=week.begins, at__lt=week.ends).order_by("-at", "-police_id")
    return [
        PoliceLine(
            kind=one.kind, name=one.name, place=one.place, summary=one.summary,
            address=one.address, at=(one.happened_at or one.published_at).isoformat(),
        )
        for one in rows
    ]  # fmt: skip


def _unsaid(  # noqa: PLR0917 - what there is to say, each a number of its own
    found: WeekReports,
    police: int,
    unsettled: int,
    silent: int,
    weeks: int,
    files_until: date | None,
) -> list[Unsaid]:
    nowhere = [one for one in found.counted if one.week == 0 and one.place is None]
    judged = len({one.place for one in found.counted if one.place is not None})
    numbers: dict[str, float] = {
        "silent": silent,
        "no_place": sum(not one.has_point for one in nowhere),
        "no_area": sum(one.has_point for one in nowhere),
        "late": found.late,
        "ahead": found.ahead,
        "from_files": found.from_files,
        "no_cost": sum(one.sek is None for one in found.costs),
        "unsettled": unsettled,
        "weeks_missing": BEFORE - weeks,
        "by_chance": round(judged * TAIL, 1) if weeks else 0,
        "police_left_out": max(0, police - POLICE_AT_MOST),
        "files_until": files_until.toordinal() if files_until is not None else 0,
    }
    return [Unsaid(code, one) for code, one in numbers.items() if not isclose(one, 0)]


def compute_contents(tenant_id: UUID, week: Week, *, at: datetime) -> Contents:
    """Compute a week's picture from what is known `at` a time, which need not be after its end."""
    today = at.astimezone(week.zone).date()
    found = load_reports(tenant_id, week)
    over = at >= week.ends
    ended = files_ended(tenant_id, week, found.counted, at) if over else {}
    files_until = min(ended.values()).astimezone(week.zone).date() if ended else None
    judged = _Judge(found.counted, over=over, ended=ended)
    now = _Received(tenant_id, week.begins, week.ends)
    before = Week(week.monday - timedelta(days=7), week.zone)
    reporters = _reporters(
        tenant_id, week.monday, now, _Received(tenant_id, before.begins, before.ends)
    )
    last = find_picture_before(tenant_id, week.monday)
    decided = Decision.objects.filter(picture=last).select_related("site", "area")
    police = _police(tenant_id, week)
    total = judged.judge(found.counted)
    silent = sum(not one.reports for one in reporters)
    unsaid = _unsaid(found, len(police), now.unsettled, silent, len(judged.weeks), files_until)
    return Contents(
        monday=week.monday.isoformat(),
        begins=week.begins.isoformat(),
        ends=week.ends.isoformat(),
        intake=now.to_intake(found.from_files, total.now),
        total=_counted(total),
        categories=_categories(found, judged),
        places=_places(found, judged, week.zone),
        damage_sek=sum(round(one.sek or 0) for one in found.costs),
        damages=len(found.costs),
        reporters=reporters,
        weeks_compared=len(judged.weeks),
        last_monday=last.monday.isoformat() if last is not None else "",
        last_decisions=tuple(decision_line(one) for one in decided.order_by("decided_at", "id")),
        last_measures=tuple(
            measure_line(one, today) for one in measures_to_follow_up(tenant_id, week.monday)
        ),
        police=tuple(police[:POLICE_AT_MOST]),
        unsaid=tuple(unsaid),
    )
