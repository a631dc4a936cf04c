"""The secrets provider as the add-on and as the Helm chart: what is there, and whether it runs."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.kubernetes.secrets_store.installation import ADDON as PROFILE
from emulator.worlds.secrets_store import SecretsStore
from tests.emulator.data_planes import TABLE, Api, names
from tests.emulator.secrets_client import ADDON, POOL, ROTATES, ROTATING, a_cluster, chart, items, log_of, pods

DRIVERS, PROVIDERS = "secrets-store-csi-driver,csi-secrets-store", "secrets-store-provider-azure"
CHART_PROVIDERS = "csi-secrets-store-provider-azure"
SETS = "/apis/apps/v1/daemonsets"
CSI = "/apis/storage.k8s.io/v1"
ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
TAINTED: dict[str, Any] = {"pools": ("nodepool1", "gpu"), "taints": (("gpu", "sku=gpu:NoSchedule"),)}


def nodes_with(api: Api, found: list[dict[str, Any]]) -> list[str]:
    return sorted(pod["spec"]["nodeName"] for pod in found)


def cells(api: Api, found: dict[str, Any]) -> list[Any]:
    metadata = found["metadata"]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
    shown: list[Any] = api("GET", path, accept=TABLE).body["rows"][0]["cells"]
    return shown


def drivers_on(api: Api, node: str) -> list[str]:
    return [one["name"] for one in api("GET", f"{CSI}/csinodes/{node}").body["spec"]["drivers"] or []]


def test_the_addon_has_a_pod_of_driver_and_of_provider_on_each_node() -> None:
    api = a_cluster()
    drivers, providers = pods(api, DRIVERS), pods(api, PROVIDERS)
    assert nodes_with(api, drivers) == nodes_with(api, providers) == [f"{POOL}0", f"{POOL}1"]
    assert {tuple(cells(api, one)[1:3]) for one in drivers} == {("3/3", "Running")}
    assert {tuple(cells(api, one)[1:3]) for one in providers} == {("1/1", "Running")}
    assert {one["metadata"]["name"].rpartition("-")[0] for one in drivers} == {"aks-secrets-store-csi-driver"}
    assert [one["name"] for one in drivers[0]["spec"]["containers"]] == [
        *("node-driver-registrar", "secrets-store", "liveness-probe"),
    ]
    assert providers[0]["spec"]["containers"][0]["name"] == "provider-azure-installer"
    assert (providers[0]["spec"]["hostNetwork"], providers[0]["spec"]["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    table = api("GET", SETS, accept=TABLE).body["rows"]
    assert {tuple(row["cells"][:6]) for row in table} == {
        ("aks-secrets-store-csi-driver", 2, 2, 2, 2, 2),
        ("aks-secrets-store-provider-azure", 2, 2, 2, 2, 2),
    }


def test_the_addon_brings_definitions_a_driver_and_roles_with_synchronising_on() -> None:
    api = a_cluster(SecretsStore(driver="1.6.0"), **ROTATES)
    assert names(api("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions").body) == [
        "secretproviderclasses.secrets-store.csi.x-k8s.io",
        "secretproviderclasspodstatuses.secrets-store.csi.x-k8s.io",
    ]
    driver = api("GET", f"{CSI}/csidrivers/secrets-store.csi.k8s.io").body["spec"]
    assert (driver["podInfoOnMount"], driver["attachRequired"], driver["volumeLifecycleModes"]) == (
        *(True, False),
        ["Ephemeral"],
    )
    assert (driver["tokenRequests"], driver["requiresRepublish"]) == (
        [{"audience": "api://AzureADTokenExchange"}],
        True,
    )
    assert "aks-secretprovidersyncing-role" in names(api("GET", ROLES).body)
    bindings = names(api("GET", f"{ROLES[:-1]}bindings".replace("clusterrolebindings", "clusterrolebindings")).body)
    assert "aks-secretprovidersyncing-rolebinding" in bindings
    assert drivers_on(api, f"{POOL}0") == ["disk.csi.azure.com", "file.csi.azure.com", "secrets-store.csi.k8s.io"]


def test_the_chart_has_other_names_and_no_synchronising_unless_asked() -> None:
    api = a_cluster(chart())
    assert names(api("GET", SETS).body) == ["csi-csi-secrets-store-provider-azure", "secrets-store-csi-driver"]
    assert len(pods(api, DRIVERS)) == len(pods(api, CHART_PROVIDERS)) == 2
    assert not any("syncing" in name for name in names(api("GET", ROLES).body))
    assert "secretprovidersyncing-role" in names(a_cluster(chart(sync_secrets=True))("GET", ROLES).body)


def test_the_driver_of_the_chart_stays_away_from_tainted_nodes_and_the_provider_does_not() -> None:
    api = a_cluster(chart(), **TAINTED)
    gpu = "aks-gpu-31337000-vmss000000"
    assert api("GET", f"/api/v1/nodes/{gpu}").body["spec"]["taints"] == [
        {"key": "sku", "value": "gpu", "effect": "NoSchedule"}
    ]
    assert gpu not in nodes_with(api, pods(api, DRIVERS)) and gpu in nodes_with(api, pods(api, CHART_PROVIDERS))
    assert drivers_on(api, gpu) == ["disk.csi.azure.com", "file.csi.azure.com"]
    for everywhere in (a_cluster(chart(tolerations=True), **TAINTED), a_cluster(ADDON, **TAINTED)):
        assert gpu in nodes_with(everywhere, pods(everywhere, DRIVERS))


def test_windows_nodes_have_daemon_sets_of_their_own_with_the_addon_and_none_with_a_plain_chart() -> None:
    api = a_cluster(windows_pools=("win",))
    node = api("GET", "/api/v1/nodes/akswin000000").body
    assert node["metadata"]["labels"]["kubernetes.io/os"] == node["status"]["nodeInfo"]["operatingSystem"] == "windows"
    assert "aks-secrets-store-csi-driver-windows" in names(api("GET", SETS).body)
    assert "secrets-store.csi.k8s.io" in drivers_on(api, "akswin000000")
    without = a_cluster(chart(), windows_pools=("win",))
    assert "secrets-store.csi.k8s.io" not in drivers_on(without, "akswin000000")
    assert "secrets-store.csi.k8s.io" in drivers_on(
        a_cluster(chart(windows=True), windows_pools=("win",)), "akswin000000"
    )


def test_a_container_that_needs_more_than_its_limit_is_killed_again_and_again() -> None:
    api = a_cluster(SecretsStore(provider_needs=900))
    [first, _] = pods(api, PROVIDERS)
    shown = first["status"]["containerStatuses"][0]
    assert shown["state"]["waiting"]["reason"] == "CrashLoopBackOff"
    last = shown["lastState"]["terminated"]
    assert (last["reason"], last["exitCode"], shown["ready"]) == ("OOMKilled", 137, False)
    before = shown["restartCount"]
    api.world.clock.advance(700)
    again = pods(api, PROVIDERS)[0]["status"]["containerStatuses"][0]["restartCount"]
    assert again > before
    assert log_of(api, first) == "" and "Starting Azure Key Vault Provider" in log_of(api, first, previous="true")
    dead = a_cluster(SecretsStore(driver_needs=900))
    assert "secrets-store.csi.k8s.io" not in drivers_on(dead, f"{POOL}0")
    assert cells(dead, pods(dead, DRIVERS)[0])[1:3] == ["2/3", "CrashLoopBackOff"]


def test_the_addon_comes_and_goes_with_the_profile_and_comes_back_when_it_is_deleted() -> None:
    api = a_cluster(secrets_provider=None)
    assert items(api, SETS) == [] and api("GET", "/apis/secrets-store.csi.x-k8s.io/v1").status == 404
    properties = api.server.properties
    properties["addonProfiles"] = {PROFILE: {"enabled": True, "config": None}}
    assert len(items(api, SETS)) == 2
    path = f"{SETS.replace('/daemonsets', '/namespaces/kube-system/daemonsets')}/aks-secrets-store-csi-driver"
    assert api("DELETE", path).status == 200
    assert len(items(api, SETS)) == 2 and len(pods(api, DRIVERS)) == 2
    properties["addonProfiles"] = {PROFILE: {"enabled": True, "config": ROTATING}}
    flags = api("GET", path).body["spec"]["template"]["spec"]["containers"][1]["args"]
    assert "--enable-secret-rotation=true" in flags and "--rotation-poll-interval=2m" in flags
    properties["addonProfiles"] = {PROFILE: {"enabled": False, "config": None}}
    assert items(api, SETS) == [] and pods(api, DRIVERS) == []
    assert "secrets-store.csi.k8s.io" not in drivers_on(api, f"{POOL}0")
    assert api("GET", "/apis/secrets-store.csi.x-k8s.io/v1").status == 200


def test_a_daemon_that_is_deleted_comes_back_under_another_name() -> None:
    api = a_cluster()
    [first, second] = pods(api, PROVIDERS)
    api("DELETE", f"/api/v1/namespaces/kube-system/pods/{first['metadata']['name']}")
    now = pods(api, PROVIDERS)
    assert nodes_with(api, now) == [f"{POOL}0", f"{POOL}1"]
    found = {one["metadata"]["name"] for one in now}
    assert second["metadata"]["name"] in found and first["metadata"]["name"] not in found


def test_a_deployment_has_its_pods_and_makes_them_anew_for_another_template() -> None:
    api = a_cluster(secrets_provider=None)
    pod = {"containers": [{"name": "web", "image": "shop/web:1"}]}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    path = "/apis/apps/v1/namespaces/default/deployments"
    assert api("POST", path, {"metadata": {"name": "web"}, "spec": spec}).status == 201
    first = items(api, "/api/v1/namespaces/default/pods")
    [replica_set] = items(api, "/apis/apps/v1/replicasets")
    assert len(first) == 2
    assert {one["metadata"]["ownerReferences"][0]["uid"] for one in first} == {replica_set["metadata"]["uid"]}
    assert replica_set["metadata"]["ownerReferences"][0]["name"] == "web"
    api.patch(f"{path}/web", {"spec": {"template": {"metadata": {"annotations": {"at": "now"}}}}})
    assert not {one["metadata"]["uid"] for one in items(api, "/api/v1/namespaces/default/pods")} & {
        one["metadata"]["uid"] for one in first
    }
    api.patch(f"{path}/web", {"spec": {"replicas": 1}})
    assert len(items(api, "/api/v1/namespaces/default/pods")) == 1
    api("DELETE", f"{path}/web")
    assert items(api, "/api/v1/namespaces/default/pods") == [] == items(api, "/apis/apps/v1/replicasets")
    api.world.close()


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ({}, 400, "a container name must be specified for pod {}, choose one of: [node-driver-registrar secrets-store"),
        ({"container": "nobody"}, 400, "container nobody is not valid for pod {}"),
        ({"container": "secrets-store", "previous": "true"}, 400, 'previous terminated container "secrets-store" in'),
    ],
)
def test_a_log_is_that_of_one_container(query: dict[str, str], code: int, text: str) -> None:
    api = a_cluster()
    name = pods(api, DRIVERS)[0]["metadata"]["name"]
    answer = api("GET", f"/api/v1/namespaces/kube-system/pods/{name}/log", **query)
    assert (answer.status, text.format(name) in answer.body["message"]) == (code, True), answer.body


def test_a_log_begins_where_it_is_asked_to_and_ends_with_its_last_lines() -> None:
    api = a_cluster()
    driver = pods(api, DRIVERS)[0]
    whole = log_of(api, driver, container="secrets-store")
    assert '"Initializing Secrets Store CSI Driver" driver="secrets-store.csi.k8s.io"' in whole.splitlines()[0]
    assert log_of(api, driver, container="secrets-store", taillines="1").count("\n") == 1
    assert log_of(api, driver, container="secrets-store", sinceseconds="3600") == ""
    stamped = log_of(api, driver, container="secrets-store", timestamps="true")
    assert stamped.startswith("2026-01-20T12:00:00")


def test_a_pod_of_an_account_that_is_not_there_is_refused() -> None:
    api = a_cluster(secrets_provider=None)
    body = {
        "metadata": {"name": "web"},
        "spec": {"serviceAccountName": "web", "containers": [{"name": "a", "image": "b"}]},
    }
    answer = api("POST", "/api/v1/namespaces/default/pods", body)
    assert (answer.status, answer.body["message"]) == (
        *(403,),
        'pods "web" is forbidden: error looking up service account default/web: serviceaccount "web" not found',
    )
