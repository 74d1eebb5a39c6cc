"""SIA DC-03 event blocks. In: blocks of text ("#1234", "Nri1/BA05", "AHall"). Out: events.

A block is named by its first letter: # account, N new or O old events, A text of the event before.
Inside N and O a modifier (two small letters and a value) holds for the events after it; an event
is two capitals, an address, *value or *"text"NM, and ^description^; "/" stands between packets.
"""

import re
from collections.abc import Iterator
from itertools import islice

from narvaro.intake.formats import MAX_EVENTS, MAX_NOTES, TOO_MANY, Event
from narvaro.intake.message import Pairs

_PACKET = re.compile(
    r"(?:(?P<modifier>[a-z]{2})(?P<value>[0-9.:-]*)|(?P<code>[A-Z]{2})(?P<zone>[0-9A-F:-]*))"
    r"(?:\*(?P<quote>[\"'’])(?P<name>.*?)(?P=quote)?NM|\*(?P<units>[^^/]*))?"
    r"(?:\^(?P<words>[^^]*)\^?)?\s*/?"
)


def read_blocks(blocks: list[str], account: str) -> list[Event]:
    """Read blocks that are not empty; an inner account that is not `account` becomes a pair."""
    events: list[Event] = []
    others: list[tuple[str, str]] = []
    for block in blocks:
        kind, rest = block[0], block[1:]
        if kind in "NO":
            events += islice(_read_events(kind, rest), MAX_EVENTS + 1 - len(events))
        elif kind == "A" and events and not events[-1].text:
            events[-1] = events[-1]._replace(text=rest)
        elif kind != "#" or rest.upper() != account:
            others.append((kind, rest))
    if not events:
        words = " ".join(rest for kind, rest in others if kind == "A")
        events = [Event(text=words or "|".join(blocks))]
    if len(events) > MAX_EVENTS:
        events[MAX_EVENTS:] = [TOO_MANY]
    if not others:
        return events
    more = tuple(others[:MAX_NOTES])
    return [event._replace(pairs=event.pairs + more) for event in events]


def _read_events(kind: str, block: str) -> Iterator[Event]:
    """Read the packets of one block; what cannot be read is kept as text, without a code."""
    area, at, found = "", 0, False
    notes: Pairs = ()
    while at < len(block):
        packet = _PACKET.match(block, at)
        if packet is None:
            yield Event("", kind, "", area, block[at:], notes)
            return
        at = packet.end()
        modifier, value, code, zone, _, name, units, words = packet.groups("")
        if modifier:
            area = value if modifier == "ri" else area
            notes = (*notes, (modifier, f"{value} {words}" if words else value))[-MAX_NOTES:]
            continue
        found = True
        pairs = (*notes, ("*", units)) if units else notes
        yield Event(code, kind, zone, area, (name or words).strip(), pairs)
    if not found:
        yield Event("", kind, "", area, block, notes)
