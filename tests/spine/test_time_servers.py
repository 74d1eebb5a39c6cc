"""Time servers are asked at polite intervals, in a thread of its own, and remembered."""

from pathlib import Path

import pytest

from narvaro.spine.clock import Hands
from narvaro.spine.sntp import ServerTime, TimeRefusedError
from narvaro.spine.time_servers import BELIEVED_S, EVERY_S, FILE, TimeServers, list_heard
from tests.spine.time_server import time_server


class Asked:
    """A made-up network: who was asked, and what they say."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.asked: list[str] = []
        self.refuses = ""

    def __call__(self, host: str) -> ServerTime:
        self.asked.append(host)
        if self.refuses:
            raise TimeRefusedError(self.refuses)
        up = self.hands.uptime()
        return ServerTime(up.boot, self.hands.now().timestamp() - up.seconds + 7.0, 0.1, up.seconds)


def look(servers: TimeServers) -> None:
    servers.look()
    servers.wait(5)


def test_each_is_asked_once_in_ten_minutes_also_over_restarts(hands: Hands, tmp_path: Path) -> None:
    asked = Asked(hands)
    servers = TimeServers(tmp_path, ("a", "b", "a"), asked)
    look(servers)
    look(servers)
    assert asked.asked == ["a", "b"]
    hands.advance(EVERY_S - 1)
    look(TimeServers(tmp_path, ("a", "b", "c"), asked))
    assert asked.asked == ["a", "b", "c"]
    hands.advance(1)
    look(TimeServers(tmp_path, ("a", "b"), asked))
    assert asked.asked == ["a", "b", "c", "a", "b"]


def test_none_is_asked_where_none_is_named(hands: Hands, tmp_path: Path) -> None:
    asked = Asked(hands)
    look(TimeServers(tmp_path, (), asked))
    assert (asked.asked, list(tmp_path.iterdir())) == ([], [])


def test_a_refusal_keeps_what_was_read_until_it_is_too_old(hands: Hands, tmp_path: Path) -> None:
    asked = Asked(hands)
    servers = TimeServers(tmp_path, ("a",), asked)
    look(servers)
    asked.refuses = "silent"
    hands.advance(EVERY_S)
    look(servers)
    found = list_heard(tmp_path)["a"]
    assert (found.fault, found.asked_s, found.read_s) == ("silent", EVERY_S, 0.0)
    assert found.is_believed(hands.uptime())
    hands.advance(BELIEVED_S)
    assert not found.is_believed(hands.uptime())


def test_who_does_not_want_to_be_asked_is_left_alone_for_a_day(
    hands: Hands, tmp_path: Path
) -> None:
    asked = Asked(hands)
    asked.refuses = "unwelcome"
    servers = TimeServers(tmp_path, ("a",), asked)
    for _ in range(100):
        look(servers)
        hands.advance(EVERY_S)
    assert len(asked.asked) == 1
    hands.advance(86_400)
    look(servers)
    assert len(asked.asked) == 2


def test_a_real_question_over_loopback_is_kept(tmp_path: Path) -> None:
    with time_server() as server:
        look(TimeServers(tmp_path, (server.host,)))
        found = list_heard(tmp_path)[server.host]
    assert found.fault == ""
    assert found.less_uptime_s is not None


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"host": "a"}]'])
def test_a_file_that_cannot_be_read_is_no_word(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert list_heard(tmp_path) == {}
