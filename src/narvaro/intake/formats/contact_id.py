"""SIA DC-05 (Contact ID) blocks. In: blocks of text ("#1234", "1130 01 005"). Out: events.

A block is a qualifier (1 new, 3 restore, 6 status), three digits of event, a group, and a zone or
user; the code of an event is the qualifier with its three digits.
"""

import re

from narvaro.intake.formats import MAX_EVENTS, MAX_NOTES, TOO_MANY, Event

_EVENT = re.compile(r"([0-9A-F])([0-9A-F]{3}) +([0-9A-F]{2}) +([0-9A-F]{3})", re.IGNORECASE)


def read_blocks(blocks: list[str], account: str) -> list[Event]:
    """Read blocks that are not empty; an inner account that is not `account` becomes a pair."""
    inner = [block for block in blocks if block[0] == "#"]
    others = tuple(("#", block[1:]) for block in inner if block[1:].upper() != account)[:MAX_NOTES]
    given = [block for block in blocks if block[0] != "#"]
    events = [_read_event(block)._replace(pairs=others) for block in given[:MAX_EVENTS]]
    if len(given) > MAX_EVENTS:
        events.append(TOO_MANY._replace(pairs=others))
    return events or [Event(pairs=others)]


def _read_event(block: str) -> Event:
    """Read one event; what is none is kept as text, without a code."""
    found = _EVENT.fullmatch(block.strip())
    if found is None:
        return Event(text=block)
    qualifier, event, group, zone = found.groups()
    return Event((qualifier + event).upper(), qualifier, zone, group)
