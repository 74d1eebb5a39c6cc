"""The one way to compile a kernel. In: a Python function on arrays. Out: the same, compiled.

Kernels are cached on disk (`NUMBA_CACHE_DIR`) and release the interpreter's lock. The cache watches
only the file that a kernel stands in: keep a kernel and what it calls in one file, and empty the
cache when a constant that it takes from another file changes.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.bool_]
F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
I8 = npt.NDArray[np.int8]
I32 = npt.NDArray[np.int32]
I64 = npt.NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile `function` with numba on first call, once per kinds of arguments."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


def lean_kernel(function: Function) -> Function:
    """Compile as `kernel` does, into one piece and without counting references to arrays.

    Only for kernels that make no array and whose caller holds all that they are given. Counted at
    each call, references took nine tenths of a replay's time. `_nrt` is numba's own switch, and not
    in its manual: a new version of numba is to be tried with tests/core/replay first.
    """
    options: dict[str, Any] = {"forceinline": True, "_nrt": False, "error_model": "numpy"}
    return cast("Function", numba.njit(cache=True, nogil=True, **options)(function))
