"""The pod of a probe: made, waited for, read and taken away again, whatever happens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Unavailable
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
POD = f"{PODS}/akskv-probe-pool1"
LOG = f"{POD}/log"
REPORT = """akskv begin 1 probe
akskv node aks-pool1-0
akskv ran addresses getent 0
akskv said addresses 10.1.0.4 STREAM kv1.privatelink.vaultcore.azure.net
akskv end probe done
"""
OURS = {"kind": "Pod", "metadata": {"name": "akskv-probe-pool1"}}
EXISTS = Reply(409, a_status(409, "AlreadyExists", 'pods "akskv-probe-pool1" already exists'))
GONE = Reply(404, a_status(404, "NotFound", 'pods "akskv-probe-pool1" not found'))
FORBIDDEN = Reply(403, a_status(403, "Forbidden", 'pods is forbidden: User "u" cannot create resource "pods"'))
LOOKS = 5


def in_phase(phase: str, **status: Any) -> Reply:
    return Reply(200, {**OURS, "status": {"phase": phase, **status}})


def waiting(reason: str, message: str = "") -> Reply:
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    return in_phase("Pending", containerStatuses=[{"name": "probe", "state": state}])


class Nodes:
    """The scripted API server, where by default all goes well, and the gateway in front of it."""

    def __init__(self, kube: KubeService) -> None:
        self.kube = kube
        self.pauses = 0
        self.told: list[str] = []
        kube.answers("POST", PODS, Reply(201, OURS))
        kube.answers("GET", POD, in_phase("Succeeded"))
        kube.answers("GET", LOG, Reply(200, REPORT))
        kube.answers("DELETE", POD, Reply(200, OURS))

    def pause(self) -> None:
        self.pauses += 1

    def probes(self, lines: Callable[[Request], Iterable[str]] | None = None) -> KubeProbes:
        direct = KubeSecrets(self.kube.server, AT_ONCE)
        passed = lambda: float(self.pauses)  # noqa: E731  # a pause is a second
        patience = Patience(1, LOOKS - 2, lambda _seconds: self.pause(), passed, self.told.append)
        return KubeProbes(direct.ask, lines or direct.lines, patience)

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.path.removeprefix(PODS) or '/'}" for each in self.kube.requests]


@pytest.fixture
def nodes(kube: KubeService) -> Nodes:
    return Nodes(kube)


MADE = "POST /"
SEEN = "GET /akskv-probe-pool1"
READ = "GET /akskv-probe-pool1/log"
DELETED = "DELETE /akskv-probe-pool1"


def test_a_pod_is_made_waited_for_read_and_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("GET", POD, waiting("ContainerCreating"), in_phase("Running"), in_phase("Succeeded"))
    report = nodes.probes().probe(a_cluster(), ORDER)
    assert (report.pool, report.node, report.addresses) == ("pool1", "aks-pool1-0", ("10.1.0.4",))
    assert nodes.asked == [MADE, SEEN, SEEN, SEEN, READ, DELETED] and nodes.pauses == 2
    made, read, deleted = (nodes.kube.requests[at] for at in (0, -2, -1))
    assert made.body == pod_for(ORDER)
    assert read.query == {"limitBytes": "65536"} and read.headers["accept"] == "*/*"
    assert deleted.query == {"gracePeriodSeconds": "0"}
    assert nodes.told == [
        "look from a node of pool1: ContainerCreating",
        "look from a node of pool1: the pod starts",
    ]


def test_one_that_was_left_is_replaced_once_it_is_gone(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, EXISTS, Reply(201, OURS))
    nodes.kube.answers("GET", POD, in_phase("Running"), in_phase("Running"), GONE, in_phase("Succeeded"))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert nodes.asked == [MADE, DELETED, SEEN, SEEN, SEEN, MADE, SEEN, READ, DELETED] and nodes.pauses == 2


def test_one_that_is_gone_already_when_it_is_deleted_is_fine(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, EXISTS, Reply(201, OURS))
    nodes.kube.answers("DELETE", POD, GONE)
    nodes.kube.answers("GET", POD, GONE, in_phase("Succeeded"))
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0"


def test_one_that_stays_is_told_and_not_waited_for_without_end(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, EXISTS)
    nodes.kube.answers("GET", POD, in_phase("Running"))
    with pytest.raises(Conflict, match="already exists"):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.pauses == LOOKS - 1 and nodes.asked.count(DELETED) == 1  # somebody's; once, not again at the end


NO_PLACE = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
NO_IMAGE = 'Back-off pulling image "mcr.microsoft.com/azurelinux/busybox:1.36"'


@pytest.mark.parametrize(
    ("reply", "told"),
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
        ),
        (waiting("ImagePullBackOff", NO_IMAGE), f"ImagePullBackOff; {NO_IMAGE}"),
        (waiting("CreateContainerError", "cannot mount"), "CreateContainerError; cannot mount"),
        (in_phase("Pending"), "nobody says why"),
        (Reply(200, OURS), "nobody says why"),
    ],
)
def test_a_pod_that_never_runs_says_why_and_is_deleted(nodes: Nodes, reply: Reply, told: str) -> None:
    nodes.kube.answers("GET", POD, reply)
    with pytest.raises(Rejected, match=re.escape(f"the pod did not run: {told}")) as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.code == NOT_RUN and "not this" not in str(failed.value)
    assert nodes.asked == [MADE, *[SEEN] * LOOKS, DELETED] and nodes.pauses == LOOKS - 1


def test_who_may_not_make_pods_is_told_so_and_nothing_is_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, FORBIDDEN)
    with pytest.raises(Denied, match="cannot create resource") as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.doing == "look from a node of pool1" and nodes.asked == [MADE]


def test_who_may_not_delete_what_was_left_is_told_so(nodes: Nodes) -> None:
    nodes.kube.answers("POST", PODS, EXISTS)
    nodes.kube.answers("DELETE", POD, FORBIDDEN)
    with pytest.raises(Denied):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked == [MADE, DELETED]


def test_a_report_counts_though_its_pod_could_not_be_deleted(nodes: Nodes) -> None:
    nodes.kube.answers("DELETE", POD, FORBIDDEN)
    assert nodes.probes().probe(a_cluster(), ORDER).node == "aks-pool1-0" and nodes.asked[-1] == DELETED


def test_a_pod_at_its_deadline_has_no_report_and_says_why(nodes: Nodes) -> None:
    why = "Pod was active on the node longer than the specified deadline"
    nodes.kube.answers("GET", POD, in_phase("Failed", reason="DeadlineExceeded", message=why))
    nodes.kube.answers("GET", LOG, Reply(200, REPORT.partition("akskv end")[0]))
    with pytest.raises(Rejected, match=f"not the whole report of a probe: DeadlineExceeded; {why}") as failed:
        nodes.probes().probe(a_cluster(), ORDER)
    assert failed.value.code == NO_REPORT and nodes.asked[-1] == DELETED


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
    assert nodes.asked[-1] == DELETED


def test_a_pod_is_deleted_on_ctrl_c(nodes: Nodes) -> None:
    def lines(_request: Request) -> Iterable[str]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nodes.probes(lines).probe(a_cluster(), ORDER)
    assert nodes.asked == [MADE, SEEN, DELETED]
    nodes.pause = lambda: lines(Request("", "", ""))  # type: ignore[method-assign,assignment]  # Ctrl-C while it waits
    nodes.kube.answers("GET", POD, in_phase("Pending"))
    with pytest.raises(KeyboardInterrupt):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked[3:] == [MADE, SEEN, DELETED]


@pytest.mark.parametrize("status", ["done", {"phase": 3}, {"phase": "Succeeded", "containerStatuses": ["x"]}])
def test_an_answer_that_is_no_pod_is_a_failure_like_others(nodes: Nodes, status: Any) -> None:
    nodes.kube.answers("GET", POD, Reply(200, {**OURS, "status": status}))
    with pytest.raises(Rejected, match="expected"):
        nodes.probes().probe(a_cluster(), ORDER)
    assert nodes.asked == [MADE, SEEN, DELETED]


def test_the_pod_is_this_one_and_no_other(golden: Callable[[str, str], None]) -> None:
    golden("probe-pod.json", json.dumps(pod_for(ORDER), indent=2) + "\n")


def test_the_pod_has_no_secret_and_ends_by_itself() -> None:
    spec = pod_for(ORDER)["spec"]
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
    [container] = pod_for(ORDER)["spec"]["containers"]
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
    assert doing == "look from a node of pool1" and start == script("start.sh")
    assert json.loads(order) == pod_for(ORDER)


@pytest.mark.parametrize(
    ("logs", "code", "told"),
    [
        (
            "akskv stopped Error from server (Forbidden): no \x1b[31mpods\n",
            NOT_RUN,
            "the pod did not run: Error from server (Forbidden): no [31mpods",
        ),
        (f"akskv stopped Pending   {NO_PLACE}\n", NOT_RUN, NO_PLACE),
        (REPORT.partition("akskv end")[0] + "akskv stopped Failed DeadlineExceeded  \n", NOT_RUN, "DeadlineExceeded"),
        (REPORT.partition("akskv end")[0], NO_REPORT, "not the whole report of a probe"),
        ("bash: akskv.sh: not found\n", NO_REPORT, "not the whole report"),
        ("", NO_REPORT, "not the whole report"),
    ],
)
def test_a_command_that_brought_no_report_says_why(logs: str, code: str, told: str) -> None:
    with pytest.raises(Rejected) as failed:
        InvokedProbes(Command(logs, 1)).probe(a_cluster(), ORDER)
    assert failed.value.code == code and told in str(failed.value)


@pytest.mark.parametrize("via", ["direct", "run-command"])
def test_it_goes_the_way_that_was_decided_on(nodes: Nodes, via: str) -> None:
    command = Command(REPORT)
    way = Way(via, nodes.kube.server, a_cluster, nodes.told.append)
    either = EitherProbes(way, nodes.probes(), InvokedProbes(command))
    assert either.probe(a_cluster(), ORDER).node == "aks-pool1-0"
    assert (len(command.ran), bool(nodes.asked)) == ((1, False) if via == "run-command" else (0, True))
