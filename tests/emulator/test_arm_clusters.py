"""Managed clusters: documents, PUT and its operation, eTags, conflicts, credentials, versions."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from emulator.core.http import Answer
from emulator.providers.containerservice import bodies, versions
from emulator.worlds.spec import KUBERNETES_VERSIONS, Cluster, Secrets
from tests.emulator.arm_client import CLUSTER, GROUP, IDENTITY, SUB, Arm, code_of, message_of

LOWER = CLUSTER.replace("/resourceGroups/", "/resourcegroups/")


def put(client: Arm, change: Any = None, **headers: str) -> Answer:
    """The whole cluster back, with `change` applied to it."""
    body = client("GET", CLUSTER).body
    if change:
        change(body)
    return client("PUT", CLUSTER, body, **headers)


def test_a_cluster_writes_its_ids_as_aks_does() -> None:
    cluster = Arm()("GET", CLUSTER).body
    assert (cluster["id"], cluster["type"]) == (LOWER, "Microsoft.ContainerService/ManagedClusters")
    properties = cluster["properties"]
    assert properties["identityProfile"]["kubeletidentity"]["resourceId"].startswith(
        f"{SUB}/resourcegroups/MC_shop-rg_"
    )
    [identity] = cluster["identity"]["userAssignedIdentities"]
    assert identity == IDENTITY
    assert properties["securityProfile"] == {}
    assert not {"apiServerAccessProfile", "aadProfile", "addonProfiles"} & set(properties)


def test_clusters_are_listed_by_subscription_and_group() -> None:
    client = Arm()
    for scope in (SUB, GROUP):
        [cluster] = client("GET", f"{scope}/providers/Microsoft.ContainerService/managedClusters").body["value"]
        assert cluster["name"] == "shop"


def test_many_clusters_come_in_pages() -> None:
    empty = Secrets(count=0, namespaces=("default",))
    client = Arm(clusters=tuple(Cluster(f"c{number:03}", secrets=empty) for number in range(205)))
    link, sizes, names = f"{SUB}/providers/Microsoft.ContainerService/managedClusters", [], set()
    while link:
        page = client("GET", link).body
        sizes.append(len(page["value"]))
        names |= {each["name"] for each in page["value"]}
        link = page.get("nextLink", "").removeprefix("https://management.emulator.test")
    assert sizes == [100, 100, 5] and len(names) == 205


def test_what_a_put_leaves_out_stays_and_read_only_members_are_ignored() -> None:
    client = Arm()
    before = client("GET", CLUSTER).body
    pool = {"name": "nodepool1", "count": 5, "mode": "System"}
    sent = {
        "location": "westeurope",
        "eTag": "mine",
        "properties": {
            "fqdn": "mine",
            "currentKubernetesVersion": "9.9.9",
            "storageProfile": {},
            "agentPoolProfiles": [pool],
        },
    }
    after = client("PUT", CLUSTER, sent).body["properties"]
    for member in ("fqdn", "currentKubernetesVersion", "storageProfile", "identityProfile", "networkProfile"):
        assert after[member] == before["properties"][member]
    [changed] = after["agentPoolProfiles"]
    assert (changed["count"], changed["vmSize"]) == (5, "Standard_D4ds_v5")


def test_members_that_nobody_knows_survive() -> None:
    client = Arm()

    def change(body: dict[str, Any]) -> None:
        body["properties"]["securityProfile"] = {
            "azureKeyVaultKms": {"enabled": False, "fromTheFuture": [1]},
            "also": {"new": True},
        }

    client.finish(put(client, change))
    stored = client("GET", CLUSTER).body["properties"]["securityProfile"]
    assert stored == {"azureKeyVaultKms": {"enabled": False, "fromTheFuture": [1]}, "also": {"new": True}}


def test_the_etag_changes_with_every_change() -> None:
    client = Arm()
    seen = [client("GET", CLUSTER).body["eTag"]]
    answer = put(client)
    seen.append(answer.body["eTag"])
    client.finish(answer)
    after = client("GET", CLUSTER).body
    seen += [after["eTag"], client("PATCH", CLUSTER, {"tags": {"a": "b"}}).body["eTag"]]
    assert len(set(seen)) == 4
    assert after["properties"]["agentPoolProfiles"][0]["eTag"] not in seen


def test_what_az_sends_empty_does_not_show() -> None:
    client = Arm()
    answer = put(client, lambda body: body["properties"].update(addonProfiles={}, apiServerAccessProfile={}))
    assert not {"addonProfiles", "apiServerAccessProfile"} & set(answer.body["properties"])


@pytest.mark.parametrize("form", ["{}", '"{}"', 'W/"{}"', "*"])
def test_if_match_takes_the_etag_quoted_and_bare(form: str) -> None:
    client = Arm()
    etag = client("GET", CLUSTER).body["eTag"]
    assert put(client, if_match=form.format(etag)).status == 200


def test_a_condition_that_does_not_hold_is_412() -> None:
    client = Arm()
    for headers in ({"if_match": '"stale"'}, {"if_match": "stale"}, {"if_none_match": "*"}):
        assert code_of(put(client, **headers)) == (412, "PreconditionFailed")
    new = client("PUT", f"{CLUSTER}2", {"location": "westeurope"}, if_match="*")
    assert code_of(new) == (412, "PreconditionFailed")
    assert code_of(client("PATCH", CLUSTER, {"tags": {}}, if_match="stale")) == (412, "PreconditionFailed")
    assert client.world.operations.running_on(CLUSTER) is None


def kubeconfig(answer: Answer) -> tuple[str, dict[str, Any]]:
    """Its name and the one user in it."""
    [entry] = answer.body["kubeconfigs"]
    return entry["name"], yaml.safe_load(base64.b64decode(entry["value"]))["users"][0]["user"]


def test_credentials_are_kubeconfigs() -> None:
    client = Arm()
    for kind, expected in (("Admin", "clusterAdmin"), ("User", "clusterUser")):
        name, user = kubeconfig(client("POST", f"{CLUSTER}/listCluster{kind}Credential"))
        assert (name, "client-certificate-data" in user) == (expected, True)
    for wanted in ("azure", "exec"):
        assert client("POST", f"{CLUSTER}/listClusterUserCredential?format={wanted}").status == 200
    assert code_of(client("POST", f"{CLUSTER}/listClusterUserCredential?format=x")) == (400, "InvalidParameter")


def test_a_cluster_without_local_accounts_gives_no_admin_credential() -> None:
    client = Arm("entra-only")
    refused = client("POST", f"{CLUSTER}/listClusterAdminCredential")
    assert code_of(refused) == (400, "BadRequest")
    assert message_of(refused) == (
        "Getting static credential is not allowed because this cluster is set to disable local accounts."
    )
    name, user = kubeconfig(client("POST", f"{CLUSTER}/listClusterUserCredential?format=exec"))
    assert (name, user["exec"]["command"]) == ("clusterUser", "kubelogin")
    aad = client("GET", CLUSTER).body["properties"]["aadProfile"]
    assert (aad["managed"], aad["enableAzureRBAC"]) == (True, True)


def test_pools_are_resources_too() -> None:
    client = Arm()
    [pool] = client("GET", f"{CLUSTER}/agentPools").body["value"]
    assert client("GET", pool["id"]).body == pool
    assert (pool["name"], pool["properties"]["mode"]) == ("nodepool1", "System")
    assert code_of(client("GET", f"{CLUSTER}/agentPools/other")) == (404, "ResourceNotFound")


def test_upgrades_skip_no_minor_version() -> None:
    client = Arm()
    profile = client("GET", f"{CLUSTER}/upgradeProfiles/default").body
    assert profile["id"] == f"{LOWER}/upgradeprofiles/default"
    offered = [one["kubernetesVersion"] for one in profile["properties"]["controlPlaneProfile"]["upgrades"]]
    assert offered == ["1.31.8", "1.31.5", "1.30.9"]
    assert versions.upgrades_from("1.26.12", KUBERNETES_VERSIONS) == ["1.27.9", "1.27.16"]

    def to(version: str) -> Answer:
        return put(client, lambda body: body["properties"].update(kubernetesVersion=version))

    assert code_of(to("1.32.5")) == (400, "BadRequest")
    assert "Available upgrades: [1.30.9 1.31.5 1.31.8]" in message_of(to("1.32.5"))
    assert code_of(to("1.30.99")) == (400, "K8sVersionNotSupported")
    upgrade = to("1.31.5")
    assert upgrade.body["properties"]["provisioningState"] == "Upgrading"
    assert client.finish(upgrade)["status"] == "Succeeded"
    assert client("GET", CLUSTER).body["properties"]["currentKubernetesVersion"] == "1.31.5"
    assert client.world.kubernetes.server(CLUSTER).git_version == "v1.31.5"


def test_a_minor_version_stands_for_its_newest_patch() -> None:
    client = Arm()
    answer = put(client, lambda body: body["properties"].update(kubernetesVersion="1.31"))
    assert client.finish(answer)["status"] == "Succeeded"
    properties = client("GET", CLUSTER).body["properties"]
    assert (properties["kubernetesVersion"], properties["currentKubernetesVersion"]) == ("1.31", "1.31.8")
    assert put(client).body["properties"]["provisioningState"] == "Updating"
    client.wait()
    as_it_is = put(client, lambda body: body["properties"].update(kubernetesVersion=""))
    assert as_it_is.body["properties"]["kubernetesVersion"] == "1.31"


def test_a_location_offers_kubernetes_versions() -> None:
    url = f"{SUB}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions"
    offered = Arm()("GET", url).body["values"]
    assert offered[0]["version"] == "1.33" and offered[0]["patchVersions"]["1.33.1"] == {"upgrades": ["1.33.3"]}
    assert [one["version"] for one in offered if one.get("isDefault")] == ["1.32"]


def test_the_new_profile_shows_only_in_versions_that_know_it() -> None:
    client = Arm(clusters=(Cluster(kubernetes_version="1.33.1"),))
    profile = {"kubernetesResourceObjectEncryptionProfile": {"infrastructureEncryption": "Enabled"}}
    client.put_security(profile, "2026-06-01")
    client.wait()
    assert client("GET", f"{CLUSTER}?api-version=2026-08-01").body["properties"]["securityProfile"] == {}
    answer = client.put_security(profile, "2026-08-01")
    assert client.finish(answer)["status"] == "Succeeded"
    for version, shown in (("2026-06-01", {}), ("2026-07-01", profile), ("2025-09-02-preview", profile)):
        found = client("GET", f"{CLUSTER}?api-version={version}").body
        assert found["properties"]["securityProfile"] == shown
    assert bodies.knows_object_encryption("2026-07-02-preview")
