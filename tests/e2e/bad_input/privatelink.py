"""Private links that cannot be repaired, or that a person has to decide about."""

from __future__ import annotations

from dataclasses import replace

from emulator.worlds.private_link import ENDPOINT, SHOP
from emulator.worlds.spec import CALLER, SUBSCRIPTION, Grant
from tests.e2e.bad_input.case import BadInput
from tests.e2e.commands import CLUSTER, JSON

FIX = ("aks", "kv", "fix-privatelink", *CLUSTER, "--vault", "shop-kv", *JSON, "--yes")
WELL = "pl-link-only"
VAULT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/shop-rg/providers/Microsoft.KeyVault/vaults/shop-kv"
SQL = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/shop-sql"


CASES = (
    BadInput(
        "a private link to a vault that is closed and has no private endpoint",
        4,
        FIX,
        "endpoint-missing",
        expected="nothing but trusted services gets in",
        found="has no private endpoint",
        remedy="az network private-endpoint create",
        world=WELL,
        overrides={"private_endpoints": ()},
    ),
    BadInput(
        "a private endpoint that is not the vault's",
        4,
        (*FIX, "--private-endpoint", "shop-sql-pe"),
        "endpoint-missing",
        expected="an endpoint of another vault or service does not lead to this one",
        found="shop-sql-pe is no private endpoint of shop-kv; it has: shop-pe",
        remedy="az network private-endpoint-connection list",
        world=WELL,
    ),
    BadInput(
        "a resource id of another service as the private endpoint",
        2,
        (*FIX, "--private-endpoint", SQL),
        error="expected that of a private endpoint",
        expected="Microsoft.Network/privateEndpoints",
        found="is the id of a Microsoft.Sql/servers",
        remedy="",
        world=WELL,
    ),
    BadInput(
        "a private link to a vault that is not there",
        3,
        (*FIX, "--vault", "no-such-kv"),
        "link-vault-missing",
        expected="a vault in another subscription is named with its resource id",
        found="there is no vault no-such-kv",
        remedy="az keyvault list",
        world=WELL,
    ),
    BadInput(
        "a private link of a cluster that is stopped",
        4,
        FIX,
        "cluster-stopped",
        expected="--skip-probe repairs without that",
        found="shop is stopped",
        remedy="az aks start",
        world=WELL,
        overrides={"clusters": (replace(SHOP, power="Stopped"),)},
    ),
    BadInput(
        "a private endpoint that was rejected",
        4,
        (*FIX, "--approve"),
        "endpoint-state",
        expected="somebody decided that",
        found="shop-pe was rejected at the vault",
        remedy="az keyvault private-endpoint-connection approve",
        world=WELL,
        overrides={"private_endpoints": (replace(ENDPOINT, status="Rejected"),)},
    ),
    BadInput(
        "a private endpoint whose connection was deleted at the vault",
        4,
        FIX,
        "endpoint-missing",
        expected="does not know its private endpoint shop-pe any more",
        found="which is Disconnected",
        remedy="az network private-endpoint delete",
        world=WELL,
        overrides={"private_endpoints": (replace(ENDPOINT, status="Disconnected"),)},
    ),
    BadInput(
        "two private endpoints, and the one that the record does not lead to",
        4,
        (*FIX, "--private-endpoint", "shop-pe"),
        "record-contested",
        expected="two private endpoints of one vault write one record",
        found="leads to other-pe (in other-vnet)",
        remedy="az aks kv fix-privatelink",
        world="pl-two-endpoints",
    ),
    BadInput(
        "a peering from a node resource group that is locked down",
        4,
        FIX,
        "node-group-locked",
        expected="no role helps against that deny assignment",
        found="is locked down",
        remedy="az aks update",
        world="pl-nothing",
        overrides={"clusters": (replace(SHOP, subnets=(), locked_down=True),)},
    ),
    BadInput(
        "networks that the caller may not see",
        5,
        (*FIX, "--vault", VAULT),
        "nodes-unseen",
        state="unknown",
        expected="Microsoft.Network/virtualNetworks/read",
        found="not allowed to read the nodes' network",
        remedy="",
        world=WELL,
        overrides={
            "grants": (
                Grant(CALLER, "Contributor", "cluster/shop"),
                Grant(CALLER, "Key Vault Contributor", "vault/shop-kv"),
            )
        },
    ),
    BadInput(
        "a diagram in a folder that is not there",
        2,
        (*FIX, "--diagram", "no-such-folder/vault.mmd"),
        error="is no file in a folder that is there",
        expected="a folder that is there",
        found="no-such-folder/vault.mmd",
        remedy="",
        world=WELL,
    ),
    BadInput(
        "a private endpoint's name with a blank in it",
        2,
        (*FIX, "--private-endpoint", "shop pe"),
        error="is not the name of a private endpoint",
        expected="letters, digits, dots, hyphens and underscores",
        found="shop pe",
        remedy="",
        world=WELL,
    ),
)
