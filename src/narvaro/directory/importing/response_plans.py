"""Response plans from TOML. In: a file's bytes. Out: plans, or each entry's refusals by path."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from narvaro.core.tables import Refusal, RefusedRow
from narvaro.core.terms import CASE_KINDS
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.run import Source, is_held_back, open_batch, publish
from narvaro.directory.models import CompetenceKind, ResponsePlan, Site
from narvaro.spine.events import hold
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

ON = frozenset(CASE_KINDS)
OFFERS = frozenset({"auto", "manual"})
_TYPES: Mapping[str, type] = {
    "site": str, "name": str, "version": int, "key": str, "inner_check": bool, "steps": list,
    "rule": list,
}  # fmt: skip


def read_toml(data: bytes) -> dict[str, Any] | Refusal:
    """Read a TOML file, or say at which line it fails."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        return refuse("file", "", f"is not UTF-8 at byte {fault.start}", "save it as UTF-8")
    except RecursionError:
        return refuse("file", "", "is nested too deep", "write it as the example does")
    except tomllib.TOMLDecodeError as fault:
        return refuse("file", "", f"is not TOML: {fault}", "correct that line")


def _is_priority(value: object) -> bool:
    return type(value) is int and 1 <= value <= 4


def _is_needs(value: object) -> bool:
    return isinstance(value, list) and all(one in CompetenceKind.values for one in value)


# What a rule may say: how it is checked, and what to write.
_RULE: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "on": (lambda value: isinstance(value, str) and value in ON, f"one of {sorted(ON)}"),
    "priority": (_is_priority, "write 1, 2, 3 or 4"),
    "confirmed_priority": (_is_priority, "write 1, 2, 3 or 4"),
    "needs": (_is_needs, f"a list of {', '.join(CompetenceKind.values)}"),
    "offer": (lambda value: isinstance(value, str) and value in OFFERS, "auto or manual"),
}


def _rule_faults(number: int, rule: Any) -> list[Refusal]:  # noqa: ANN401 - as read from the file
    at = f"rule[{number}]"
    if not isinstance(rule, dict):
        return [refuse(at, rule, "is no table", "write [[plan.rule]] above it")]
    faults = [
        refuse(f"{at}.{name}", value, "is unknown", f"known are {', '.join(_RULE)}")
        for name, value in rule.items()
        if name not in _RULE
    ]
    for name, (is_sound, todo) in _RULE.items():
        if (name in rule or name == "on") and not is_sound(rule.get(name)):
            faults.append(refuse(f"{at}.{name}", rule.get(name, ""), "is not understood", todo))
    return faults


def _faults(plan: Any, sites: Mapping[str, Site]) -> list[Refusal]:  # noqa: ANN401 - as read from the file
    if not isinstance(plan, dict):
        return [refuse("plan", plan, "is no table", "write [[plan]] above it")]
    faults = [
        refuse(name, plan.get(name), "is missing", f"add {name}")
        for name in ("site", "name", "version")
        if name not in plan
    ]
    for name, value in plan.items():
        kind = _TYPES.get(name)
        if kind is None:
            faults.append(refuse(name, value, "is unknown", f"known are {', '.join(_TYPES)}"))
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            faults.append(refuse(name, value, f"is no {kind.__name__}", "correct it"))
    if isinstance(plan.get("site"), str) and plan["site"] not in sites:
        faults.append(refuse("site", plan["site"], "is no site here", "import the sites first"))
    if isinstance(plan.get("version"), int) and plan["version"] < 1:
        faults.append(refuse("version", plan["version"], "is below 1", "count versions from 1"))
    steps = plan.get("steps", [])
    if isinstance(steps, list) and not all(isinstance(one, str) for one in steps):
        faults.append(refuse("steps", steps, "are not texts", "write each in quotation marks"))
    rules = plan.get("rule", [])
    if isinstance(rules, list):
        for number, rule in enumerate(rules, 1):
            faults += _rule_faults(number, rule)
    return faults


def _twice(plan: Mapping[str, Any], number: int, seen: dict[tuple[str, int], int]) -> list[Refusal]:
    first = seen.setdefault((plan["site"], plan["version"]), number)
    if first == number:
        return []
    why = f"stands in entry {first} too"
    return [refuse("version", plan["version"], why, "count the new one up, or remove one")]


def _write(plan: Mapping[str, Any], site: Site) -> None:
    ResponsePlan.objects.update_or_create(
        tenant_id=site.tenant_id,
        site=site,
        version=plan["version"],
        defaults={
            "name": plan["name"],
            "sealed_key_no": seal_text(plan.get("key", "")),
            "inner_check": plan.get("inner_check", False),
            "steps": plan.get("steps", []),
            "rules": plan.get("rule", []),
        },
    )


def import_response_plans(tenant: Tenant, source: Source, *, by: str, at: datetime) -> ImportReport:
    """Import a file of response plans; an entry is counted from 1."""
    given = read_toml(source.data)
    if isinstance(given, Refusal):
        return ImportReport(
            "response-plans", source.name, 0, (RefusedRow(1, (given,)),), (), written=False
        )
    sites = {one.code: one for one in Site.objects.published().filter(tenant=tenant)}
    plans = given.get("plan", [])
    if not isinstance(plans, list):
        plans = ["plan"]  # one table, or a value: refused below with how to write it
    good, refused = [], []
    seen: dict[tuple[str, int], int] = {}
    for number, plan in enumerate(plans, 1):
        faults = _faults(plan, sites) or _twice(plan, number, seen)
        if faults:
            refused.append(RefusedRow(number, tuple(faults)))
        else:
            good.append(plan)
    written = bool(good) and not is_held_back(refused, source)
    if written:
        with transaction.atomic():
            hold(tenant.pk)
            batch = open_batch(tenant, "response-plans", source, len(good), len(refused), at)
            for plan in good:
                _write(plan, sites[plan["site"]])
            publish(batch, by=by, at=at)
    unknown = tuple(sorted(set(given) - {"plan"}))
    return ImportReport("response-plans", source.name, len(good), tuple(refused), unknown, written)
