"""What is read of an answer on a kept connection, and that nothing else is: it may come from anywhere on the way."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azext_akskv.gateways.kept_connection import KeptConnection, Unusual

MOST = 1000
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nAudit-Id: 7\r\n"


class Wire:
    """Stands for urllib3's connection: one end of a pair of sockets, and what the server sends is sent by the test."""

    def __init__(self) -> None:
        self.sock, self.server = socket.socketpair()

    def connect(self) -> None:
        """It is."""

    def close(self) -> None:
        self.sock.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    made = Wire()
    yield made
    made.server.close()
    made.close()


def kept(wire: Any) -> KeptConnection:
    return KeptConnection(wire, 5.0)


def answered(wire: Wire, *pieces: bytes) -> tuple[int, bytes]:
    """What is understood of an answer that the server sends before it goes away."""
    for piece in pieces:
        wire.server.sendall(piece)
    wire.server.shutdown(socket.SHUT_WR)
    status, _, body = kept(wire).ask(b"PATCH", MOST)
    return status, body


def test_one_answer_follows_another(wire: Wire) -> None:
    connection = kept(wire)
    for number in range(3):
        body = json.dumps({"number": number}).encode()
        wire.server.sendall(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        status, headers, seen = connection.ask(b"PATCH", MOST)
        assert (status, headers["audit-id"], headers["CONTENT-TYPE"]) == (200, "7", "application/json")
        assert json.loads(seen) == {"number": number}
        assert wire.server.recv(100) == b"PATCH"


def test_chunks_are_put_together(wire: Wire) -> None:
    chunked = b'Transfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\nA\r\n: [1,2,3]}\r\n0\r\n\r\n'
    assert answered(wire, OK + chunked) == (200, b'{"a": [1,2,3]}')


def test_a_refusal_is_an_answer_like_any_other(wire: Wire) -> None:
    refusal = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n{}"
    assert answered(wire, refusal) == (403, b"{}")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"<html>proxy</html>\r\n\r\n",
        OK + b"\r\n",
        OK + b"Content-Length: -2\r\n\r\n",
        OK + b"Content-Length: 2\r\n\r\n{",
        OK + b"Content-Length: 2\r\n\r\n{} and more",
        OK + b"Content-Length: 1001\r\n\r\n" + bytes(1001),
        OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n200\r\n" + bytes(512) + b"\r\n200\r\n" + bytes(512) + b"\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: gzip\r\n\r\n{}",
        OK + b"X: " + b"x" * 70_000,
    ],
)
def test_whatever_is_unusual_is_left_to_others(wire: Wire, answer: bytes) -> None:
    with pytest.raises(Unusual):
        answered(wire, answer)


def test_a_server_that_says_nothing_is_not_waited_for_longer_than_said(wire: Wire) -> None:
    any_wire: Any = wire
    with pytest.raises(TimeoutError):
        KeptConnection(any_wire, 0.01).ask(b"PATCH", MOST)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=4), st.sampled_from([b"", OK, OK + b"Content-Length: 12\r\n\r\n"]))
def test_no_answer_makes_it_fail_in_another_way(pieces: list[bytes], begin: bytes) -> None:
    wire = Wire()
    try:
        _, body = answered(wire, begin, *pieces)
        assert len(body) <= MOST
    except Unusual:
        pass
    finally:
        wire.server.close()
        wire.close()
