"""One question to a time server: what is taken, and each thing for which an answer is refused."""

import socket
import time
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narvaro.spine.sntp import QUESTION, TimeRefusedError, ask, read, split_host
from narvaro.spine.uptime import Uptime, read_uptime
from tests.spine.time_server import Answer, time_server

NONCE = bytes(range(1, 9))


@pytest.mark.parametrize("off_s", [0.0, 61.0, -86_400.0])
def test_a_servers_time_is_read(off_s: float) -> None:
    """To a few hundredths on loopback; the question tells nothing of our time."""
    with time_server(Answer(off_s=off_s)) as server:
        found = ask(server.host)
    off = found.less_uptime_s - (time.time() - read_uptime().seconds)
    assert off == pytest.approx(off_s, abs=0.3)
    assert found.give_s < 0.5
    assert found.boot == read_uptime().boot
    [question] = server.questions
    assert (len(question), question[:40]) == (48, QUESTION)


def test_every_question_is_another() -> None:
    with time_server() as server:
        ask(server.host)
        ask(server.host)
    assert server.questions[0][40:] != server.questions[1][40:]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(cut=47), "short"),
        (Answer(mode=3), "no_answer"),
        (Answer(version=1), "no_answer"),
        (Answer(repeats=False), "not_ours"),
        (Answer(stratum=0), "unwelcome"),
        (Answer(leap=3), "unsynchronised"),
        (Answer(stratum=16), "unsynchronised"),
        (Answer(root_s=2.0), "unsound"),
        (Answer(busy_s=-5.0), "unsound"),
        (Answer(busy_s=5.0), "unsound"),
    ],
    ids=lambda one: one if isinstance(one, str) else str(asdict(one)),
)
def test_an_answer_that_is_not_sound_is_refused(answer: Answer, code: str) -> None:
    with time_server(answer) as server, pytest.raises(TimeRefusedError, match=f"^{code}$"):
        ask(server.host)


def test_a_server_that_is_silent_costs_the_timeout_and_no_more() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        begun = time.monotonic()
        with pytest.raises(TimeRefusedError, match="silent"):
            ask(f"127.0.0.1:{line.getsockname()[1]}", timeout_s=0.2)
        assert time.monotonic() - begun < 2


def test_a_port_where_nobody_listens_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))
        port = line.getsockname()[1]
    with pytest.raises(TimeRefusedError, match="unreachable"):
        ask(f"127.0.0.1:{port}")


def test_the_era_after_2036_is_read() -> None:
    """Seconds begin at 0 again in February 2036."""
    at_s = 2_150_000_000.0
    packet = Answer(off_s=at_s - time.time()).to_bytes(bytes(40) + NONCE)
    found = read(packet, NONCE, 10.0, Uptime("boot", 10.0))
    assert found.less_uptime_s + 10.0 == pytest.approx(at_s, abs=1)


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_in_words(answer: bytes) -> None:
    with pytest.raises(TimeRefusedError):
        read(answer, NONCE, 0.0, Uptime("boot", 1.0))


@pytest.mark.parametrize(
    ("host", "split"),
    [
        ("tid.example.se", ("tid.example.se", 123)),
        ("tid.example.se:1123", ("tid.example.se", 1123)),
        ("192.0.2.1", ("192.0.2.1", 123)),
        ("2001:db8::1", ("2001:db8::1", 123)),
        ("[2001:db8::1]", ("2001:db8::1", 123)),
        ("[2001:db8::1]:1123", ("2001:db8::1", 1123)),
    ],
)
def test_a_host_may_name_its_port(host: str, split: tuple[str, int]) -> None:
    assert split_host(host) == split
