"""`az` for shell scripts: a small program that hands its arguments, environment, folder and descriptors to a process
that has az imported already, and that forks for each call. A call takes half the time; the az is the same.

`warm_az.py SOCKET LOG` is that process. LOG gets a JSON object for each call: {argv, code}.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e import fork_az

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    socket.send_fds(server, [b"+"], [0, 1, 2])
    server.sendall(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode())
    server.shutdown(socket.SHUT_WR)
    code = int(server.makefile().read())
sys.exit(code)
"""
LIMIT_SECONDS = 60
CHECKOUT = Path(__file__).resolve().parents[2]


class WarmAz:
    """The process and the folder `programs`, in which its `az` is. az reads its configuration's folder when it is
    imported, so every call uses that of `environment`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.programs = folder / "bin"
        self._log = folder / "calls.jsonl"
        address = folder / "az.socket"
        self.programs.mkdir()
        client = self.programs / "az"
        client.write_text(CLIENT.format(python=sys.executable, socket=str(address)))
        client.chmod(0o755)
        command = [sys.executable, "-m", "tests.e2e.warm_az", str(address), str(self._log)]
        self._process = subprocess.Popen(command, cwd=CHECKOUT, env=dict(environment))
        deadline = time.monotonic() + LIMIT_SECONDS
        while not address.exists():
            assert self._process.poll() is None and time.monotonic() < deadline, "az did not start"
            time.sleep(0.02)

    def calls(self) -> list[dict[str, Any]]:
        """Each call since the last `forget`: its arguments and its exit code."""
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    def forget(self) -> None:
        self._log.write_text("")

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # it had no processor in that time
            self._process.kill()
            self._process.wait()


def serve(address: str, log: str) -> None:
    """Never ends by itself."""
    fork_az.import_az()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{address}.new")
        listener.listen()
        os.rename(f"{address}.new", address)
        while True:
            client, _ = listener.accept()
            with client, open(log, "a") as calls:
                argv, code = one_call(client)
                calls.write(json.dumps({"argv": argv, "code": code}) + "\n")
                calls.flush()
                client.sendall(str(code).encode())


def one_call(client: socket.socket) -> tuple[list[str], int]:
    """The arguments of a call, and its exit code: 128 and the signal's number when a signal ended it."""
    _, descriptors, _, _ = socket.recv_fds(client, 1, 3)
    argv, environment, folder = json.loads(client.makefile().read())
    child = os.fork()
    if child == 0:
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
        os.chdir(folder)
        os.environ.clear()
        fork_az.run_az({"argv": argv, "env": environment})
    for descriptor in descriptors:
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return argv, code if code >= 0 else 128 - code


if __name__ == "__main__":
    serve(*sys.argv[1:])
