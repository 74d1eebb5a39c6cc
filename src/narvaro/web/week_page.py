"""A week's picture as its page shows it. In: a viewer, a picture, its contents. Out: a screen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.core.wording import mark
from narvaro.plan.actions import days_of_focus
from narvaro.situation.contents import Contents, Counted, DecisionLine, Intake
from narvaro.situation.models import Decision, Measure, Picture
from narvaro.situation.pictures import PLACES_AT_LEAST
from narvaro.situation.queries import (
    list_decisions,
    list_follow_up,
    list_measures,
    neighbours,
    own_outcome,
    sees_costs,
    sees_work,
)
from narvaro.situation.queries.week_contents import decision_line, is_late
from narvaro.situation.weeks import closing_of
from narvaro.web import labels, report_words, week_words
from narvaro.web.labels import say
from narvaro.web.screens import (
    CategoryRow,
    CountCell,
    DecideForm,
    DecisionRow,
    IntakeLine,
    MeasureForm,
    MeasureRow,
    Move,
    NextStep,
    PoliceRow,
    Problem,
    ReporterRow,
    TriageView,
    WeekPage,
    WeekPlaceRow,
    WeekStep,
)

MOVES = {
    Measure.State.DECIDED: (
        Measure.State.IN_PROGRESS, Measure.State.DONE, Measure.State.CANCELLED,
    ),
    Measure.State.IN_PROGRESS: (Measure.State.DONE, Measure.State.CANCELLED),
    Measure.State.DONE: (Measure.State.IN_PROGRESS,),
    Measure.State.CANCELLED: (Measure.State.DECIDED,),
}  # fmt: skip


@dataclass(frozen=True)
class Writing:
    """What the page is written into: its forms, the sorting of reports, where the writing goes on."""

    decide: DecideForm | None = None
    measure: MeasureForm | None = None
    triage: TriageView | None = None
    focus_on: str = ""
    problem: str = ""  # what was refused, where no form says it


def week_of_year(monday: date) -> tuple[int, int]:
    """Return year and number of the week that a picture is about: the one before its Monday."""
    found = (monday - timedelta(days=7)).isocalendar()
    return found.year, found.week


def title_of(monday: date) -> str:
    """Return a picture's title."""
    return _("Situation picture, week %(week)s") % {"week": week_of_year(monday)[1]}


def count_cell(counted: Counted) -> CountCell:
    """Return a count in words."""
    return CountCell(
        now=counted.now,
        mean=week_words.mean_text(counted),
        usual=week_words.range_text(counted),
        verdict=counted.verdict,
        verdict_label=say(week_words.VERDICT, counted.verdict),
    )


def _doubtful(text: str) -> tuple[str, ...]:
    return tuple(text[one.start : one.end] for one in mark(text))


def decision_row(number: int, line: DecisionLine, drop_url: str = "") -> DecisionRow:
    """Return a prioritised place in words."""
    return DecisionRow(
        number=number, place=line.place, focus=line.focus,
        focus_label=say(week_words.FOCUS, line.focus),
        when=week_words.days_text(line.weekdays, line.hours_from, line.hours_until), why=line.why,
        doubtful=_doubtful(line.why) if drop_url else (), drop_url=drop_url,
    )  # fmt: skip


def decision_rows(decisions: Iterable[Decision], drops: bool) -> tuple[DecisionRow, ...]:
    """Return the prioritised places of a picture; `drops`: they may be dropped still."""
    return tuple(
        decision_row(
            number, decision_line(one), reverse("week_drop", args=[one.pk]) if drops else ""
        )
        for number, one in enumerate(decisions, 1)
    )


def measure_row(measure: Measure, today: date, *, writes: bool, state: str = "") -> MeasureRow:
    """Return a measure in words, in `state` where that is not how it stands now."""
    shown = state or measure.state
    moves = MOVES[Measure.State(shown)] if writes else ()
    ended = shown in {Measure.State.DONE, Measure.State.CANCELLED}
    return MeasureRow(
        id=str(measure.pk), text=measure.text, owner=measure.owner.name, due_on=measure.due_on,
        state=shown, state_label=say(week_words.MEASURE_STATE, shown),
        late=is_late(measure, today), nature_label=say(week_words.NATURE, measure.nature),
        expected=measure.expected, doubtful=_doubtful(measure.text) if writes else (),
        moves=tuple(
            Move(
                say(week_words.MEASURE_MOVE, "again" if ended else one),
                reverse("week_measure", args=[measure.pk, one]),
            )
            for one in moves
        ),
    )  # fmt: skip


def intake_lines(intake: Intake) -> tuple[IntakeLine, ...]:
    """Return what came in, in numbers with words."""
    organisations = ngettext(
        "by form, from %(n)s organisation", "by form, from %(n)s organisations",
        intake.organisations,
    )  # fmt: skip
    lines = (
        (intake.received, organisations % {"n": intake.organisations}),
        (intake.from_files, _("more from files")),
        (intake.merged, _("merged with another")),
        (intake.referred, _("referred to somebody else")),
        (intake.rejected, _("left out")),
        (intake.reworded, _("masked or marked for their words")),
    )
    return tuple(
        IntakeLine(number, words)
        for place, (number, words) in enumerate(lines)
        if number or not place
    )


def own_lines(outcome: Mapping[str, int]) -> tuple[IntakeLine, ...]:
    """Return what became of one's own reports, in numbers with words."""
    words = report_words.OBSERVATION_STATE
    return tuple(IntakeLine(outcome[code], say(words, code)) for code in words if code in outcome)


def _steps(picture: Picture, viewer: Viewer) -> tuple[WeekStep, ...]:
    times = (
        closing_of(picture.monday, viewer.zone), picture.frozen_at, picture.decided_at,
        picture.published_at,
    )  # fmt: skip
    codes = Picture.State.values
    reached = codes.index(picture.state)
    return tuple(
        WeekStep(code, say(week_words.STATE, code), at, number == reached, number < reached)
        for number, (code, at) in enumerate(zip(codes, times, strict=True))
    )


def _freeze_step(picture: Picture, viewer: Viewer, untouched: int, at: datetime) -> NextStep:
    label = _("Freeze the picture")
    closing = closing_of(picture.monday, viewer.zone)
    if at < closing:
        day = date_format(closing.astimezone(viewer.zone), "l j F H:i")
        return NextStep(label, "", why_not=_("Collecting closes on %(day)s.") % {"day": day})
    note = ngettext(
        "%(n)s report that nobody has sorted is taken in.",
        "%(n)s reports that nobody has sorted are taken in.",
        untouched,
    )
    return NextStep(
        label, reverse("week_freeze", args=[picture.monday]),
        note=note % {"n": untouched} if untouched else "",
    )  # fmt: skip


def _next_step(
    picture: Picture, viewer: Viewer, contents: Contents, places: int, at: datetime
) -> NextStep | None:
    if not viewer.may(Record.PICTURE, Verb.WRITE):
        return None
    match picture.state:
        case Picture.State.COLLECTING:
            return _freeze_step(picture, viewer, contents.intake.untouched, at)
        case Picture.State.FROZEN:
            missing = _("At least %(least)s prioritised places are needed; %(n)s so far.")
            return NextStep(
                _("The meeting has decided"), reverse("week_decided", args=[picture.monday]),
                why_not=missing % {"least": PLACES_AT_LEAST, "n": places}
                if places < PLACES_AT_LEAST
                else "",
            )  # fmt: skip
        case Picture.State.DECIDED:
            return NextStep(
                _("Publish"), reverse("week_publish", args=[picture.monday]),
                note=_("Everybody who works together can read it from then on."),
            )  # fmt: skip
        case _:
            return None


def _place_rows(
    contents: Contents, decisions: Sequence[Decision], form_url: str, *, costs: bool
) -> tuple[WeekPlaceRow, ...]:
    chosen = {str(one.site_id or one.area_id) for one in decisions}
    return tuple(
        WeekPlaceRow(
            name=one.name, count=count_cell(one.counted),
            kinds=week_words.categories_text(one.categories, labels.CATEGORY),
            when=week_words.when_text(one.when), damage=week_words.kronor_text(one.damage_sek) if costs and one.damage_sek else "",
            href=f"{form_url}?place={one.kind}:{one.id}&at=decide" if form_url else "",
            chosen=one.id in chosen,
        )
        for one in contents.places
    )  # fmt: skip


def reporter_rows(contents: Contents) -> tuple[tuple[ReporterRow, ...], tuple[ReporterRow, ...]]:
    """Return who reported, and who did not."""
    reported = tuple(
        ReporterRow(one.organisation, one.reports) for one in contents.reporters if one.reports
    )
    silent = tuple(
        ReporterRow(one.organisation, 0, again=not one.reports_week_before)
        for one in contents.reporters
        if not one.reports
    )
    return reported, silent


def police_rows(contents: Contents) -> tuple[PoliceRow, ...]:
    """Return the police's public events of the week."""
    return tuple(
        PoliceRow(one.kind, datetime.fromisoformat(one.at), one.place, one.summary, one.address)
        for one in contents.police
    )


def category_rows(contents: Contents) -> tuple[CategoryRow, ...]:
    """Return the kinds of report with their counts."""
    return tuple(
        CategoryRow(say(labels.CATEGORY, one.category), count_cell(one.counted))
        for one in contents.categories
    )


def last_decision_rows(contents: Contents) -> tuple[DecisionRow, ...]:
    """Return the prioritised places of the week before."""
    return tuple(decision_row(number, one) for number, one in enumerate(contents.last_decisions, 1))


def _href(monday: date | None) -> str:
    return reverse("week_of", args=[monday]) if monday is not None else ""


def _focus_days(picture: Picture, viewer: Viewer, at: datetime) -> str:
    """Return on which nights the decisions weigh; published now, where they are not published yet."""
    days = days_of_focus(picture, at, viewer.zone)
    if days is None:
        return _("They weigh in no night's plan: the week that they are for is over.")
    first, last = (date_format(one, "j M") for one in (days[0], days[1] - timedelta(days=1)))
    if first == last:
        return _("They weigh in the plan of the night of %(first)s alone.") % {"first": first}
    return _("They weigh in the plans of the nights %(first)s to %(last)s.") % {
        "first": first, "last": last,
    }  # fmt: skip


def week_page(
    viewer: Viewer, picture: Picture, contents: Contents, writing: Writing, *, at: datetime
) -> WeekPage:
    """Return a week's page for a viewer."""
    today = at.astimezone(viewer.zone).date()
    writes = viewer.may(Record.PICTURE, Verb.WRITE)
    costs = sees_costs(viewer)
    stored = picture.state != Picture.State.COLLECTING
    base = reverse("week_of", args=[picture.monday])
    decisions = list_decisions(viewer, picture) if stored else []
    open_lists = writes and picture.state == Picture.State.FROZEN
    previous, following = neighbours(viewer, picture.monday, at)
    reported, silent = reporter_rows(contents)
    measures = list_measures(viewer, picture) if stored else []
    return WeekPage(
        title=title_of(picture.monday),
        begins=datetime.fromisoformat(contents.begins),
        ends=datetime.fromisoformat(contents.ends),
        state=picture.state,
        steps=_steps(picture, viewer),
        previous_href=_href(previous),
        next_href=_href(following),
        paper_href=reverse("week_paper", args=[picture.monday]) if stored else "",
        base_url=base,
        intake=intake_lines(contents.intake),
        total=count_cell(contents.total),
        categories=category_rows(contents),
        places=_place_rows(contents, decisions, base if open_lists else "", costs=costs),
        damages=contents.damages,
        damage=week_words.kronor_text(contents.damage_sek) if costs else "",
        last_decisions=last_decision_rows(contents),
        last_measures=tuple(
            measure_row(one, today, writes=writes) for one in list_follow_up(viewer, picture)
        ),
        has_last=bool(contents.last_monday),
        decisions=decision_rows(decisions, drops=open_lists),
        measures=tuple(measure_row(one, today, writes=writes) for one in measures),
        reporters=reported,
        silent=silent,
        police=police_rows(contents),
        unsaid=tuple(week_words.unsaid_text(one) for one in contents.unsaid),
        focus_days=_focus_days(picture, viewer, at),
        own=() if sees_work(viewer) else own_lines(own_outcome(viewer, picture.monday)),
        step=_next_step(picture, viewer, contents, len(decisions), at),
        decide=writing.decide,
        measure=writing.measure,
        triage=writing.triage,
        focus_on=writing.focus_on,
        problems=(Problem(writing.problem),) if writing.problem else (),
    )
