"""Other people's clients against Resource Manager: the azure-mgmt SDKs, and stock az doing what the documents say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient

from emulator.emulation import Emulation
from emulator.worlds.spec import CALLER, TENANT, Delays
from tests.emulator.arm_client import CLUSTER, CRYPTO_USER, IDENTITY, SUB, VAULT
from tests.emulator.conftest import Connect, Running, StockAz

GROUP, NAME = "shop-rg", "shop"
QUICK = Delays(update=0.3, grant=0.2, retry_after=0.05)


def kms_of(cluster: Any) -> dict[str, Any]:
    profile: dict[str, Any] = cluster.as_dict()["properties"]["securityProfile"]["azureKeyVaultKms"]
    return profile


def let_the_cluster_use_the_key(emulation: Emulation, connect: Connect) -> None:
    """A role assignment, made by the SDK, that has spread."""
    principal = connect(emulation, ManagedServiceIdentityClient).user_assigned_identities.get(GROUP, "shop-id")
    definition = f"{SUB}/providers/Microsoft.Authorization/roleDefinitions/{CRYPTO_USER}"
    grant = {
        "principalId": principal.principal_id,
        "roleDefinitionId": definition,
        "principalType": "ServicePrincipal",
    }
    assignments = connect(emulation, AuthorizationManagementClient).role_assignments
    name = emulation.world.ids.uuid("grant")
    assert assignments.create(VAULT, name, {"properties": grant}).created_on
    with pytest.raises(ResourceExistsError, match="RoleAssignmentExists"):
        assignments.create(VAULT, emulation.world.ids.uuid("another"), {"properties": grant})
    emulation.world.clock.advance(1)


@pytest.mark.parametrize("version", ["2026-06-01", "2026-08-01"])
def test_the_sdk_turns_kms_on_with_a_plain_body_and_its_etag(running: Running, connect: Connect, version: str) -> None:
    emulation = running(delays=QUICK)
    clusters = connect(emulation, ContainerServiceClient, api_version=version).managed_clusters
    vault = connect(emulation, KeyVaultManagementClient)
    key = vault.keys.get(GROUP, "shop-kv", "etcd").key_uri_with_version
    cluster = clusters.get(GROUP, NAME)
    body = cluster.as_dict()
    kms = {"enabled": True, "keyId": key, "keyVaultNetworkAccess": "Public", "keyVaultResourceId": ""}
    body["properties"]["securityProfile"]["azureKeyVaultKms"] = kms
    matching = {"etag": cluster.e_tag, "match_condition": MatchConditions.IfNotModified}
    with pytest.raises(HttpResponseError, match="AzureKeyVaultKmsValidateIdentityPermissionCustomerError"):
        clusters.begin_create_or_update(GROUP, NAME, body, **matching)
    let_the_cluster_use_the_key(emulation, connect)
    poller = clusters.begin_create_or_update(GROUP, NAME, body, **matching)
    with pytest.raises(ResourceExistsError, match="OperationNotAllowed"):
        clusters.begin_create_or_update(GROUP, NAME, body)
    assert kms_of(poller.result()) == kms
    with pytest.raises(ResourceModifiedError):
        clusters.begin_create_or_update(GROUP, NAME, body, **matching)
    [slot] = emulation.world.kubernetes.server(CLUSTER).slots
    assert slot.kid == key


def test_the_sdk_is_told_when_an_operation_fails(running: Running, connect: Connect) -> None:
    emulation = running("private-vnet", delays=QUICK)
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    body = clusters.get(GROUP, NAME).as_dict()
    key = emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[0].kid
    kms = {"enabled": True, "keyId": key, "keyVaultNetworkAccess": "Private", "keyVaultResourceId": VAULT}
    body["properties"]["securityProfile"]["azureKeyVaultKms"] = kms
    poller = clusters.begin_create_or_update(GROUP, NAME, body)
    with pytest.raises(HttpResponseError, match="InternalOperationError"):
        poller.result()
    assert clusters.get(GROUP, NAME).as_dict()["properties"]["provisioningState"] == "Failed"


def test_the_sdk_resumes_an_operation_from_its_token(running: Running, connect: Connect) -> None:
    emulation = running(delays=QUICK)
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    poller = clusters.begin_create_or_update(GROUP, NAME, clusters.get(GROUP, NAME).as_dict())
    resumed = clusters.begin_create_or_update(GROUP, NAME, None, continuation_token=poller.continuation_token())
    assert resumed.result().as_dict()["properties"]["provisioningState"] == "Succeeded"


def test_the_sdk_reads_credentials_and_stops_and_starts(running: Running, connect: Connect) -> None:
    emulation = running(delays=QUICK)
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    [entry] = clusters.list_cluster_admin_credentials(GROUP, NAME).kubeconfigs
    assert yaml.safe_load(bytes(entry.value))["users"][0]["name"] == "clusterAdmin_shop-rg_shop"
    clusters.begin_stop(GROUP, NAME).result()
    assert clusters.get(GROUP, NAME).as_dict()["properties"]["powerState"]["code"] == "Stopped"
    clusters.begin_start(GROUP, NAME).result()
    assert [cluster.name for cluster in clusters.list()] == ["shop"]


def test_the_sdks_manage_vaults_identities_and_tags(running: Running, connect: Connect) -> None:
    emulation = running(delays=QUICK)
    vaults = connect(emulation, KeyVaultManagementClient).vaults
    asked = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
    made = vaults.begin_create_or_update(GROUP, "more-kv", {"location": "westeurope", "properties": asked}).result()
    assert made.properties.provisioning_state == "Succeeded"
    policy = {"tenantId": TENANT, "objectId": TENANT, "permissions": {"keys": ["encrypt"]}}
    changed = vaults.update_access_policy(GROUP, "more-kv", "add", {"properties": {"accessPolicies": [policy]}})
    assert changed.properties.access_policies[0].permissions.keys_property == ["encrypt"]
    assert {vault.name for vault in vaults.list_by_subscription()} == {"shop-kv", "more-kv"}
    vaults.delete(GROUP, "more-kv")
    vaults.begin_purge_deleted("more-kv", "westeurope").result()
    with pytest.raises(ResourceNotFoundError, match="DeletedVaultNotFound"):
        vaults.get_deleted("more-kv", "westeurope")
    identities = connect(emulation, ManagedServiceIdentityClient).user_assigned_identities
    assert identities.create_or_update(GROUP, "more-id", {"location": "westeurope"}).principal_id
    tags = connect(emulation, ResourceManagementClient).tags
    patch = {"operation": "Merge", "properties": {"tags": {"run": "1"}}}
    assert tags.begin_update_at_scope(VAULT, patch).result().properties.tags == {"run": "1"}


def test_stock_az_follows_the_document_for_a_public_vault_with_rbac(running: Running, az: StockAz) -> None:
    """ "Turn on KMS for a public key vault" of the AKS documents, command by command."""
    emulation = running(delays=QUICK)
    me = emulation.world.ids.principal(CALLER)

    def run(*arguments: str) -> Any:
        done = az(emulation, *arguments, "-o", "json")
        assert done.code == 0, done.output
        return done.json

    def assign(role: str, principal: str, scope: str) -> None:
        who = ("--assignee-object-id", principal, "--assignee-principal-type", "ServicePrincipal")
        run("role", "assignment", "create", "--role", role, *who, "--scope", scope)
        emulation.world.clock.advance(1)

    def kms_id() -> Any:
        return [cluster["securityProfile"]["azureKeyVaultKms"]["keyId"] for cluster in run("aks", "list")]

    vault = run("keyvault", "create", "-n", "MyKeyVault", "-g", GROUP, "--enable-rbac-authorization", "true")["id"]
    assign("Key Vault Crypto Officer", me, vault)
    key = run("keyvault", "key", "create", "--name", "MyKeyName", "--vault-name", "MyKeyVault")["key"]["kid"]
    assert run("keyvault", "key", "show", "--name", "MyKeyName", "--vault-name", "MyKeyVault")["key"]["kid"] == key
    assign("Key Vault Crypto User", run("identity", "show", "-n", "shop-id", "-g", GROUP)["principalId"], vault)
    update = ("aks", "update", "-n", NAME, "-g", GROUP)
    public = (*update, "--enable-azure-keyvault-kms", "--azure-keyvault-kms-key-vault-network-access", "Public")
    run(*public, "--azure-keyvault-kms-key-id", key)
    assert kms_id() == [key]
    newer = run("keyvault", "key", "create", "--name", "MyKeyName", "--vault-name", "MyKeyVault")["key"]["kid"]
    run(*public, "--azure-keyvault-kms-key-id", newer)
    assert [slot.kid for slot in emulation.world.kubernetes.server(CLUSTER).slots] == [newer, key]
    off = run(*update, "--disable-azure-keyvault-kms")["securityProfile"]["azureKeyVaultKms"]
    assert (off["enabled"], off["keyId"]) == (False, newer)


def test_stock_az_makes_identities_and_policies_and_reads_the_refusals(running: Running, az: StockAz) -> None:
    emulation = running("public-policy", delays=QUICK)
    made = az(emulation, "identity", "create", "-n", "MyIdentity", "-g", GROUP).json
    policy = ("keyvault", "set-policy", "-n", "shop-kv", "--key-permissions", "decrypt", "encrypt")
    after = az(emulation, *policy, "--object-id", made["principalId"]).json["properties"]["accessPolicies"]
    assert sorted(after[-1]["permissions"]["keys"]) == ["decrypt", "encrypt"]
    refused = az(emulation, "aks", "update", "-n", NAME, "-g", GROUP, "--tags", "a=b", "--if-match", "stale")
    assert refused.code == 1 and "(PreconditionFailed)" in refused.output
    missing = az(emulation, "aks", "show", "-n", "nobody", "-g", GROUP)
    assert missing.code == 3 and "(ResourceNotFound)" in missing.output


def test_stock_az_creates_a_cluster(running: Running, az: StockAz, tmp_path: Path) -> None:
    emulation = running(delays=QUICK)
    public_key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 nobody"
    create = ("aks", "create", "-g", GROUP, "-n", "mine", "--assign-identity", IDENTITY, "--ssh-key-value", public_key)
    made = az(emulation, *create)
    assert made.code == 0, made.output
    kubeconfig = tmp_path / "kubeconfig"
    az(emulation, "aks", "get-credentials", "-g", GROUP, "-n", "mine", "--admin", "-f", str(kubeconfig))
    assert yaml.safe_load(kubeconfig.read_text())["current-context"] == "mine-admin"
