"""A world of the emulator, and az's own login, settings and SDKs signed in to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from azext_akskv.cli import wiring
from azext_akskv.engine.waiting import SystemClock, Waits
from azext_akskv.model.ids import cluster_id
from azext_akskv.ports import Ports
from emulator import environment
from emulator.emulation import Emulation
from emulator.worlds import catalogue
from emulator.worlds.spec import SUBSCRIPTION, Delays
from tests.fakes import FakeReporter
from tests.unit.gateways.conftest import AT_ONCE

SHOP = cluster_id(SUBSCRIPTION, "shop-rg", "shop")
QUICK = Delays(grant=0, update=0.2, network=0.2, retry_after=0)


class Signed:
    """An emulated world, az's command-line context signed in to it, and the ports as a command gets them."""

    def __init__(self, emulation: Emulation, cli: Any) -> None:
        self.emulation = emulation
        self.cli = cli
        setting = wiring.Setting(SHOP, FakeReporter(), SystemClock(), Waits(0.001), "direct")
        self.ports: Ports = wiring.ports(cli, setting, AT_ONCE)

    def requests(self, method: str = "") -> list[str]:
        log = self.emulation.world.log.document()
        return [f"{entry['method']} {entry['url']}" for entry in log if method in ("", entry["method"])]


class Statuses:
    def __init__(self) -> None:
        self.seen: list[str] = []

    def accepted(self, operation_url: str) -> None:
        self.seen.append(operation_url.partition("?")[0].rpartition("/operations/")[0].rpartition("/")[2])

    def status(self, status: str) -> None:
        self.seen.append(status)


@pytest.fixture
def signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from azure.cli.core import get_default_cli

    running: list[Emulation] = []
    handlers = list(logging.getLogger("cli").handlers)

    def sign_in(world: str, **overrides: Any) -> Signed:
        emulation = Emulation(catalogue.load(world, **{"delays": QUICK, **overrides}))
        emulation.__enter__()
        running.append(emulation)
        environment.write_files(tmp_path, emulation.world.spec.subscriptions)
        for name, value in environment.variables(emulation, tmp_path).items():
            monkeypatch.setenv(name, value)
        # az reads the folder once, when it is imported; another test may have done that.
        monkeypatch.setattr("azure.cli.core.cloud.CLOUD_CONFIG_FILE", str(tmp_path / "azure" / "clouds.config"))
        cli = get_default_cli()
        cli.data.update(headers={}, command="aks kv kms show", completer_active=False)
        return Signed(emulation, cli)

    yield sign_in
    for emulation in running:
        emulation.__exit__(None, None, None)
    logging.getLogger("cli").handlers[:] = handlers
