"""One file per protocol. In: bytes of the field. Out: the shapes of `narvaro.intake.message`.

A decoder is pure: no sockets, files or clock. Each file names itself in a `PROTOCOL`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What a protocol is, what carries it, and how far this implementation goes.

    `clauses` names the parts of the standard that the file follows; `ladder` is what has been
    shown, from weak to strong: "codec" (agrees with another's codec), "dialled" (another's
    transmitter was answered), "field" (a real device was).
    """

    name: str
    transport: str
    standard: str
    clauses: tuple[str, ...]
    ladder: tuple[str, ...]
