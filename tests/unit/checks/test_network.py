from __future__ import annotations

from azext_akskv.model.snapshot import Wanted
from tests.builders import KEY, VAULT, a_cluster, a_snapshot, a_vault, cluster_json, snapshot_with_kms_on, vault_json
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
