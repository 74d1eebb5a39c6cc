"""The folder in which the tour's pages and the demo speak. In: files of a home. Out: what they say.

A page writes a request; the demo, another process, takes it, plays it from outside and tells line
by line what it did. Nothing of this is there without `narvaro demo`.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

BEGUN, DONE, FAILED = "begun", "done", "failed"
COMING_IN = "coming-in"
"""What is told while the town's files come in, beside what is told of a chapter."""


@dataclass(frozen=True)
class Told:
    """One line of what the demo did: a code, when in the town's time, and its facts."""

    code: str
    at: str
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Duty:
    """Who of the viewer's own unit is on duty between two instants."""

    service_number: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Cast:
    """Who one can be: a service number for each part, and the own unit's crew over time."""

    parts: dict[str, str]
    duties: tuple[Duty, ...] = ()

    def find_number(self, part: str, at: datetime) -> str | None:
        """Return who plays a part at an instant; the guard is whoever is on duty then."""
        if part != "guard":
            return self.parts.get(part)
        on = (one.service_number for one in self.duties if one.starts_at <= at < one.ends_at)
        return next(on, None)


class TourFolder:
    """Reads and writes the folder."""

    def __init__(self, home: Path) -> None:
        """Open the folder of a home; it is made by the first who writes."""
        self.path = home / "tour"

    def ask(self, chapter: str) -> bool:
        """Ask the demo to play a chapter; False where it is at it, or asked already."""
        if self.is_playing(chapter):
            return False
        self.path.mkdir(exist_ok=True)
        try:
            (self.path / f"{chapter}.asked").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def take(self) -> str | None:
        """Take one request; None where nobody asks."""
        asked = min(self.path.glob("*.asked"), key=lambda one: one.stat().st_mtime_ns, default=None)
        if asked is None:
            return None
        asked.unlink(missing_ok=True)
        return asked.stem

    def tell(self, chapter: str, told: Told) -> None:
        """Add a line; the first of a new play takes the place of the last play."""
        self.path.mkdir(exist_ok=True)
        with self._lines(chapter).open("w" if told.code == BEGUN else "a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(told)) + "\n")

    def list_told(self, chapter: str) -> list[Told]:
        """List what was told of a chapter; a line that is half written is left for the next time."""
        try:
            lines = self._lines(chapter).read_text("utf-8").split("\n")[:-1]
        except FileNotFoundError:
            return []
        return [Told(**json.loads(line)) for line in lines]

    def is_playing(self, chapter: str) -> bool:
        """Return whether a chapter is asked for, or under way."""
        if (self.path / f"{chapter}.asked").exists():
            return True
        told = self.list_told(chapter)
        return bool(told) and told[-1].code not in {DONE, FAILED}

    def write_cast(self, cast: Cast) -> None:
        """Write who one can be."""
        self.path.mkdir(exist_ok=True)
        duties = [
            [one.service_number, one.starts_at.isoformat(), one.ends_at.isoformat()]
            for one in cast.duties
        ]
        (self.path / "cast.json").write_text(json.dumps({"parts": cast.parts, "duties": duties}))

    def read_cast(self) -> Cast:
        """Read who one can be; nobody, where nobody was let in."""
        try:
            given = json.loads((self.path / "cast.json").read_text("utf-8"))
        except FileNotFoundError:
            return Cast({})
        duties = tuple(
            Duty(number, datetime.fromisoformat(starts), datetime.fromisoformat(ends))
            for number, starts, ends in given["duties"]
        )
        return Cast(given["parts"], duties)

    def _lines(self, chapter: str) -> Path:
        return self.path / f"{chapter}.told"
