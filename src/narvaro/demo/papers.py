"""The municipality's papers as TOML text: response plans, contract, installation."""

from datetime import date, timedelta
from random import Random
from typing import Any

from narvaro.demo.ground import read_data
from narvaro.demo.town import TownSite

STAFFED = {"school", "library", "hall"}
TRASTEN = "S-014"


def text(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(text(v) for v in value) + "]"
    if isinstance(value, int | float | date):
        return f"{value:.2f}" if isinstance(value, float) else str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def table(header: str, rows: dict[str, object]) -> str:
    """Write one TOML table; an empty header writes the keys at the top."""
    lines = [header] if header else []
    return "\n".join([*lines, *[f"{k} = {text(v)}" for k, v in rows.items()], ""])


def response_plans(sites: tuple[TownSite, ...], rng: Random) -> str:
    """Write a response plan for every site; Trasten skola has its seventh version and key 114."""
    papers = read_data("papers.toml")
    out = []
    for site in sites:
        trasten = site.code == TRASTEN
        key = "114" if trasten else str(rng.randrange(120, 990))
        kind: dict[str, Any] = papers["plan"][site.kind]
        out.append(table("[[plan]]", {
            "site": site.code, "name": site.name, "version": 7 if trasten else rng.randrange(1, 7), "key": key,
            "inner_check": kind["inner_check"], "steps": kind["steps"],
        }))  # fmt: skip
        rules = papers["rules"]["every"] + (
            papers["rules"]["staffed"] if site.kind in STAFFED else []
        )
        rules = rules + (papers["rules"]["medical"] if site.kind == "hall" else [])
        for on, priority, confirmed, needs, offer in rules:
            out.append(table("[[plan.rule]]", {
                "on": on, "priority": priority, "confirmed_priority": confirmed, "needs": needs, "offer": offer,
            }))  # fmt: skip
    return "\n".join(out)


def contract_start(today: date) -> date:
    """Give the first of October before the last one."""
    last = today.year if today >= date(today.year, 10, 1) else today.year - 1
    return date(last - 1, 10, 1)


def contract(today: date) -> str:
    """Write the guarding contract: two years and two options of one, prices and response terms."""
    papers = read_data("papers.toml")
    spec, start = papers["contract"], contract_start(today)
    base_end = start.replace(year=start.year + spec["base_years"])
    out = [table("", {
        "number": f"KS {start.year}/117", "title": spec["title"], "buyer": spec["buyer"],
        "supplier": spec["supplier"], "starts_on": start, "ends_on": base_end - timedelta(days=1),
        "notice_months": spec["notice_months"],
    })]  # fmt: skip
    first = base_end
    for years in spec["option_years"]:
        after = first.replace(year=first.year + years)
        out.append(table("[[option]]", {"starts_on": first, "ends_on": after - timedelta(days=1)}))
        first = after
    out += [table("[[response_term]]", term) for term in spec["response_term"]]
    for service, name, unit, price in papers["prices"]["rows"]:
        out.append(
            table("[[price]]", {"service": service, "name": name, "unit": unit, "price_sek": price})
        )
    return "\n".join(out)


def installation(name: str, timezone: str, today: date) -> str:
    """Write what the installation is told about itself at set-up."""
    papers = read_data("papers.toml")["installation"]
    out = [table("", {
        "tenant": name, "timezone": timezone, "mode": "manned",
        "positions_purpose": papers["positions_purpose"],
        "positions_negotiated_on": contract_start(today) - timedelta(days=21),
    })]  # fmt: skip
    for organisation, kind in papers["organisations"]:
        out.append(table("[[organisation]]", {"name": organisation, "kind": kind}))
    return "\n".join(out)
