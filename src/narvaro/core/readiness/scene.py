"""What readiness is asked of, and what is counted. In: times, limits, expected cases. Out: counts."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from narvaro.core.jit import F64, I64, Bits


@dataclass(frozen=True, eq=False, slots=True)
class Scene:
    """Units (U) and places (P) at one moment; raises ValueError where they do not fit.

    `travel_s` [U, P] seconds; inf: no way, or it may not be sent there; nan: not known. `free_in_s`
    [U]: 0 free now, above 0 busy for so long, inf busy and nobody knows for how long. `holds` [U] and
    `needs` [P] are bit masks of competences: a unit is qualified where it holds all that is needed.
    `cases_per_h` [P] is what is expected at each place; None: nothing was forecast.
    """

    travel_s: F64
    free_in_s: F64
    holds: I64
    limit_s: F64
    needs: I64
    cases_per_h: F64 | None = None

    def __post_init__(self) -> None:
        units, places = len(self.free_in_s), len(self.limit_s)
        given: dict[str, tuple[npt.NDArray[np.generic], tuple[int, ...]]] = {
            "travel_s": (self.travel_s, (units, places)),
            "free_in_s": (self.free_in_s, (units,)),
            "holds": (self.holds, (units,)),
            "limit_s": (self.limit_s, (places,)),
            "needs": (self.needs, (places,)),
        }
        if self.cases_per_h is not None:
            given["cases_per_h"] = self.cases_per_h, (places,)
        for name, (values, shape) in given.items():
            if values.shape != shape:
                raise ValueError(f"Scene.{name}: {shape} values are needed, not {values.shape}.")
        _check_times("travel_s", self.travel_s[~np.isnan(self.travel_s)])
        _check_times("free_in_s", self.free_in_s)
        _check_times("limit_s", self.limit_s)
        if self.cases_per_h is not None:
            _check_times("cases_per_h", self.cases_per_h)
            if np.isinf(self.cases_per_h).any():
                raise ValueError("Scene.cases_per_h: finite numbers are needed.")

    @property
    def is_free(self) -> Bits:
        """Return which units are free now, [U]."""
        return np.asarray(self.free_in_s == 0, np.bool_)

    @property
    def is_qualified(self) -> Bits:
        """Return which units may take what happens at which places, [U, P]."""
        return np.asarray((self.holds[:, None] & self.needs) == self.needs, np.bool_)

    def without(self, unit: int) -> "Scene":
        """Return the scene once a unit has left, for nobody knows how long."""
        free_in_s = self.free_in_s.copy()
        free_in_s[unit] = np.inf
        return replace(self, free_in_s=free_in_s)


def _check_times(name: str, values: F64) -> None:
    if not (values >= 0).all():
        raise ValueError(f"Scene.{name}: numbers of at least 0 are needed.")


@dataclass(frozen=True, slots=True)
class Readiness:
    """How many sites, and how much of what is expected per hour, a free unit reaches in time.

    `unknown` ones are not within: a qualified unit is free whose time there nobody knows.
    """

    sites: int
    sites_within: int
    sites_unknown: int
    cases_per_h: float | None = None
    cases_within_per_h: float | None = None
    cases_unknown_per_h: float | None = None

    @property
    def site_share(self) -> float | None:
        """Return the share of sites, 0 … 1; None without a site."""
        return self.sites_within / self.sites if self.sites else None

    @property
    def case_share(self) -> float | None:
        """Return the share of what is expected, 0 … 1; None where nothing is, or no forecast."""
        if not self.cases_per_h or self.cases_within_per_h is None:
            return None
        return self.cases_within_per_h / self.cases_per_h


def readiness_of(scene: Scene, within: Bits, unknown: Bits) -> tuple[Readiness, ...]:
    """Return the readiness for each of K states of the places, [K, P]."""
    sites = within.shape[1]
    counts = zip(within.sum(axis=1).tolist(), unknown.sum(axis=1).tolist(), strict=True)
    if scene.cases_per_h is None:
        return tuple(Readiness(sites, *one) for one in counts)
    whole = float(sum_where(scene.cases_per_h, np.ones((1, sites), np.bool_))[0])
    cases = zip(
        sum_where(scene.cases_per_h, within).tolist(),
        sum_where(scene.cases_per_h, unknown).tolist(),
        strict=True,
    )
    return tuple(
        Readiness(sites, *of_sites, whole, *of_cases)
        for of_sites, of_cases in zip(counts, cases, strict=True)
    )


def sum_where(values: F64, where: Bits) -> F64:
    """Return the sum of the values at each row's places, in one order: more places never give less."""
    return np.asarray(np.where(where, values, 0.0).sum(axis=1), np.float64)
