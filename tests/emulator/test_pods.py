"""Pods: scheduled, run as processes of this machine, watched, logged, deleted; first without a network, then with
kubectl."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.mgmt.containerservice import ContainerServiceClient

from emulator.emulation import Emulation
from emulator.kubernetes.api_server import ApiServer
from emulator.programs.view import Place
from emulator.world import EmulatedWorld
from emulator.worlds.cluster_access import AdmissionRule, Binding, Rule
from emulator.worlds.governance import Role
from emulator.worlds.spec import CALLER, Cluster, Delays, Grant
from tests.emulator.conftest import Connect, Running
from tests.emulator.data_planes import CLUSTER_ID, TABLE, Api, entra_headers, names
from tests.emulator.node_client import CLUSTER, HOST, a_world, fields
from tests.kubectl import needs_kubectl

PODS = "/api/v1/namespaces/default/pods"
PROBE = f"{PODS}/probe"
FIRST, SECOND = "aks-nodepool1-31337000-vmss000000", "aks-nodepool1-31337000-vmss000001"
IMAGE = "mcr.microsoft.com/azurelinux/busybox:1.36"
SOON = Delays(container=0.0, unanswered=0.01)
TWO_POOLS = replace(CLUSTER, pools=("system", "work"), subnets=("nodes-vnet/nodes", "vault-vnet/ends"))
WAITING = 'container "it" in pod "probe" is waiting to start: '


def pod(*command: str, name: str = "probe", container: dict[str, Any] | None = None, **own: Any) -> dict[str, Any]:
    """A pod whose container runs a command; its other fields are `own`."""
    runs = {"name": "it", "image": IMAGE, **({"command": list(command)} if command else {}), **(container or {})}
    own = {"restartPolicy": "Never", **own}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {**own, "containers": [runs]}}


def on_node(*command: str, mounted: str = "/host", **own: Any) -> dict[str, Any]:
    """In its node's network, with the node's files."""
    container = {"volumeMounts": [{"name": "node", "mountPath": mounted}], **own.pop("container", {})}
    volumes = [{"name": "node", "hostPath": {"path": "/"}}]
    return pod("chroot", "/host", *command, container=container, volumes=volumes, hostNetwork=True, **own)


@pytest.fixture
def worlds() -> Iterator[list[EmulatedWorld]]:
    """What is made in a test ends with it."""
    made: list[EmulatedWorld] = []
    yield made
    for world in made:
        world.inside.stop()
        world.close()


def api_of(world: EmulatedWorld) -> Api:
    server = world.kubernetes.server(CLUSTER_ID)
    assert isinstance(server, ApiServer)
    return Api(world, server, {"authorization": f"Bearer {server.static_token}"})


@pytest.fixture
def cluster(worlds: list[EmulatedWorld]) -> Any:
    """`cluster(CLUSTER, admission=...)`: its API server as an administrator sees it."""

    def make(data: Cluster = CLUSTER, **more: Any) -> Api:
        worlds.append(a_world(clusters=(replace(data, **more),), delays=SOON))
        return api_of(worlds[-1])

    return make


def status_of(api: Api, path: str = PROBE) -> dict[str, Any]:
    answer = api("GET", path)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body["status"]
    return found


def ended(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    """The status of a pod that has come to its end."""
    assert api("POST", PODS, body).status == 201
    path, deadline = f"{PODS}/{body['metadata']['name']}", time.monotonic() + 20
    while status_of(api, path)["phase"] not in ("Succeeded", "Failed"):
        assert time.monotonic() < deadline, status_of(api, path)
        time.sleep(0.02)
    return status_of(api, path)


def state_of(status: dict[str, Any]) -> Any:
    return status["containerStatuses"][0]["state"]


def log(api: Api, **query: str) -> str:
    answer = api("GET", f"{PROBE}/log", **query)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/plain"), answer.body
    return bytes(answer.body).decode()


def test_nodes_show_pools_readiness_and_addresses(cluster: Any) -> None:
    api = cluster(TWO_POOLS)
    nodes = api("GET", "/api/v1/nodes").body["items"]
    labels = [node["metadata"]["labels"] for node in nodes]
    assert [one["kubernetes.azure.com/agentpool"] for one in labels] == ["system", "system", "work", "work"]
    assert [one["agentpool"] for one in labels] == ["system", "system", "work", "work"]
    assert labels[2]["kubernetes.io/hostname"] == nodes[2]["metadata"]["name"] == "aks-work-31337000-vmss000000"
    assert (labels[0]["kubernetes.io/os"], labels[0]["kubernetes.azure.com/mode"]) == ("linux", "system")
    [ready], [internal, _] = nodes[2]["status"]["conditions"], nodes[2]["status"]["addresses"]
    assert (ready["type"], ready["status"]) == ("Ready", "True")
    assert internal == {"type": "InternalIP", "address": "10.1.0.4"}
    table = api("GET", "/api/v1/nodes", accept=TABLE).body["rows"][0]["cells"]
    assert table[:3] == ["aks-system-31337000-vmss000000", "Ready", "<none>"] and table[4] == "v1.30.7"
    chosen = api("GET", "/api/v1/nodes", labelselector="agentpool=work").body
    assert names(chosen) == ["aks-work-31337000-vmss000000", "aks-work-31337000-vmss000001"]


def test_a_pod_goes_from_pending_to_its_end(cluster: Any) -> None:
    api = cluster()
    made = api("POST", PODS, pod("sh", "-c", "echo out; echo err >&2; sleep 0.3; exit 3"))
    assert (made.status, made.body["status"]["phase"]) == (201, "Pending")
    assert "nodeName" not in made.body["spec"] and made.body["spec"]["dnsPolicy"] == "ClusterFirst"
    waiting = api("GET", PROBE).body
    assert waiting["spec"]["nodeName"] == FIRST and state_of(waiting["status"])["waiting"] == {
        "reason": "ContainerCreating"
    }
    running = status_of(api)
    assert running["phase"] == "Running" and running["hostIP"] == "10.224.0.4" and running["startTime"]
    assert running["podIP"].startswith("10.244.") and "running" in state_of(running)
    assert running["containerStatuses"][0]["ready"]
    while (status := status_of(api))["phase"] == "Running":
        time.sleep(0.02)
    assert status["phase"] == "Failed" and state_of(status)["terminated"]["exitCode"] == 3
    assert state_of(status)["terminated"]["reason"] == "Error" and log(api) == "out\nerr\n"
    assert api("GET", PODS, accept=TABLE).body["rows"][0]["cells"][1:3] == ["0/1", "Error"]
    assert names(api("GET", PODS, fieldselector=f"spec.nodeName={FIRST},status.phase=Failed").body) == ["probe"]


def test_a_pod_that_ends_well_has_succeeded(cluster: Any) -> None:
    api = cluster()
    status = ended(api, pod("true", hostNetwork=True))
    assert (status["phase"], state_of(status)["terminated"]["reason"]) == ("Succeeded", "Completed")
    assert status["podIP"] == status["hostIP"] == "10.224.0.4" and log(api) == ""


@pytest.mark.parametrize(
    ("own", "node"),
    [
        ({}, "aks-system-31337000-vmss000000"),
        ({"nodeName": "aks-work-31337000-vmss000001"}, "aks-work-31337000-vmss000001"),
        ({"nodeSelector": {"kubernetes.azure.com/agentpool": "work"}}, "aks-work-31337000-vmss000000"),
        ({"nodeSelector": {"agentpool": "work", "kubernetes.io/os": "linux"}}, "aks-work-31337000-vmss000000"),
        ({"nodeSelector": {"kubernetes.io/hostname": "aks-work-31337000-vmss000001"}}, "aks-work-31337000-vmss000001"),
    ],
)
def test_a_pod_goes_where_it_says(cluster: Any, own: dict[str, Any], node: str) -> None:
    api = cluster(TWO_POOLS)
    assert ended(api, pod("true", **own))["phase"] == "Succeeded"
    assert api("GET", PROBE).body["spec"]["nodeName"] == node


@pytest.mark.parametrize(
    ("data", "own", "why"),
    [
        (
            CLUSTER,
            {"nodeSelector": {"agentpool": "none"}},
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are "
            "available: 2 Preemption is not helpful for scheduling.",
        ),
        (
            replace(CLUSTER, room_for_pods=False),
            {},
            "0/2 nodes are available: 2 Too many pods. preemption: 0/2 nodes are available: 2 No preemption victims "
            "found for incoming pod.",
        ),
        (replace(CLUSTER, pools=(), subnets=()), {}, "no nodes available to schedule pods"),
    ],
)
def test_a_pod_that_no_node_takes_stays_pending(cluster: Any, data: Cluster, own: dict[str, Any], why: str) -> None:
    api = cluster(data)
    api("POST", PODS, pod("true", **own))
    [condition] = status_of(api)["conditions"]
    assert status_of(api)["phase"] == "Pending"
    assert [condition[name] for name in ("type", "status", "reason")] == ["PodScheduled", "False", "Unschedulable"]
    assert condition["message"] == why
    refused = api("GET", f"{PROBE}/log")
    assert (refused.status, refused.body["message"]) == (400, "pod probe does not have a host assigned")


def test_a_kubelet_without_room_rejects_what_names_it(cluster: Any) -> None:
    status = ended(cluster(room_for_pods=False), pod("true", nodeName=FIRST))
    assert (status["phase"], status["reason"]) == ("Failed", "OutOfpods")


def test_a_pod_for_a_node_that_is_not_there_stays_pending(cluster: Any) -> None:
    api = cluster()
    api("POST", PODS, pod("true", nodeName="aks-gone-31337000-vmss000000"))
    assert status_of(api) == {"phase": "Pending", "qosClass": "BestEffort"}


def test_an_image_that_cannot_be_pulled_keeps_it_waiting(cluster: Any) -> None:
    api = cluster(images_pull=False)
    api("POST", PODS, pod("true"))
    assert api("GET", f"{PROBE}/log").body["message"] == f"{WAITING}ContainerCreating"
    status_of(api)
    waiting = state_of(status_of(api))["waiting"]
    assert waiting == {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{IMAGE}"'}
    assert status_of(api)["phase"] == "Pending"
    refused = api("GET", f"{PROBE}/log")
    assert (refused.status, refused.body["message"]) == (400, f"{WAITING}trying and failing to pull image")
    assert api("GET", f"{PROBE}/log", container="x").body["message"] == "container x is not valid for pod probe"


def test_a_deadline_ends_a_pod(cluster: Any) -> None:
    api = cluster()
    api("POST", PODS, pod("sh", "-c", "echo begun; sleep 60", activeDeadlineSeconds=30))
    while status_of(api)["phase"] != "Running" or not log(api):
        time.sleep(0.02)
    api.world.clock.advance(31)
    status = status_of(api)
    assert (status["phase"], status["reason"]) == ("Failed", "DeadlineExceeded")
    assert status["message"] == "Pod was active on the node longer than the specified deadline"
    assert state_of(status)["terminated"]["exitCode"] == 137 and log(api) == "begun\n"


def test_a_deadline_ends_one_that_never_ran(cluster: Any) -> None:
    api = cluster(images_pull=False)
    api("POST", PODS, pod("true", activeDeadlineSeconds=30))
    status_of(api)
    api.world.clock.advance(31)
    assert status_of(api)["reason"] == "DeadlineExceeded" and "waiting" in state_of(status_of(api))


@pytest.mark.parametrize("path", [PROBE, "/api/v1/namespaces/default"])
def test_what_is_deleted_runs_no_longer(cluster: Any, tmp_path: Path, path: str) -> None:
    api = cluster()
    api("POST", PODS, pod("sh", "-c", f"echo $$$$ >{tmp_path}/pid; sleep 60 & wait"))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        status_of(api)
        time.sleep(0.02)
    assert api("DELETE", path, {"gracePeriodSeconds": 600}).status == 200
    assert api("GET", PROBE).status == 404
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_pod_goes_with_its_node(cluster: Any) -> None:
    api = cluster(TWO_POOLS)
    api("POST", PODS, pod("sleep", "60", nodeSelector={"agentpool": "work"}))
    assert status_of(api)["phase"] == "Pending"
    api.server.properties["agentPoolProfiles"].pop()
    assert api("GET", PROBE).status == 404
    assert len(api("GET", "/api/v1/nodes").body["items"]) == 2


def test_too_much_memory_kills_a_container(cluster: Any) -> None:
    hungry = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); sleep 5"
    limits = {"resources": {"limits": {"memory": "64Mi"}}}
    status = ended(cluster(), pod("bash", "-c", hungry, container=limits))
    assert state_of(status)["terminated"]["reason"] == "OOMKilled"
    assert state_of(status)["terminated"]["exitCode"] == 137


def test_a_container_is_started_again_unless_the_pod_says_never(cluster: Any) -> None:
    api = cluster()
    api("POST", PODS, pod("sh", "-c", "echo once; exit 1", restartPolicy="OnFailure"))
    while "waiting" not in state_of(status := status_of(api)) or not status["containerStatuses"][0]["restartCount"]:
        time.sleep(0.02)
        status_of(api)
    assert state_of(status)["waiting"]["reason"] == "CrashLoopBackOff" and status["phase"] == "Running"
    assert status["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1 and log(api) == "once\n"
    api.world.clock.advance(11)
    assert "running" in state_of(status_of(api)) and status_of(api)["containerStatuses"][0]["restartCount"] == 1


def test_a_program_that_is_not_there_cannot_start(cluster: Any) -> None:
    status = ended(cluster(), pod("/no/such/program"))
    assert (status["phase"], state_of(status)["terminated"]["reason"]) == ("Failed", "StartError")


def test_a_container_without_a_command_runs_until_it_is_ended(cluster: Any) -> None:
    api = cluster()
    api("POST", PODS, pod())
    status_of(api), status_of(api)
    time.sleep(0.2)
    assert status_of(api)["phase"] == "Running"


def test_the_environment_is_the_pods_and_references_are_written_out(cluster: Any) -> None:
    api = cluster()
    field = {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
    env = [{"name": "A", "value": "one"}, {"name": "B", "value": "$(A) two"}, field]
    arguments = ["-c", "echo $A/$B/$NODE $(A) $(true) $$A; env | grep -ciE 'azure|kubeconfig|proxy'"]
    ended(api, pod("echo", container={"env": env, "args": arguments}))
    assert log(api) == "-c echo $A/$B/$NODE one $(true) $A; env | grep -ciE 'azure|kubeconfig|proxy'\n"
    api("DELETE", PROBE)
    ended(api, pod("sh", container={"env": env, "args": arguments}))
    assert log(api).startswith(f"one/one two/{FIRST} one one\n") and log(api).endswith("\n0\n")


def test_an_environment_from_elsewhere_cannot_be_made(cluster: Any) -> None:
    api = cluster()
    env = [{"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]
    api("POST", PODS, pod("true", container={"env": env}))
    status_of(api), status_of(api)
    assert state_of(status_of(api))["waiting"]["reason"] == "CreateContainerConfigError"


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"metadata": {"name": "probe"}}, 422, "spec.containers: Required value"),
        (
            {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "a"}]}},
            422,
            "containers[0].image: Required",
        ),
        (pod("true") | {"spec": {"containers": [{"name": "a", "image": "b"}] * 2}}, 400, "pods of one container"),
    ],
)
def test_what_is_no_pod_is_refused(cluster: Any, body: dict[str, Any], code: int, text: str) -> None:
    refused = cluster()("POST", PODS, body)
    assert refused.status == code and text in refused.body["message"]


def test_what_a_pod_runs_is_not_changed(cluster: Any) -> None:
    api = cluster()
    api("POST", PODS, pod("sleep", "60"))
    refused = api.patch(PROBE, {"spec": {"activeDeadlineSeconds": 5}})
    assert refused.status == 422 and "pod updates may not change fields other than" in refused.body["message"]
    assert api.patch(PROBE, {"metadata": {"labels": {"a": "b"}}}).status == 200


def test_a_dry_run_starts_nothing(cluster: Any) -> None:
    api = cluster()
    assert api("POST", PODS, pod("true"), dryrun="All").status == 201
    assert api("GET", PROBE).status == 404 and not api.world.inside._started


def test_admission_holds_for_pods(cluster: Any) -> None:
    rule = AdmissionRule("denied: {name}", ("default",), (), ("CREATE",), "pods")
    refused = cluster(admission=(rule,))("POST", PODS, pod("true"))
    assert (refused.status, refused.body["message"]) == (403, "denied: probe")


def test_logs_and_watches_are_rights_of_their_own(cluster: Any) -> None:
    rules = (Rule(("get", "create"), ("pods",)), Rule(("list",), ("pods",)))
    api = cluster(entra=True, bindings=(Binding(CALLER, rules),))
    user = Api(api.world, api.server, entra_headers(api.world))
    assert user("POST", PODS, pod("true")).status == 201 and user("GET", PODS).status == 200
    refused = user("GET", f"{PROBE}/log")
    assert refused.status == 403 and 'cannot get resource "pods/log" in API group ""' in refused.body["message"]
    assert 'cannot watch resource "pods"' in user("GET", PODS, watch="true").body["message"]
    assert 'cannot list resource "nodes"' in user("GET", "/api/v1/nodes").body["message"]


def test_azure_roles_give_the_log_with_the_pod(worlds: list[EmulatedWorld]) -> None:
    data = replace(CLUSTER, entra=True, azure_rbac=True)
    reads = Role("pods", data_actions=("Microsoft.ContainerService/managedClusters/pods/read",))
    for role, status in ((reads.name, 400), ("Reader", 403)):
        more = {"grants": (Grant(CALLER, role, "cluster/shop"),), "roles": (reads,)}
        worlds.append(a_world(clusters=(data,), delays=SOON, **more))
        api = api_of(worlds[-1])
        api("POST", PODS, pod("true"))
        user = Api(api.world, api.server, entra_headers(api.world))
        assert user("GET", f"{PROBE}/log").status == status


def test_a_log_is_shown_in_part(cluster: Any) -> None:
    api = cluster()
    ended(api, pod("seq", "5"))
    assert (log(api, taillines="2"), log(api, limitbytes="3")) == ("4\n5\n", "1\n2")
    assert api("POST", f"{PROBE}/log", {}).status == 405 and api("GET", f"{PROBE}/status").status == 404


def test_programs_of_the_node_that_the_world_does_not_have_are_not_found(cluster: Any) -> None:
    api = cluster(node_tools=("getent", "nc"))
    every = "curl dig getent host nc nslookup grep python3 wget"
    look = f"for each in {every}; do command -v $each >/dev/null && echo $each; done"
    ended(api, on_node("sh", "-c", look))
    assert log(api) == "getent\nnc\ngrep\n"


@pytest.mark.parametrize(
    ("own", "code", "text"),
    [
        ({"mounted": "/elsewhere"}, 125, "cannot change root directory to '/host': No such file or directory"),
        ({"container": {"securityContext": {"capabilities": {"drop": ["ALL"]}}}}, 125, "Operation not permitted"),
        ({"container": {"securityContext": {"runAsUser": 1000}}}, 125, "Operation not permitted"),
        ({"container": {"securityContext": {"capabilities": {"drop": ["ALL"], "add": ["SYS_CHROOT"]}}}}, 0, "on it\n"),
        ({"container": {"args": ["x"]}}, 0, "on it x\n"),
    ],
)
def test_changing_to_the_node_needs_its_files_and_the_right(
    cluster: Any, own: dict[str, Any], code: int, text: str
) -> None:
    api = cluster()
    status = ended(api, on_node("echo", "on it", **own))
    assert state_of(status)["terminated"]["exitCode"] == code and text in log(api)


def test_a_program_that_the_node_does_not_have_cannot_run_there(cluster: Any) -> None:
    api = cluster()
    assert state_of(ended(api, on_node("ncat", "-z")))["terminated"]["exitCode"] == 127
    assert log(api) == "chroot: failed to run command 'ncat': No such file or directory\n"


def test_resolv_conf_is_the_nodes_or_the_pods(cluster: Any) -> None:
    api = cluster()
    ended(api, pod("cat", "/etc/resolv.conf"))
    search = "search default.svc.cluster.local svc.cluster.local cluster.local"
    assert log(api) == f"{search}\nnameserver 10.0.0.10\noptions ndots:5\n"
    api("DELETE", PROBE)
    ended(api, on_node("sh", "-c", "while read -r word value; do echo $word $value; done </etc/resolv.conf"))
    assert log(api).startswith("nameserver 168.63.129.16\nsearch ")
    api("DELETE", PROBE)
    ended(api, pod("cat", "/etc/resolv.conf", dnsPolicy="Default"))
    assert log(api).startswith("nameserver 168.63.129.16\n")
    api("DELETE", PROBE)
    ended(api, pod("cat", "/etc/resolv.conf", hostNetwork=True, dnsPolicy="ClusterFirstWithHostNet"))
    assert "nameserver 10.0.0.10\n" in log(api)


PROGRAMS = f"""
echo 1 $(getent ahosts {HOST} | head -n 1)
nslookup {HOST} | grep -c canonical
nc -v -z -w 2 {HOST} 443
curl -sS -o body -D head -w '%{{http_code}} %{{remote_ip}}\\n' --max-time 5 https://{HOST}/healthstatus
grep -i network-info head; wc -c <body
nc -z -w 2 10.1.0.9 443; echo $?
"""
PRINTED = (
    "1 10.225.0.4 STREAM shop-kv.privatelink.vaultcore.azure.net\n1\n"
    f"Connection to {HOST} (10.225.0.4) 443 port [tcp/https] succeeded!\n"
    "200 10.225.0.4\nx-ms-keyvault-network-info: conn_type=Ipv4;addr=10.224.0.4;act_addr_fam=InterNetwork;\r\n4\n1\n"
)


def test_programs_in_a_pod_see_the_emulated_network(running: Running) -> None:
    emulation = running(**fields(delays=SOON))
    api = api_of(emulation.world)

    def run() -> str:
        emulation.server.call(lambda: api("POST", PODS, on_node("sh", "-c", PROGRAMS)))
        while emulation.server.call(lambda: status_of(api))["phase"] not in ("Succeeded", "Failed"):
            time.sleep(0.05)
        return emulation.server.call(lambda: log(api))

    assert run() == PRINTED


def test_nobody_asks_without_the_secret_of_a_container(running: Running, client: Any) -> None:
    emulation = running(**fields(delays=SOON))
    plain, session = emulation.endpoints["plain"], client(emulation, audience=None)
    body = {"program": "getent", "arguments": ["ahosts", HOST], "on_node": True}
    assert session.post(f"{plain}/node/guessed", json=body).status_code == 404
    [node, _] = emulation.world.nodes_of(CLUSTER_ID)
    secret = emulation.world.programs.admit(Place(node.subnet_id, node.address))
    told = session.post(f"{plain}/node/{secret}", json=body)
    assert (told.status_code, told.json()["code"]) == (200, 0)
    assert session.post(f"{plain}/node/{secret}", json={"program": "rm"}).status_code == 400
    assert session.get(f"{plain}/node/{secret}").status_code == 404
    emulation.world.programs.dismiss(secret)
    assert session.post(f"{plain}/node/{secret}", json=body).status_code == 404
    assert emulation.world.log.document() == []


KUBECTL = r"""
cat >pod.json; kubectl apply -f pod.json
kubectl wait pod/probe --for=jsonpath='{.status.phase}'=Succeeded --timeout=20s
kubectl get pod probe -o 'jsonpath={.status.phase}{"\n"}'
kubectl logs probe
kubectl apply -f pod.json
kubectl delete pod probe --wait=false
kubectl create -f - <pod.json
kubectl delete pod probe
kubectl get pods
kubectl get nodes --no-headers -o custom-columns=NAME:.metadata.name
"""


@needs_kubectl
def test_kubectl_in_a_run_command_runs_pods(running: Running, connect: Connect) -> None:
    emulation = running(**fields(delays=replace(SOON, update=0.0)))
    clusters = connect(emulation, ContainerServiceClient).managed_clusters
    body = json.dumps(on_node("sh", "-c", f"getent hosts {HOST}")).replace("'", "'\\''")
    command = f"echo '{body}' | (\n{KUBECTL})"
    done = clusters.begin_run_command("shop-rg", "shop", {"command": command}).result()
    assert done.logs == (
        "pod/probe created\npod/probe condition met\nSucceeded\n"
        f"10.225.0.4      shop-kv.privatelink.vaultcore.azure.net {HOST}\n"
        'pod/probe unchanged\npod "probe" deleted\npod/probe created\npod "probe" deleted\n'
        f"No resources found in default namespace.\n{FIRST}\n{SECOND}\n"
    )


def a_session(running: Running, client: Any) -> tuple[Emulation, Any, str]:
    """An emulation, an administrator's client, and the URL of the pods."""
    emulation = running(**fields(delays=replace(SOON, container=0.2)))
    api, session = api_of(emulation.world), client(emulation, audience=None)
    session.headers["Authorization"] = api.headers["authorization"]
    return emulation, session, f"https://{api.server.host}{PODS}"


def watching(session: Any, url: str, **query: str) -> Any:
    """The answer of a watch, to be read as it comes."""
    answer = session.get(url, params={"watch": "true", **query}, stream=True)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_watch_tells_what_changes_as_it_changes(running: Running, client: Any) -> None:
    _, session, url = a_session(running, client)
    since = session.get(url).json()["metadata"]["resourceVersion"]
    with watching(session, url, resourceVersion=since) as answer:
        events = (json.loads(line) for line in answer.iter_lines())
        session.post(url, json=pod("sh", "-c", "sleep 0.2"))
        seen: list[tuple[str, str]] = []
        while not seen or seen[-1][1] not in ("Succeeded", "Failed"):
            event = next(events)
            seen.append((event["type"], event["object"]["status"]["phase"]))
        assert seen[0][0] == "ADDED" and ("MODIFIED", "Running") in seen and seen[-1] == ("MODIFIED", "Succeeded")
        last = int(event["object"]["metadata"]["resourceVersion"])
        session.delete(f"{url}/probe")
        gone = next(events)
        assert (gone["type"], gone["object"]["metadata"]["name"]) == ("DELETED", "probe")
        assert int(gone["object"]["metadata"]["resourceVersion"]) > last > int(since)


def test_a_watch_ends_in_time_and_tells_only_what_it_is_about(running: Running, client: Any) -> None:
    emulation, session, url = a_session(running, client)
    labelled = pod("sleep", "60") | {"metadata": {"name": "probe", "labels": {"a": "b"}}}
    session.post(url, json=labelled)
    session.post(url, json=pod("sleep", "60", name="other"))

    def seen(url: str = url, **query: str) -> list[tuple[str, str]]:
        got = session.get(url, params={"watch": "1", "timeoutSeconds": "1", **query})
        events = [json.loads(line) for line in got.text.splitlines()]
        return [(event["type"], event["object"]["metadata"]["name"]) for event in events]

    first = seen(f"{url}/probe")
    assert first[0] == ("ADDED", "probe") and {name for _, name in first} == {"probe"}
    while session.get(f"{url}/other").json()["status"]["phase"] != "Running":
        time.sleep(0.05)
    since = session.get(url).json()["metadata"]["resourceVersion"]
    patch = {"data": b'{"metadata":{"labels":{"a":"c"}}}', "headers": {"Content-Type": "application/merge-patch+json"}}
    session.patch(f"{url}/probe", **patch)
    assert seen(resourceVersion=since, labelSelector="a=b") == [("DELETED", "probe")]
    assert seen(resourceVersion=since, labelSelector="a=c") == [("ADDED", "probe")]
    assert seen(resourceVersion=since, fieldSelector="metadata.name=other") == []
    emulation.server.call(lambda: emulation.world.clock.advance(700))
    session.get(url)
    emulation.server.call(lambda: emulation.world.clock.advance(700))
    session.get(url)
    assert session.get(url, params={"watch": "1", "resourceVersion": "1"}).status_code == 410


def test_a_watch_breaks_off_when_the_server_goes_away(running: Running, client: Any) -> None:
    emulation, session, url = a_session(running, client)
    with watching(session, url) as answer:
        api_of(emulation.world).server.away = True
        with pytest.raises(requests.exceptions.RequestException, match=r"(?i)ended|reset|broken"):
            list(answer.iter_lines())


def test_a_log_can_be_followed(running: Running, client: Any) -> None:
    _, session, url = a_session(running, client)
    session.post(url, json=pod("sh", "-c", "echo one; sleep 0.5; echo two"))
    while session.get(f"{url}/probe").json()["status"]["phase"] == "Pending":
        time.sleep(0.02)
    with session.get(f"{url}/probe/log", params={"follow": "true"}, stream=True) as answer:
        lines = answer.iter_lines()
        assert next(lines) == b"one"
        assert session.get(f"{url}/probe").json()["status"]["phase"] == "Running"
        assert list(lines) == [b"two"]


def test_pods_end_with_the_emulation(running: Running, tmp_path: Path) -> None:
    emulation = running(**fields(delays=SOON))
    api = api_of(emulation.world)
    emulation.server.call(lambda: api("POST", PODS, pod("sh", "-c", f"echo $$$$ >{tmp_path}/pid; sleep 60 & wait")))
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        emulation.server.call(lambda: status_of(api))
        time.sleep(0.02)
    emulation.inside.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
