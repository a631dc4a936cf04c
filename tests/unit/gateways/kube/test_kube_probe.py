"""The pod of a probe: made, waited for, read and taken away again, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pytest

from azext_akskv.failures import Denied, GatewayError, Missing, Rejected, Unavailable
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_probe import (
    DEADLINE_SECONDS,
    NO_REPORT,
    NOT_RUN,
    PODS,
    EitherProbes,
    InvokedProbes,
    KubeProbes,
    Patience,
)
from azext_akskv.gateways.kube_server import Request
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.probe_pod import pod_for, script
from azext_akskv.gateways.run_command import Ended
from azext_akskv.model.probe import ProbeOrder
from tests.builders import a_cluster
from tests.unit.gateways.conftest import AT_ONCE, Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status

ORDER = ProbeOrder("pool1", "kv1.vault.azure.net", "10.1.0.4")
NAME = "akskv-probe-pool1-x7k2p"
POD = f"{PODS}/{NAME}"
LOG = f"{POD}/log"
REPORT = """akskv begin 1 probe
akskv node aks-pool1-0
akskv ran addresses getent 0
akskv said addresses 10.1.0.4 STREAM kv1.privatelink.vaultcore.azure.net
akskv end probe done
"""
OURS = {"kind": "Pod", "metadata": {"name": NAME}}
GONE = Reply(404, a_status(404, "NotFound", f'pods "{NAME}" not found'))
FORBIDDEN = Reply(403, a_status(403, "Forbidden", 'pods is forbidden: User "u" cannot create resource "pods"'))
LOOKED = "0123456789abcdef"
LOOKS = 9
STUCK = 3


def in_phase(phase: str, **status: Any) -> Reply:
    return Reply(200, {**OURS, "status": {"phase": phase, **status}})


def waiting(reason: str, message: str = "") -> Reply:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return in_phase("Pending", containerStatuses=[{"name": "probe", "state": state}])


NOW = {"Date": "Sat, 28 Nov 2026 09:30:00 GMT"}


def these(*pods: Any, **headers: str) -> Reply:
    return Reply(200, {"kind": "PodList", "items": list(pods)}, headers=headers or NOW)


def left(name: str, made: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "creationTimestamp": made}}


class Nodes:
    """The scripted API server, where by default all goes well, and the gateway in front of it."""

    def __init__(self, kube: KubeService) -> None:
        self.kube = kube
        self.pauses = 0
        self.told: list[str] = []
        self.looks = count()
        kube.answers("GET", PODS, these())
        kube.answers("POST", PODS, Reply(201, OURS))
        kube.answers("GET", POD, in_phase("Succeeded"))
        kube.answers("GET", LOG, Reply(200, REPORT))
        kube.answers("DELETE", POD, Reply(200, OURS))

    def pause(self) -> None:
        self.pauses += 1

    def probes(self, lines: Callable[[Request], Iterable[str]] | None = None) -> KubeProbes:
        direct = KubeSecrets(self.kube.server, AT_ONCE)
        passed = lambda: float(self.pauses)  # noqa: E731  # a pause is a second
        patience = Patience(1, LOOKS - 2, STUCK, lambda _seconds: self.pause(), passed, self.told.append)
        return KubeProbes(direct.ask, lines or direct.lines, patience, lambda: f"look{next(self.looks)}")

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.path.removeprefix(PODS) or '/'}" for each in self.kube.requests]


@pytest.fixture
def nodes(kube: KubeService) -> Nodes:
    return Nodes(kube)


EARLIER = "GET /"
MADE = "POST /"
SEEN = f"GET /{NAME}"
READ = f"GET /{NAME}/log"
DELETED = f"DELETE /{NAME}"
BEGUN = [EARLIER, MADE]
ENDED = [DELETED, EARLIER]  # and once more by the label: a request may have been sent twice


def test_a_pod_is_made_waited_for_read_and_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("GET", POD, waiting("ContainerCreating"), in_phase("Running"), in_phase("Succeeded"))
    report = nodes.probes().probe(a_cluster(), ORDER)
    assert (report.pool, report.node, report.addresses) == ("pool1", "aks-pool1-0", ("10.1.0.4",))
    assert nodes.asked == [*BEGUN, SEEN, SEEN, SEEN, READ, *ENDED] and nodes.pauses == 2
    made, read, deleted, rest = (nodes.kube.requests[at] for at in (1, -3, -2, -1))
    look = made.body["metadata"]["labels"]["akskv/look"]
    assert made.body == pod_for(ORDER, look) and rest.query["labelSelector"] == f"akskv/look={look}"
    assert read.query == {"limitBytes": "65536"} and read.headers["accept"] == "*/*"
    assert deleted.query == {"gracePeriodSeconds": "0"}
    assert nodes.told == [
        "look from a node of pool1: ContainerCreating",
        "look from a node of pool1: the pod starts",
    ]


def test_what_a_killed_probe_left_is_taken_away_and_what_somebody_waits_for_is_not(nodes: Nodes) -> None:
    old, young = left("akskv-probe-pool1-aaaaa", "2026-11-28T09:24:59Z"), left(NAME, "2026-11-28T09:25:00Z")
    nodes.kube.answers("GET", PODS, these(old, young), these())
    nodes.kube.answers("DELETE", f"{PODS}/akskv-probe-pool1-aaaaa", Reply(200, OURS))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert nodes.asked == [EARLIER, "DELETE /akskv-probe-pool1-aaaaa", MADE, SEEN, READ, *ENDED]
    labels = pod_for(ORDER, LOOKED)["metadata"]["labels"]
    assert labels.pop("akskv/look") == LOOKED
    selected = dict(each.split("=") for each in nodes.kube.requests[0].query["labelSelector"].split(","))
    assert selected == labels == {"app.kubernetes.io/managed-by": "akskv", "akskv/probe": "pool1"}


@pytest.mark.parametrize(
    "reply",
    [
        FORBIDDEN,
        Reply(cut=True),
        Reply(200, "no list"),
        these(left("coredns-5d4f", "2020-01-01T00:00:00Z")),  # whatever a selector let through
        these(left("akskv-probe-pool1-../../x", "2020-01-01T00:00:00Z")),
        these(left("akskv-probe-pool1-aaaaa", "then")),
        these(left("akskv-probe-pool1-aaaaa", "2020-01-01T00:00:00Z"), Date="today"),
        these({"metadata": {"name": "akskv-probe-pool1-aaaaa"}}),
    ],
)
def test_nothing_that_is_not_surely_left_is_deleted_and_the_probe_goes_on(nodes: Nodes, reply: Reply) -> None:
    nodes.kube.answers("GET", PODS, reply, these())
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert [each for each in nodes.asked if each != EARLIER] == [MADE, SEEN, READ, DELETED]


def test_a_pod_that_is_left_and_stays_is_no_hindrance(nodes: Nodes) -> None:
    nodes.kube.answers("GET", PODS, these(left("akskv-probe-pool1-aaaaa", "2020-01-01T00:00:00Z")))
    nodes.kube.answers("DELETE", f"{PODS}/akskv-probe-pool1-aaaaa", FORBIDDEN)
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"


def test_two_who_look_at_once_do_not_meet(nodes: Nodes) -> None:
    metadata = pod_for(ORDER, LOOKED)["metadata"]
    assert "name" not in metadata and metadata["generateName"] == "akskv-probe-pool1-"
    other = "akskv-probe-pool1-q9z4c"  # the API server's choice
    nodes.kube.answers("POST", PODS, Reply(201, {"metadata": {"name": other}}))
    nodes.kube.answers("GET", f"{PODS}/{other}", in_phase("Succeeded"))
    nodes.kube.answers("GET", f"{PODS}/{other}/log", Reply(200, REPORT))
    nodes.kube.answers("DELETE", f"{PODS}/{other}", Reply(200, OURS))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert nodes.asked == [*BEGUN, f"GET /{other}", f"GET /{other}/log", f"DELETE /{other}", EARLIER]
    nodes.probes().probe(a_cluster(), ORDER)
    mine, yours = [each.body["metadata"]["labels"]["akskv/look"] for each in nodes.kube.requests if each.body]
    assert mine != yours


def test_a_pod_that_was_made_twice_because_an_answer_was_lost_is_taken_away_too(nodes: Nodes) -> None:
    twin = left("akskv-probe-pool1-bbbbb", "2026-11-28T09:29:59Z")
    nodes.kube.answers("POST", PODS, Reply(cut=True), Reply(cut=True), Reply(201, OURS))
    nodes.kube.answers("GET", PODS, these(), these(twin))
    nodes.kube.answers("DELETE", f"{PODS}/akskv-probe-pool1-bbbbb", Reply(200, OURS))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert nodes.asked[-3:] == [DELETED, EARLIER, "DELETE /akskv-probe-pool1-bbbbb"]


def test_a_pod_whose_making_was_never_answered_is_taken_away(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, Reply(cut=True))
    nodes.kube.answers("GET", PODS, these(), these(left(NAME, "2026-11-28T09:29:59Z")))
    with pytest.raises(Unavailable):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked[-2:] == [EARLIER, DELETED]


def test_an_answer_without_the_name_of_a_pod_of_ours_is_a_failure_like_others(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, Reply(201, {"metadata": {"name": "coredns"}}))
    with pytest.raises(Rejected, match="expected a pod akskv-probe-pool1"):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked == [*BEGUN, EARLIER]


NO_PLACE = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
NO_IMAGE = 'Back-off pulling image "mcr.microsoft.com/azurelinux/busybox:1.36"'


@pytest.mark.parametrize(
    ("reply", "told", "stuck"),
    [
        (
            in_phase(
                "Pending",
                conditions=[
                    {"type": "PodReadyToStartContainers", "status": "False", "message": "not this"},
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_PLACE},
                ],
            ),
            NO_PLACE,
            True,
        ),
        (waiting("ImagePullBackOff", NO_IMAGE), f"ImagePullBackOff; {NO_IMAGE}", True),
        (waiting("CreateContainerError", "cannot mount"), "CreateContainerError; cannot mount", True),
        (waiting("ContainerCreating"), "ContainerCreating", False),
        (in_phase("Pending"), "nobody says why", False),
        (Reply(200, OURS), "nobody says why", False),
    ],
)
def test_a_pod_that_never_runs_says_why_and_is_deleted(nodes: Nodes, reply: Reply, told: str, stuck: bool) -> None:
    nodes.kube.answers("GET", POD, reply)
    with pytest.raises(Rejected, match=re.escape(f"the pod did not run: {told}")) as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.code == NOT_RUN and "not this" not in str(failed.value)
    looks = STUCK + 2 if stuck else LOOKS
    assert nodes.asked == [*BEGUN, *[SEEN] * looks, *ENDED] and nodes.pauses == looks - 1


def test_why_an_image_cannot_be_pulled_is_told_though_later_it_is_not_tried(nodes: Nodes) -> None:
    pull = waiting("ErrImagePull", "dial tcp 10.1.2.3:443: i/o timeout")
    nodes.kube.answers("GET", POD, waiting("ContainerCreating"), pull, waiting("ImagePullBackOff", NO_IMAGE))
    with pytest.raises(Rejected, match=re.escape("i/o timeout; ImagePullBackOff")):
        nodes.probes().probe(a_cluster(), ORDER)


def test_a_pod_that_starts_after_all_is_waited_for(nodes: Nodes) -> None:
    pull, starts = waiting("ErrImagePull", "busy"), waiting("ContainerCreating")
    nodes.kube.answers("GET", POD, pull, pull, starts, pull, pull, starts, in_phase("Succeeded"))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"


def test_who_may_not_make_pods_is_told_so_and_nothing_is_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, FORBIDDEN)
    with pytest.raises(Denied, match="cannot create resource") as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.doing == "look from a node of pool1" and nodes.asked == [*BEGUN, EARLIER]


def test_a_report_counts_though_its_pod_could_not_be_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("DELETE", POD, FORBIDDEN)
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0" and nodes.asked[-2:] == ENDED


def test_a_pod_at_its_deadline_has_no_report_and_says_why(nodes: Nodes) -> None:
    why = "Pod was active on the node longer than the specified deadline"
    nodes.kube.answers("GET", POD, in_phase("Failed", reason="DeadlineExceeded", message=why))
    nodes.kube.answers("GET", LOG, Reply(200, REPORT.partition("akskv end")[0]))
    with pytest.raises(Rejected, match=f"not the whole report of a probe: DeadlineExceeded; {why}") as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.code == NO_REPORT and nodes.asked[-2:] == ENDED


def test_a_pod_that_was_killed_says_so(nodes: Nodes) -> None:
    killed = [{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}]
    nodes.kube.answers("GET", POD, in_phase("Failed", containerStatuses=killed))
    nodes.kube.answers("GET", LOG, Reply(200, ""))
    with pytest.raises(Rejected, match="OOMKilled"):
        nodes.probes().probe(a_cluster(), ORDER)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (FORBIDDEN, Denied),
        (GONE, Missing),
        (Reply(500, a_status(500, "InternalError", "the node's kubelet is away")), Unavailable),
        (Reply(cut=True), Unavailable),
    ],
)
def test_a_pod_whose_log_cannot_be_read_is_deleted(nodes: Nodes, reply: Reply, kind: type[Exception]) -> None:
    nodes.kube.answers("GET", LOG, reply)
    with pytest.raises(kind):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked[-2:] == ENDED


def test_a_pod_is_deleted_on_ctrl_c(nodes: Nodes) -> None:
    def lines(_request: Request) -> Iterable[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nodes.probes(lines).probe(a_cluster(), ORDER)
    assert nodes.asked == [*BEGUN, SEEN, *ENDED]
    nodes.pause = lambda: lines(Request("", "", ""))  # type: ignore[method-assign,assignment]  # Ctrl-C while it waits
    nodes.kube.answers("GET", POD, in_phase("Pending"))
    with pytest.raises(KeyboardInterrupt):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked[5:] == [*BEGUN, SEEN, *ENDED]


@pytest.mark.parametrize("status", ["done", {"phase": 3}, {"phase": "Succeeded", "containerStatuses": ["x"]}])
def test_an_answer_that_is_no_pod_is_a_failure_like_others(nodes: Nodes, status: Any) -> None:
    nodes.kube.answers("GET", POD, Reply(200, {**OURS, "status": status}))
    with pytest.raises(Rejected, match="expected"):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked == [*BEGUN, SEEN, *ENDED]


def test_the_pod_is_this_one_and_no_other(golden: Callable[[str, str], None]) -> None:
    pod = pod_for(ORDER, LOOKED)
    command = pod["spec"]["containers"][0]["command"]
    assert command.pop() == script("look.sh")
    golden("probe-pod.json", json.dumps(pod, indent=2) + "\n")


def test_the_pod_has_no_secret_and_ends_by_itself() -> None:
    spec = pod_for(ORDER, LOOKED)["spec"]
    [container] = spec["containers"]
    assert spec["automountServiceAccountToken"] is False and "serviceAccountName" not in spec
    assert [set(each) for each in spec["volumes"]] == [{"name", "hostPath"}] and "envFrom" not in container
    assert [each["name"] for each in container["env"] if "value" not in each] == ["PROBE_NODE"]
    assert all(each["readOnly"] for each in container["volumeMounts"])
    assert spec["hostNetwork"] and spec["activeDeadlineSeconds"] == DEADLINE_SECONDS <= 120
    assert spec["restartPolicy"] == "Never" and spec["tolerations"] == [{"operator": "Exists"}]
    security = container["securityContext"]
    assert not security.get("privileged") and security["capabilities"] == {"drop": ["ALL"], "add": ["SYS_CHROOT"]}


def expanded(command: str, names: dict[str, str]) -> str:
    """As the kubelet expands a command: `$(NAME)` of the container's environment, and `$$`. [third_party/forked/golang/
    expansion in k8s.io/kubernetes]"""
    return re.sub(
        r"\$(?:\$|\(([^)]*)\))",
        lambda found: "$" if found[1] is None else names.get(found[1], found[0]),
        command,
    )


def test_the_kubelet_leaves_the_script_as_it_is() -> None:
    [container] = pod_for(ORDER, LOOKED)["spec"]["containers"]
    look = container["command"][-1]
    assert look == script("look.sh") and expanded(look, {each["name"]: "x" for each in container["env"]}) == look
    assert expanded("$$(PROBE_HOST) $(PROBE_HOST) $(uname)", {"PROBE_HOST": "x"}) == "$(PROBE_HOST) x $(uname)"


class Command:
    """Stands for RunCommand.run."""

    def __init__(self, logs: str, code: int = 0) -> None:
        self.ended = Ended(code, logs)
        self.ran: list[tuple[str, str, str]] = []

    def __call__(self, _cluster: Any, doing: str, script: str, order: str) -> Ended:
        self.ran.append((doing, script, order))
        return self.ended


def test_a_command_in_the_cluster_starts_the_same_pod() -> None:
    command = Command(f"Warning: would violate a policy\n{REPORT}")
    report = InvokedProbes(command).probe(a_cluster(), ORDER)
    assert (report.pool, report.node) == ("pool1", "aks-pool1-0")
    [(doing, start, order)] = command.ran
    assert doing == "look from a node of pool1" and start.endswith(f"\n{script('start.sh')}")
    assert start.splitlines()[:3] == [
        "selector=app.kubernetes.io/managed-by=akskv,akskv/probe=pool1",
        "left_seconds=300",
        "stuck_seconds=45",
    ]
    assert json.loads(order) == pod_for(ORDER, "akskv.look") and order.count("akskv.look") == 1


WEBHOOK = 'Error from server: admission webhook "validation.gatekeeper.sh" denied the request: host networking'


@pytest.mark.parametrize(
    ("logs", "code", "told"),
    [
        (
            "akskv stopped Error from server (Forbidden): no \x1b[31mpods\n",
            NOT_RUN,
            "the pod did not run: Error from server (Forbidden): no [31mpods",
        ),
        (f"akskv stopped {WEBHOOK}\n", NOT_RUN, WEBHOOK),
        (f"akskv stopped Pending   {NO_PLACE}\n", NOT_RUN, NO_PLACE),
        (REPORT.partition("akskv end")[0] + "akskv stopped Failed DeadlineExceeded  \n", NOT_RUN, "DeadlineExceeded"),
        (REPORT.partition("akskv end")[0], NO_REPORT, "not the whole report of a probe"),
        ("bash: akskv.sh: not found\n", NO_REPORT, "not the whole report"),
        ("", NO_REPORT, "not the whole report"),
    ],
)
def test_a_command_that_brought_no_report_says_why(logs: str, code: str, told: str) -> None:
    with pytest.raises(GatewayError) as failed:
        InvokedProbes(Command(logs, 1)).probe(a_cluster(), ORDER)
    assert failed.value.code == code and told in str(failed.value)
    assert isinstance(failed.value, Denied) == ("orbidden" in told or "denied" in told)


@pytest.mark.parametrize("via", ["direct", "run-command"])
def test_it_goes_the_way_that_was_decided_on(nodes: Nodes, via: str) -> None:
    command = Command(REPORT)
    way = Way(via, nodes.kube.server, a_cluster, nodes.told.append)
    either = EitherProbes(way, nodes.probes(), InvokedProbes(command))
    assert either.probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert (len(command.ran), bool(nodes.asked)) == ((1, False) if via == "run-command" else (0, True))
