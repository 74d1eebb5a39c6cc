"""Frames that atheris looks for, led by the branches they reach. In: a seed. Out: 1 where one breaks.

The first byte of an input chooses its envelope: none of its own, or a right one of some form, since
nobody finds a CRC by trying. The frames of `mutants` are where it starts from, and its judge judges.
It ends the process itself, so `torture` runs it in one of its own.

    python -m tests.intake.fuzzed_frames --runs 100000 --seed 7
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

with atheris.instrument_imports(include=["narvaro.intake", "tests.intake.mutants"]):
    from tests.intake.mutants import BODIES, FORMS, envelop, try_frames

LONGEST = 4200


def as_stream(data: bytes) -> bytes:
    """Return the bytes that a transmitter would send for an input."""
    choice = data[0] % (len(FORMS) + 1) if data else len(FORMS)
    return envelop(data[1:4090], FORMS[choice]) if choice < len(FORMS) else data[1:]


def try_one(data: bytes) -> None:
    """Raise where a stream is wrongly taken or crashes the codec; atheris keeps and says it."""
    found = try_frames(iter([as_stream(data)]))
    if found.is_loss:
        raise AssertionError(f"breaks the codec: {found.wrong} {found.crashed}")


def main() -> None:
    """Let atheris look from the frames of the mutants on."""
    parser = argparse.ArgumentParser(description="Frames by atheris.")
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument(
        "--kept", default="", help="where an input that breaks is kept, with a / behind"
    )
    given = parser.parse_args()
    with TemporaryDirectory(prefix="fuzzed-") as corpus:
        for number, body in enumerate(BODIES):
            for choice in range(len(FORMS) + 1):
                name = Path(corpus) / f"{number}-{choice}"
                name.write_bytes(
                    bytes([choice]) + (body if choice < len(FORMS) else envelop(body, FORMS[0]))
                )
        atheris.Setup(
            [sys.argv[0], f"-runs={given.runs}", f"-seed={given.seed % 2**32}", f"-max_len={LONGEST}",
             f"-artifact_prefix={given.kept}", corpus],
            try_one,
        )  # fmt: skip
        atheris.Fuzz()


if __name__ == "__main__":
    main()
