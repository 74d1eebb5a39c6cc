"""The night as data: night.toml and a town in, cases with their sites and a timetable out."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from narvaro.demo.frames import Event, contact_id, sia
from narvaro.demo.ground import HERE
from narvaro.demo.town import Town, TownSite


@dataclass(frozen=True, slots=True)
class Dialled:
    """One signal of a case: when in the case, and what."""

    after_s: float
    event: Event


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that happens at one site, and what the guard will find there."""

    name: str
    site: TownSite
    gap_s: float
    signals: tuple[Dialled, ...]
    finding: str = "nothing_found"
    report: str = "Gick runt byggnaden, allt låst och helt. Larmet återställt."
    on_scene_s: float = 90
    silent_nearest: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the timetable: seconds after the start, and what is dialled where."""

    at_s: float
    case: Case
    event: Event


def read_cases(town: Town, path: Path = HERE / "night.toml") -> tuple[Case, ...]:
    """Read the night's cases and find their sites in the town."""
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
    cases = []
    for row in rows:
        signals = tuple(Dialled(s["after_s"], _event(s)) for s in row["signals"])
        rest = {k: v for k, v in row.items() if k not in {"signals", "site"}}
        cases.append(Case(**rest, site=find_site(town, row["site"]), signals=signals))
    return tuple(cases)


def find_site(town: Town, wanted: str) -> TownSite:
    """Find a site by code, or by kind and number among those with a transmitter ("hall:2")."""
    if ":" not in wanted:
        return town.get_site(wanted)
    kind, number = wanted.split(":")
    connected = {a.site for a in town.accounts}
    of_kind = [
        s for s in town.sites if s.kind == kind and s.code in connected and s.code != "S-014"
    ]
    if not of_kind:
        raise ValueError(
            f"the town has no {kind} with a transmitter; change the case in night.toml"
        )
    return of_kind[(int(number) - 1) % len(of_kind)]


def _event(signal: dict[str, Any]) -> Event:
    if "sia" in signal:
        return sia(signal["sia"], signal["zone"], text=signal.get("text", ""))
    return contact_id(signal["cid"], signal["zone"], qualifier=signal.get("qualifier", 1))


def timetable(cases: tuple[Case, ...], speed: float) -> list[Call]:
    """Lay the cases out in time; `speed` shortens the gaps between them, never the time inside one."""
    if not speed > 0:
        raise ValueError(f"speed must be above 0, not {speed}")
    calls, now_s = [], 0.0
    for case in cases:
        start_s = now_s + case.gap_s / speed
        calls += [Call(start_s + s.after_s, case, s.event) for s in case.signals]
        now_s = start_s + max(s.after_s for s in case.signals)
    return calls
