"""The first report as figures and tables. In: what followup computed. Out: one page for all forms of it."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.followup.first_report import UNWARRANTED, FirstReport, SiteLine, TermLine, top
from narvaro.web import labels
from narvaro.web.files_words import KIND
from narvaro.web.first_report_words import ACTIVITY, ALWAYS, CANNOT_SAY, CAUSE
from narvaro.web.labels import say
from narvaro.web.report_words import DAMAGE_KIND
from narvaro.web.screens.first_report import Figure, FirstReportPage, Table
from narvaro.web.values import written


def _kronor(value: Decimal | None) -> str:
    return "–" if value is None else f"{number_format(round(value), 0, force_grouping=True)} kr"


def _share(part: int, whole: int) -> str:
    return f"{number_format(round(100 * part / whole), 0)} %" if whole else "–"


def _minutes(seconds: int | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)


def page_of(viewer: Viewer, report: FirstReport, *, may_import: bool) -> FirstReportPage:
    """Return the report as every form of it shows it."""
    first = report.begins.astimezone(viewer.zone).date()
    last = (report.ends - timedelta(days=1)).astimezone(viewer.zone).date()
    return FirstReportPage(
        title=_("First report"),
        about=_("%(first)s – %(last)s") % {
            "first": date_format(first, "Y-m-d"), "last": date_format(last, "Y-m-d")
        },
        figures=_figures(report),
        tables=(
            _alarms(report), _causes(report), _responses(report), _disagreement(report),
            _damage(report), _damage_kinds(report), _damage_months(report), _hours(report),
            _presence(report), _contracts(report),
        ),
        cannot_say=(
            *(
                str(CANNOT_SAY[code]) % {"count": written(count)}
                for code, count in report.cannot_say
            ),
            *map(str, ALWAYS),
        ),
        files=tuple(
            f"{one.file_name} ({say(KIND, one.kind)}): {written(one.kept)}"
            for one in report.files
        ),
        pdf_href="/report/first.pdf", xlsx_href="/report/first.xlsx",
        files_href="/files/" if may_import else "",
    )  # fmt: skip


def _figures(report: FirstReport) -> tuple[Figure, ...]:
    alarms = sum(number for _cause, number in report.causes)
    bad = sum(number for cause, number in report.causes if cause in UNWARRANTED)
    sent = [one.unwarranted_cost_sek for one in report.sites if one.responses_to_unwarranted]
    cost = [one for one in sent if one is not None]
    damage = sum((total for _kind, _number, total in report.damage_by_kind), Decimal(0))
    late = sum(one.measured - one.within for one in report.term_lines if one.term)
    measured = sum(one.measured for one in report.term_lines if one.term)
    figures = [
        Figure(written(alarms), _("alarms")),
        Figure(_share(bad, alarms), _("of them unwarranted or technical")),
        Figure(_kronor(sum(cost, Decimal(0)) if cost or not sent else None), _("for responses to those")),
        Figure(_share(measured - late, measured), _("of measured responses within the agreed time")),
        Figure(_kronor(damage), _("damage, final cost or estimate")),
        Figure(written(sum(one.visits for one in report.sites)), _("visits at sites, as stated or proven")),
    ]  # fmt: skip
    return tuple(figures) + _per_inhabitant(report)


def _per_inhabitant(report: FirstReport) -> tuple[Figure, ...]:
    """Return damages per 1,000 who live in the municipality; nothing where either is not known."""
    damages = sum(number for _kind, number, _total in report.damage_by_kind)
    if not (damages and report.inhabitants):
        return ()
    each = number_format(round(1000 * damages / report.inhabitants, 2), 2)
    what = _("damages per 1,000 inhabitants (%(inhabitants)s live here)") % {
        "inhabitants": written(report.inhabitants)
    }
    return (Figure(each, what),)


def _place(one: SiteLine) -> str:
    return f"{one.site.name} ({one.site.code})"


def _alarms(report: FirstReport) -> Table:
    rows = [
        (
            _place(one),
            one.alarms,
            one.unwarranted,
            one.responses_to_unwarranted,
            one.unwarranted_cost_sek,
        )
        for one in top(report.sites, "unwarranted")
    ]
    return Table(
        "alarms", _("Unwarranted alarms per site"),
        (_("Site"), _("Alarms"), _("Unwarranted or technical"), _("Guard sent to them"), _("Cost, kr")),
        frozenset({1, 2, 3, 4}), tuple(rows),
        note=_("Cost: guard sent × the price of a response in the contract of that day, %(price)s.")
        % {"price": ", ".join(_kronor(one) for one in report.prices_each_sek)}
        if report.prices_each_sek else _("No price is known, so no cost is given."),
        empty=_("No alarm is said to be unwarranted."),
    )  # fmt: skip


def _causes(report: FirstReport) -> Table:
    whole = sum(number for _cause, number in report.causes)
    rows = [(say(CAUSE, cause), number, _share(number, whole)) for cause, number in report.causes]
    return Table(
        "causes", _("What the alarms were"), (_("Cause, as noted"), _("Alarms"), _("Share")),
        frozenset({1, 2}), tuple(rows), empty=_("No alarms are known."),
    )  # fmt: skip


def _rule(line: TermLine) -> str:
    if line.term is None:
        return _("No agreed time; received → on scene")
    return _("%(name)s: %(start)s → %(stop)s, %(minutes)s min in %(share)s %%") % {
        "name": line.term.name, "start": say(labels.POINT, line.term.start),
        "stop": say(labels.POINT, line.term.stop),
        "minutes": number_format(f"{line.term.target_s / 60:g}"),
        "share": number_format(f"{float(line.term.share) * 100:g}"),
    }  # fmt: skip


def _proof(line: TermLine) -> str:
    return ", ".join(f"{written(n)} {say(labels.SOURCE, source)}" for source, n in line.sources)


def _responses(report: FirstReport) -> Table:
    rows = [
        (
            _rule(one), one.responses, one.measured,
            _share(one.within, one.measured) if one.term else None,
            _minutes(one.p50_s), _minutes(one.p90_s), _proof(one),
        )
        for one in report.term_lines
    ]  # fmt: skip
    return Table(
        "responses", _("Response times by the contract's clock"),
        (_("Agreed"), _("Responses"), _("Measured"), _("Within"), _("Median, min"), _("9 of 10, min"),
         _("Who says when they came")),
        frozenset({1, 2, 3, 4, 5}), tuple(rows), empty=_("No responses are known."),
    )  # fmt: skip


def _disagreement(report: FirstReport) -> Table:
    one = report.disagreement
    rows: Sequence[tuple[str, int | float | None]] = [
        (_("Arrivals that both tell of"), one.both),
        (_("of them more than 5 minutes apart"), one.differ),
        (_("how far apart the latter are, median minutes"), None if one.median_s is None else round(one.median_s / 60, 1)),
        (_("Arrivals that only the alarm centre tells of"), one.only_centre),
        (_("Arrivals that only the supplier tells of"), one.only_supplier),
    ]  # fmt: skip
    shown = tuple(rows) if one.both or one.only_centre or one.only_supplier else ()
    return Table(
        "disagreement", _("Where the alarm centre and the supplier differ"), (_("What"), _("Count")),
        frozenset({1}), shown, empty=_("There are not two sources to compare."),
    )  # fmt: skip


def _damage(report: FirstReport) -> Table:
    rows = [
        (_place(one), one.damages, one.damage_sek, one.damages_without_cost, one.visits)
        for one in top(report.sites, "damage_sek")
    ]
    return Table(
        "damage", _("Damage per site"),
        (_("Site"), _("Damages"), _("Cost, kr"), _("Without any cost"), _("Visits")),
        frozenset({1, 2, 3, 4}), tuple(rows), empty=_("No damage is known."),
    )  # fmt: skip


def _damage_kinds(report: FirstReport) -> Table:
    rows = [(say(DAMAGE_KIND, kind), number, cost) for kind, number, cost in report.damage_by_kind]
    return Table(
        "damage-kinds", _("Damage by kind"), (_("Kind"), _("Damages"), _("Cost, kr")),
        frozenset({1, 2}), tuple(rows), empty=_("No damage is known."),
    )  # fmt: skip


def _damage_months(report: FirstReport) -> Table:
    rows = [
        (date_format(month, "Y-m"), number, cost) for month, number, cost in report.damage_by_month
    ]
    return Table(
        "damage-months", _("Damage by month"), (_("Month"), _("Damages"), _("Cost, kr")),
        frozenset({1, 2}), tuple(rows), empty=_("No damage is known."),
    )  # fmt: skip


def _hours(report: FirstReport) -> Table:
    whole = sum((hours for _what, hours in report.hours), Decimal(0))
    rows = [
        (say(ACTIVITY, what), hours, f"{number_format(round(100 * hours / whole), 0)} %")
        for what, hours in report.hours
    ]
    return Table(
        "hours", _("Hours by activity, as the supplier states them"),
        (_("Activity"), _("Hours"), _("Share")), frozenset({1, 2}), tuple(rows),
        empty=_("No hours are known."),
    )  # fmt: skip


def _presence(report: FirstReport) -> Table:
    harmed = [one for one in report.sites if one.damages or one.incidents or one.visits]
    harmed.sort(key=lambda one: (-one.damage_sek, -one.incidents, one.site.name))
    rows = [
        (
            _place(one),
            one.damage_sek,
            one.damages,
            one.incidents,
            one.visits,
            round(one.visit_hours, 1),
        )
        for one in harmed[:25]
    ]
    return Table(
        "presence", _("Hours × places: where harm was, and where the guards were"),
        (_("Site"), _("Damage, kr"), _("Damages"), _("Incidents"), _("Visits"), _("Hours on the place")),
        frozenset({1, 2, 3, 4, 5}), tuple(rows),
        note=_("Side by side, not cause and effect: visits go to where something happened before."),
        empty=_("Neither harm nor visits are known at any site."),
    )  # fmt: skip


def _contracts(report: FirstReport) -> Table:
    rows = []
    for contract, deadline in report.contracts:
        what = (
            _("No option is left: start the new procurement by")
            if deadline.no_further_option
            else _("Last day to decide on the next option")
        )
        rows.append((f"{contract.title} ({contract.number})", contract.supplier.name, what,
                     date_format(deadline.last_day, "Y-m-d")))  # fmt: skip
    return Table(
        "contracts", _("Contract deadlines"),
        (_("Contract"), _("Supplier"), _("What"), _("By")), frozenset(), tuple(rows),
        empty=_("No contract is known. Bring in the contract to see its deadlines here."),
    )  # fmt: skip
