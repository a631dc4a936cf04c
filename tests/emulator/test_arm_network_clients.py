"""Stock az makes networks, peers them, and gives a vault a private endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.emulation import Emulation
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import VAULT
from tests.emulator.conftest import Running, StockAz

_MODULE = "azure.cli.command_modules.network"
_AAZ = f"{_MODULE}.aaz.latest.network"
PRELOAD = " ".join(
    (
        *(_MODULE, f"{_MODULE}.commands", f"{_MODULE}.custom", f"{_MODULE}._params", f"{_MODULE}._help"),
        *(f"{_AAZ}.vnet", f"{_AAZ}.vnet.peering", f"{_AAZ}.vnet.subnet", f"{_AAZ}.nsg", f"{_AAZ}.nsg.rule"),
        f"{_AAZ}.private_endpoint",
    )
)
QUICK = Delays(update=0.2, grant=0.0, network=0.1, retry_after=0.05)


@pytest.fixture(scope="module")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockAz]:
    """With its network commands imported: they take longer than all else."""
    stock = StockAz(tmp_path_factory.mktemp("network-az"), PRELOAD)
    yield stock
    stock.close()


def run(az: StockAz, emulation: Emulation, *arguments: str) -> Any:
    done = az(emulation, "network", *arguments, "--resource-group", "shop-rg", "--only-show-errors", "--output", "json")
    assert done.code == 0, done.output
    return done.json if done.output.strip() else None


def test_stock_az_peers_two_networks_and_connects_an_endpoint(running: Running, az: StockAz) -> None:
    emulation = running(clusters=(), delays=QUICK)
    for name, prefix in (("hub", "10.1"), ("spoke", "10.2")):
        made = run(
            *(az, emulation, "vnet", "create", "--name", name, "--address-prefixes", f"{prefix}.0.0/16"),
            *("--subnet-name", "one", "--subnet-prefixes", f"{prefix}.0.0/24"),
        )
        assert made["newVNet"]["subnets"][0]["addressPrefix"] == f"{prefix}.0.0/24"
    for name, other in (("hub", "spoke"), ("spoke", "hub")):
        peering = ("vnet", "peering", "create", "--name", f"to-{other}", "--vnet-name", name, "--remote-vnet", other)
        assert run(az, emulation, *peering, "--allow-vnet-access")["allowVirtualNetworkAccess"] is True
    sync = ("vnet", "peering", "sync", "--name", "to-spoke", "--vnet-name", "hub")
    assert run(az, emulation, *sync)["peeringState"] == "Connected"
    endpoint = run(
        *(az, emulation, "private-endpoint", "create", "--name", "pe", "--vnet-name", "hub", "--subnet", "one"),
        *("--private-connection-resource-id", VAULT, "--group-id", "vault", "--connection-name", "link"),
    )
    assert endpoint["customDnsConfigs"][0]["ipAddresses"] == ["10.1.0.4"]
    run(az, emulation, "vnet", "peering", "delete", "--name", "to-spoke", "--vnet-name", "hub")
    [left] = run(az, emulation, "vnet", "peering", "list", "--vnet-name", "spoke")
    assert left["peeringState"] == "Disconnected"


def test_stock_az_makes_a_security_group_with_a_rule(running: Running, az: StockAz) -> None:
    emulation = running(clusters=(), delays=QUICK)
    assert run(az, emulation, "nsg", "create", "--name", "nsg")["NewNSG"]["provisioningState"] == "Succeeded"
    rule = ("nsg", "rule", "create", "--nsg-name", "nsg", "--name", "no", "--priority", "100", "--access", "Deny")
    assert run(az, emulation, *rule, "--direction", "Outbound")["priority"] == 100
