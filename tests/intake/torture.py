"""The long form of the tests of durability. In: counts and a seed. Out: tables; 1 where one lost.

    python -m tests.intake.torture all
    python -m tests.intake.torture kills --runs 200 --seed 7
    python -m tests.intake.torture cuts --runs 10000
    python -m tests.intake.torture frames --runs 1000000 [--atheris]
    python -m tests.intake.torture idle --runs 20
    python -m tests.intake.torture cold --runs 10000000
    python -m tests.intake.torture month --runs 1000

What breaks a promise is kept under build/torture.
"""

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from narvaro.intake.journal import Journal
from tests.core.simulated_month.__main__ import print_table
from tests.core.simulated_month.play import GUARD_RULES, PATH_RULES, play_month
from tests.intake.cold_start import first_answer_s
from tests.intake.crowds import ask_in_crowd
from tests.intake.kills import kill_often
from tests.intake.mutants import Findings, list_mutants, try_frames
from tests.intake.power_cuts import LooseJournal, Outcome, cut_often
from tests.intake.running import ROOT, receiver

KEPT = ROOT / "build" / "torture"
CROWD = 2000
ALARM_S = 1.0
COLD_S = 5.0
DAYS = 30
RUNS = {"cold": 10_000_000, "kills": 200, "cuts": 10_000, "frames": 1_000_000, "idle": 20,
        "month": 1000}  # fmt: skip


def kills(runs: int, seed: int) -> bool:
    """Kill the receiver and break its disk; return whether all that was acknowledged is there."""
    folder = Path(tempfile.mkdtemp(prefix="kills-", dir=KEPT))
    done = kill_often(
        folder, runs, seed, say=lambda line: print(f"\r{line:40}", end="", flush=True)
    )
    print(f"\r{'event':16}{'runs':>8}")
    for event, count in sorted(done.events.items()):
        print(f"{event:16}{count:>8}")
    print(f"journal failures {done.failures}, acknowledged {done.acknowledged}, records {done.stored}, "
          f"missing {len(done.missing)}, integrity {done.whole}")  # fmt: skip
    if done.is_loss:
        print(f"kept: {folder}; missing: {', '.join(done.missing[:20])}")
    else:
        shutil.rmtree(folder)
    return not done.is_loss and done.acknowledged > 0


def cuts(runs: int, seed: int) -> bool:
    """Cut the power; return whether nothing was lost, and the control did lose."""
    print(f"{'synchronous':14}{'cuts':>8}{'in checkpoints':>16}{'promised':>10}{'lost in':>9}"
          f"{'damaged':>9}")  # fmt: skip
    sound = True
    for name, made, count in (("FULL", Journal, runs), ("NORMAL", LooseJournal, -(-runs // 10))):
        total = checkpoints = promised = lost = damaged = 0
        for one in cut_often(count, seed, made):
            total += 1
            checkpoints += one.in_checkpoint
            promised += len(one.promised)
            lost += one.missing > 0
            damaged += one.whole != "ok"
            if one.is_loss and made is Journal:
                _keep_image(one)
        print(
            f"{name:14}{total:>8}{checkpoints:>16}{promised:>10}{lost:>9}{damaged:>9}", flush=True
        )
        sound = sound and (lost > 0 if made is LooseJournal else lost + damaged == 0)
    print("(NORMAL is the control: it must lose)")
    return sound


def _keep_image(outcome: Outcome) -> None:
    folder = KEPT / f"cut-{outcome.seed}-{outcome.cut_at}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in outcome.image.items():
        (folder / name).write_bytes(content)
    print(f"kept: {folder}: {outcome.missing} missing, {outcome.whole}")


def frames(runs: int, seed: int) -> bool:
    """Decode mutants; return whether none was wrongly accepted and none crashed."""
    found = try_frames(list_mutants(runs, Random(seed)))
    for said, count in found.said.most_common():
        print(f"{said:34}{count:>10}")
    return _judge(found)


def _judge(found: Findings) -> bool:
    print(f"streams {found.frames}, chunks {found.chunks}, accepted with a wrong CRC or length "
          f"{len(found.wrong)}, exceptions {len(found.crashed)}")  # fmt: skip
    for chunk, fault in found.crashed[:5]:
        print(f"{fault}: {chunk[:120]!r}")
    for chunk in found.wrong[:5]:
        print(f"wrongly accepted: {chunk[:120]!r}")
    return not found.is_loss


def frames_by_atheris(runs: int, seed: int) -> bool:
    """Let atheris look for frames, where it is installed; it ends the process itself."""
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed here: pip install atheris. The mutants above stand alone.")
        return True
    atheris = importlib.import_module("atheris")

    def try_one(data: bytes) -> None:
        if not _judge_quietly(try_frames(iter([data]))):
            raise AssertionError(f"breaks the codec: {data!r}")

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-runs={runs}", f"-seed={seed}", "-max_len=4200"], try_one)
    atheris.Fuzz()
    return True


def _judge_quietly(found: Findings) -> bool:
    return not found.is_loss


def idle(runs: int, _seed: int) -> bool:
    """Hold a crowd of idle connections; return whether each genuine alarm was answered in time."""
    with tempfile.TemporaryDirectory(prefix="idle-", dir=KEPT) as folder, \
            receiver(Path(folder)) as running:  # fmt: skip
        waits = sorted(ask_in_crowd(running, CROWD, runs))
    print(f"{CROWD} idle connections, {len(waits)} alarms: median "
          f"{waits[len(waits) // 2] * 1e3:.1f} ms, longest {waits[-1] * 1e3:.1f} ms")  # fmt: skip
    return waits[-1] <= ALARM_S


def cold(runs: int, _seed: int) -> bool:
    """Start on a journal of `runs` rows; return whether the first alarm was answered in time."""
    with tempfile.TemporaryDirectory(prefix="cold-", dir=KEPT) as folder:
        took_s = first_answer_s(Path(folder), runs)
    print(f"{runs} rows: first acknowledgement {took_s:.2f} s after the start")
    return took_s <= COLD_S


def month(runs: int, seed: int) -> bool:
    """Play a month of `runs` guards and ten times as many transmitters; return whether all was raised.

    Each control, with one rule broken, must be found out.
    """
    found = play_month(guards=runs, transmitters=10 * runs, days=DAYS, seed=seed)
    print_table(found)
    sound = found.is_kept
    for rule in (*GUARD_RULES, *PATH_RULES):
        control = play_month(
            guards=40, transmitters=400, days=4, seed=seed, mutated=rule, is_rough=True
        )
        print(f"control {rule:22}{'kept: NOT FOUND OUT' if control.is_kept else 'found out'}")
        sound = sound and not control.is_kept
    return sound


PARTS: dict[str, Callable[[int, int], bool]] = {
    "cold": cold,
    "cuts": cuts,
    "frames": frames,
    "idle": idle,
    "kills": kills,
    "month": month,
}


def main() -> int:
    """Run one part, or all; 1 says that a promise was broken."""
    parser = argparse.ArgumentParser(description="The long form of the tests of durability.")
    parser.add_argument("part", choices=[*PARTS, "all"])
    parser.add_argument("--runs", type=int, help="how many; each part has its own default")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--atheris", action="store_true", help="frames by atheris too")
    given = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    broken = []
    for name in PARTS if given.part == "all" else [given.part]:
        runs = given.runs or RUNS[name]
        print(f"== {name}: {runs} runs, seed {given.seed}", flush=True)
        begun = time.perf_counter()
        if not PARTS[name](runs, given.seed):
            broken.append(name)
        print(f"   {time.perf_counter() - begun:.0f} s\n", flush=True)
    if given.atheris and not frames_by_atheris(RUNS["frames"], given.seed):
        broken.append("atheris")
    print(f"broken: {', '.join(broken)}" if broken else "nothing broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
