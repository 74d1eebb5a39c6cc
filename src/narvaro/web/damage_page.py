"""What the damage pages show. In: a viewer, damage, filters. Out: screen rows and sums."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from narvaro.access.models import Organisation
from narvaro.access.policy import POLICY, Record, Scope, Verb
from narvaro.access.viewer import Viewer
from narvaro.core.waves import Wave
from narvaro.situation.models import Damage
from narvaro.situation.queries import (
    Cost,
    DamageFilter,
    damage_sums,
    list_damages,
    list_photos,
    list_waves,
    may_read_words,
    sees_costs,
)
from narvaro.spine import clock
from narvaro.web import labels, report_words
from narvaro.web.days import read_day
from narvaro.web.labels import say
from narvaro.web.report_entries import choices_of, photo_views
from narvaro.web.report_forms import Places, label_of, places_of
from narvaro.web.screens import (
    Choice,
    DamageListPage,
    DamagePage,
    DamageRow,
    Problem,
    SumRow,
    SumTable,
    WaveCard,
)

LONGEST_LIST = 60
LONGEST_SUM = 12
WEEKS_A_YEAR = 52
LEAST_SAID = 0.1


def whole_kronor(amount: Decimal) -> str:
    """Write a sum in whole kronor: nobody reads the hundredths of a year."""
    number = number_format(round(amount), decimal_pos=0, force_grouping=True)
    return _("SEK %(amount)s") % {"amount": number}


def may_add_photos(viewer: Viewer, found: Damage) -> bool:
    """Return whether the viewer may put photos to a damage: whoever reported or handles it."""
    return found.reported_by_id == viewer.member_id or viewer.may(Record.DAMAGE, Verb.WRITE)


def damage_row(found: Damage, costs: bool, now: datetime) -> DamageRow:
    """Return a damage as lists show it."""
    due = found.removal_due_at
    return DamageRow(
        href=reverse("damage_detail", args=[found.pk]),
        kind_label=say(report_words.DAMAGE_KIND, found.kind),
        place=found.site.name if found.site else found.place,
        part=found.part,
        occurred_from=found.occurred_from,
        occurred_until=found.occurred_until,
        state=found.state,
        state_label=say(report_words.DAMAGE_STATE, found.state),
        estimate_sek=found.estimate_sek if costs else None,
        final_sek=found.final_sek if costs else None,
        police_reference=found.police_reference,
        by_patrol=found.by_patrol,
        offensive=found.offensive,
        removal_due_at=due,
        late=due is not None and due < now,
    )


@dataclass(frozen=True)
class _Chosen:
    filter: DamageFilter
    since: date
    until: date
    problems: tuple[Problem, ...]


def _day(written: str, otherwise: date, problems: list[Problem], name: str) -> date:
    if not written:
        return otherwise
    try:
        return read_day(written)
    except ValueError:
        problems.append(Problem(_("Write the day as 2026-11-24."), name))
        return otherwise


def _choose(viewer: Viewer, given: Mapping[str, str], places: Places) -> _Chosen:
    """Read the filters; without a period it is the year that ends today."""
    problems: list[Problem] = []
    today = clock.now().astimezone(viewer.zone).date()
    since = _day(given.get("since", ""), today - timedelta(days=364), problems, "since")
    until = _day(given.get("until", ""), today, problems, "until")
    site_id: UUID | None = None
    if given.get("site"):
        place = places.find(given["site"])
        if place is None:
            problems.append(Problem(_("No site is called that; choose one of the list."), "site"))
        else:
            site_id = place.pk
    kind, state = given.get("kind", ""), given.get("state", "")
    if kind not in {"", *Damage.Kind.values} or state not in {"", *Damage.State.values}:
        problems.append(Problem(_("Choose kind and state from the lists.")))
        kind = state = ""
    chosen = DamageFilter(
        site_id, kind, state,
        since=datetime.combine(since, time(), viewer.zone),
        until=datetime.combine(until + timedelta(days=1), time(), viewer.zone),
    )  # fmt: skip
    return _Chosen(chosen, since, until, tuple(problems))


def _table(code: str, title: str, head: str, found: Iterable[tuple[str, Cost]]) -> SumTable:
    lines = list(found)
    shown = lines if code == "month" else lines[:LONGEST_SUM]
    greatest = max((one.cost_sek for _label, one in lines), default=0) or 0
    most = max((one.count for _label, one in lines), default=0) or 1
    return SumTable(
        code, title, head,
        tuple(
            SumRow(
                label, one.count, whole_kronor(one.cost_sek), one.unknown,
                float(one.cost_sek / greatest) if greatest else one.count / most,
            )
            for label, one in shown
        ),
        more=len(lines) - len(shown),
    )  # fmt: skip


def _month(key: str) -> str:
    return date_format(date.fromisoformat(f"{key}-01"), "F Y")


def _wave_card(wave: Wave) -> WaveCard:
    kind = say(labels.SITE_KIND, wave.group)
    title = ngettext(
        "%(kind)s: %(count)s damage in seven days",
        "%(kind)s: %(count)s damages in seven days",
        wave.count,
    ) % {"kind": kind, "count": wave.count}
    expected = _("Usual in a week: less than 0.1.")
    if wave.expected >= LEAST_SAID:
        usual = number_format(round(wave.expected, 1), decimal_pos=1)
        expected = _("Usual in a week: %(number)s.") % {"number": usual}
    years = 1 / max(wave.chance, 1e-6) / WEEKS_A_YEAR
    seldom = _("By chance alone such a week would come about once in %(years)s years.") % {
        "years": number_format(round(years), decimal_pos=0, force_grouping=True)
    }
    if years < 2:
        weeks = round(1 / wave.chance)
        seldom = _("By chance alone such a week would come about once in %(weeks)s weeks.") % {
            "weeks": weeks
        }
    return WaveCard(title, expected, seldom, wave.places)


def list_page(viewer: Viewer, given: Mapping[str, str]) -> DamageListPage:
    """Return the list of damage with its sums, as filtered."""
    places, costs, now = places_of(viewer), sees_costs(viewer), clock.now()
    chosen = _choose(viewer, given, places)
    sums = damage_sums(viewer, chosen.filter)
    kinds = [(say(report_words.DAMAGE_KIND, one.key), one) for one in sums.by_kind]
    sites = [(one.key or _("At no known site"), one) for one in sums.by_site]
    return DamageListPage(
        rows=tuple(
            damage_row(one, costs, now) for one in list_damages(viewer, chosen.filter, LONGEST_LIST)
        ),
        count=sums.all.count,
        cost=whole_kronor(sums.all.cost_sek),
        unknown=sums.all.unknown,
        site=given.get("site", ""),
        places=places.labels,
        kinds=choices_of(report_words.DAMAGE_KIND, chosen.filter.kind),
        states=choices_of(report_words.DAMAGE_STATE, chosen.filter.state),
        since=chosen.since.isoformat(),
        until=chosen.until.isoformat(),
        tables=(
            _table("site", _("By site"), _("Site"), sites),
            _table(
                "month",
                _("By month"),
                _("Month"),
                ((_month(one.key), one) for one in sums.by_month),
            ),
            _table("kind", _("By kind"), _("Kind"), kinds),
        ),
        waves=tuple(_wave_card(one) for one in list_waves(viewer, now)),
        problems=chosen.problems,
        shows_costs=costs,
        may_report=viewer.may(Record.DAMAGE, Verb.REPORT),
        shows_own_only=viewer.scope(Record.DAMAGE) == Scope.OWN,
    )


def _lookers(chosen: str) -> tuple[Choice, ...]:
    """Return everybody as whom a damage may be looked at."""
    pairs = sorted(POLICY)
    return tuple(
        Choice(
            f"{role}@{kind}",
            f"{say(labels.ROLE, role)}, {say(report_words.ORGANISATION_KIND, kind)}",
            f"{role}@{kind}" == chosen,
        )
        for role, kind in pairs
    )


def _looker(viewer: Viewer, found: Damage, code: str) -> Viewer | None:
    """Return somebody else's eyes: a role in the organisation that reported, or another of its kind."""
    role, _at, kind = code.partition("@")
    if (role, kind) not in POLICY:
        return None
    organisation = found.organisation
    if organisation is None or organisation.kind != kind:
        organisation = Organisation.objects.filter(tenant_id=viewer.tenant_id, kind=kind).first()
    return replace(
        viewer,
        role=role,
        organisation_kind=kind,
        organisation_id=organisation.pk if organisation else UUID(int=0),
        organisation_name=organisation.name if organisation else "",
        member_id=UUID(int=0),
    )


def _why_seen(looker: Viewer, found: Damage) -> tuple[bool, str]:
    """Return whether somebody sees the damage, and why or why not."""
    match looker.scope(Record.DAMAGE):
        case Scope.TENANT:
            return True, _("They see all damage of the municipality.")
        case Scope.SHARED if looker.organisation_id == found.organisation_id:
            return True, _("They see what their own organisation reported.")
        case Scope.SHARED:
            return False, _("They see only what their own organisation reported.")
        case Scope.OWN if looker.organisation_id == found.organisation_id:
            return True, _("Only whoever reported it sees it, and nobody else of that role.")
        case Scope.OWN:
            return False, _("They see only what they reported themselves.")
        case _:
            return False, _("Damage is no matter of that role: for them this page does not exist.")


def _written(amount: object) -> str:
    return "" if amount is None else str(amount).replace(".", ",")


def detail_page(viewer: Viewer, found: Damage, seen_as: str) -> DamagePage:
    """Return one damage; `seen_as` (role@kind) shows at most what both that role and the viewer see."""
    whole = viewer.scope(Record.DAMAGE) == Scope.TENANT
    looker = _looker(viewer, found, seen_as) if whole and seen_as else None
    eyes = looker or viewer
    costs = sees_costs(eyes)
    is_seen, why = _why_seen(looker, found) if looker else (True, "")
    may_change = looker is None and viewer.may(Record.DAMAGE, Verb.WRITE)
    readable = may_read_words(viewer, found) and may_read_words(eyes, found)
    row = damage_row(found, costs, clock.now())
    site, organisation = found.site, found.organisation
    return DamagePage(
        row=row,
        id=str(found.pk),
        site=label_of(site),
        premises=found.premises,
        address=site.address if site else "",
        organisation=organisation.name if organisation else "",
        reported_at=found.reported_at,
        discovered_at=found.discovered_at,
        work_order=found.work_order if costs else "",
        cost_centre=found.cost_centre if costs else "",
        case_number=str(found.case.number) if found.case else "",
        text=found.text if readable else "",
        words_held=not readable,
        photos=photo_views(list_photos(viewer, [found])[found.pk], row.kind_label),
        shows_costs=costs,
        may_change=may_change,
        may_add_photos=looker is None and may_add_photos(viewer, found),
        states=choices_of(report_words.DAMAGE_STATE, found.state),
        estimate=_written(found.estimate_sek) if may_change else "",
        final=_written(found.final_sek) if may_change else "",
        see_as=_lookers(seen_as) if whole else (),
        seen_as=_described(looker),
        is_seen=is_seen,
        why=why,
    )


def _described(looker: Viewer | None) -> str:
    if looker is None:
        return ""
    role = say(labels.ROLE, looker.role)
    kind = looker.organisation_name or say(report_words.ORGANISATION_KIND, looker.organisation_kind)
    return f"{role}, {kind}"
