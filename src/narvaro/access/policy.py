"""The one policy: role × organisation × record class × field, default deny. Data, then a look-up.

In: a role, the kind of its organisation, a record class. Out: a grant (which rows, which fields,
which verbs) or none. Every query and every address asks here; what is not granted does not exist
for the asker.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Record(StrEnum):
    """Record classes, as the policy and the event log name them."""

    AED = "aed"
    AUDIT = "audit"
    CAMERA_EVENT = "camera_event"
    CASE = "case"
    CONTRACT = "contract"
    DAMAGE = "damage"
    FIRST_REPORT = "first_report"
    FORECAST = "forecast"
    IMPORT = "import"
    INCIDENT = "incident"
    KEY = "key"
    MAP = "map"
    OBSERVATION = "observation"
    OFFER = "offer"
    OWN_RECORD = "own_record"
    PATROL_PLAN = "patrol_plan"
    PICTURE = "picture"
    POLICE_EVENT = "police_event"
    PRESENCE = "presence"
    REFUSED_INTAKE = "refused_intake"
    REPLAY = "replay"
    REPORT = "report"
    RESPONSE = "response"
    SITE = "site"
    STATEMENT = "statement"
    SYSTEM = "system"
    UNIT = "unit"


class Scope(StrEnum):
    """Which rows of a class."""

    TENANT = "tenant"  # every row of the tenant
    SHARED = "shared"  # rows shared with my organisation, or its own
    OWN = "own"  # rows of the unit that I crew


class Verb(StrEnum):
    """What may be done with them."""

    READ = "read"
    WRITE = "write"  # type in, offer, withdraw, close
    LEAD = "lead"  # overrule, set standing rules: the company's shift leader
    ANSWER = "answer"  # accept, decline, step, report: the unit itself
    REPORT = "report"  # report something new of one's own


@dataclass(frozen=True)
class Grant:
    """What is granted on a record class; `fields` are those beyond the base fields."""

    scope: Scope
    verbs: frozenset[Verb] = frozenset({Verb.READ})
    fields: frozenset[str] = field(default_factory=frozenset)


def _grant(scope: Scope, *verbs: Verb, fields: tuple[str, ...] = ()) -> Grant:
    return Grant(scope, frozenset({Verb.READ, *verbs}), frozenset(fields))


# Fields beyond the base: `position` (where a unit is, to the metre), `key` (a site's key number),
# `signals` (what a panel sent), `text` (a report's words), `price` (the price list).
_DISPATCH_DESK: Mapping[Record, Grant] = {
    Record.AED: _grant(Scope.TENANT),
    Record.KEY: _grant(Scope.TENANT),
    Record.CASE: _grant(Scope.SHARED, Verb.WRITE, fields=("signals",)),
    Record.OFFER: _grant(Scope.SHARED, Verb.WRITE),
    Record.RESPONSE: _grant(Scope.SHARED, Verb.WRITE),
    Record.REPORT: _grant(Scope.SHARED),
    Record.UNIT: _grant(Scope.TENANT, fields=("position",)),
    Record.SITE: _grant(Scope.TENANT),
    Record.MAP: _grant(Scope.TENANT, Verb.WRITE),  # which roads are closed
    Record.REFUSED_INTAKE: _grant(Scope.TENANT),
    Record.CAMERA_EVENT: _grant(Scope.TENANT, Verb.WRITE),
    Record.SYSTEM: _grant(Scope.TENANT),
}
_BUYER: Mapping[Record, Grant] = {
    Record.CASE: _grant(Scope.SHARED, fields=("signals",)),
    Record.OFFER: _grant(Scope.SHARED),
    Record.RESPONSE: _grant(Scope.SHARED),
    Record.REPORT: _grant(Scope.SHARED),  # the words only once the shift leader has settled them
    Record.UNIT: _grant(Scope.TENANT),  # visits and responses, never tracks
    Record.SITE: _grant(Scope.TENANT),
    Record.MAP: _grant(Scope.TENANT),
    Record.CONTRACT: _grant(Scope.SHARED, fields=("price",)),
    Record.STATEMENT: _grant(Scope.SHARED),
    Record.FIRST_REPORT: _grant(Scope.TENANT),
    Record.INCIDENT: _grant(Scope.TENANT),
    Record.OBSERVATION: _grant(Scope.TENANT),
    Record.DAMAGE: _grant(Scope.TENANT),
    Record.PRESENCE: _grant(Scope.TENANT),
    Record.FORECAST: _grant(Scope.TENANT),
    Record.PATROL_PLAN: _grant(Scope.TENANT),
    Record.PICTURE: _grant(Scope.TENANT),
    Record.POLICE_EVENT: _grant(Scope.TENANT),
    Record.REPLAY: _grant(Scope.SHARED, Verb.WRITE),  # what if: totals of a town, nothing per guard
    Record.SYSTEM: _grant(Scope.TENANT),
    Record.OWN_RECORD: _grant(Scope.OWN),
}
_COORDINATOR: Mapping[Record, Grant] = {
    **_BUYER,
    Record.AED: _grant(Scope.TENANT),
    Record.AUDIT: _grant(Scope.TENANT),
    Record.CAMERA_EVENT: _grant(Scope.TENANT),
    Record.CONTRACT: _grant(Scope.SHARED, Verb.WRITE, fields=("price",)),
    Record.IMPORT: _grant(Scope.TENANT, Verb.WRITE),
    Record.OBSERVATION: _grant(Scope.TENANT, Verb.WRITE, Verb.REPORT),
    Record.DAMAGE: _grant(Scope.TENANT, Verb.WRITE, Verb.REPORT),
    Record.FORECAST: _grant(Scope.TENANT, Verb.WRITE),
    Record.PICTURE: _grant(Scope.TENANT, Verb.WRITE),
}
_SUPPLIER_OFFICE: Mapping[Record, Grant] = {
    Record.CASE: _grant(Scope.SHARED),
    Record.RESPONSE: _grant(Scope.SHARED),
    Record.REPORT: _grant(Scope.SHARED, fields=("text",)),
    Record.MAP: _grant(Scope.TENANT),
    Record.CONTRACT: _grant(Scope.SHARED, fields=("price",)),
    Record.STATEMENT: _grant(Scope.SHARED),
    Record.PRESENCE: _grant(Scope.SHARED),
    Record.PATROL_PLAN: _grant(Scope.SHARED),
    Record.PICTURE: _grant(Scope.SHARED),
    Record.REPLAY: _grant(Scope.SHARED, Verb.WRITE),
    Record.SYSTEM: _grant(Scope.TENANT),
    Record.OWN_RECORD: _grant(Scope.OWN),
}
_LEADER: Mapping[Record, Grant] = {
    Record.AED: _grant(Scope.TENANT),
    Record.KEY: _grant(Scope.SHARED, Verb.LEAD),
    Record.CASE: _grant(Scope.SHARED, Verb.LEAD, fields=("signals",)),
    Record.OFFER: _grant(Scope.SHARED, Verb.LEAD),
    Record.RESPONSE: _grant(Scope.SHARED, Verb.LEAD),
    Record.REPORT: _grant(Scope.SHARED, Verb.LEAD, fields=("text",)),
    Record.UNIT: _grant(Scope.SHARED, Verb.LEAD, fields=("position",)),
    Record.MAP: _grant(Scope.TENANT),
    Record.SITE: _grant(Scope.TENANT),
    Record.OBSERVATION: _grant(Scope.SHARED, Verb.LEAD, Verb.REPORT, fields=("text",)),
    Record.DAMAGE: _grant(Scope.SHARED, Verb.LEAD, Verb.REPORT, fields=("text",)),
    Record.PRESENCE: _grant(Scope.SHARED),
    Record.FORECAST: _grant(Scope.TENANT),
    Record.PATROL_PLAN: _grant(Scope.SHARED, Verb.LEAD),
    Record.PICTURE: _grant(Scope.SHARED),
    Record.REPLAY: _grant(Scope.SHARED, Verb.WRITE),
    Record.SYSTEM: _grant(Scope.TENANT),
    Record.OWN_RECORD: _grant(Scope.OWN),
}
_CREW: Mapping[Record, Grant] = {
    Record.AED: _grant(Scope.TENANT),
    Record.CASE: _grant(Scope.OWN),
    Record.OFFER: _grant(Scope.OWN, Verb.ANSWER),
    Record.RESPONSE: _grant(Scope.OWN, Verb.ANSWER, fields=("key",)),
    Record.REPORT: _grant(Scope.OWN, Verb.ANSWER, fields=("text",)),
    Record.UNIT: _grant(Scope.OWN, Verb.ANSWER, fields=("position",)),
    Record.MAP: _grant(Scope.TENANT),
    Record.SITE: _grant(Scope.TENANT),
    Record.OBSERVATION: _grant(Scope.OWN, Verb.REPORT, fields=("text",)),
    Record.DAMAGE: _grant(Scope.OWN, Verb.REPORT, fields=("text",)),
    Record.PATROL_PLAN: _grant(Scope.OWN, Verb.ANSWER),
    Record.OWN_RECORD: _grant(Scope.OWN),
}
_REPORTER: Mapping[Record, Grant] = {
    Record.SITE: _grant(Scope.TENANT),
    Record.MAP: _grant(Scope.TENANT),
    Record.OBSERVATION: _grant(Scope.OWN, Verb.REPORT, fields=("text",)),
    Record.PICTURE: _grant(Scope.SHARED),
    Record.OWN_RECORD: _grant(Scope.OWN),
}
_PROPERTY: Mapping[Record, Grant] = {
    **_REPORTER,
    Record.DAMAGE: _grant(Scope.TENANT, Verb.WRITE, Verb.REPORT),
}
_CAMERAS: Mapping[Record, Grant] = {
    **_REPORTER,
    Record.CAMERA_EVENT: _grant(Scope.TENANT, Verb.WRITE),
}
_POLICE: Mapping[Record, Grant] = {
    Record.PICTURE: _grant(Scope.SHARED),  # the published picture, each reading logged
}

POLICY: Mapping[tuple[str, str], Mapping[Record, Grant]] = {
    ("dispatcher", "municipality"): _DISPATCH_DESK,
    ("dispatcher", "alarm_centre"): _DISPATCH_DESK,
    ("coordinator", "municipality"): _COORDINATOR,
    ("contract_manager", "municipality"): _BUYER,
    ("contract_manager", "guarding_company"): _SUPPLIER_OFFICE,
    ("shift_leader", "guarding_company"): _LEADER,
    ("guard", "guarding_company"): _CREW,
    ("property_manager", "municipality"): _PROPERTY,
    ("camera_operator", "municipality"): _CAMERAS,
    ("reporter", "municipality"): _REPORTER,
    ("reporter", "housing_company"): _REPORTER,
    ("police_guest", "police"): _POLICE,
}


def find_grant(role: str, organisation_kind: str, record: Record) -> Grant | None:
    """Return what is granted, or None: nothing is granted that is not written above."""
    return POLICY.get((role, organisation_kind), {}).get(record)
