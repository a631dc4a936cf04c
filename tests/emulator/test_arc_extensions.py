"""Microsoft.KubernetesConfiguration/extensions: installing, waiting, failing, changing, taking away."""

from __future__ import annotations

from typing import Any

from emulator.kubernetes.arc import certificates
from emulator.worlds.spec import OPERATOR_GRANTS, Grant
from tests.emulator.arm_client import GROUP, Arm, code_of, message_of
from tests.emulator.edge_client import EXTENSIONS, SECRETS, STORE, SYNCS, Edge, V

CONTROLLER = "/apis/apps/v1/namespaces/azure-secret-store/deployments/secrets-store-sync-controller-manager"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def failure(edge: Edge) -> str:
    own = edge.properties()
    assert own["provisioningState"] == "Failed" and own["statuses"][0]["code"] == "InstallationFailed"
    return str(own["statuses"][0]["message"])


def test_it_is_created_and_the_cluster_has_it_then() -> None:
    edge = Edge("ss-ready")
    answer = edge.install()
    own = answer.body["properties"]
    assert answer.status == 201 and own["provisioningState"] == "Creating" and own["currentVersion"] is None
    assert own["scope"] == {"cluster": {"releaseNamespace": "azure-secret-store"}}
    assert answer.body["identity"]["principalId"]
    url = answer.headers["Azure-AsyncOperation"]
    assert "/Microsoft.Kubernetes/ConnectedClusters/edge/" in url and url.endswith("?api-Version=2023-05-01")
    assert edge.arm("GET", url).body["status"] == "Creating"
    assert edge.api("GET", CONTROLLER).status == 404
    assert edge.finish(answer)["status"] == "Succeeded"
    assert edge.properties()["provisioningState"] == "Succeeded" and edge.properties()["currentVersion"] == "1.5.1"
    assert edge.arm("PUT", STORE + V, {"properties": own}).status == 200


def test_it_consists_of_one_pod_with_two_containers_and_three_definitions() -> None:
    edge = Edge("ss-installed")
    pods = edge.api("GET", "/api/v1/pods", labelselector="app=secrets-store-sync-controller").body["items"]
    [pod] = pods
    assert (
        pod["metadata"]["labels"].items()
        >= {
            "control-plane": "controller-manager",
            "secrets-store.io/system": "true",
        }.items()
    )
    assert [one["name"] for one in pod["status"]["containerStatuses"]] == ["manager", "provider-azure-installer"]
    assert pod["spec"]["containers"][1]["image"].endswith(":v1.8.1") and pod["status"]["phase"] == "Running"
    names = {one["metadata"]["name"] for one in edge.api("GET", DEFINITIONS).body["items"]}
    assert {
        "secretsyncs.secret-sync.x-k8s.io",
        "akvsyncs.secret-sync.x-k8s.io",
        "secretproviderclasses.secrets-store.csi.x-k8s.io",
    } <= names
    shown = edge.api("GET", f"{DEFINITIONS}/secretsyncs.secret-sync.x-k8s.io").body["spec"]["versions"][0]["schema"]
    spec = shown["openAPIV3Schema"]["properties"]["spec"]
    assert spec["required"] == ["secretObject", "serviceAccountName", "secretProviderClassName"]
    assert spec["properties"]["secretObject"]["properties"]["data"]["items"]["properties"]["targetKey"]["pattern"]


def test_without_cert_manager_or_trust_manager_it_stays_creating() -> None:
    for world in ("ss-cert-manager-missing", "ss-trust-manager-missing"):
        edge = Edge(world)
        edge.wait(1200)
        assert edge.properties()["provisioningState"] == "Creating" and edge.api("GET", CONTROLLER).status == 404
        for kind, content in certificates.objects(by_arc=False, trust=True):
            if not edge.server.holds(kind, content):
                edge.server.put(kind, content)
        edge.wait(30)
        edge.wait(30)
        assert edge.properties()["provisioningState"] == "Succeeded", world


def test_cert_manager_comes_as_an_extension_too_and_not_beside_another() -> None:
    edge = Edge("ss-cert-manager-missing")
    body = {"properties": {"extensionType": "microsoft.certmanagement", "releaseTrain": "stable"}}
    url = f"{EXTENSIONS}/azure-cert-management"
    assert edge.finish(edge.arm("PUT", url + V, body))["status"] == "Succeeded"
    edge.wait(30)
    assert edge.properties()["provisioningState"] == "Succeeded"
    second = Edge("ss-ready")
    ended = second.finish(second.arm("PUT", url + V, body))
    assert ended["status"] == "Failed" and "exists and cannot be imported" in ended["error"]["message"]


def test_images_that_are_not_pulled_or_not_made_for_the_processor_keep_it_creating() -> None:
    for world in ("ss-images-blocked", "ss-arm64"):
        edge = Edge(world)
        edge.wait(1200)
        assert edge.properties()["provisioningState"] == "Creating"
        [pod] = edge.api("GET", "/api/v1/namespaces/azure-secret-store/pods").body["items"]
        waiting = [one["state"]["waiting"]["reason"] for one in pod["status"]["containerStatuses"]]
        assert pod["status"]["phase"] == "Pending" and waiting == ["ImagePullBackOff"] * 2
        log = f"/api/v1/namespaces/azure-secret-store/pods/{pod['metadata']['name']}/log"
        assert "trying and failing to pull image" in edge.api("GET", log, container="manager").body["message"]


def test_what_cannot_be_installed_is_failed_and_says_why() -> None:
    edge = Edge("ss-unknown-version")
    assert "does not support release train 'preview' for version '1.4.0'" in failure(edge)
    assert 'Please try again with release train "stable"' in failure(edge)
    assert 'no matches for kind "ValidatingAdmissionPolicy"' in failure(Edge("ss-kubernetes-too-old"))
    ready = Edge("ss-ready")
    ended = ready.finish(ready.install(version="9.9.9", autoUpgradeMinorVersion=False))
    assert ended["status"] == "Failed" and "for version '9.9.9'" in ended["error"]["message"]
    assert ready.finish(ready.install())["status"] == "Succeeded", "another PUT tries again"


def test_a_version_is_kept_only_without_automatic_upgrades() -> None:
    pinned, upgraded = Edge("ss-ready"), Edge("ss-ready")
    pinned.finish(pinned.install(version="1.2.2", autoUpgradeMinorVersion=False))
    upgraded.finish(upgraded.install(version="1.2.2", autoUpgradeMinorVersion=True))
    assert pinned.properties()["currentVersion"] == "1.2.2" and pinned.properties()["version"] == "1.2.2"
    assert upgraded.properties()["currentVersion"] == "1.5.1"
    image = pinned.api("GET", CONTROLLER).body["spec"]["template"]["spec"]["containers"][1]["image"]
    assert image.endswith(":v1.6.2")


def test_protected_settings_are_never_shown() -> None:
    edge = Edge("ss-ready")
    answer = edge.install(configurationProtectedSettings={"key": "correct-horse"})
    assert answer.body["properties"]["configurationProtectedSettings"] == {"key": ""}
    assert "correct-horse" not in str(edge.arm("GET", STORE + V).body)


def test_a_patch_changes_settings_and_the_controller_follows() -> None:
    edge = Edge("ss-rotation-waits")
    answer = edge.arm(
        "PATCH", STORE + V, {"properties": {"configurationSettings": {"rotationPollIntervalInSeconds": "60"}}}
    )
    assert answer.status == 202 and answer.body["properties"]["provisioningState"] == "Updating"
    assert edge.finish(answer)["status"] == "Succeeded"
    arguments = edge.api("GET", CONTROLLER).body["spec"]["template"]["spec"]["containers"][0]["args"]
    assert "--rotation-poll-interval=60s" in arguments
    edge.wait(1)
    assert edge.data()["current"] == "correct-horse-staple-renewed"


def test_one_that_is_not_there_is_not_found_in_the_providers_words() -> None:
    edge = Edge("ss-ready")
    missing = edge.arm("GET", STORE + V)
    assert code_of(missing) == (404, "ResourceNotFound")
    assert message_of(missing) == "Extension instance with name 'ssarcextension' not found."
    assert edge.arm("DELETE", STORE + V).status == 204
    elsewhere = (
        f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/gone/providers/Microsoft.KubernetesConfiguration"
    )
    assert "connectedClusters/gone" in message_of(edge.arm("GET", f"{elsewhere}/extensions{V}"))
    assert edge.arm("GET", EXTENSIONS + V).body == {"value": [], "nextLink": None}
    assert code_of(edge.arm("PUT", STORE + V, {"properties": {}})) == (400, "InvalidRequestContent")


def test_a_deletion_takes_the_controller_and_leaves_what_it_has_made() -> None:
    edge = Edge("ss-healthy")
    answer = edge.arm("DELETE", STORE + V)
    assert answer.status == 202 and edge.properties()["provisioningState"] == "Deleting"
    assert edge.finish(answer)["status"] == "Succeeded"
    edge.wait(1)
    assert edge.api("GET", CONTROLLER).status == 404
    assert edge.api("GET", "/api/v1/namespaces/azure-secret-store/pods").body["items"] == []
    assert edge.data()["current"] and edge.api("GET", f"{SYNCS}/db-pass").status == 200
    edge.renew("another")
    edge.wait(7200)
    assert edge.data()["current"] != "another", "nobody synchronises any more"


def test_a_forced_deletion_is_at_once() -> None:
    edge = Edge("ss-healthy")
    answer = edge.arm("DELETE", f"{STORE}{V}&forceDelete=true")
    assert answer.status == 200 and answer.body["isSuccessStatusCode"] is True
    assert edge.arm("GET", STORE + V).status == 404


def test_an_extension_of_a_cluster_that_is_cut_off_waits() -> None:
    edge = Edge("ss-ready")
    edge.server.cut_off()
    edge.install()
    edge.wait(600)
    assert edge.properties()["provisioningState"] == "Creating"
    edge.server.reconnect()
    edge.wait(11)
    assert edge.properties()["provisioningState"] == "Succeeded"


def test_the_online_extension_brings_driver_and_provider() -> None:
    edge = Edge("ss-online-provider")
    sets = edge.api("GET", "/apis/apps/v1/namespaces/kube-system/daemonsets").body["items"]
    assert {one["metadata"]["name"] for one in sets} == {
        "secrets-store-csi-driver",
        "akvsecretsprovider-csi-secrets-store-provider-azure",
    }
    assert edge.api("GET", f"{SECRETS}/db-pass").status == 200
    edge.finish(edge.arm("DELETE", STORE + V))
    edge.wait(1)
    names = {one["metadata"]["name"] for one in edge.api("GET", DEFINITIONS).body["items"]}
    assert "secretproviderclasses.secrets-store.csi.x-k8s.io" in names


def test_its_role_lets_people_install_and_nothing_else() -> None:
    grants = (*OPERATOR_GRANTS[:1], Grant("clerk", "Kubernetes Extension Contributor", "group"))
    edge = Edge("ss-ready", principal="clerk", grants=grants)
    answer = edge.install()
    assert edge.finish(answer)["status"] == "Succeeded"
    assert (
        edge.arm(
            "DELETE",
            EXTENSIONS.partition("/providers/Microsoft.KubernetesConfiguration")[0] + "?api-version=2024-01-01",
        ).status
        == 403
    )
    reader = Arm("ss-ready", "clerk", grants=(*OPERATOR_GRANTS[:1], Grant("clerk", "Reader", "group")))
    refused = reader("PUT", STORE + V, {"properties": {}})
    assert "perform action 'Microsoft.KubernetesConfiguration/extensions/write'" in message_of(refused)


def test_a_provider_that_is_not_registered_refuses() -> None:
    edge = Edge("ss-unregistered")
    refused: Any = edge.install()
    assert code_of(refused) == (409, "MissingSubscriptionRegistration")
    assert edge.arm("GET", EXTENSIONS + V).status == 200, "reading is not refused"
