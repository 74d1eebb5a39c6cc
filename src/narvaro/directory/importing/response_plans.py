"""Response plans from TOML. In: a file's bytes. Out: plans, or each entry's refusals by path."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from narvaro.core.tables import Refusal, RefusedRow
from narvaro.directory.importing.report import ImportReport, refuse
from narvaro.directory.importing.run import Source, is_held_back, open_batch, publish
from narvaro.directory.models import CompetenceKind, ResponsePlan, Site
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

ON = frozenset(
    {"intruder", "duress", "assistance", "fire", "medical", "tamper", "technical", "path", "other"}
)
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
    except tomllib.TOMLDecodeError as fault:
        return refuse("file", "", f"is not TOML: {fault}", "correct that line")


def _rule_faults(number: int, rule: Any) -> list[Refusal]:  # noqa: ANN401 - as read from the file
    at = f"rule[{number}]"
    if not isinstance(rule, dict):
        return [refuse(at, rule, "is no table", "write [[plan.rule]] above it")]
    faults = []
    if rule.get("on") not in ON:
        faults.append(refuse(f"{at}.on", rule.get("on"), "is no kind", f"one of {sorted(ON)}"))
    for name in ("priority", "confirmed_priority"):
        value = rule.get(name)
        if value is not None and value not in (1, 2, 3, 4):
            faults.append(refuse(f"{at}.{name}", value, "is not 1–4", "write 1, 2, 3 or 4"))
    if rule.get("offer", "manual") not in OFFERS:
        faults.append(refuse(f"{at}.offer", rule["offer"], "is unknown", "auto or manual"))
    needs = rule.get("needs", [])
    unknown = [one for one in needs if one not in CompetenceKind.values]
    if unknown:
        known = ", ".join(CompetenceKind.values)
        faults.append(refuse(f"{at}.needs", unknown[0], "is no competence", f"one of {known}"))
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
    if "site" in plan and plan["site"] not in sites:
        faults.append(refuse("site", plan["site"], "is no site here", "import the sites first"))
    rules = plan.get("rule", [])
    if isinstance(rules, list):
        for number, rule in enumerate(rules, 1):
            faults += _rule_faults(number, rule)
    return faults


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
    good, refused = [], []
    for number, plan in enumerate(plans, 1):
        faults = _faults(plan, sites)
        if faults:
            refused.append(RefusedRow(number, tuple(faults)))
        else:
            good.append(plan)
    written = bool(good) and not is_held_back(refused, source)
    if written:
        with transaction.atomic():
            batch = open_batch(tenant, "response-plans", source, len(good), len(refused), at)
            for plan in good:
                _write(plan, sites[plan["site"]])
            publish(batch, by=by, at=at)
    unknown = tuple(sorted(set(given) - {"plan"}))
    return ImportReport("response-plans", source.name, len(good), tuple(refused), unknown, written)
