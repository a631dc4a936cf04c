from __future__ import annotations

from dataclasses import replace

from azext_akskv.model.access import KEY_VAULT_CRYPTO_USER, KEY_VAULT_READER
from azext_akskv.model.observed import Observed
from azext_akskv.model.snapshot import Snapshot, Wanted
from tests.builders import (
    KEY,
    VAULT,
    a_cluster,
    a_grant,
    a_snapshot,
    a_vault,
    cluster_json,
    snapshot_with_kms_on,
    vault_json,
)
from tests.unit.checks.verdicts import problem, state

CLOSED = a_vault(vault_json(public="Disabled"))
SELECTED = a_vault(vault_json(default_action="Deny"))
INTEGRATED = a_cluster(apiServerAccessProfile={"enableVnetIntegration": True})


def asking(mode: str) -> Wanted:
    return Wanted("enable", vault="kv1", key="etcd", network_access=mode)


def test_vault_unreachable() -> None:
    assert state("vault-unreachable", a_snapshot()) == "ok"
    assert state("vault-unreachable", a_snapshot(vault=CLOSED)) == "ok"  # Private follows from the firewall
    for mode in ("Public", "Private"):
        selected = problem("vault-unreachable", a_snapshot(asking(mode), vault=SELECTED))
        assert selected.blocks and not selected.may_accept and "--default-action Allow" in selected.command
    closed = problem("vault-unreachable", a_snapshot(asking("Public"), vault=CLOSED))
    assert closed.blocks and "--public-network-access Enabled --name kv1" in closed.command


def test_vault_unreachable_is_only_a_warning_while_a_private_vault_is_still_open() -> None:
    still_open = problem("vault-unreachable", a_snapshot(asking("Private")))
    assert not still_open.blocks and "--public-network-access Disabled" in still_open.command


def test_vault_unreachable_of_a_vault_that_was_closed_under_a_running_cluster() -> None:
    assert problem("vault-unreachable", snapshot_with_kms_on(vault=CLOSED)).blocks


def test_vnet_integration() -> None:
    assert state("vnet-integration", a_snapshot()) == "skipped"
    assert state("vnet-integration", a_snapshot(cluster=INTEGRATED, vault=CLOSED)) == "ok"
    finding = problem("vnet-integration", a_snapshot(vault=CLOSED))
    assert finding.blocks and "cannot be undone" in finding.why and "az aks stop" in finding.why
    assert problem("vnet-integration", a_snapshot(asking("Private"))).blocks


def test_mode_differs() -> None:
    on = a_cluster(cluster_json(kms=KEY))
    assert state("mode-differs", a_snapshot(asking("Public"), cluster=on)) == "ok"
    assert state("mode-differs", a_snapshot(asking("Private"))) == "ok"  # KMS is off
    finding = problem("mode-differs", a_snapshot(asking("Private"), cluster=on))
    assert finding.blocks and "close the vault last" in finding.why


def test_endpoint_pending() -> None:
    def with_connection(status: str):
        connection = {
            "id": f"{VAULT}/privateEndpointConnections/c1",
            "properties": {"privateLinkServiceConnectionState": {"status": status}},
        }
        return a_vault(vault_json(public="Disabled"), privateEndpointConnections=[connection])

    assert state("endpoint-pending", a_snapshot()) == "skipped"
    assert state("endpoint-pending", a_snapshot(vault=with_connection("Approved"))) == "ok"
    finding = problem("endpoint-pending", a_snapshot(vault=with_connection("Pending")))
    assert finding.command.endswith("/privateEndpointConnections/c1")


def test_endpoint_left() -> None:
    def with_endpoint(status: str, group: str):
        endpoint = f"/subscriptions/s/resourceGroups/{group}/providers/Microsoft.Network/privateEndpoints/e"
        connection = {
            "id": f"{VAULT}/privateEndpointConnections/c1",
            "properties": {
                "privateEndpoint": {"id": endpoint},
                "privateLinkServiceConnectionState": {"status": status},
            },
        }
        return a_vault(vault_json(), privateEndpointConnections=[connection])

    assert state("endpoint-left", snapshot_with_kms_on()) == "ok"
    assert state("endpoint-left", snapshot_with_kms_on(vault=with_endpoint("Approved", "elsewhere"))) == "ok"
    for left in (with_endpoint("Approved", "MC_rg1"), with_endpoint("Disconnected", "elsewhere")):
        finding = problem("endpoint-left", snapshot_with_kms_on(vault=left))
        assert not finding.blocks and finding.command.endswith("/privateEndpointConnections/c1")
    private = a_cluster(cluster_json(kms=KEY, private=True))
    used = snapshot_with_kms_on(cluster=private, vault=with_endpoint("Approved", "MC_rg1"))
    assert state("endpoint-left", used) == "ok"


def test_vault_closing_shared() -> None:
    def to(mode: str, *neighbours: object) -> Snapshot:
        wanted = Wanted("migrate-mode", network_access=mode)
        return replace(snapshot_with_kms_on("migrate-mode", neighbours=neighbours), wanted=wanted)

    other, private = a_cluster(cluster_json(kms=KEY)), a_cluster(cluster_json(kms=KEY, private=True))
    assert state("vault-closing-shared", to("Public", other)) == "skipped"
    assert state("vault-closing-shared", to("Private", private)) == "ok"
    shared = problem("vault-closing-shared", to("Private", private, other))
    assert shared.blocks and shared.may_accept and shared.command.startswith("az aks kv kms show")


def customers_key(mode: str, **vault: object) -> Snapshot:
    raw = cluster_json(kms=replace(KEY, version=None), renewed=True)
    raw["properties"]["securityProfile"]["azureKeyVaultKms"]["keyVaultNetworkAccess"] = mode
    return snapshot_with_kms_on(
        cluster=a_cluster(raw), vault=a_vault(**vault), grants=(a_grant(KEY_VAULT_CRYPTO_USER),)
    )


def test_vault_unreachable_with_the_new_encryption_needs_a_way_in_for_trusted_services() -> None:
    closed = {"publicNetworkAccess": "Disabled"}
    trusting, wary = ({"defaultAction": "Deny", "bypass": bypass} for bypass in ("AzureServices", "None"))
    assert state("vault-unreachable", customers_key("Private", **closed, networkAcls=trusting)) == "ok"
    assert state("vault-unreachable", customers_key("Public")) == "ok"
    keeps_out = problem("vault-unreachable", customers_key("Private", **closed, networkAcls=wary))
    assert "trusted services may not pass it" in keeps_out.text and "--bypass AzureServices" in keeps_out.command
    assert "the mode is Public" in problem("vault-unreachable", customers_key("Public", **closed)).text
    for code in ("vnet-integration", "endpoint-pending"):
        assert state(code, customers_key("Private", **closed)) == "skipped"


def test_the_grants_of_the_new_encryption_are_those_to_use_the_key_and_to_read_a_private_vault() -> None:
    assert state("grant-missing", customers_key("Public")) == "ok"
    private = customers_key("Private", networkAcls={"defaultAction": "Deny"})
    assert "Key Vault Reader" in problem("grant-missing", private).command
    reader = (a_grant(KEY_VAULT_CRYPTO_USER), a_grant(KEY_VAULT_READER))
    assert state("grant-missing", replace(private, grants=Observed(reader))) == "ok"
    assert state("contributor-grant", private) == "ok"
