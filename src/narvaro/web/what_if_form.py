"""The form of a what-if. In: what was written. Out: what is asked, or what is wrong, field by field."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from narvaro.access.viewer import Viewer
from narvaro.core.said import Said
from narvaro.directory.queries import sites_seen_by
from narvaro.followup.replay.scenario import (
    DAYS_AT_MOST,
    HELD_S,
    KEEP,
    Asked,
    AskedWrong,
    Scenario,
    read_hours,
)
from narvaro.web.reasons import in_words
from narvaro.web.screens import Choice, Problem
from narvaro.web.screens.contract import FormField
from narvaro.web.screens.what_if import WhatIfForm

USUAL: Mapping[str, str] = {
    "rule": "", "keep": str(KEEP), "held": f"{HELD_S / 60:g}", "more": "1", "begins": "",
    "ends": "", "base": "", "play": "50", "days": "365",
}  # fmt: skip
"""One unit more for a year, the rule as it is: it is asked with one key."""
MORE_AT_MOST, KEEP_AT_MOST, HELD_MIN_AT_MOST = 3, 9, 60
RUNS = {"50": 50, "200": 200, "real": 1}
LONGEST = 40


def names_of_sites(viewer: Viewer) -> dict[str, str]:
    """Return the names of the sites where units might begin, by code."""
    sites = sites_seen_by(viewer).filter(lat__isnull=False).order_by("name", "code")
    return dict(sites.values_list("code", "name"))


def _rules() -> dict[str, str]:
    return {
        "nearest": pgettext("who goes", "the nearest"),
        "ahead": _("of those in time for sure, who is missed least"),
        "reserve": _("the nearest, but keep a reserve in each part of the town"),
    }


class WhatIfFields:
    """What was written, and what is wrong with it; `today` is what it is held against."""

    def __init__(
        self, given: Mapping[str, str], names: Mapping[str, str], today: Scenario
    ) -> None:  # fmt: skip
        self.values = {name: given.get(name, "").strip()[:LONGEST] for name in USUAL}
        self.values["rule"] = self.values["rule"] or today.rule
        self.today = today
        self.names = names
        self.problems: list[Problem] = []

    def read(self) -> Asked | None:
        """Return what is asked; None where something is wrong, which `problems` then says."""
        values = self.values
        is_reserve = values["rule"] == "reserve"
        keep = self._number("keep", 0, KEEP_AT_MOST) if is_reserve else KEEP
        held_min = self._minutes() if is_reserve else HELD_S / 60
        more = self._number("more", 0, MORE_AT_MOST)
        days = self._number("days", 1, DAYS_AT_MOST)
        if values["rule"] not in _rules():
            self._wrong("rule", _("Choose one of them."))
        if values["play"] not in RUNS:
            self._wrong("play", _("Choose one of them."))
        if values["base"] and values["base"] not in self.names:
            self._wrong("base", _("Choose a site of the list."))
        hours = f"{values['begins']}-{values['ends']}" if values["begins"] or values["ends"] else ""
        shift = None
        try:
            shift = read_hours(hours) if hours else None
        except AskedWrong:
            self._wrong("begins", _("Write both times, and different ones, as 18:00 and 02:00."))
        if self.problems:
            return None
        b = Scenario(values["rule"], keep, held_min * 60, more, values["base"] or None, shift)
        if b == self.today:
            said = _("Change something: now B is as today.")
            self._wrong("more", said)
            return None
        return Asked(self.today, b, days, RUNS[values["play"]], real=values["play"] == "real")

    def refuse(self, why: str | Said) -> None:
        """Keep that it was refused as a whole."""
        self.problems.append(Problem(in_words(why)))

    def _wrong(self, name: str, said: str) -> None:
        self.problems.append(Problem(said, name))

    def _number(self, name: str, least: int, most: int) -> int:
        written = self.values[name]
        if written.isascii() and written.isdigit() and least <= int(written) <= most:
            return int(written)
        said = _("Write a whole number from %(least)s to %(most)s.")
        self._wrong(name, said % {"least": least, "most": most})
        return least

    def _minutes(self) -> float:
        written = self.values["held"].replace(",", ".")
        if written.isascii() and written.replace(".", "", 1).isdigit():
            minutes = float(written)
            if minutes <= HELD_MIN_AT_MOST:
                return minutes
        said = _("Write minutes from 0 to %(most)s, like 5 or 2.5.")
        self._wrong("held", said % {"most": HELD_MIN_AT_MOST})
        return 0.0

    def _field(
        self, name: str, label: str, kind: str = "text", about: str = "",
        choices: Mapping[str, str] | None = None,
    ) -> FormField:  # fmt: skip
        fault = next((one.detail for one in self.problems if one.field == name), "")
        made = (
            Choice(code, said, code == self.values[name]) for code, said in (choices or {}).items()
        )
        return FormField(name, label, self.values[name], kind, fault, about, tuple(made))

    def form(self) -> WhatIfForm:
        """Return the form as it stands."""
        bases = {"": _("as today"), **self.names}
        units = {"0": _("none"), **{str(one): str(one) for one in range(1, MORE_AT_MOST + 1)}}
        return WhatIfForm(
            rule=self._field("rule", _("Who goes to a case"), choices={
                rule: _("%(rule)s (as today)") % {"rule": said} if rule == self.today.rule else said
                for rule, said in _rules().items()
            }),
            keep=self._field("keep", _("Units kept in each part"), "number"),
            held=self._field("held", _("Minutes that a kept unit counts as farther away"), "decimal",
                             _("Never where life is in danger: there it is always the nearest.")),
            more=self._field("more", _("Units more: guards in a car"), choices=units),
            begins=self._field("begins", _("Works from"), "time"),
            ends=self._field("ends", _("until"), "time"),
            base=self._field("base", _("Begins at"), choices=bases) if self.names else None,
            play=self._field("play", _("What is played"), choices={
                "50": _("50 drawn runs: enough for most questions"),
                "200": _("Deeper: 200 drawn runs, for small differences"),
                "real": _("The real cases of the last days, week by week"),
            }),
            days=self._field("days", _("Days"), "number"),
        )  # fmt: skip
