"""The long form of the tests of durability. In: counts and a seed. Out: tables; 1 where one lost.

    python -m tests.intake.torture all
    python -m tests.intake.torture kills --runs 200 --seed 7
    python -m tests.intake.torture cuts --runs 10000
    python -m tests.intake.torture frames --runs 1000000
    python -m tests.intake.torture atheris --runs 100000
    python -m tests.intake.torture idle --runs 20
    python -m tests.intake.torture cold --runs 10000000
    python -m tests.intake.torture month --runs 1000
    python -m tests.intake.torture rows --runs 100
    python -m tests.intake.torture lines --runs 50

What breaks a promise is kept under build/torture. `atheris` needs requirements-torture.lock; without it
that part counts as broken, unless `--without-atheris` leaves it out.
"""

import argparse
import importlib.util
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from narvaro.intake.journal import Journal
from tests.intake.cold_start import start_cold
from tests.intake.crowds import FILES, FREE, ROOM, ask_in_crowd, raise_file_limit
from tests.intake.failed_syncs import (
    TROUBLES,
    CheckpointingJournal,
    ReadingJournal,
    cut_after_failures,
)
from tests.intake.kills import kill_often
from tests.intake.mutants import FORMS, Findings, list_mutants, try_frames
from tests.intake.power_cuts import CUTS_PER_SESSION, LooseJournal, Outcome, cut_often
from tests.intake.running import ACCOUNTS, ROOT, receiver
from tests.intake.storms import HEALED_S, dial_in_storm, list_missing, storm_receiver
from tests.simulated_month.__main__ import print_table
from tests.simulated_month.breaking import GUARD_RULES, PATH_RULES
from tests.simulated_month.play import play_month

KEPT = ROOT / "build" / "torture"
CROWD = 2000
ALARM_S = 1.0
COLD_S = 5.0
WARM = 0.05  # more of a journal in memory than this is no cold start
DAYS = 30
STORM_S = 6.0
RUNS = {"atheris": 100_000, "cold": 10_000_000, "kills": 200, "cuts": 10_000, "frames": 1_000_000, "idle": 20,
        "lines": 50, "month": 1000, "rows": 100}  # fmt: skip


def kills(runs: int, seed: int) -> bool:
    """Kill the receiver and break its disk; return whether all that was acknowledged is there."""
    folder = Path(tempfile.mkdtemp(prefix="kills-", dir=KEPT))
    done = kill_often(
        folder, runs, seed, say=lambda line: print(f"\r{line:40}", end="", flush=True)
    )
    print(f"\r{'event':16}{'runs':>8}")
    for event, count in sorted(done.events.items()):
        print(f"{event:16}{count:>8}")
    print(", ".join(f"{sender} {count}" for sender, count in done.by_sender.items()))
    print(f"journal failures {done.failures}, acknowledged {done.acknowledged}, records {done.stored}, "
          f"missing {len(done.missing)}, integrity {done.whole}")  # fmt: skip
    if done.is_loss:
        print(f"kept: {folder}; missing: {', '.join(done.missing[:20])}")
    else:
        shutil.rmtree(folder)
    return not done.is_loss and all(done.by_sender.values())


def cuts(runs: int, seed: int) -> bool:
    """Cut the power, also after failed syncs; return whether nothing was lost, and each control did."""
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
    return cuts_after_failures(runs, seed) and sound


def cuts_after_failures(runs: int, seed: int) -> bool:
    """Let syncs fail, then cut the power; print how many cuts lost something, of how many."""
    sessions = max(1, runs // CUTS_PER_SESSION // len(TROUBLES))
    made = (Journal, ReadingJournal, CheckpointingJournal)
    logging.disable(logging.CRITICAL)  # a failed sync is an event here
    print(f"\n{'syncs that failed':38}{'cuts':>8}{'journal':>9}{'reopened':>10}{'emptied':>9}")
    lost = dict.fromkeys(made, 0)
    for trouble in TROUBLES:
        said, count = [], 0
        for one in made:
            outcomes = list(cut_after_failures(trouble, sessions, seed, one))
            losses = [outcome for outcome in outcomes if outcome.is_loss]
            count = max(count, len(outcomes))
            lost[one] += len(losses)
            said.append(len(losses))
            if one is Journal and losses:
                _keep_image(losses[0])
        print(f"{trouble.name:38}{count:>8}{said[0]:>9}{said[1]:>10}{said[2]:>9}", flush=True)
    logging.disable(logging.NOTSET)
    print("(reopened and emptied are the controls: each must lose somewhere)")
    return not lost[Journal] and all(lost[one] for one in made[1:])


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
    for form, count in found.forms.most_common():
        print(f"taken in the form {form:16}{count:>10}")
    return _judge(found) and all(found.forms[one] for one in FORMS)


def _judge(found: Findings) -> bool:
    print(f"streams {found.frames}, chunks {found.chunks}, accepted with a wrong CRC or length "
          f"{len(found.wrong)}, exceptions {len(found.crashed)}")  # fmt: skip
    for chunk, fault in found.crashed[:5]:
        print(f"{fault}: {chunk[:120]!r}")
    for chunk in found.wrong[:5]:
        print(f"wrongly accepted: {chunk[:120]!r}")
    return not found.is_loss


def frames_by_atheris(runs: int, seed: int) -> bool:
    """Let atheris look for frames; return whether it found none, False where it is not installed."""
    if importlib.util.find_spec("atheris") is None:
        print("LEFT OUT: atheris is not installed; pip install --require-hashes -r "
              "requirements-torture.lock, or leave it out with --without-atheris.")  # fmt: skip
        return False
    done = subprocess.run(
        [sys.executable, "-m", "tests.intake.fuzzed_frames", "--runs", str(runs),
         "--seed", str(seed), "--kept", f"{KEPT}/"],
        cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    said = done.stderr.splitlines()
    print("\n".join([one for one in said if "DONE" in one] if not done.returncode else said[-40:]))
    return not done.returncode


def idle(runs: int, _seed: int) -> bool:
    """Let a crowd idle; return whether each genuine alarm was answered in time.

    Twice: with the limits as they are set up, which close the oldest, and with room for all.
    """
    raise_file_limit(FILES)
    sound = True
    print(f"{'limits':10}{'connected':>10}{'held':>8}{'alarms':>8}{'median':>10}{'longest':>10}")
    given: tuple[tuple[str, dict[str, float], int], ...] = (
        ("as set up", {}, FREE - 5), ("with room", ROOM, CROWD),
    )  # fmt: skip
    for name, limits, wanted in given:
        with tempfile.TemporaryDirectory(prefix="idle-", dir=KEPT) as folder, \
                receiver(Path(folder), ACCOUNTS, **limits) as running:  # fmt: skip
            found = ask_in_crowd(running, CROWD, runs)
        waits = sorted(found.waits_s)
        print(f"{name:10}{CROWD:>10}{found.held:>8}{len(waits):>8}"
              f"{waits[len(waits) // 2] * 1e3:>7.1f} ms{waits[-1] * 1e3:>7.1f} ms")  # fmt: skip
        sound = sound and found.held >= wanted and waits[-1] <= ALARM_S
    return sound


def cold(runs: int, _seed: int) -> bool:
    """Start on a journal of `runs` rows; return whether the first alarm was answered in time."""
    with tempfile.TemporaryDirectory(prefix="cold-", dir=KEPT) as folder:
        found = start_cold(Path(folder), runs)
    print(f"{runs} rows, {found.in_memory:.1%} of them in memory: first acknowledgement "
          f"{found.first_answer_s:.2f} s after the start")  # fmt: skip
    return found.first_answer_s <= COLD_S and found.in_memory < WARM


def month(runs: int, seed: int) -> bool:
    """Play a month of `runs` guards and ten times as many transmitters; return whether all was raised.

    The oracle must find out each control, with one rule of the product or of the play broken.
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


def rows(runs: int, seed: int) -> bool:
    """Play a month of `runs` guards on rows; return whether each missing sign was raised, and no other."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dispatch.months", "--guards", str(runs), "--days", str(DAYS),
         "--seed", str(seed)],
        cwd=ROOT, check=False,
    )  # fmt: skip
    return not done.returncode


def lines(runs: int, seed: int) -> bool:
    """Dial over lines that are cut and healed; return whether all was taken, and is there."""
    dialled = sent = stored = 0
    missing: list[str] = []
    waits_s: list[float] = []
    faults: Counter[str] = Counter()
    for number in range(seed, seed + runs):
        with tempfile.TemporaryDirectory(prefix="lines-", dir=KEPT) as folder, \
                storm_receiver(Path(folder), disk=f"sync_ms={number % 50}") as running:  # fmt: skip
            found = dial_in_storm(running, number, STORM_S, kills=number % 4)
            running.end()
            records = running.list_records()
        lost = [*list_missing(found, records), *found.waiting]
        if lost:
            print(f"seed {number}: {', '.join(lost[:10])}")
        missing += lost
        dialled, sent, stored = (
            dialled + len(found.dialled), sent + found.sent, stored + len(records)
        )  # fmt: skip
        waits_s.append(found.healed_s)
        faults.update(found.faults)
    print(", ".join(f"{fault} {count}" for fault, count in sorted(faults.items())))
    print(f"alarms {dialled}, sent {sent} times, records {stored}, missing or never taken "
          f"{len(missing)}, longest after the lines were good {max(waits_s):.2f} s")  # fmt: skip
    return not missing and max(waits_s) < HEALED_S and bool(dialled)


PARTS: dict[str, Callable[[int, int], bool]] = {
    "atheris": frames_by_atheris,
    "cold": cold,
    "cuts": cuts,
    "frames": frames,
    "idle": idle,
    "kills": kills,
    "lines": lines,
    "month": month,
    "rows": rows,
}


def main() -> int:
    """Run one part, or all; 1 says that a promise was broken."""
    parser = argparse.ArgumentParser(description="The long form of the tests of durability.")
    parser.add_argument("part", choices=[*PARTS, "all"])
    parser.add_argument("--runs", type=int, help="how many; each part has its own default")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--without-atheris", action="store_true", help="leave that part out")
    given = parser.parse_args()
    KEPT.mkdir(parents=True, exist_ok=True)
    broken = []
    for name in PARTS if given.part == "all" else [given.part]:
        if name == "atheris" and given.without_atheris:
            print("== atheris: LEFT OUT, as asked\n")
            continue
        runs = given.runs or RUNS[name]
        print(f"== {name}: {runs} runs, seed {given.seed}", flush=True)
        begun = time.perf_counter()
        if not PARTS[name](runs, given.seed):
            broken.append(name)
        print(f"   {time.perf_counter() - begun:.0f} s\n", flush=True)
    print(f"broken: {', '.join(broken)}" if broken else "nothing broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
