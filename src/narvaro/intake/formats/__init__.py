"""Contents that several protocols carry. In: text of a frame's content. Out: events, not judged.

A reader knows nothing of frames, accounts' keys or answers; what it cannot read it hands on as
text, so that a sound frame is never lost for its content.
"""

from typing import NamedTuple

from narvaro.intake.message import Pairs

# More of one frame is no alarm that anybody could read; the raw bytes are kept.
MAX_EVENTS, MAX_NOTES = 32, 16


class Event(NamedTuple):
    """One event of a content block, with the names of `narvaro.intake.message.Received`.

    `pairs` is what the block says besides: modifiers, units, accounts that differ.
    """

    code: str = ""
    qualifier: str = ""
    zone: str = ""
    area: str = ""
    text: str = ""
    pairs: Pairs = ()


TOO_MANY = Event(text=f"more than {MAX_EVENTS} events in one frame")
