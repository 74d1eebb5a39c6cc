"""What is shown of readiness. In: counts in words. Out: contexts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """How ready the units are now; `share` is that of sites, 0 … 1, None where there are none."""

    share: float | None
    text: str
    notes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
