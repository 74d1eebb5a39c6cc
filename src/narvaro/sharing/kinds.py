"""Which kinds of files there are, and who takes them. In: a kind and a source. Out: a report.

The order is the order in which they are brought in: places before what happened at them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from narvaro.contract.actions import import_contract
from narvaro.core.tables import TableSpec
from narvaro.directory.actions import import_roads
from narvaro.directory.importing import aids, cameras, columns, contacts, registers, transmitters
from narvaro.directory.importing.geo_areas import import_areas
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.population import import_population
from narvaro.directory.importing.report import ImportReport
from narvaro.directory.importing.response_plans import import_response_plans
from narvaro.directory.importing.run import Source, import_table
from narvaro.directory.importing.sites import Sites, import_sites
from narvaro.directory.importing.staged import import_history
from narvaro.dispatch.importing import journal, responses
from narvaro.followup import importing as hours
from narvaro.intake import importing as senders
from narvaro.plan.importing import Roster
from narvaro.situation.importing import damage, incidents, visits
from narvaro.situation.pictures import import_police_events
from narvaro.spine.models import Tenant


class Importer(Protocol):
    """What takes a source of one kind."""

    def __call__(self, tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
        """Import it, whole or not at all unless the good rows are asked for."""
        ...


@dataclass(frozen=True)
class Kind:
    """A kind of file: its code, how its columns are called (None: no table), and who takes it."""

    code: str
    spec: Callable[[Tenant, Answers], TableSpec] | None
    make: Callable[[Tenant, Answers], Importer]
    hints: tuple[str, ...] = ()  # words in the names of files and sheets
    one_of: tuple[tuple[str, ...], ...] = ()  # of each group of columns a file needs one


def _register(made: Callable[[Tenant], Any]) -> Callable[[Tenant, Answers], Importer]:
    """Return how a small register is imported."""

    def make(tenant: Tenant, _answers: Answers) -> Importer:
        register = made(tenant)

        def run(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
            return import_table(register, tenant, source, by=by, at=at)

        return run

    return make


def _history(made: Callable[[Tenant, Answers], Any]) -> Callable[[Tenant, Answers], Importer]:
    """Return how a file of things that happened is imported."""

    def make(tenant: Tenant, answers: Answers) -> Importer:
        register = made(tenant, answers)

        def run(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
            return import_history(register, tenant, source, by=by, at=at)

        return run

    return make


def _roads(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    if source.file is None:
        raise ValueError("streets are read from a file, not from memory")
    meta = import_roads(
        tenant=tenant, pbf=source.file, by=by, at=at,
        progress=lambda _step, share: source.progress(round(share * 100), 100),
    )  # fmt: skip
    return ImportReport("roads", source.name, meta.arcs, (), (), written=True)


def _sites(tenant: Tenant, answers: Answers) -> Importer:
    register = Sites(tenant, answers)

    def run(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
        return import_sites(tenant, source, by=by, at=at, register=register)

    return run


def _whole(run: Importer) -> Callable[[Tenant, Answers], Importer]:
    return lambda _tenant, _answers: run


def _fixed(spec: TableSpec) -> Callable[[Tenant, Answers], TableSpec]:
    return lambda _tenant, _answers: spec


def _own(spec: Callable[[Answers], TableSpec]) -> Callable[[Tenant, Answers], TableSpec]:
    return lambda _tenant, answers: spec(answers)


WHERE = ("site", "site_code", "place", "premises", "address", "lat", "north_m")
WHEN = ("occurred_from", "day", "clock", "received", "ordered", "discovered")
PLACES_FIRST = frozenset({"roads", "sites", "areas"})
"""Kinds that others are placed by: while one of them asks, the others wait."""
FROM_FILE = frozenset({"roads"})
"""Kinds that are too large to be read whole into memory."""

KINDS = (
    Kind("roads", None, _whole(_roads)),
    Kind("sites", lambda _t, answers: columns.sites_spec(answers.words), _sites,
         ("objekt", "fastighetslista")),
    Kind("areas", None, _whole(import_areas)),
    Kind("population", None, _whole(import_population)),
    Kind("police-events", None, _whole(import_police_events)),
    Kind("members", _fixed(columns.MEMBERS), _register(registers.Members), ("medlem", "personal")),
    Kind("units", _fixed(columns.UNITS), _register(registers.Units), ("enheter",)),
    Kind("permits", _fixed(columns.PERMITS), _register(registers.Permits), ("tillstånd",)),
    Kind("transmitters", _fixed(columns.TRANSMITTERS), _register(transmitters.Transmitters), ("sändare",)),
    Kind("cameras", _fixed(cameras.SPEC), _register(cameras.Cameras), ("kamer", "camera")),
    Kind("senders", _fixed(senders.SPEC), _register(senders.Senders), ("avsändare", "senders")),
    Kind("contacts", _fixed(contacts.SPEC), _register(contacts.Contacts), ("kontaktlista", "kontakter", "contacts")),
    Kind("aeds", _fixed(aids.AEDS), _register(aids.Defibrillators), ("hjärtstartare", "aed")),
    Kind("agreements", _fixed(aids.AGREEMENTS), _register(aids.Agreements), ("stödavtal",)),
    Kind("keys", _fixed(aids.KEYS), _register(aids.Keys), ("nyckl", "nyckel")),
    Kind("response-plans", None, _whole(import_response_plans)),
    Kind("roster", lambda tenant, _a: Roster(tenant).spec, _register(Roster), ("schema", "pass")),
    Kind("contract", None, _whole(import_contract)),
    Kind("alarm-journal", _own(journal.spec), _history(journal.AlarmJournal), ("larmjournal", "journal"), (WHERE, WHEN)),
    Kind("responses", _own(responses.spec), _history(responses.Responses), ("utryck", "insats"), (WHERE, WHEN)),
    Kind("visits", _own(visits.spec), _history(visits.Visits), ("rond", "besök"), (WHERE, WHEN)),
    Kind("hours", _own(hours.spec), _history(hours.Hours), ("tim", "hours")),
    Kind("damage", _own(damage.spec), _history(damage.Damages), ("skad", "damage"), (WHERE, WHEN)),
    Kind("incidents", _own(incidents.spec), _history(incidents.Incidents), ("händelse", "incident"), (WHERE, WHEN)),
)  # fmt: skip
BY_CODE = {one.code: one for one in KINDS}
ORDER = {one.code: number for number, one in enumerate(KINDS)}


def import_file(
    code: str, tenant: Tenant, source: Source, answers: Answers, *, by: str, at: datetime
) -> ImportReport:
    """Import one file, or one sheet of it."""
    return BY_CODE[code].make(tenant, answers)(tenant, source, by=by, at=at)
