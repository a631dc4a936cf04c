"""Two operators with the real az on two machines: the second is told who is at work, before anything is changed."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.emulation import Time
from emulator.worlds.spec import Delays
from tests.e2e import stored
from tests.e2e.conftest import Station, az_worker

ROTATE = ("aks", "kv", "rotate", "-g", "shop-rg", "-n", "shop", "--yes", "--accept", "rewrite-unknown", "-o", "json")
SHOW = ("aks", "kv", "kms", "show", "-g", "shop-rg", "-n", "shop", "-o", "json")
BEFORE_THE_KEY = {"site": "arm", "method": "PUT", "path": "/managedClusters/", "hold": "before", "nth": 1}


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Station]:
    """Another machine: its own az, its own journal, the same Azure."""
    with az_worker(tmp_path) as worker:
        yield Station(worker)


def test_the_second_is_told_and_goes_on_when_the_first_is_dead(station: Station, second: Station) -> None:
    """The first is stopped right before it changes the key, as a closed lid stops it, and never comes back."""
    emulation = station.start("kms-on", secrets=3, delays=Delays(update=0.5, grant=0.0), clock=Time())
    second.visit(station)
    station.settings = {"AZURE_AKSKV_WAIT_FACTOR": "1"}
    emulation.server.call(lambda: emulation.control._set_fault(dict(BEFORE_THE_KEY)))
    first = station.begin(*ROTATE)
    deadline = time.monotonic() + 60
    while not any(each.held for each in emulation.world.faults.faults):
        assert time.monotonic() < deadline, (station.folder / "output").read_text()
        time.sleep(0.01)
    os.kill(first, signal.SIGSTOP)
    before = len(second.changes())
    try:
        refused, shown = second.az(*ROTATE), second.az(*SHOW)
    finally:
        os.kill(first, signal.SIGKILL)
        station.end()
    assert refused.code == 4 and len(second.changes()) == before, refused.output
    [told] = [each["text"] for each in refused.json["findings"] if each["code"] == "other-operator"]
    assert f"-rotate of systemAssignedIdentity on {socket.gethostname()}, at work since" in told
    assert "other-operator" in shown.output
    stored.forget_holder(emulation)
    assert second.az(*ROTATE).code == 0
    assert second.stale() == [] and emulation.verdict()["ok"]
