"""A night against a stub of the product: dialled, accepted, driven, reported; and how it stops."""

from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest

from narvaro.demo import night as night_module
from narvaro.demo import patrol, wall
from narvaro.demo.cases import Case, Dialled, read_cases
from narvaro.demo.driving import Fix
from narvaro.demo.frames import sia
from narvaro.demo.night import NightConfig, play
from narvaro.demo.patrol import Board
from narvaro.demo.phone import send_position
from narvaro.demo.town import Town
from tests.demo.conftest import TODAY
from tests.demo.product import ORDER, Product, running

NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=ZoneInfo("Europe/Stockholm"))


@pytest.fixture
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make waits short; the night's own clock stands at noon, when the roster's crews are known."""
    monkeypatch.setattr(wall, "now", lambda: NOON)
    for name, value in {
        "STATE_EVERY_S": 0.05, "MOVING_EVERY_S": 0.05, "STANDING_EVERY_S": 0.5, "THINK_S": (0.0, 0.0),
        "TURNOUT_S": (0.0, 0.0), "RETRY_S": 0.2, "CLOSE_S": 0.0, "WRITE_S": 0.0,
    }.items():  # fmt: skip
        monkeypatch.setattr(patrol, name, value)


def _case(town: Town, *, silent_nearest: bool = False) -> Case:
    site, alarm = town.get_site("S-014"), Dialled(0, sia("BA", 3))
    return Case("Prov", site, 0.1, (alarm,), "break_in", "Fönster krossat.", 0.0, silent_nearest)


def _config(product: Product, case: Case, stop: Event, *, keep_on: bool = False) -> NightConfig:
    return NightConfig(
        product.web,
        product.dc09,
        product.web,
        lambda number: (number, "x"),
        cases=(case,),
        stop=stop,
        keep_on=keep_on,
    )


def _product(town: Town, call_sign: str) -> Product:
    """Offer the case a few houses from where the unit stands, so that the drive is short."""
    unit = town.get_unit(call_sign)
    crew = town.list_crew(call_sign, NOON.replace(tzinfo=None))
    return Product("Trasten skola", unit.lat + 0.0004, unit.lon, crew[0])


@pytest.mark.usefixtures("_hurry")
def test_a_case_is_dialled_accepted_driven_and_reported(town: Town) -> None:
    """One alarm goes all the way; the report carries the case's finding and words."""
    lines: list[str] = []
    with running(_product(town, "V2")) as product:
        thread = Thread(
            target=play,
            args=(town, _config(product, _case(town), stop := Event(), keep_on=True), lines.append),
        )
        thread.start()
        _wait(lambda: product.state == "reported", 25)
        stop.set()
        thread.join(timeout=20)
        assert not thread.is_alive()
    steps = [path.rstrip("/").rsplit("/", 1)[-1] for _, path in product.taps]
    assert steps == ["accept", *ORDER[1:]]
    assert product.report["finding"] == ["break_in"]
    assert product.report["text"] == ["Fönster krossat."]
    assert "checks" not in product.report
    trackers = {p["id"][0] for p in product.positions}
    assert {town.get_unit(v).tracker for v in ("V1", "V2", "V3", "V4")} <= trackers
    assert any("acknowledged" in line for line in lines)


@pytest.mark.usefixtures("_hurry")
def test_your_unit_only_sends_positions(town: Town) -> None:
    """An offer to the viewer's unit is left to the viewer."""
    with running(_product(town, "V1")) as product:
        thread = Thread(
            target=play,
            args=(
                town,
                _config(product, _case(town), stop := Event(), keep_on=True),
                lambda _: None,
            ),
        )
        thread.start()
        tracker = town.get_unit("V1").tracker
        _wait(
            lambda: any(p["id"][0] == tracker for p in product.positions) and bool(product.frames),
            15,
        )
        Event().wait(1.0)
        stop.set()
        thread.join(timeout=20)
    assert product.taps == []
    mine = [p for p in product.positions if p["id"][0] == tracker]
    assert {(p["lat"][0], p["lon"][0]) for p in mine} == {
        (f"{town.units[0].lat:.6f}", f"{town.units[0].lon:.6f}")
    }


@pytest.mark.usefixtures("_hurry")
def test_an_absent_product_is_said_once_and_the_night_stops(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens: each unit says so once, the alarm is reported as not delivered."""
    monkeypatch.setattr(night_module, "LAST_CASE_S", 1.0)
    lines: list[str] = []
    nowhere = Product("Trasten skola", 0, 0, "")
    nowhere.web = nowhere.dc09 = ("127.0.0.1", 9)
    stop = Event()
    thread = Thread(target=play, args=(town, _config(nowhere, _case(town), stop), lines.append))
    thread.start()
    _wait(lambda: sum(line.startswith("V") for line in lines) >= 4, 15)
    Event().wait(2.0)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()
    said = [line for line in lines if line.startswith("V2:")]
    assert sorted("/login/" in line for line in said) == [False, True]
    assert all("refused" in line for line in said)


def test_the_nearest_unit_stays_silent_where_the_case_says_so(town: Town) -> None:
    """The first to see the offer leaves it; the next one may take it."""
    board = Board({"Trasten skola": _case(town, silent_nearest=True)})
    assert board.stays_silent("Trasten skola", "V2")
    assert not board.stays_silent("Trasten skola", "V3")
    assert board.stays_silent("Trasten skola", "V2")
    assert not board.stays_silent("Somewhere else", "V2")


def test_every_case_of_the_night_reaches_a_site_with_a_transmitter(
    town: Town, tmp_path: Path
) -> None:
    """The first is the break-in, dialled within 20 s; no two cases share a site."""
    cases = read_cases(town)
    connected = {a.site for a in town.accounts}
    assert {c.site.code for c in cases} <= connected
    assert len({c.site.code for c in cases}) == len(cases)
    assert cases[0].site.code == "S-014"
    assert cases[0].gap_s <= 20
    assert [s.after_s for s in cases[0].signals] == [0, 8]
    wrong = tmp_path / "night.toml"
    wrong.write_text('[[case]]\nname = "x"\nsite = "zoo:1"\ngap_s = 1\nsignals = []\n', "utf-8")
    with pytest.raises(ValueError, match="zoo"):
        read_cases(town, wrong)


def test_a_position_says_knots_and_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten metres a second are 19.4 knots."""
    monkeypatch.setattr(wall, "now", lambda: NOON)
    with running(Product("x", 0, 0, "")) as product:
        send_position(product.web, "v9", Fix(0, 58.6, 19.5, 10.0, 90.0))
    sent = product.positions[0]
    assert (sent["id"], sent["speed"], sent["bearing"]) == (["v9"], ["19.4"], ["90"])
    assert sent["timestamp"] == [str(int(NOON.timestamp()))]


def _wait(ready: object, seconds: float) -> None:
    """Wait until a condition holds; fail after `seconds`."""
    assert callable(ready)
    for _ in range(int(seconds / 0.05)):
        if ready():
            return
        Event().wait(0.05)
    pytest.fail(f"not reached in {seconds} s")
