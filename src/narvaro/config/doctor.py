"""`narvaro doctor`: is this installation sound. In: the home folder. Out: findings, worst first.

Each examination looks at one thing and says what it found, where, and what to do. It works while the
system is down: what needs the database says so where there is none.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

from narvaro.config.home import Home

logger = logging.getLogger(__name__)

Level: TypeAlias = Literal["ok", "warn", "bad"]
ORDER: tuple[Level, ...] = ("bad", "warn", "ok")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `what_to_do` is empty where all is well.

    `trouble` is the kind of an open trouble; it is left out where a finding of that code says the same.
    """

    code: str
    level: Level
    what: str
    where: str = ""
    what_to_do: str = ""
    trouble: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return it for programs."""
        return {name: str(value) for name, value in asdict(self).items() if name != "trouble"}


Examination: TypeAlias = Callable[[Home], list[Finding]]


def examinations() -> tuple[Examination, ...]:
    """List all examinations, in the order in which they are said; a new one is one more line."""
    from narvaro.config import doctor_machine, doctor_stores

    return (
        doctor_stores.sqlite_versions,
        doctor_stores.main_database,
        doctor_stores.journals,
        doctor_stores.disk_sync,
        doctor_stores.worker,
        doctor_stores.troubles,
        doctor_stores.paths,
        doctor_machine.machine_clock,
        doctor_machine.time_sources,
        doctor_machine.disk_space,
        doctor_machine.certificates,
        doctor_machine.open_files,
        doctor_machine.open_ports,
        doctor_machine.file_modes,
        doctor_machine.notification_channels,
    )


def examine(home: Home, chosen: Sequence[Examination] | None = None) -> list[Finding]:
    """Make all examinations; one that fails is a finding itself."""
    found: list[Finding] = []
    for one in examinations() if chosen is None else chosen:
        try:
            found += one(home)
        except Exception as fault:
            # The doctor is called when something is wrong: the other examinations must still be made.
            logger.exception("examination failed", extra={"examination": one.__name__})
            said = f"This could not be looked at: {type(fault).__name__}: {fault}"
            found.append(Finding(one.__name__, "bad", said, what_to_do="Read the log above."))
    said_already = {one.code for one in found if one.level != "ok"}
    found = [one for one in found if one.trouble not in said_already]
    return sorted(found, key=lambda finding: ORDER.index(finding.level))


def exit_code(found: Sequence[Finding]) -> int:
    """Return 1 where anything is bad."""
    return 1 if any(one.level == "bad" for one in found) else 0


def to_text(found: Sequence[Finding]) -> str:
    """Write the findings for a person."""
    lines = []
    for one in found:
        where = f" ({one.where})" if one.where else ""
        lines.append(f"{one.level.upper():4}  {one.code}: {one.what}{where}")
        if one.what_to_do:
            lines.append(f"      → {one.what_to_do}")
    counts = ", ".join(f"{sum(one.level == level for one in found)} {level}" for level in ORDER)
    return "\n".join([*lines, counts])
