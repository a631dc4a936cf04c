"""The AKS document about KMS, story by story: its own commands, run by bash with stock az and a real kubectl, end as
it says. tests/e2e/document has the commands, docs/seed-deviations.rst what had to be changed about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.emulation import Emulation
from emulator.worlds.spec import KUBERNETES_VERSIONS, Cluster, Kms, Secrets
from tests.e2e import stored
from tests.e2e.document import scripts
from tests.e2e.reader import CLUSTER, KEY, VAULT, Reader
from tests.kubectl import needs_kubectl

SECRETS = 12
VAULT_HOST = "mykeyvault.vault.emulator.test"

pytestmark = needs_kubectl


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    reader = Reader(tmp_path_factory.mktemp("reader"))
    yield reader
    reader.close()


@pytest.fixture
def reader(machine: Reader) -> Iterator[Reader]:
    """Whatever a story did, no secret was lost and the emulation did not fail."""
    yield machine
    verdict = machine.emulation.verdict()
    assert verdict["ok"], verdict
    machine.leave()


def existing(**fields: Any) -> Cluster:
    return Cluster(secrets=Secrets(count=SECRETS), **fields)


def under_kms(**fields: Any) -> Cluster:
    return existing(kms=Kms(VAULT, KEY), **fields)


def versions(emulation: Emulation) -> list[Any]:
    """The versions of the document's key, oldest first."""
    return emulation.world.keyvault.key(VAULT_HOST, KEY).versions


def kms_in_arm(reader: Reader) -> dict[str, Any]:
    """What `az aks show` says about KMS."""
    query = "az aks show -g MyResourceGroup -n myAKSCluster --query securityProfile.azureKeyVaultKms -o json"
    shown: dict[str, Any] = json.loads(reader.run(query))
    return shown


def assert_encrypted(reader: Reader, emulation: Emulation, *, access: str, secrets: int = SECRETS) -> None:
    """KMS is on with the newest version of the key, in ARM and in etcd, for every secret."""
    newest = versions(emulation)[-1].kid
    shown = kms_in_arm(reader)
    assert (shown["enabled"], shown["keyId"], shown["keyVaultNetworkAccess"]) == (True, newest, access)
    assert stored.stored_under(emulation) == {newest} and stored.stale(emulation) == []
    assert len(list(stored.secrets(emulation))) == secrets
    assert_well(reader)


def assert_plain(reader: Reader, emulation: Emulation) -> None:
    """KMS is off, and no secret is encrypted any more."""
    assert kms_in_arm(reader)["enabled"] is False
    assert stored.stored_under(emulation) == {"plain"} and len(list(stored.secrets(emulation))) == SECRETS
    assert_well(reader)


def assert_well(reader: Reader) -> None:
    """The API server is ready, with every KMS plugin that it has."""
    assert reader.run("kubectl get --raw /readyz") == "ok"


def make_a_secret(reader: Reader) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "later"}, "stringData": {"a": "b"}}
    reader.run(f"echo '{json.dumps(secret)}' | kubectl create -f -")


def assert_a_private_endpoint(emulation: Emulation) -> None:
    """[document] AKS has made it, in the node resource group, and the vault's connection to it is approved."""
    vault = emulation.world.keyvault.vault(VAULT_HOST)
    assert vault is not None
    properties = vault.body["properties"]
    [connection] = properties["privateEndpointConnections"]
    endpoint = connection["properties"]["privateEndpoint"]["id"]
    node_group = stored.cluster_of(emulation).body["properties"]["nodeResourceGroup"]
    assert f"/resourcegroups/{node_group}/".lower() in endpoint.lower()
    assert connection["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    assert properties["publicNetworkAccess"] == "Disabled"


def assert_the_oldest_key_may_go(reader: Reader, emulation: Emulation) -> None:
    """[document] After two rotations: everything is read and written without it, also after a restart."""
    versions(emulation)[0].enabled = False
    emulation.server.call(stored.api_server_of(emulation).restart)
    assert len(reader.run("kubectl get secrets --all-namespaces -o name").split()) == SECRETS
    make_a_secret(reader)
    assert_encrypted(reader, emulation, access=kms_in_arm(reader)["keyVaultNetworkAccess"], secrets=SECRETS + 1)


def test_a_public_vault_with_rbac_and_an_existing_cluster(reader: Reader) -> None:
    emulation = reader.arrive(existing())
    told = reader.follow("public_rbac")
    assert "konnectivity-agent" in told and versions(emulation)[0].kid in told
    assert told.count(" replaced\n") == SECRETS
    assert_encrypted(reader, emulation, access="Public")


def test_a_public_vault_with_access_policies_and_a_new_cluster(reader: Reader) -> None:
    emulation = reader.arrive()
    reader.follow("public_policy")
    assert (reader.home / ".ssh" / "id_rsa.pub").exists()
    reader.run("az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup")
    make_a_secret(reader)
    assert_encrypted(reader, emulation, access="Public", secrets=1)


def test_two_rotations_with_a_public_vault(reader: Reader) -> None:
    emulation = reader.arrive(under_kms(), in_use=True)
    told = reader.follow("public_rotation")
    assert len(versions(emulation)) == 3 and told.count(" replaced\n") == 2 * SECRETS
    assert_encrypted(reader, emulation, access="Public")
    assert_the_oldest_key_may_go(reader, emulation)


def test_a_private_vault_with_access_policies_and_a_new_cluster(reader: Reader) -> None:
    emulation = reader.arrive()
    reader.follow("private_policy")
    reader.run("az aks get-credentials --name myAKSCluster --resource-group MyResourceGroup")
    make_a_secret(reader)
    assert_a_private_endpoint(emulation)
    assert_encrypted(reader, emulation, access="Private", secrets=1)


def test_a_private_vault_with_rbac_an_existing_cluster_and_two_rotations(reader: Reader) -> None:
    emulation = reader.arrive(existing(vnet_integration=True))
    reader.follow("private_rbac")
    assert len(versions(emulation)) == 3
    assert_a_private_endpoint(emulation)
    assert_encrypted(reader, emulation, access="Private")
    assert_the_oldest_key_may_go(reader, emulation)


def test_the_mode_change_in_todays_order(reader: Reader) -> None:
    emulation = reader.arrive(under_kms(vnet_integration=True), in_use=True)
    reader.follow("mode_change")
    assert_a_private_endpoint(emulation)
    assert_encrypted(reader, emulation, access="Private")


def test_the_mode_change_in_the_documents_order_fails_at_its_last_step_and_can_be_repaired(reader: Reader) -> None:
    emulation = reader.arrive(under_kms(vnet_integration=True), in_use=True)
    assert "(InternalOperationError)" in reader.fail("mode_change_as_written")
    assert stored.cluster_of(emulation).body["properties"]["provisioningState"] == "Failed"
    assert stored.stored_under(emulation) == {"plain"}
    reader.run("az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Enabled")
    [block] = [one for one in scripts.blocks(scripts.FOLDER / "mode_change_as_written.sh") if one.number == 20]
    key = f"NewKEY_ID={versions(emulation)[-1].kid}"
    vault = "KEYVAULT_RESOURCE_ID=$(az keyvault show --name MyKeyVault --query id -o tsv)"
    reader.run("; ".join([key, vault, *(one.text for one in block.commands)]))
    reader.run("kubectl get secrets --all-namespaces -o json | kubectl replace -f -")
    reader.run("az keyvault update --name MyKeyVault --resource-group MyResourceGroup --public-network-access Disabled")
    assert_a_private_endpoint(emulation)
    assert_encrypted(reader, emulation, access="Private")


def test_turning_kms_off(reader: Reader) -> None:
    emulation = reader.arrive(under_kms(), in_use=True)
    told = reader.follow("disable")
    name, kms_enabled, key = told.splitlines()[2].split()
    assert (name, kms_enabled, key) == (CLUSTER, "True", versions(emulation)[0].kid)
    assert_plain(reader, emulation)


@pytest.mark.parametrize(("story", "version"), [("kms_v2", "1.27.16"), ("kms_v2_example", "1.27.1")])
def test_the_migration_to_kms_v2(reader: Reader, story: str, version: str) -> None:
    offered = tuple(sorted({*KUBERNETES_VERSIONS, "1.27.1"}, key=lambda one: [int(part) for part in one.split(".")]))
    emulation = reader.arrive(under_kms(kubernetes_version="1.26.12"), in_use=True, kubernetes_versions=offered)
    assert {value[:15] for _, value in stored.secrets(emulation)} == {b"k8s:enc:kms:v1:"}
    blocked = reader.run(f"! az aks upgrade -g MyResourceGroup -n myAKSCluster -k {version} --yes 2>&1")
    assert "not allowed while Azure Key Vault KMS is enabled" in blocked
    reader.follow(story)
    assert stored.cluster_of(emulation).body["properties"]["currentKubernetesVersion"] == version
    assert {value[:15] for _, value in stored.secrets(emulation)} == {b"k8s:enc:kms:v2:"}
    assert_encrypted(reader, emulation, access="Public")
