"""Why a source of time says nothing. In: nothing. Out: the codes, which pages and doctor have words for.

Pure Python: the receiver, which knows no `core`, leaves them beside its journal.
"""

from enum import StrEnum


class Silent(StrEnum):
    """Why a source says nothing of our time; the first three are the panels', the others a server's."""

    FEW = "few"
    AT_ONCE = "at_once"
    APART = "apart"
    NOT_ASKED = "not_asked"
    OLD = "old"
    NO_ANSWER = "silent"
    UNREACHABLE = "unreachable"
    UNWELCOME = "unwelcome"
    UNSYNCHRONISED = "unsynchronised"
