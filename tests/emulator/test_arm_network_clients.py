"""Stock az makes networks, peers them, and gives a vault a private endpoint."""

from __future__ import annotations

from typing import Any

from emulator.emulation import Emulation
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import VAULT
from tests.emulator.conftest import Running, StockAz

QUICK = Delays(update=0.2, grant=0.0, network=0.1, retry_after=0.05)


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
    shown = run(az, emulation, "vnet", "peering", "show", "--name", "to-spoke", "--vnet-name", "hub")
    assert (shown["peeringState"], shown["peeringSyncLevel"]) == ("Connected", "FullyInSync")
    synced = run(az, emulation, "vnet", "peering", "sync", "--name", "to-spoke", "--vnet-name", "hub")
    assert synced["provisioningState"] == "Succeeded"
    endpoint = run(
        *(az, emulation, "private-endpoint", "create", "--name", "pe", "--vnet-name", "hub", "--subnet", "one"),
        *("--private-connection-resource-id", VAULT, "--group-id", "vault", "--connection-name", "link"),
    )
    assert endpoint["customDnsConfigs"][0]["ipAddresses"] == ["10.1.0.4"]
    run(az, emulation, "private-endpoint", "delete", "--name", "pe")
    run(az, emulation, "vnet", "peering", "delete", "--name", "to-spoke", "--vnet-name", "hub")
    left = run(az, emulation, "vnet", "peering", "list", "--vnet-name", "spoke")
    assert [one["peeringState"] for one in left] == ["Disconnected"]
    run(az, emulation, "vnet", "delete", "--name", "hub")
    assert run(az, emulation, "private-endpoint", "list") == []


def test_stock_az_makes_security_groups_and_route_tables(running: Running, az: StockAz) -> None:
    emulation = running(clusters=(), delays=QUICK)
    assert run(az, emulation, "nsg", "create", "--name", "nsg")["NewNSG"]["provisioningState"] == "Succeeded"
    rule = ("nsg", "rule", "create", "--nsg-name", "nsg", "--name", "no", "--priority", "100", "--access", "Deny")
    assert run(az, emulation, *rule, "--direction", "Outbound")["priority"] == 100
    run(az, emulation, "route-table", "create", "--name", "table")
    route = ("route-table", "route", "create", "--route-table-name", "table", "--name", "all")
    hop = ("--next-hop-type", "VirtualAppliance", "--next-hop-ip-address", "10.0.0.4")
    assert run(az, emulation, *route, "--address-prefix", "0.0.0.0/0", *hop)["nextHopIpAddress"] == "10.0.0.4"
    run(az, emulation, "vnet", "create", "--name", "v", "--address-prefixes", "10.0.0.0/16")
    subnet = ("vnet", "subnet", "create", "--vnet-name", "v", "--name", "s", "--address-prefixes", "10.0.0.0/24")
    made = run(az, emulation, *subnet, "--network-security-group", "nsg", "--route-table", "table")
    assert made["networkSecurityGroup"]["id"].endswith("/nsg") and made["routeTable"]["id"].endswith("/table")
