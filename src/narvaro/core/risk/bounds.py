"""How many events a forecast leaves room for. In: expected counts and evidence. Out: bounds.

A cell's rate is taken as gamma distributed around its forecast with as much weight as the events
that speak for it; the count is then negative binomial.
"""

import math

import numpy as np

from narvaro.core.jit import F64, I64, kernel

_SPREAD_SQUARED = 0.1**2  # the level itself is known to about ten percent
_SMALLEST_LOG = -700.0


def bounds(expected: F64, evidence: F64, share: float) -> tuple[I64, I64]:
    """Return the lowest and highest count of the central `share`, int64 [cells] each.

    `expected`: mean count. `evidence`: events that speak for the rate, above 0. The bounds are
    counts, so they hold at least `share`, and more where counts are small.
    """
    if not 0 < share < 1:
        raise ValueError(f"bounds: a share between 0 and 1 is needed, not {share}.")
    shape = 1 / (1 / evidence + _SPREAD_SQUARED)
    tail = (1 - share) / 2
    return (
        quantile(np.ascontiguousarray(expected, np.float64), shape, tail),
        quantile(np.ascontiguousarray(expected, np.float64), shape, 1 - tail),
    )


@kernel
def quantile(mean: F64, shape: F64, q: float) -> I64:
    """Return the smallest count whose negative binomial distribution function reaches q."""
    found = np.zeros(len(mean), np.int64)
    for cell in range(len(mean)):
        m, a = mean[cell], shape[cell]
        if m <= 0:
            continue
        log_none = -a * math.log1p(m / a)
        if log_none < _SMALLEST_LOG:
            # nothing has that many expected events but a whole region: the normal is close enough
            z = _normal(q)
            found[cell] = max(0, math.ceil(m + z * math.sqrt(m + m * m / a) - 0.5))
            continue
        chance = math.exp(log_none)
        reached = chance
        count = 0
        while reached < q and count < 1_000_000:
            chance *= (count + a) / (count + 1) * m / (m + a)
            reached += chance
            count += 1
        found[cell] = count
    return found


@kernel
def _normal(q: float) -> float:
    """Return the quantile of the standard normal distribution, by bisection."""
    low, high = -10.0, 10.0
    for _ in range(60):
        middle = (low + high) / 2
        if 0.5 * math.erfc(-middle / math.sqrt(2.0)) < q:
            low = middle
        else:
            high = middle
    return low
