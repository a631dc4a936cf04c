"""Runs in a container in place of a program of the node: asks the emulator how it ends, and ends so.

`client.py PROGRAM ARGUMENTS...`. It imports nothing of the emulator and as little as can be: a script starts many."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from typing import Any

_FAILED = 70
"""The exit code when the emulator gives no answer."""


def _asked(program: str, arguments: list[str]) -> Any:
    """The answer of EMULATED_NODE, a URL with the secret of this container. Raises OSError and ValueError."""
    authority, _, path = os.environ["EMULATED_NODE"].removeprefix("http://").partition("/")
    host, _, port = authority.partition(":")
    asked = {"program": program, "arguments": arguments, "on_node": bool(os.environ.get("EMULATED_ON_NODE"))}
    body = json.dumps(asked).encode()
    head = f"POST /{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    said = b""
    with socket.create_connection((host, int(port)), 30) as connection:
        connection.sendall(head.encode() + body)
        while part := connection.recv(65536):
            said += part
    status, _, content = said.partition(b"\r\n\r\n")
    if b" 200 " not in status[:16]:
        raise ValueError(content.decode(errors="replace"))
    return json.loads(content)


def main() -> int:
    program, arguments = sys.argv[1], sys.argv[2:]
    try:
        ended = _asked(program, arguments)
    except (OSError, ValueError, KeyError) as error:
        sys.stderr.write(f"{program}: the emulator does not answer: {error}\n")
        return _FAILED
    time.sleep(ended["seconds"])
    for path, text in ended["files"].items():
        with open(path, "wb") as file:
            file.write(text.encode("latin-1"))
    for stream, text in ((sys.stdout, ended["stdout"]), (sys.stderr, ended["stderr"])):
        stream.flush()
        stream.buffer.write(text.encode("latin-1", "replace"))
        stream.buffer.flush()
    return int(ended["code"])


if __name__ == "__main__":
    sys.exit(main())
