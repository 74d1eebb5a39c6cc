"""The drawing: one document, no styles of its own, every text safe, both curves and each interval."""

import re
from math import inf, nan
from xml.etree import ElementTree as ET

import pytest

from narvaro.core.replay import Difference
from narvaro.followup.replay.plot import Words, draw
from narvaro.followup.replay.scenario import Answer, Asked, Scenario

SVG = "{http://www.w3.org/2000/svg}"
SHARES = (0.25, 0.5, 0.75, 1.0)


def answer(a_s: tuple[float, ...] = (60, 120, 300, inf), **more: float) -> Answer:
    interval = {"low": -30.0, "high": 12.0} | more
    rows = (
        Difference("all_p50_s", 120.0, 111.0, -9.0, runs=4, **interval),
        Difference("km", inf, inf, nan, nan, nan, 0),
    )
    asked = Asked(Scenario(), Scenario())
    return Answer(asked, rows, SHARES, a_s, (30, 60, 200, 900), 600.0, {})


WORDS = Words(
    title="Two <policies>", description="A & B", a="A: near", b="B: <kept>", minutes="minutes",
    share="share", limit="limit %(min)s min", differences="B − A", less="less", more="more",
    figures={"km": "km", "all_p50_s": "half"},
)  # fmt: skip


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter(f"{SVG}text")]


def test_it_is_one_document_with_title_description_and_axes() -> None:
    svg = draw(answer(), WORDS)
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert [one.text for one in root.iter(f"{SVG}title")] == ["Two <policies>"]
    assert [one.text for one in root.iter(f"{SVG}desc")] == ["A & B"]
    assert {"B: <kept>", "minutes", "limit 10 min", "half", "−0.15", "50 %"} <= set(texts(svg))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2
    assert len(list(root.iter(f"{SVG}circle"))) == 1  # of what is not known nothing is drawn
    assert "km" not in texts(svg)


def test_a_page_without_foreign_styles_shows_it_too() -> None:
    svg = draw(answer(), WORDS)
    assert "<style" not in svg
    assert "style=" not in svg
    assert "currentColor" in svg


@pytest.mark.parametrize("a_s", [(inf,) * 4, (5.0,) * 4, (5.0, 9000.0, 10000.0, 10800.0)])
def test_everything_lies_within_the_drawing(a_s: tuple[float, ...]) -> None:
    svg = draw(answer(a_s), WORDS)
    wide, tall = re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups()  # type: ignore[union-attr]
    for points in re.findall(r'points="([^"]+)"', svg):
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= float(wide)
            assert 0 <= y <= float(tall)


def test_one_run_has_no_interval() -> None:
    svg = draw(answer(low=nan, high=nan), WORDS)
    assert "nan" not in svg
    assert svg.count("<circle") == 1
