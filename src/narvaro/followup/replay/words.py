"""What an answer says, in words. In: names of figures, notes. Out: `Said`, to be said in any language."""

from collections.abc import Callable, Mapping

from narvaro.core.said import Said
from narvaro.followup.replay.scenario import Answer, Fact, Note, Scenario

FIGURES: Mapping[str, Said] = {
    "all_incidents": Said("cases"),
    "all_mean_s": Said("mean response time (min)"),
    "all_p50_s": Said("half are reached within (min)"),
    "all_p90_s": Said("9 of 10 are reached within (min)"),
    "danger_p50_s": Said("danger to life: half within (min)"),
    "danger_p90_s": Said("danger to life: 9 of 10 within (min)"),
    "all_late": Said("later than the limit (%)"),
    "danger_late": Said("danger to life: later than the limit (%)"),
    "all_never": Said("cases that nobody came to"),
    "queued": Said("cases that had to wait for a free unit"),
    "readiness_share": Said("ready for the next case (%)"),
    "presence_share": Said("presence, of what was planned (%)"),
    "visits_done": Said("visits made"),
    "visits_broken": Said("visits broken off"),
    "visits_skipped": Said("visits skipped"),
    "km": Said("kilometres driven or walked"),
    "idle_hours": Said("hours idle"),
    "to_visits_hours": Said("hours on the way to visits"),
    "visiting_hours": Said("hours at visits"),
    "to_alarms_hours": Said("hours on the way to cases"),
    "at_alarms_hours": Said("hours at cases"),
    "overtime_hours": Said("hours of overtime"),
    "home_hours": Said("hours on the way home"),
}
"""The figures that are shown, in their order; `…_late` is that of the limit (`name_of`)."""

INTERVAL = Said("interval of the draws")
BEYOND = Said(
    "The interval of the draws holds 95 % of their noise; other bases, visits or years may differ by "
    "more than the interval."
)
DIFFERENCES = Said("B − A, with the interval of the draws")
DRAWN = ("all_p50_s", "all_p90_s", "all_late", "readiness_share", "presence_share", "km")
"""Those that the drawing shows."""


def name_of(figure: str, answer: Answer) -> str:
    """Return what a row of `FIGURES` is called in an answer."""
    return f"{figure}_{answer.limit_s:g}" if figure.endswith("_late") else figure


def told_in(name: str) -> float:
    """Return what a figure is multiplied by to be told: minutes, per cent, or as it is."""
    if name.endswith("_s"):
        return 1 / 60
    return 100.0 if "_late" in name or name.endswith("_share") else 1.0


_RULES = {
    "nearest": Said("the nearest"),
    "ahead": Said("of those in time for sure, who is missed least"),
}


def said_of(scenario: Scenario) -> Said:
    """Return a scenario in words."""
    if scenario.rule == "reserve":
        rule = Said(
            "reserve: keeps %(keep)s in each area, for %(held)s s",
            keep=scenario.keep, held=f"{scenario.held_s:g}",
        )  # fmt: skip
    else:
        rule = _RULES[scenario.rule]
    parts = [rule]
    if scenario.more_units:
        parts.append(Said("units more: %(units)s", units=scenario.more_units))
    if scenario.base:
        parts.append(Said("from %(base)s", base=scenario.base))
    if scenario.shift:
        hours = "–".join(f"{one:%H:%M}" for one in scenario.shift)
        parts.append(Said("works %(hours)s", hours=hours))
    whole = parts[0]
    for part in parts[1:]:
        whole = Said("%(before)s, %(then)s", before=whole, then=part)
    return whole


def note_said(note: Note) -> Said:
    """Return a note in words; one whose code is not known here is a fault of the program."""
    facts = {name: _fact(value) for name, value in note.facts.items()}
    return _NOTES[note.code](facts)


def _fact(value: Fact) -> str | int:
    return f"{value:g}" if isinstance(value, float) else value


Facts = Mapping[str, str | int]
_WHY = {
    "not_sent": Said("faults of lines and equipment, and tests"),
    "cancelled": Said("cancelled"), "no_position": Said("without a place"),
}  # fmt: skip


def _left_out(facts: Facts) -> Said:
    listed: Said | None = None
    for name, count in facts.items():
        one = Said("%(what)s %(count)s", what=_WHY[name], count=count)
        listed = Said("%(before)s, %(then)s", before=listed, then=one) if listed else one
    return Said("Cases left out: %(listed)s.", listed=listed or "0")


def _metres(facts: Facts) -> Said:
    share = f"{float(facts['p90_share']):.0%}".replace("%", " %")
    if facts["mode"] == "foot":
        return Said(
            "Kilometres on foot are estimated at %(m_s)s m/s; 9 of 10 ways lie within %(share)s.",
            m_s=facts["m_s"], share=share,
        )  # fmt: skip
    return Said(
        "Kilometres by car are estimated at %(m_s)s m/s; 9 of 10 ways lie within %(share)s.",
        m_s=facts["m_s"], share=share,
    )  # fmt: skip


_NOTES: Mapping[str, Callable[[Facts], Said]] = {
    "cases_left_out": _left_out,
    "metres_learned": _metres,
    "rates_smoothed": lambda facts: Said(
        "Cases are drawn from those of %(days)s days, by place and shift of day (06–14, 14–22, "
        "22–06); weekdays and seasons are alike.", **facts,
    ),
    "stays_measured": lambda facts: Said(
        "How long units stay is drawn from %(responses)s responses, %(mean_min)s min on average.",
        **facts,
    ),
    "stays_guessed": lambda facts: Said(
        "Hardly any response tells how long units stay (%(responses)s); %(mean_min)s min on average "
        "was assumed.", **facts,
    ),
    "off_map": lambda facts: Said("%(places)s places lie off the map and are left out.", **facts),
    "places_thinned": lambda facts: Said(
        "%(kept)s of %(of)s places are played; %(moved)s of %(cases)s cases count at the nearest of "
        "these, %(moved_m)s m away in the middle.", **facts,
    ),
    "closures_as_now": lambda facts: Said(
        "%(closures)s closed roads stay closed all the time, as now.", **facts
    ),
    "areas_drawn": lambda facts: Said(
        "For the reserve the town is divided into %(areas)s areas by road time.", **facts
    ),
    "not_ahead": lambda facts: Said(
        "Nobody looks ahead, the nearest goes: that needs agreed times to the scene and %(enough)s "
        "cases at sites; %(cases)s are known.", **facts,
    ),
    "ahead_alike": lambda _facts: Said(
        "The look-ahead weighs every kind of case by the one limit; in the product each kind has its "
        "own, and a kind without agreed time is not weighed."
    ),
    "no_term": lambda facts: Said(
        "No contract says within what time somebody is to be there; %(limit_s)s s was taken.", **facts
    ),
    "roster_repeated": lambda facts: Said(
        "The roster of %(weeks)s weeks from %(first)s (%(shifts)s shifts) is repeated.", **facts
    ),
    "permits_as_today": lambda facts: Said(
        "The %(permits)s permits that hold today are taken to hold all the time.", **facts
    ),
    "permits_cut": lambda facts: Said(
        "%(places)s places where other permits hold are left out for public order officers.", **facts
    ),
    "visits_of_plans": lambda facts: Said(
        "%(visits)s visits of %(nights)s published plans are repeated.", **facts
    ),
    "visits_made_up": lambda facts: Said(
        "Hardly any plan is published: a visit each %(each_min)s min, of %(dwell_min)s min, is made "
        "up.", **facts,
    ),
    "added_patrol": lambda facts: Said(
        "Added units patrol as the others do: a visit each %(each_min)s min, of %(dwell_min)s min, is "
        "made up for them; without any they would stand idle at their base.", **facts,
    ),
    "base_in_the_middle": lambda facts: Said(
        "Where units begin is not known; the middle of where they may be was taken: %(places)s.",
        **facts,
    ),
    "real_days": lambda facts: Said(
        "The real cases of %(days)s days were played in %(pieces)s pieces, each with its own roster's "
        "weekdays.", **facts,
    ),
}  # fmt: skip
