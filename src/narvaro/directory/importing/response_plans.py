"""Response plans from TOML. In: a file's bytes. Out: plans, or each entry's refusals by path."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from narvaro.core.said import Said
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
    "site": str, "name": str, "version": int, "key": str, "key_must": bool, "inner_check": bool, "steps": list,
    "rule": list,
}  # fmt: skip
_NOT_OF_TYPE = {
    str: Said("is no text in quotation marks"), int: Said("is no whole number"),
    bool: Said("is neither true nor false"), list: Said("is no list"),
}  # fmt: skip


def read_toml(data: bytes) -> dict[str, Any] | Refusal:
    """Read a TOML file, or say at which line it fails."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        why = Said("the file is not UTF-8 at byte %(byte)s", byte=fault.start)
        return refuse("", "", why, Said("save it as UTF-8"))
    except RecursionError:
        why = Said("the file is nested too deep")
        return refuse("", "", why, Said("write it as the example does"))
    except tomllib.TOMLDecodeError as fault:
        why = Said("the file is not TOML; its reader says “%(fault)s”", fault=str(fault))
        return refuse("", "", why, Said("correct that line"))


def _is_priority(value: object) -> bool:
    return type(value) is int and 1 <= value <= 4


def _is_units(value: object) -> bool:
    return type(value) is int and 1 <= value <= 5


def _is_needs(value: object) -> bool:
    return isinstance(value, list) and all(one in CompetenceKind.values for one in value)


# What a rule may say: how it is checked, and what to write.
_RULE: Mapping[str, tuple[Callable[[object], bool], Said]] = {
    "on": (
        lambda value: isinstance(value, str) and value in ON,
        Said("write one of %(words)s", words=", ".join(sorted(ON))),
    ),
    "priority": (_is_priority, Said("write 1, 2, 3 or 4")),
    "confirmed_priority": (_is_priority, Said("write 1, 2, 3 or 4")),
    "needs": (
        _is_needs, Said("write a list of %(words)s", words=", ".join(CompetenceKind.values))
    ),
    "units": (_is_units, Said("write how many are to come, 1 to 5")),
    "offer": (
        lambda value: isinstance(value, str) and value in OFFERS, Said("write auto or manual")
    ),
    "pass_on": (
        lambda value: isinstance(value, str) and bool(value.strip()),
        Said("write the name of an alarm centre that is set up here"),
    ),
}  # fmt: skip


def _no_table(name: str, value: object, above: str) -> Refusal:
    todo = Said("write %(name)s above it", name=above)
    return refuse(name, value, Said("is no table"), todo)


def _not_known(name: str, value: object, known: Iterable[str]) -> Refusal:
    todo = Said("remove it, or write one of %(words)s", words=", ".join(known))
    return refuse(name, value, Said("is unknown"), todo)


def _rule_faults(number: int, rule: Any) -> list[Refusal]:  # noqa: ANN401 - as read from the file
    at = f"rule[{number}]"
    if not isinstance(rule, dict):
        return [_no_table(at, rule, "[[plan.rule]]")]
    faults = [
        _not_known(f"{at}.{name}", value, _RULE)
        for name, value in rule.items()
        if name not in _RULE
    ]
    for name, (is_sound, todo) in _RULE.items():
        if (name in rule or name == "on") and not is_sound(rule.get(name)):
            why = Said("is not understood")
            faults.append(refuse(f"{at}.{name}", rule.get(name, ""), why, todo))
    return faults


def _faults(plan: Any, sites: Mapping[str, Site]) -> list[Refusal]:  # noqa: ANN401 - as read from the file
    if not isinstance(plan, dict):
        return [_no_table("plan", plan, "[[plan]]")]
    faults = [
        refuse(name, "", Said("is missing"), Said("add it"))
        for name in ("site", "name", "version")
        if name not in plan
    ]
    for name, value in plan.items():
        kind = _TYPES.get(name)
        if kind is None:
            faults.append(_not_known(name, value, _TYPES))
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            faults.append(refuse(name, value, _NOT_OF_TYPE[kind], Said("correct it")))
    if isinstance(plan.get("site"), str) and plan["site"] not in sites:
        why, todo = Said("is no site here"), Said("bring in the sites first")
        faults.append(refuse("site", plan["site"], why, todo))
    if isinstance(plan.get("version"), int) and plan["version"] < 1:
        why, todo = Said("is below 1"), Said("count versions from 1")
        faults.append(refuse("version", plan["version"], why, todo))
    steps = plan.get("steps", [])
    if isinstance(steps, list) and not all(isinstance(one, str) for one in steps):
        why, todo = Said("the steps are not texts"), Said("write each in quotation marks")
        faults.append(refuse("steps", steps, why, todo))
    rules = plan.get("rule", [])
    if isinstance(rules, list):
        for number, rule in enumerate(rules, 1):
            faults += _rule_faults(number, rule)
    return faults


def _twice(plan: Mapping[str, Any], number: int, seen: dict[tuple[str, int], int]) -> list[Refusal]:
    first = seen.setdefault((plan["site"], plan["version"]), number)
    if first == number:
        return []
    why = Said("stands in entry %(number)s too", number=first)
    todo = Said("count the new one up, or remove one")
    return [refuse("version", plan["version"], why, todo)]


def _write(plan: Mapping[str, Any], site: Site) -> None:
    ResponsePlan.objects.update_or_create(
        tenant_id=site.tenant_id,
        site=site,
        version=plan["version"],
        defaults={
            "name": plan["name"],
            "sealed_key_no": seal_text(plan.get("key", "")),
            "key_must": plan.get("key_must", False),
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
