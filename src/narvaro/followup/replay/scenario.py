"""What is asked of a replay, and what it answers. In: words of a command, or JSON. Out: plain data.

Two scenarios stand beside each other on the same cases: A, mostly the town as it is, and B.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import time
from math import inf, isnan, nan
from typing import Any, Self

from narvaro.core.replay import Difference, Policy, Rule
from narvaro.core.said import Said

RULES = {rule.name.lower(): rule for rule in Rule}
DAYS_AT_MOST, RUNS_AT_MOST = 366, 1000
UNITS_AT_MOST = 20
KEEP, HELD_S = Policy().keep, Policy().held_s


class AskedWrong(ValueError):  # noqa: N818 - a refusal, said to a person
    """Words that ask for nothing; says what, and what to write."""

    def __init__(self, said: Said) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True)
class Scenario:
    """What differs from the town as it is: how units are chosen, and which there are.

    `keep` and `held_s` belong to the rule `reserve` (docs/formulas/replay.md). `more_units` guards in
    cars come to those of the roster. `base` is a site's code: where the added units begin, or, where
    none is added, all. `shift`, local hours: when the added units work, each day, or, where none is
    added, to when every shift is moved.
    """

    rule: str = "nearest"
    keep: int = KEEP
    held_s: float = HELD_S
    more_units: int = 0
    base: str | None = None
    shift: tuple[time, time] | None = None

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            known = ", ".join(RULES)
            raise AskedWrong(
                Said("“%(word)s” is no policy; write one of %(known)s", word=self.rule, known=known)
            )
        if self.keep < 0 or not 0 <= self.held_s < inf:
            raise AskedWrong(Said("a reserve keeps 0 units or more, for 0 seconds or more"))
        if not 0 <= self.more_units <= UNITS_AT_MOST:
            most = UNITS_AT_MOST
            raise AskedWrong(Said("add from 0 to %(most)s units", most=most))

    @property
    def policy(self) -> Policy:
        """Return the rule as the core knows it."""
        return Policy(RULES[self.rule], self.keep, self.held_s)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        shift = [one.isoformat("minutes") for one in self.shift] if self.shift else None
        return asdict(self) | {"shift": shift}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return what JSON kept."""
        shift = tuple(time.fromisoformat(one) for one in kept["shift"]) if kept["shift"] else None
        return cls(**{**kept, "shift": shift})


def read_scenario(
    policy: str, *, more_units: int = 0, base: str | None = None, shift: str | None = None
) -> Scenario:
    """Read the words of a command: `nearest`, `ahead`, `reserve`, `reserve:2`, `reserve:2:300`; `18:00-02:00`."""
    rule, *numbers = policy.strip().lower().split(":")
    if numbers and (rule != "reserve" or len(numbers) > 2):
        raise AskedWrong(
            Said(
                "“%(words)s” cannot be read; write nearest, ahead, reserve, or reserve:UNITS:SECONDS",
                words=policy,
            )
        )
    try:
        keep = int(numbers[0]) if numbers else KEEP
        held_s = float(numbers[1]) if len(numbers) > 1 else HELD_S
    except ValueError as fault:
        raise AskedWrong(
            Said(
                "“%(words)s” cannot be read; write whole units and seconds, as reserve:1:300",
                words=policy,
            )
        ) from fault
    hours = read_hours(shift) if shift else None
    return Scenario(rule, keep, held_s, more_units, base or None, hours)


def read_hours(words: str) -> tuple[time, time]:
    """Read local hours such as `18:00-02:00`; the second is on the next day where it is not later."""
    parts = [one.strip() for one in words.replace("–", "-").split("-")]
    try:
        begins, ends = (time.fromisoformat(one) for one in parts)
    except ValueError as fault:
        raise AskedWrong(
            Said("“%(words)s” are no hours; write them as 18:00-02:00", words=words)
        ) from fault
    by_the_minute = all(one == one.replace(second=0, microsecond=0) for one in (begins, ends))
    if begins.tzinfo or ends.tzinfo or begins == ends or not by_the_minute:
        raise AskedWrong(
            Said(
                "“%(words)s” are no hours; write two different times, to the minute, without a zone",
                words=words,
            )
        )
    return begins, ends


@dataclass(frozen=True)
class Asked:
    """What is to be played: `days` in each of `runs`, drawn by `seed`; `real`: the last days as they were."""

    a: Scenario
    b: Scenario
    days: int = 365
    runs: int = 200
    seed: int = 1
    real: bool = False

    def __post_init__(self) -> None:
        for name, value, most in (
            ("days", self.days, DAYS_AT_MOST), ("runs", self.runs, RUNS_AT_MOST),
        ):  # fmt: skip
            if not 1 <= value <= most:
                raise AskedWrong(Said("%(name)s: from 1 to %(most)s", name=name, most=most))

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return asdict(self) | {"a": self.a.to_json(), "b": self.b.to_json()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return what JSON kept."""
        return cls(**{**kept, "a": Scenario.of(kept["a"]), "b": Scenario.of(kept["b"])})


Fact = float | str


@dataclass(frozen=True)
class Note:
    """Something that was taken to be so, or is not known: a code, and its figures."""

    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Calibration:
    """Real responses beside the same cases played under A, seconds.

    From received to on scene holds the handling of the case, which a replay leaves out; from accepted
    to on scene holds the way alone, where somebody noted it. nan: not known.
    """

    cases: int
    received_p50_s: float
    received_p90_s: float
    accepted: int
    accepted_p50_s: float
    accepted_p90_s: float
    played_p50_s: float
    played_p90_s: float


@dataclass(frozen=True)
class Answer:
    """What came of both scenarios.

    `rows`: each figure under A and B with its interval. `shares` and `a_s`, `b_s`: by when (seconds;
    inf: nobody came) that share of all cases had somebody there. `stands_on`: what it was made from, in
    numbers. `notes`: what was taken to be so.
    """

    asked: Asked
    rows: tuple[Difference, ...]
    shares: tuple[float, ...]
    a_s: tuple[float, ...]
    b_s: tuple[float, ...]
    limit_s: float
    stands_on: Mapping[str, float]
    notes: tuple[Note, ...] = ()
    calibration: Calibration | None = None

    def row(self, name: str) -> Difference:
        """Return the figure of a name; LookupError where there is none."""
        found = next((one for one in self.rows if one.name == name), None)
        if found is None:
            raise LookupError(f"{name} is no figure of this replay")
        return found

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON keeps it: what is no number is a word."""
        plain = asdict(self) | {"asked": self.asked.to_json()}
        return {name: _plain(value) for name, value in plain.items()}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """Return what JSON kept."""
        given = {name: _unplain(value) for name, value in kept.items()}
        real = given["calibration"]
        return cls(
            **{
                **given,
                "asked": Asked.of(kept["asked"]),
                "rows": tuple(Difference(**one) for one in given["rows"]),
                "notes": tuple(Note(**one) for one in given["notes"]),
                **{name: tuple(given[name]) for name in ("shares", "a_s", "b_s")},
                "calibration": Calibration(**real) if real else None,
            }
        )


_WORDS = {"nan": nan, "inf": inf, "-inf": -inf}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and (isnan(value) or abs(value) == inf):
        return str(value)
    return value


def _unplain(value: Any) -> Any:  # noqa: ANN401 - what JSON kept
    if isinstance(value, Mapping):
        return {name: _unplain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_unplain(one) for one in value]
    return _WORDS.get(value, value) if isinstance(value, str) else value
