"""Two made-up years: as many, as dear and as uneven as in a municipality of the size."""

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from narvaro.demo.history.made import History, make_history
from narvaro.demo.history.records import DamageRecord, IncidentRecord
from narvaro.demo.history.words import AGES, CATEGORY, COUNT, DAMAGE, KNOWN_BY
from narvaro.demo.town import Town
from tests.demo.conftest import TODAY


def test_the_counts_are_those_of_a_municipality(history: History) -> None:
    """About 900 damages of 3 million SEK, 2,500 incidents and 2,400 alarms a year."""
    assert 1500 < len(history.damages) < 2300
    assert 4200 < len(history.incidents) < 6200
    assert 2000 < len(history.alarms) < 2900
    assert 2.2e6 < sum(d.estimate_sek for d in history.damages) / 2 < 4.2e6


def test_most_alarms_are_unwarranted_and_a_handful_of_sites_have_most(history: History) -> None:
    """85 to 90 of a hundred; the six worst sites have four tenths or more."""
    causes = Counter(a.cause for a in history.alarms)
    share = (causes["unwarranted"] + causes["cancelled"]) / len(history.alarms)
    assert 0.83 < share < 0.92
    assert 0.02 < causes["real"] / len(history.alarms) < 0.08
    worst = Counter(a.place.code for a in history.alarms).most_common(6)
    assert sum(n for _, n in worst) > 0.4 * len(history.alarms)


def test_about_nine_of_ten_responses_are_within_twenty_minutes(history: History) -> None:
    """The contract's term is nearly kept, and a few are far too late."""
    minutes = np.array([(r.on_scene - r.alarmed).total_seconds() / 60 for r in history.responses])
    assert 0.8 < (minutes <= 20).mean() < 0.96
    assert (minutes > 30).sum() > 20
    assert minutes.min() >= 0


def test_alarms_and_responses_agree_as_real_lists_do(history: History) -> None:
    """Most alarms with a guard on scene are in the company's list; a few miss, a few differ."""
    company = {r.alarm: r for r in history.responses if r.alarm is not None}
    sent = [a for a in history.alarms if a.on_scene]
    missing = [a for a in sent if a.number not in company]
    differing = [
        a for a in sent if a.number in company and company[a.number].on_scene != a.on_scene
    ]
    assert 0.005 < len(missing) / len(sent) < 0.06
    assert 0.05 < len(differing) / len(sent) < 0.2
    assert [r for r in history.responses if r.alarm is None]
    assert all(company[a.number].place == a.place for a in sent if a.number in company)


def test_every_interval_runs_forward_and_is_known_before_today(history: History) -> None:
    """Nothing is reported from the future, whatever the hour at which the demo starts."""
    midnight = datetime.combine(TODAY, datetime.min.time(), history.incidents[0].since.tzinfo)
    written: list[IncidentRecord | DamageRecord] = [*history.incidents, *history.damages]
    for one in written:
        assert one.since <= one.until <= midnight
        at = history.truth.moment(float(history.truth.time_h[one.event]))
        again = isinstance(one, IncidentRecord) and one.again
        assert again or one.since <= at + timedelta(hours=1)
    assert all(d.discovered < midnight for d in history.damages)
    assert all(i.reported <= midnight for i in history.incidents)
    assert all(r.left <= midnight for r in history.responses)
    assert all(v.left <= midnight for v in history.visits if v.left)


def test_no_time_lies_in_the_hour_that_the_clock_change_skips(history: History) -> None:
    """Every local time exists: it comes back from UTC as it was."""
    times = [t for i in history.incidents for t in (i.since, i.until, i.reported)]
    times += [t for d in history.damages for t in (d.since, d.until, d.discovered)]
    times += [t for r in history.responses for t in (r.alarmed, r.ordered, r.on_scene, r.left)]
    times += [t for v in history.visits for t in (v.arrived, v.left) if t]
    skipped = [t for t in times if t.astimezone(UTC).astimezone(t.tzinfo).hour != t.hour]
    assert not skipped


def test_weekend_damage_at_schools_is_from_friday_afternoon(history: History) -> None:
    """From Friday 17:00 to Monday 07:00 in term, from 15:00 to 08:00 in the breaks."""
    weekend = [
        d for d in history.damages
        if d.place.kind == "school" and d.since.weekday() == 4 and d.until.weekday() == 0
    ]  # fmt: skip
    assert len(weekend) > 60
    hours = Counter((d.since.hour, d.until.hour) for d in weekend)
    assert hours[17, 7] > 40
    assert hours[17, 7] + hours[15, 8] > 0.8 * len(weekend)


def test_the_wave_of_the_third_story_is_there(history: History) -> None:
    """Graffiti at three schools in nine days, and youths at the square on Friday evenings."""
    written = set(np.flatnonzero(history.truth.scripted).tolist())
    wave = [d for d in history.damages if d.event in written]
    assert {d.place for d in wave} == set(history.wave.schools)
    assert len(wave) == 6
    assert all((TODAY - d.discovered.date()).days <= 9 for d in wave)
    assert any(d.offensive for d in wave)
    youths = [
        i for i in history.incidents if i.event in written and i.category == "youth_gathering"
    ]
    assert {i.place.name for i in youths} == {"Råby torg"}
    assert {i.since.weekday() for i in youths} == {4}
    assert {i.count for i in youths} == {"over_10"}


@pytest.mark.slow
@pytest.mark.parametrize("today", [date(2026, 11, 23) + timedelta(days=n) for n in (0, 2, 5, 6)])
def test_the_wave_is_reported_in_time_on_any_weekday(village: Town, today: date) -> None:
    """At least five of the six are known on the morning of today, whichever weekday it is."""
    history = make_history(village, today)
    written = set(np.flatnonzero(history.truth.scripted).tolist())
    assert sum(d.event in written for d in history.damages) >= 5


def test_words_and_references_are_known(history: History) -> None:
    """Every code has its word; police references look like the police's own."""
    for one in history.incidents:
        assert one.category in CATEGORY
        assert one.known_by in KNOWN_BY
        assert one.count in COUNT
        assert one.ages in AGES
        assert one.severity in {1, 2, 3}
    assert {d.kind for d in history.damages} <= set(DAMAGE)
    references = {d.police_reference for d in history.damages} - {""}
    assert all(r.startswith("5000-K") for r in references)
    shared = references & {i.police_reference for i in history.incidents}
    assert len(shared) > 100


def test_visits_and_hours_are_those_of_a_year(history: History) -> None:
    """Short and missed ones among them; hours by activity."""
    assert {v.night.year for v in history.visits} == {2025, 2026}
    missed = [v for v in history.visits if v.arrived is None]
    assert 0.02 < len(missed) / len(history.visits) < 0.08
    assert all(v.note for v in missed)
    assert {h.activity for h in history.hours} >= {"patrol", "response", "public_order", "youth"}
    assert sum(h.hours for h in history.hours if h.activity == "patrol") > 365 * 20


def test_making_is_quick_and_the_same_each_time(village: Town, history: History) -> None:
    """A second history of the same town is equal; it takes a few seconds at most."""
    begun = time.process_time()
    again = make_history(village, TODAY)
    assert time.process_time() - begun < 6
    assert again.incidents == history.incidents
    assert again.damages == history.damages
    assert again.responses == history.responses
    assert again.truth.rates.start.tzinfo is UTC


@pytest.mark.slow
def test_a_leap_day_has_a_history_too(village: Town) -> None:
    """Two years before 29 February is the 28th."""
    history = make_history(village, date(2028, 2, 29))
    assert history.truth.rates.start.date() == date(2026, 2, 27)  # 23:00 UTC
