"""The way that the documents go by hand repairs what the worlds lack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from emulator.emulation import Emulation
from emulator.nodes import nodes_of
from emulator.reach import reach
from emulator.resolution import resolve
from emulator.worlds.private_dns import VAULT_ZONE
from tests.emulator.arm_client import CLUSTER, HOST, SUB
from tests.emulator.conftest import Running, StockAz
from tests.emulator.network_client import NETWORK
from tests.emulator.test_arm_network_clients import PRELOAD, QUICK

NODE_GROUP = "MC_shop-rg_shop_westeurope"
MANAGED = f"{SUB}/resourceGroups/{NODE_GROUP}/providers/Microsoft.Network/virtualNetworks/aks-vnet-31337000"
NETWORKS = f"{NETWORK}/virtualNetworks"
ENDPOINT = f"{NETWORK}/privateEndpoints/shop-pe"


@pytest.fixture(scope="module")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockAz]:
    """With its network commands imported: they take longer than all else."""
    stock = StockAz(tmp_path_factory.mktemp("worlds-az"), f"{PRELOAD} azure.cli.command_modules.privatedns")
    yield stock
    stock.close()


def run(az: StockAz, emulation: Emulation, command: str, *more: str) -> Any:
    done = az(emulation, "network", *command.split(), *more, "--only-show-errors", "--output", "json")
    assert done.code == 0, done.output
    return done.json


def seen(emulation: Emulation) -> set[tuple[str, str, str]]:
    """From the nodes: the address of the vault's name, how a connection to it ends, and the endpoint that takes it."""
    found = set()
    for node in nodes_of(emulation.world, CLUSTER):
        said = resolve(emulation.world, node.subnet_id.partition("/subnets/")[0], HOST)
        ends = reach(emulation.world, node.subnet_id, said.addresses[0])
        found.add((said.addresses[0], ends.outcome, ends.endpoint_id))
    return found


def test_stock_az_builds_the_whole_way_from_the_nodes_to_the_endpoint(running: Running, az: StockAz) -> None:
    emulation = running("pl-nothing", delays=QUICK)
    assert seen(emulation) == {("20.1.2.3", "connected", "")}
    run(az, emulation, "private-dns zone create -g shop-rg -n", VAULT_ZONE)
    linked = ("-z", VAULT_ZONE, "-v", MANAGED, "-e", "false")
    run(az, emulation, "private-dns link vnet create -g shop-rg -n nodes", *linked)
    group = "private-endpoint dns-zone-group create -g shop-rg --endpoint-name shop-pe -n default --zone-name vault"
    written = run(az, emulation, group, "--private-dns-zone", VAULT_ZONE)
    assert written["privateDnsZoneConfigs"][0]["recordSets"][0]["ipAddresses"] == ["10.1.0.4"]
    assert seen(emulation) == {("10.1.0.4", "timeout", "")}
    peer = "vnet peering create --allow-vnet-access -n"
    vaults = f"{NETWORKS}/vault-vnet"
    there = run(az, emulation, f"{peer} to-vault -g {NODE_GROUP} --vnet-name aks-vnet-31337000 --remote-vnet", vaults)
    back = run(az, emulation, f"{peer} to-nodes -g shop-rg --vnet-name vault-vnet --remote-vnet", MANAGED)
    assert (there["peeringState"], back["peeringState"]) == ("Initiated", "Connected")
    assert seen(emulation) == {("10.1.0.4", "connected", ENDPOINT)}


def test_stock_az_adds_the_link_that_is_missing(running: Running, az: StockAz) -> None:
    emulation = running("pl-link-only", delays=QUICK)
    assert seen(emulation) == {("20.1.2.3", "connected", "")}
    linked = ("-z", VAULT_ZONE, "-v", f"{NETWORKS}/nodes-vnet", "-e", "false")
    run(az, emulation, "private-dns link vnet create -g shop-rg -n nodes", *linked)
    assert seen(emulation) == {("10.1.0.4", "connected", ENDPOINT)}
