"""The police's public feed of a made-up municipality: a day in, police-events.json as it is served out."""

import json
import unicodedata
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from narvaro.demo.first_day.as_written import MONTHS
from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data, read_plan

ZONE = ZoneInfo("Europe/Stockholm")
FIRST_ID = 680_000


def write_police_events(path: Path, frame: Frame, today: date, rng: Random) -> None:
    """Write the events of the last weeks, the newest first; their place is the municipality's middle."""
    spec = read_data("police.toml") | {"town": read_plan()["town"]["name"]}
    midnight = datetime.combine(today, time(), ZONE)
    drawn = sorted(rng.uniform(5 / 24, spec["days"]) for _ in range(spec["events"]))
    moments = [midnight - timedelta(minutes=round(1440 * d)) for d in drawn]
    number = FIRST_ID + 7 * len(moments)
    events = []
    for at in moments:
        number -= rng.randrange(1, 7)
        events.append(_event(number, at, spec, frame, rng))
    text = json.dumps(events, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _event(
    number: int, at: datetime, spec: dict[str, Any], frame: Frame, rng: Random
) -> dict[str, Any]:
    kind = rng.choices(spec["kind"], [k["weight"] for k in spec["kind"]])[0]
    county = spec["county"]
    of_county = kind["type"].startswith("Samman") or rng.random() < county["share"]
    place = county["name"] if of_county else spec["town"]
    lat, lon = county["gps"] if of_county else (frame.lat, frame.lon)
    title = f"{at:%d} {MONTHS[at.month - 1]} {at:%H.%M}, {kind['type']}, {place}"
    day = f"{at.year}/{MONTHS[at.month - 1]}/{at.day}"
    summary = rng.choice(kind["texts"]).format(
        road=rng.choice(spec["roads"]), place=rng.choice(spec["places"])
    )
    return {
        "id": number,
        "datetime": _published(at + timedelta(minutes=rng.randrange(8, 280)), rng),
        "name": title,
        "summary": summary,
        "url": f"/aktuellt/handelser/{day}/{_slug(title)}/",
        "type": kind["type"],
        "location": {"name": place, "gps": f"{lat:.6f},{lon:.6f}"},
    }


def _published(at: datetime, rng: Random) -> str:
    """Write a time as the feed does: an hour below ten mostly has one digit."""
    at += timedelta(seconds=rng.randrange(60))
    hour = f"{at.hour}" if rng.random() < 0.9 else f"{at:%H}"
    offset = f"{at:%z}"
    return f"{at:%Y-%m-%d} {hour}:{at:%M:%S} {offset[:3]}:{offset[3:]}"


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFD", title.casefold())
    kept = (c if c.isalnum() or c == "." else "-" if c in " /" else "" for c in plain)
    return "".join(kept)
