"""Where the programs of the nodes ask: each container has a secret of its own, and sees from where it runs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.core.http import Answer, Call
from emulator.programs.curl import curl
from emulator.programs.dig import dig
from emulator.programs.netcat import nc
from emulator.programs.nslookup import host, nslookup
from emulator.programs.outcome import Outcome
from emulator.programs.resolver import getent
from emulator.programs.view import Place, View

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

QUESTIONS = "/node"
"""The path below which containers ask, on the plain listener."""
CLIENT = Path(__file__).parent / "client.py"
"""What runs in a container in place of each program."""
PROGRAMS: Mapping[str, Callable[[View, list[str]], Outcome]] = {
    "curl": curl,
    "dig": dig,
    "getent": getent,
    "host": host,
    "nc": nc,
    "nslookup": nslookup,
}


class Programs:
    """`world.programs`."""

    client = CLIENT

    def __init__(self, world: EmulatedWorld) -> None:
        self._world = world
        self._places: dict[str, Place] = {}

    def admit(self, place: Place) -> str:
        """The secret with which the container at a place asks from now on."""
        secret = secrets.token_urlsafe(24)
        self._places[secret] = place
        return secret

    def dismiss(self, secret: str) -> None:
        """The container is gone."""
        self._places.pop(secret, None)

    def resolv_conf(self, place: Place, on_node: bool) -> str:
        """The file as it is when a container starts: a node learns of other servers when it starts anew [D]."""
        return View(self._world, place, on_node).resolv_conf

    def answer(self, call: Call) -> Answer:
        """`POST /node/<secret>` with `{"program", "arguments", "on_node"}`: how the program ends; 404 without the
        secret, 400 for a body that makes no sense."""
        place = self._places.get(call.path.removeprefix(f"{QUESTIONS}/"))
        if call.method != "POST" or place is None:
            return Answer(404, {"error": "nobody asks here"})
        try:
            asked = json.loads(call.body)
            run, arguments = PROGRAMS[asked["program"]], [str(one) for one in asked["arguments"]]
            on_node = bool(asked["on_node"])
        except (ValueError, TypeError, LookupError) as error:
            return Answer(400, {"error": str(error)})
        ended = run(View(self._world, place, on_node), arguments)
        seconds = ended.waits * self._world.spec.delays.unanswered
        told = {"code": ended.code, "stdout": ended.stdout, "stderr": ended.stderr, "files": dict(ended.files)}
        return Answer(200, {**told, "seconds": seconds})
