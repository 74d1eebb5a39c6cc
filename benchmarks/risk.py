"""Does the forecast beat plain maps: hits, log score, calibration, and its time.

    OMP_NUM_THREADS=1 python -m benchmarks.risk [--json] [--dump DIR] [--seed 1] [--validation]
        [--incidents FILE --time COL --lon COL --lat COL [--kind COL]
         --train-until DATE --test-from DATE]

Without a file: Toronto, reported offences 2014–2021, fitted until 2020, plain maps chosen per key on
2020, reported on 2021; `--validation` stops before 2021, for work on the engine. Every day is forecast from what was known at 06:00, in three shifts of 8 h.
Cells of 250 m on a plane whose corner is the anchor; those with any incident before the validation
year can be patrolled; what happens outside them is missed. Definitions: docs/formulas/risk.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks import risk_naive as plain_maps
from benchmarks.risk_data import DAY_SHIFTS, DEFAULT, SLOTS, Period, Source, World, load
from benchmarks.risk_naive import FOREVER_DAYS, Plain
from narvaro.core import risk
from narvaro.core.aoristic import EPOCH
from narvaro.core.jit import F32, F64, I64
from narvaro.core.score import (
    bootstrap_ratio,
    calibration,
    gain_nats,
    log_likelihood,
    observed_expected,
    observed_expected_top,
    top_cells,
    top_hits,
)

AREA_SHARE = 0.01
DRAWS = 4000
CHECKER = Path(__file__).resolve().parent / "check" / "risk.py"
AGREED = 1e-6
GOALS = {
    "hit1_ratio": "≥ 1.01",
    "hit1_ratio_low": "≥ 0.99",
    "hit1_ratio_burglary": "≥ 1.05",
    "hit1_ratio_low_burglary": "> 1.00",
    "gain_nats": "≥ 0.02",
    "gain_nats_burglary": "≥ 0.08",
    "buyer_ratio": "≥ 1.05",
    "buyer_ratio_burglary": "≥ 1.15",
    "calibration_slope": "0.95–1.05",
    "calibration_slope_burglary": "0.95–1.05",
    "observed_expected": "0.95–1.05",
    "observed_expected_burglary": "0.95–1.05",
    "observed_expected_months": "≥ 10 of 12 in 0.9–1.1",
    "observed_expected_months_burglary": "≥ 10 of 12 in 0.9–1.1",
    "observed_expected_top_decile": "0.9–1.1",
    "observed_expected_top_decile_burglary": "0.9–1.1",
    "refit_s": "≤ 30",
    "next_day_s": "≤ 1",
}
Keys = dict[str, float]


@dataclass(frozen=True, eq=False)
class Result:
    """One target in one period: forecasts [shifts, cells of the mask] by name, and what happened."""

    target: str
    period: Period
    k: int
    ours: F32
    peers: dict[str, F32]
    coverage: dict[str, float]
    settings: risk.Settings

    @property
    def tail(self) -> str:
        """Return the ending of this target's keys."""
        return "" if self.target == "all" else f"_{self.target}"


def rolled(
    world: World, target: str, period: Period, settings: risk.Settings
) -> tuple[F32, dict[str, float]]:
    """Return our forecasts day by day, and how often weekly 80 % intervals held."""
    events, grid, mask = world.events[target], world.grid, world.mask
    rows = np.empty((period.slots, int(mask.sum())), np.float32)
    seen = world.happened(target, period).inside()
    held: list[tuple[float, float]] = []
    for day, at_h in enumerate(period.day_h.tolist()):
        found = risk.fit(events, grid, mask, at_h, settings, since_h=world.since_h)
        rows[day * DAY_SHIFTS : (day + 1) * DAY_SHIFTS] = found.expected(at_h, 24)[:, mask]
        if day % 7 == 0 and day + 7 <= len(period.day_h):
            low, high = (one[mask] for one in found.interval(at_h, 168, 0.8))
            this = (seen.slot >= day * DAY_SHIFTS) & (seen.slot < (day + 7) * DAY_SHIFTS)
            count = np.bincount(seen.cell[this], minlength=rows.shape[1])
            inside = (count >= low) & (count <= high)
            top = np.argsort(-found.expected(at_h, 168).sum(axis=0)[mask], kind="stable")
            held.append((float(inside.mean()), float(inside[top[: len(top) // 100]].mean())))
    everywhere, top_1 = np.mean(held, axis=0)
    return rows, {"everywhere": float(everywhere), "top 1 %": float(top_1)}


def run(world: World, target: str, period: Period, chosen: tuple[Plain, Plain]) -> Result:
    """Forecast a period of one target by every method; ours learns from before the period."""
    k = top_cells(AREA_SHARE, int(world.mask.sum()))
    start_h = float(period.day_h[0])
    settings = risk.learn(
        world.events[target], world.grid, world.mask, start_h, risk.Settings(slots=SLOTS)
    )
    ours, coverage = rolled(world, target, period, settings)
    ranked, likely = chosen
    counted_h = min(365 * 24, start_h - world.since_h)
    last_year = plain_maps.counts(world, target, start_h - counted_h, start_h).astype(np.float32)
    even = last_year.sum() / (counted_h / SLOTS.hours)
    share = 0.99 * last_year / max(last_year.sum(), 1) + 0.01 / len(last_year)
    peers = {
        "plain, best hits": plain_maps.forecast(world, target, period, ranked),
        "plain, best log score": plain_maps.forecast(world, target, period, likely),
        "last year's counts": np.broadcast_to((even * share).astype(np.float32), ours.shape),
    }
    for sd_m in (150.0, 250.0):
        kernel_density = Plain(FOREVER_DAYS, sd_m, 0.0, 0.01)
        peers[f"KDE {sd_m:g} m"] = plain_maps.forecast(world, target, period, kernel_density)
    return Result(target, period, k, ours, peers, coverage, settings)


def keys_of(world: World, result: Result, seed: int) -> tuple[Keys, F64]:
    """Return the keys of one target, and observed over expected per month."""
    seen = world.happened(result.target, result.period)
    tail, ours, k = result.tail, result.ours, result.k
    mine = top_hits(ours, seen, k)
    theirs = top_hits(result.peers["plain, best hits"], seen, k)
    buyer = top_hits(result.peers["last year's counts"], seen, k)
    week = week_of(result.period)
    low, high = bootstrap_ratio(mine, theirs, week, draws=DRAWS, seed=seed)
    monthly = observed_expected(ours, seen, month_of(result.period))
    keys = {
        "hit1_ratio": float(mine.sum() / theirs.sum()),
        "hit1_ratio_low": low,
        "hit1_ratio_high": high,
        "gain_nats": gain_nats(ours, result.peers["plain, best log score"], seen),
        "buyer_ratio": float(mine.sum() / buyer.sum()),
        "calibration_slope": calibration(ours, seen)[1],
        "observed_expected": float(observed_expected(ours, seen, np.zeros(len(ours), np.int64))[0]),
        "observed_expected_months": float(((monthly >= 0.9) & (monthly <= 1.1)).sum()),
        "observed_expected_top_decile": observed_expected_top(ours, seen),
    }
    return {name + tail: value for name, value in keys.items()}, monthly


def week_of(period: Period) -> I64:
    """Return the week of each shift, counted from the period's first day; the last may be short."""
    return np.arange(period.slots, dtype=np.int64) // (7 * DAY_SHIFTS)


def month_of(period: Period) -> I64:
    """Return the calendar month in which each shift begins, from the period's first on."""
    slot = period.first_slot + np.arange(period.slots)
    begins = np.datetime64(EPOCH, "s") + (SLOTS.begins_h(slot) * 3600).astype("timedelta64[s]")
    month = begins.astype("datetime64[M]").astype(np.int64)
    return np.asarray(month - month[0], np.int64)


def timed(world: World, runs: int = 5) -> Keys:
    """Return seconds for the whole refit, and for the next day in hours once it is fitted."""
    events, grid, mask = world.events["all"], world.grid, world.mask
    at_h = float(world.test.day_h[0])
    refit, next_day = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        settings = risk.learn(events, grid, mask, at_h, risk.Settings())
        risk.fit(events, grid, mask, at_h, settings, since_h=world.since_h)
        refit.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        found = risk.fit(events, grid, mask, at_h, settings, since_h=world.since_h)
        found.expected(at_h, 24)
        next_day.append(time.perf_counter() - begun)
    return {"refit_s": statistics.median(refit), "next_day_s": statistics.median(next_day)}


def print_methods(world: World, result: Result) -> None:
    """Print each method's hits and log score in a period."""
    seen = world.happened(result.target, result.period)
    inside = seen.inside()
    outside = 1 - len(inside.slot) / len(seen.slot)
    print(f"\n{result.target}, {result.period.name}: {len(seen.slot):,} events in "
          f"{result.period.slots:,} shifts, {outside:.1%} outside the mask; "
          f"top {result.k} of {result.ours.shape[1]:,} cells")  # fmt: skip
    print(f"  {'':34}{'hit@1 %':>9}{'nats/event':>12}{'ours gains':>12}")
    for name, rows in {"ours": result.ours, **result.peers}.items():
        hit = top_hits(rows, seen, result.k).sum() / seen.weight.sum()
        nats = log_likelihood(rows, seen).sum() / inside.weight.sum()
        gained = gain_nats(result.ours, rows, seen)
        print(f"  {name:34}{hit:9.4f}{nats:12.4f}{gained:12.4f}")
    hindsight = np.bincount(inside.cell, minlength=result.ours.shape[1])
    best = np.sort(hindsight)[-result.k :].sum() / seen.weight.sum()
    print(f"  {'best static map in hindsight':34}{best:9.4f}   (a ceiling, not a method)")
    weights = ", ".join(f"{part.name} {part.weight:.2f}" for part in result.settings.parts)
    _, b = calibration(result.ours, seen)
    ratio = len(inside.slot) / result.ours.sum(dtype=np.float64)
    print(f"  ours: {weights}, {risk.FLOOR} {result.settings.floor:.3f}; sharpness "
          f"{result.settings.sharpness:.3f}; level half-life "
          f"{result.settings.level_half_life_days:g} d; slope {b:.3f}, observed/expected {ratio:.3f}")  # fmt: skip
    held = ", ".join(f"{name} {share:.1%}" for name, share in result.coverage.items())
    print(f"  weekly 80 % intervals per cell held: {held}")


def dump(world: World, result: Result, folder: Path, seed: int) -> None:
    """Write what the keys are computed from, for an evaluator that knows nothing of the product."""
    seen = world.happened(result.target, result.period)
    np.savez(
        folder / f"risk_{result.target}.npz",
        ours=result.ours,
        plain_hit=result.peers["plain, best hits"],
        plain_log=result.peers["plain, best log score"],
        last_year=result.peers["last year's counts"][0],
        slot=seen.slot,
        cell=seen.cell,
        week=week_of(result.period),
        weeks=week_of(result.period)[-1] + 1,
        month=month_of(result.period),
        k=result.k,
        seed=seed,
        draws=DRAWS,
    )


def checked(folder: Path, keys: Keys) -> bool:
    """Run the evaluator on the dump; print the largest difference, and say whether it agrees."""
    ran = subprocess.run(
        [sys.executable, str(CHECKER), str(folder)], capture_output=True, text=True, check=True
    )
    found: Keys = json.loads(ran.stdout.splitlines()[-1])
    off = {name: abs(value - keys[name]) for name, value in found.items()}
    worst = max(off, key=lambda name: off[name])
    agrees = off[worst] <= AGREED
    print(f"\nevaluator: {len(found)} keys recomputed from the dump, largest difference "
          f"{off[worst]:.1e} ({worst}): {'agrees' if agrees else 'DIFFERS'}")  # fmt: skip
    return agrees


def source_of(given: argparse.Namespace) -> Source:
    """Return the file that was asked for, Toronto if none was."""
    if given.incidents is None:
        return DEFAULT
    needed = ("time", "lon", "lat", "train_until", "test_from")
    missing = [f"--{name.replace('_', '-')}" for name in needed if getattr(given, name) is None]
    if missing:
        raise SystemExit(f"benchmarks.risk: with --incidents give {', '.join(missing)} too.")
    return Source(given.incidents, given.time, given.lon, given.lat, given.kind,
                  given.train_until, given.test_from)  # fmt: skip


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="The forecast beside plain maps.")
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object")
    parser.add_argument("--dump", type=Path, help="write forecasts and events to this folder")
    parser.add_argument("--validation", action="store_true", help="stop before the test period")
    parser.add_argument("--seed", type=int, default=1, help="of the bootstrap")
    parser.add_argument("--incidents", type=Path, help="CSV or Parquet with local times")
    for name in ("--time", "--lon", "--lat", "--kind"):
        parser.add_argument(name, help="name of the column")
    for name in ("--train-until", "--test-from"):
        parser.add_argument(name, type=date.fromisoformat, help="YYYY-MM-DD")
    return parser.parse_args()


def measured(world: World, target: str, given: argparse.Namespace, folder: Path) -> Keys:
    """Choose, forecast and print one target; dump the test and return its keys."""
    k = top_cells(AREA_SHARE, int(world.mask.sum()))
    chosen = plain_maps.choose(world, target, k)
    print(f"\n{target}: chosen on the validation year: hits: {chosen[0]}; log score: {chosen[1]}")
    print_methods(world, run(world, target, world.validation, chosen))
    if given.validation:
        return {}
    result = run(world, target, world.test, chosen)
    print_methods(world, result)
    keys, monthly = keys_of(world, result, given.seed)
    print("  observed/expected by month:", " ".join(f"{one:.2f}" for one in monthly))
    dump(world, result, folder, given.seed)
    return keys


def main() -> None:
    """Run the benchmark and print its table."""
    given = arguments()
    world = load(source_of(given))
    print(*world.notes, sep="\n")
    begun = time.perf_counter()
    risk.warm()
    print(f"compiled or loaded from the cache in {time.perf_counter() - begun:.1f} s")
    keys: Keys = {}
    with TemporaryDirectory() as temporary:
        folder = given.dump or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for target in world.events:
            keys |= measured(world, target, given, folder)
        agrees = checked(folder, keys) if keys else True
    keys |= timed(world)
    print(f"\n{'key':40}{'value':>10}  goal")
    for name, value in keys.items():
        print(f"{name:40}{value:10.4f}  {GOALS.get(name, '')}")
    if given.json:
        print(json.dumps({name: round(value, 5) for name, value in keys.items()}))
    if not agrees:
        raise SystemExit("benchmarks.risk: the evaluator does not agree with the keys above.")


if __name__ == "__main__":
    main()
