"""What the doctor looks at in the stores: SQLite, database, journals, the disk's sync, paths, the worker.

In: the home folder. Out: findings.
"""

import os
import statistics
import tempfile
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

import apsw
from django.db import DatabaseError, connection

from narvaro.config.doctor import Finding, Level
from narvaro.config.home import Home
from narvaro.config.sqlite_faults import list_faults
from narvaro.intake.listening import SILENT_S
from narvaro.intake.queries import (
    ReceiverNow,
    count_all_paths,
    list_worst_paths,
    read_receiver,
    read_receivers,
)
from narvaro.spine import clock
from narvaro.spine.heartbeat import STILL_S, find_beat
from narvaro.spine.models import Trouble

MB = 1_000_000
SYNCS, SYNC_BYTES = 20, 4096
SLOW_MS, TOO_FAST_MS = 20.0, 0.05
WORST_SHOWN = 10
AUTO_VACUUM = ("none", "full", "incremental")  # as SQLite numbers them
BEYOND = 2**62  # an id that no journal reaches: where the place is not known, nothing is read
TROUBLE_TODO = {
    "promotion_lag": "Take alarms by other ways; see that the process work runs, and read its log.",
    "receiver_silent": "Take alarms by other ways; start the receiver (narvaro serve), or read its log: a port may be taken, the journal's disk may refuse.",
    "journal_unreadable": "Keep a copy of the journal's folder, and look at the disk.",
    "clock_step": "Compare with another clock; if the machine is right: narvaro clock accept.",
    "clock_doubt": "Compare with another clock; set the machine's clock, then: narvaro clock accept.",
    "disk_space": "Make room on the disk of the home folder: a full disk acknowledges no alarm.",
    "certificate": "Renew the certificate, then start the system anew.",
    "timers_overdue": "Watch offers and check-ins by hand; read the log of the process work.",
    "not_passed_on": "Call the centre that the case names, then pass it on again from the case; the log says why: alarm not passed on.",
    "jobs_failing": "Read the log of the process work: job failed.",
    "notifications_unsent": "Call those who should have been told; look at smtp_host and sms_url in narvaro.toml, and at the log.",
}
"""What whoever runs the system does, by the trouble's kind."""
DiskKind: TypeAlias = Literal["rotating", "virtual", "solid", "memory", "unknown"]


def sqlite_versions(_home: Home) -> list[Finding]:
    """Look for known faults of the two SQLites: Python's for the database, apsw's for the journal."""
    import sqlite3

    main = "Närvaro lets one connection alone checkpoint, which keeps clear of it; for more, use PostgreSQL or a Python with a newer SQLite."
    own = "Install a newer apsw: pip install --upgrade apsw"
    used: tuple[tuple[str, str, Level, str], ...] = (
        ("sqlite_python", sqlite3.sqlite_version, "warn", main),
        ("sqlite_apsw", apsw.sqlite_lib_version(), "bad", own),
    )
    found = []
    for code, version, level, todo in used:
        if code == "sqlite_python" and connection.vendor != "sqlite":
            continue
        faults = list_faults(version)
        if faults:
            what = f"SQLite {version}: " + "; ".join(one.what for one in faults)
            found.append(Finding(code, level, what, what_to_do=todo))
        else:
            found.append(Finding(code, "ok", f"SQLite {version}: no known fault that concerns us"))
    return found


def main_database(_home: Home) -> list[Finding]:
    """Look whether the main database answers, and whether what it commits is on disk."""
    where = str(connection.settings_dict["NAME"])
    wanted = {
        "sqlite": {"journal_mode": "wal", "synchronous": "2"},
        "postgresql": {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"},
    }[connection.vendor]
    ask = "PRAGMA" if connection.vendor == "sqlite" else "SHOW"
    try:
        with connection.cursor() as cursor:
            said = {}
            for name in wanted:
                cursor.execute(f"{ask} {name}")
                said[name] = str(cursor.fetchone()[0])
    except DatabaseError as fault:
        return [
            Finding(
                "database_silent", "bad", f"The main database does not answer: {fault}", where,
                "Alarms are still taken into the journal. Start the database, or look at its disk and rights.",
            )
        ]  # fmt: skip
    text = ", ".join(f"{name} {value}" for name, value in said.items())
    wrong = {name for name, value in said.items() if value != wanted[name]}
    if connection.vendor == "postgresql" and said["synchronous_commit"].startswith("remote_"):
        wrong -= {"synchronous_commit"}
    if wrong:
        todo = ", ".join(f"set {name} to {wanted[name]}" for name in sorted(wrong))
        return [Finding("database_settings", "bad", f"A commit may be lost: {text}", where, todo)]
    return [Finding("database_settings", "ok", f"It answers; {text}", where)]


def journals(home: Home) -> list[Finding]:
    """Look at each receiver's journal: how its file is kept, size, last id, promotion, listening."""
    try:
        receivers, places_known = read_receivers(home.journals), True
    except DatabaseError:
        receivers = [read_receiver(name, file, BEYOND) for name, file in home.journals.items()]
        places_known = False
    return [
        finding
        for one in receivers
        for finding in _journal(one, home.journals[one.name], places_known=places_known)
    ]


def _journal(one: ReceiverNow, file: Path, *, places_known: bool) -> list[Finding]:
    where = str(file)
    if one.fault:
        todo = "Stop the system, keep a copy of the folder, and look at the disk."
        return [Finding("journal_unreadable", "bad", one.fault, where, todo)]
    if not file.exists() or one.saved_at is None:
        what = f"Receiver {one.name} has not begun yet"
        return [
            Finding("journal", "warn", what, where, "Start it: narvaro serve. Then read its log.")
        ]
    with closing(apsw.Connection(where, flags=apsw.SQLITE_OPEN_READONLY)) as db:
        mode, vacuum = str(db.pragma("journal_mode")), AUTO_VACUUM[db.pragma("auto_vacuum")]
    size_mb = sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*")) / MB
    what = f"{size_mb:.0f} MB, last id {one.last_id}, journal_mode {mode}, auto_vacuum {vacuum}"
    sound = mode == "wal"
    todo = "" if sound else "Let the receiver start anew: it sets this when it opens the journal."
    found = [Finding("journal", "ok" if sound else "bad", what, where, todo)]
    return [*found, _promotion(one, places_known=places_known), _listening(one)]


def _promotion(one: ReceiverNow, *, places_known: bool) -> Finding:
    where = f"receiver {one.name}"
    if not places_known:
        todo = "Start the database."
        return Finding("promotion_lag", "warn", "Not known without the database", where, todo)
    what = f"Promoted up to {one.promoted_id}; the oldest that waits came {one.lag_s:.0f} s ago"
    if one.lags:
        todo = "See that the process work runs, and read its log: alarms wait."
        return Finding("promotion_lag", "bad", what, where, todo)
    return Finding("promotion_lag", "ok", "Nothing waits for promotion", where)


def _listening(one: ReceiverNow) -> Finding:
    where = f"receiver {one.name}"
    silent_s = (clock.now() - one.saved_at).total_seconds() if one.saved_at else 0.0
    since = _short(one.listening_since)
    if silent_s > SILENT_S:
        what = f"It has not said for {silent_s:.0f} s that it listens"
        todo = (
            "Start it (narvaro serve); if it runs, read its log: the journal may refuse to commit."
        )
        return Finding("receiver_silent", "bad", what, where, todo)
    return Finding("receiver_silent", "ok", f"It listens since {since}", where)


def _short(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else "never"


def disk_sync(home: Home) -> list[Finding]:
    """Measure how long the journal's disk takes to keep 4 kB for good, twenty times."""
    taken_ms = measure_sync(home.journal.parent)
    return [judge_sync(taken_ms, find_disk_kind(home.path), str(home.journal.parent))]


def measure_sync(folder: Path) -> list[float]:
    """Return the milliseconds of each of twenty writes of 4 kB with their sync."""
    taken_ms = []
    with tempfile.TemporaryFile(dir=folder, prefix=".sync-") as file:
        for _ in range(SYNCS):
            begun_s = clock.monotonic()
            file.write(os.urandom(SYNC_BYTES))
            file.flush()
            os.fsync(file.fileno())
            taken_ms.append((clock.monotonic() - begun_s) * 1000)
    return taken_ms


def judge_sync(taken_ms: list[float], kind: DiskKind, where: str) -> Finding:
    """Say whether a disk is slow, or faster than a disk can be that keeps what it promises."""
    median, longest = statistics.median(taken_ms), max(taken_ms)
    what = (
        f"A sync of 4 kB takes {median:.2f} ms (median), {longest:.2f} ms (longest); disk: {kind}"
    )
    if kind == "memory":
        todo = "Put the home folder on a disk: set NARVARO_HOME."
        return Finding(
            "disk_sync", "bad", f"{what}. Nothing here survives a power cut", where, todo
        )
    if median > SLOW_MS:
        todo = "Use a faster disk for the home folder: panels wait for each sync."
        return Finding("disk_sync", "warn", f"{what}. It is slow", where, todo)
    if median < TOO_FAST_MS and kind in {"rotating", "virtual"}:
        todo = (
            "Ask whoever runs the machine whether the disk's write cache survives a power cut; if it "
            "does not, turn the cache off."
        )
        what = f"{what}. The disk answers faster than a disk can: it is probably not durable"
        return Finding("disk_sync", "warn", what, where, todo)
    return Finding("disk_sync", "ok", what, where)


def find_disk_kind(folder: Path, sys_block: Path = Path("/sys/dev/block")) -> DiskKind:
    """Tell what kind of disk a folder lies on, as far as Linux knows."""
    kind = _file_system(folder)
    if kind in {"tmpfs", "ramfs"}:
        return "memory"
    if kind == "overlay":
        return "virtual"
    device = folder.stat().st_dev
    block = (sys_block / f"{os.major(device)}:{os.minor(device)}").resolve()
    if not block.exists():
        return "unknown"
    if block.name.startswith(("vd", "xvd", "loop", "nbd", "zram")):
        return "virtual"
    for whole in (block, block.parent):  # a partition's queue is its disk's
        flag = whole / "queue" / "rotational"
        if flag.exists():
            return "rotating" if flag.read_text().strip() == "1" else "solid"
    return "unknown"


def _file_system(folder: Path) -> str:
    """Return the type of the file system that a folder lies on, empty where it is not known."""
    device = folder.stat().st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    mounts = Path("/proc/self/mountinfo")
    for line in mounts.read_text().splitlines() if mounts.exists() else ():
        before, _dash, after = line.partition(" - ")
        if before.split()[2] == wanted:
            return after.split()[0]
    return ""


def worker(home: Home) -> list[Finding]:
    """Look at the heartbeat of the process work."""
    path = home.path
    beat = find_beat(path)
    if beat is None or beat.step_age_s is None:
        what = "The process work has not run since the machine started"
        return [Finding("worker", "warn", what, str(path), "Start it: narvaro serve.")]
    age_s, turned = beat.step_age_s, beat.turned_at or "never"
    if age_s > STILL_S:
        what = f"The process work stands still or is down since {age_s:.0f} s; last whole turn {turned}"
        todo = "Start it (narvaro serve); if it runs, it is started anew by itself: read its log."
        return [Finding("worker", "bad", what, str(path), todo)]
    if not beat.database_answers:
        what = "The process work runs, but the main database does not answer it"
        return [Finding("worker", "bad", what, str(path), "Look at the database and its log.")]
    return [Finding("worker", "ok", f"It turns; last sign {age_s:.0f} s ago", str(path))]


def troubles(_home: Home) -> list[Finding]:
    """List the troubles that are open."""
    try:
        lasting = list(Trouble.objects.filter(ended_at=None).order_by("raised_at"))
    except DatabaseError:
        return []  # said by the database's own finding
    if not lasting:
        return [Finding("troubles", "ok", "No trouble is open")]
    return [
        Finding(
            "troubles", "warn", f"{one.kind} {one.about}".strip(), _short(one.raised_at),
            TROUBLE_TODO.get(one.kind, "Read the log of the process work."), one.kind,
        )
        for one in lasting
    ]  # fmt: skip


def paths(_home: Home) -> list[Finding]:
    """Count the transmission paths by state, and name the lost, then the late, then the others."""
    try:
        counts, worst = count_all_paths(), list_worst_paths(WORST_SHOWN)
    except DatabaseError:
        return [Finding("paths", "warn", "Not known without the database")]
    what = ", ".join(f"{count} {state}" for state, count in counts.items())
    lost = counts["lost"] + counts["late"]
    todo = "Ask the site's installer, or the carrier where many are gone at once." if lost else ""
    heard = "; ".join(
        f"{one.path.transmitter.account} {one.path.name}".strip()
        + f" {one.state}, last heard {_short(one.heard_at)}"
        for one in worst
    )
    where = f"worst first: {heard}" if heard else ""
    return [Finding("paths", "warn" if lost else "ok", what, where, todo)]
