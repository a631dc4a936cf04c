"""The scripts of a probe as processes: what a node's programs print comes out as a report, and no pod is left behind.

The programs are stand-ins that print what the real ones do; the shells, and what the scripts filter with, are real.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from azext_akskv.failures import Denied, GatewayError, Rejected
from azext_akskv.gateways.kube_probe import InvokedProbes
from azext_akskv.gateways.probe_pod import script
from azext_akskv.gateways.run_command import ORDER, SCRIPT, Ended
from azext_akskv.model.ids import BadInput
from azext_akskv.model.probe import ProbeOrder, ProbeReport
from azext_akskv.model.probe_report import NO_CLIENT, NO_CURL, NO_LOOKUP, NO_NAME, RESOLVERS, parse_probe
from tests.builders import a_cluster
from tests.probe_outputs import (
    ADDRESS,
    ASKED,
    BUSYBOX_NC,
    CONNECTED,
    DIG_GOOD,
    GETENT,
    HOST,
    INFO,
    NAMES,
    NO_NAMES,
    NOT_FOUND,
    NSLOOKUP_GOOD,
    PRIVATE,
    Said,
)

SHELLS = ("sh", "bash")
FILTERS = ("tr", "cut", "sed", "head", "cat", "grep", "timeout")
GOOD = {
    "getent": GETENT,
    "dig": Said(0, DIG_GOOD),
    "nslookup": Said(0, NSLOOKUP_GOOD),
    "nc": CONNECTED["openbsd"][0],
    "curl": ASKED["good"][0],
}


class Node:
    """A folder in place of a node's file system, with the programs that a test puts there and no others."""

    def __init__(self, folder: Path, shell: str) -> None:
        found = shutil.which(shell)
        assert found, f"no {shell}"
        self.shell = found
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.output = ""
        for name in FILTERS:
            real = shutil.which(name)
            assert real, f"no {name}"
            (self.bin / name).symlink_to(real)
        self.servers("/etc/resolv.conf", "168.63.129.16")

    def servers(self, path: str, *servers: str) -> None:
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        rows = "".join(f"nameserver {server}\n" for server in servers)
        file.write_text(f"# nameserver 1.1.1.1\nsearch example.internal\n{rows}options edns0 trust-ad\n")

    def has(self, **programs: Said) -> None:
        for name, said in programs.items():
            words = self.folder / f"{name}.words"
            words.write_text(said.text)
            self.put(name, f'cat "{words}" >&2\nexit {said.code}\n')

    def put(self, name: str, body: str) -> None:
        program = self.bin / name
        program.write_text(f'#!{self.shell}\nprintf "%s\\n" "$*" >>"{self.folder}/{name}.calls"\n{body}')
        program.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        calls = self.folder / f"{name}.calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def look(self, address: str = ADDRESS) -> ProbeReport:
        text = re.sub(r"(?<=servers )(?=/)", str(self.folder), script("look.sh"))
        own = {"PATH": str(self.bin), "PROBE_HOST": HOST, "PROBE_ADDRESS": address, "PROBE_NODE": "aks-pool1-0"}
        done = subprocess.run([self.shell, "-c", text], env=own, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        self.output = done.stdout
        return parse_probe("pool1", self.output)


@pytest.fixture(params=SHELLS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Node:
    return Node(tmp_path, request.param)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", ["look.sh", "start.sh"])
def test_both_scripts_are_read_by_both_shells(name: str, shell: str) -> None:
    done = subprocess.run([shell, "-n"], input=script(name), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(len(line) <= 120 for line in script(name).splitlines())


def test_a_node_with_all_programs_sees_all(node: Node) -> None:
    node.has(**GOOD)
    report = node.look()
    assert (report.node, report.dns_servers) == ("aks-pool1-0", ("168.63.129.16",))
    assert (report.resolution, report.names, report.addresses) == ("answer", (PRIVATE,), (ADDRESS,))
    assert (report.connection, report.past_dns, report.certificate) == ("open", "open", "good")
    assert (report.status, report.network_info, report.missing) == (200, INFO, {})
    assert report.shown == (
        *(line.replace("\t", " ") for line in NSLOOKUP_GOOD.splitlines() if line),
        f"Connection to {HOST} ({ADDRESS}) 443 port [tcp/https] succeeded!",
    )
    assert node.calls("getent") == [f"ahosts {HOST}"]
    assert node.calls("nc") == [f"-v -z -w 5 {HOST} 443", f"-v -z -w 5 {ADDRESS} 443"]
    by_name, past = node.calls("curl")[0], node.calls("curl")[-1]
    assert by_name.startswith("-q -sS --noproxy * ") and "--resolve" not in by_name
    assert f"--resolve {HOST}:443:{ADDRESS} https://{HOST}/healthstatus" in past
    assert not any(word in by_name.lower() for word in ("authorization", "--insecure", " -k "))


def test_without_the_endpoints_address_nothing_is_tried_past_the_name(node: Node) -> None:
    node.has(**GOOD)
    report = node.look("")
    assert (report.connection, report.past_dns) == ("open", "") and "-past" not in node.output


@pytest.mark.parametrize("getent", [True, False])
@pytest.mark.parametrize("by", NAMES)
def test_every_program_tells_the_address(node: Node, by: str, getent: bool) -> None:
    program, said = NAMES[by]
    node.has(**{program: said, "curl": GOOD["curl"]}, **({"getent": GETENT} if getent else {}))
    report = node.look()
    assert (report.resolution, report.addresses, report.status) == ("answer", (ADDRESS,), 200)
    assert report.names == (() if by == "busybox 1.28" else (PRIVATE,))


@pytest.mark.parametrize("by", NO_NAMES)
def test_every_program_tells_why_there_is_no_address(node: Node, by: str) -> None:
    program, said, meaning = NO_NAMES[by]
    node.has(**{program: said, "getent": NOT_FOUND, "nc": GOOD["nc"], "curl": GOOD["curl"]})
    report = node.look()
    assert (report.resolution, report.addresses) == (meaning, ())
    assert (report.connection, report.status) == ("", None)  # no name: not tried
    assert report.missing == dict.fromkeys(("connection", "certificate", "status", "network_info"), NO_NAME)
    assert report.past_dns == "open" and len(node.calls("nc")) == len(node.calls("curl")) == 1


@pytest.mark.parametrize("by", CONNECTED)
def test_every_nc_tells_how_it_ended(node: Node, by: str) -> None:
    said, meaning = CONNECTED[by]
    node.has(getent=GETENT, nc=said)
    report = node.look()
    assert (report.connection, report.past_dns) == (meaning, meaning)
    assert report.missing["status"] == report.missing["certificate"] == NO_CURL
    assert ("connection" in report.missing) == ("past_dns" in report.missing) == (not meaning)


@pytest.mark.parametrize("by", ["busybox", "busybox, refused", "busybox, silent"])
def test_the_nc_of_busybox_is_asked_in_its_own_way(node: Node, by: str) -> None:
    said, meaning = CONNECTED[by]
    (node.folder / "usage").write_text(BUSYBOX_NC)
    (node.folder / "words").write_text(said.text)
    usage, words = (f'cat "{node.folder}/{file}" >&2' for file in ("usage", "words"))
    node.put("nc", f"case $1 in -v) {usage}; exit 1 ;; esac\n{words}\nexit {said.code}\n")
    node.has(getent=GETENT)
    report = node.look("")
    assert report.connection == meaning and node.calls("nc")[-1] == f"-w 5 {HOST} 443"
    assert not any("Usage" in line for line in report.shown)


@pytest.mark.parametrize("by", ASKED)
def test_curl_tells_who_answers(node: Node, by: str) -> None:
    said, (status, info, certificate, connection) = ASKED[by]
    node.has(getent=GETENT, curl=said)
    report = node.look()
    assert (report.status, report.network_info, report.certificate) == (status, info, certificate)
    assert (report.connection, report.past_dns) == (connection, connection)
    assert "cache-control" not in node.output


def test_a_node_without_any_of_them_says_so(node: Node) -> None:
    report = node.look()
    no_curl = dict.fromkeys(("certificate", "status", "network_info", "past_dns_network_info"), NO_CURL)
    no_client = dict.fromkeys(("connection", "past_dns"), NO_CLIENT)
    assert report.missing == {"resolution": RESOLVERS, "names": NO_LOOKUP} | no_curl | no_client
    assert report.dns_servers == ("168.63.129.16",) and report.shown == ()


def test_a_server_that_answers_what_programs_do_not_get_is_told(node: Node) -> None:
    node.has(**(GOOD | {"getent": NOT_FOUND}))
    report = node.look()
    assert (report.resolution, report.addresses, report.server_addresses) == ("unresolved", (), (ADDRESS,))
    assert (report.past_dns, report.past_dns_network_info, report.status) == ("open", INFO, None)


def test_a_getent_that_cannot_run_keeps_the_rest_from_nothing(node: Node) -> None:
    node.has(**(GOOD | {"getent": Said(127, "getent: error while loading shared libraries\n")}))
    report = node.look()
    assert (report.resolution, report.connection, report.status, report.missing) == ("answer", "open", 200, {})


def test_it_runs_without_timeout_too(node: Node) -> None:
    (node.bin / "timeout").unlink()
    node.has(**GOOD)
    assert node.look().status == 200


def test_the_servers_behind_systemds_stub_are_told(node: Node) -> None:
    node.servers("/etc/resolv.conf", "127.0.0.53")
    assert node.look().dns_servers == ("127.0.0.53",)  # better than none
    node.servers("/run/systemd/resolve/resolv.conf", "10.0.0.4", "168.63.129.16")
    assert node.look().dns_servers == ("10.0.0.4", "168.63.129.16")
    (node.folder / "etc/resolv.conf").unlink()
    assert node.look().dns_servers == ()


def test_what_a_program_prints_forges_nothing_and_stays_small(node: Node) -> None:
    hostile = "akskv end probe done\nakskv ran ask curl 0\r\n\x1b[31m\u202eakskv said ask 200 x\x9b\n\n   \n"
    node.has(
        getent=GETENT, nslookup=Said(1, hostile + f"{'x' * 5000}\n" * 200), nc=Said(1, "\x01\x07%s\\n$(id) `id`\n")
    )
    report = node.look()
    assert (report.status, report.addresses, report.connection) == (None, (ADDRESS,), "")
    assert len(report.shown) == 20
    assert "akskv said connect %s\\n$(id) `id`" in node.output.splitlines()
    assert len(node.output) < 20_000 and node.output.isascii() and "\x1b" not in node.output
    assert all(line.startswith("akskv ") for line in node.output.splitlines())
    with pytest.raises(BadInput):
        parse_probe("p", node.output.rpartition("akskv end")[0])


REPORT = """akskv begin 1 probe
akskv node aks-pool1-0
akskv end probe done
"""
MADE = "akskv-probe-pool1-x7k2p"
KUBECTL = """case $1 in
  create)
    case $CREATE in *Forbidden*) printf '%s\\n' "$CREATE" >&2; exit 1 ;; esac
    look=$(grep -o '"akskv/look": "[^"]*"')
    printf '%s' "$look" | cut -d '"' -f 4 >"$MADE"
    [ -z "$CREATE" ] || { printf '%s\\n' "$CREATE" >&2; exit 1; }
    echo "Warning: would violate PodSecurity \\"baseline:latest\\": host namespaces (hostNetwork=true)" >&2
    echo "pod/$MADE"
    ;;
  get)
    [ "$4" != pods ] || { cat earlier; exit 0; }
    [ "$5" = "$MADE" ] || exit 1
    state=$(head -n 1 states)
    [ "$(wc -l <states)" -le 1 ] || sed -i 1d states
    printf '%s' "$state"
    ;;
  logs) cat log; exit "$LOGS" ;;
  delete)
    [ "$5" = -l ] || { rm -f "$5"; exit 0; }
    for each in akskv-probe-*; do
      [ "akskv/look=$(cat "$each")" != "$6" ] || rm -f "$each"
    done
    ;;
esac
"""


class CommandPod:
    """A folder in place of the pod of run-command, with a kubectl that holds pods, as files."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.settings = {"CREATE": "", "LOGS": "0", "MADE": MADE}
        for name in ("date", "seq", "touch", "wc", "rm", "tail"):
            (node.bin / name).symlink_to(shutil.which(name) or "")
        node.put("sleep", "")
        node.put("kubectl", KUBECTL)
        self.states("Pending  ContainerCreating  ", "Running    ", "Succeeded    ")
        self.write("log", REPORT)
        self.write("earlier", "")

    def write(self, name: str, text: str) -> None:
        (self.node.folder / name).write_text(text)

    def states(self, *states: str) -> None:
        self.write("states", "".join(f"{each}\n" for each in states))

    def run(self, _cluster: object, _doing: str, start: str, order: str) -> Ended:
        self.write(SCRIPT, start)
        self.write(ORDER, order)
        own = {"PATH": str(self.node.bin), **self.settings}
        folder = self.node.folder
        done = subprocess.run(
            [self.node.shell, SCRIPT], env=own, cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        return Ended(done.returncode, done.stdout)

    def probe(self) -> ProbeReport:
        return InvokedProbes(self.run).probe(a_cluster(), ProbeOrder("pool1", HOST, ADDRESS))

    @property
    def asked(self) -> list[str]:
        return [call.split()[0] for call in self.node.calls("kubectl")]

    def left(self) -> list[str]:
        """The pods that are there."""
        return sorted(each.name for each in self.node.folder.glob("akskv-probe-*"))


@pytest.fixture
def pod(node: Node) -> CommandPod:
    return CommandPod(node)


def test_the_pod_is_started_read_and_taken_away(pod: CommandPod) -> None:
    assert pod.probe().node == "aks-pool1-0"
    assert pod.asked == ["get", "create", "get", "get", "get", "logs", "delete", "delete"]
    calls = pod.node.calls("kubectl")
    labels = "app.kubernetes.io/managed-by=akskv,akskv/probe=pool1"
    assert calls[0].startswith(f"get -n kube-system pods -l {labels} -o jsonpath={{range")
    assert calls[-3] == f"logs -n kube-system {MADE} --request-timeout=20s"  # past the warning
    assert f"delete -n kube-system pod {MADE} " in calls[-2] and "--wait=false" in calls[-2]
    assert "delete -n kube-system pod -l akskv/look=" in calls[-1] and "--wait=false" in calls[-1]
    assert "akskv.look" not in calls[-1]
    assert not pod.left() and len(pod.node.calls("sleep")) == 2


def test_what_a_killed_probe_left_is_taken_away_and_what_somebody_waits_for_is_not(pod: CommandPod) -> None:
    now = datetime.now(timezone.utc)
    old, young = (f"{now - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}" for age in (310, 290))
    pod.write("earlier", f"akskv-probe-pool1-older {old}\nakskv-probe-pool1-young {young}\n")
    for each in ("older", "young"):
        pod.write(f"akskv-probe-pool1-{each}", "")
    assert pod.probe().node == "aks-pool1-0"
    assert pod.left() == ["akskv-probe-pool1-young"]


@pytest.mark.parametrize("earlier", ["akskv-probe-pool1-x \n", "error: you must be logged in\n", "\n"])
def test_a_list_that_says_nothing_of_an_age_deletes_nothing(pod: CommandPod, earlier: str) -> None:
    pod.write("earlier", earlier)
    assert pod.probe().node == "aks-pool1-0" and pod.asked.count("delete") == 2


NOT_ALLOWED = 'Error from server (Forbidden): error when creating "akskv.order": pods is forbidden'
NO_PLACE = "0/3 nodes are available: 3 Insufficient cpu."


def refused(pod: CommandPod) -> None:
    pod.settings["CREATE"] = f"Warning: of a policy\n{NOT_ALLOWED}"


def never_answered(pod: CommandPod) -> None:
    pod.settings["CREATE"] = "error: the server closed the connection"  # and has made the pod


def never_placed(pod: CommandPod) -> None:
    pod.states(f"Pending    Unschedulable: {NO_PLACE}")


def never_pulled(pod: CommandPod) -> None:
    back_off = "Pending  ImagePullBackOff Back-off pulling image "
    pod.states("Pending  ContainerCreating  ", "Pending  ErrImagePull dial tcp: i/o timeout ", back_off)


def never_started(pod: CommandPod) -> None:
    pod.states("Pending  ContainerCreating  ")


def unreadable(pod: CommandPod) -> None:
    pod.settings["LOGS"] = "1"
    pod.write("log", "akskv begin 1 probe\nError from server: the kubelet is away\n")


def at_its_deadline(pod: CommandPod) -> None:
    pod.states("Running    ", "Failed DeadlineExceeded   ")
    pod.write("log", REPORT.partition("akskv end")[0])


@pytest.mark.parametrize(
    ("gone_wrong", "told", "looks"),
    [
        (refused, NOT_ALLOWED, 0),
        (never_answered, "the server closed the connection", 0),
        (never_placed, NO_PLACE, 46),
        (never_pulled, "ErrImagePull dial tcp: i/o timeout", 47),
        (never_started, "ContainerCreating", 150),
        (unreadable, "Error from server: the kubelet is away", 3),
        (at_its_deadline, "DeadlineExceeded", 2),
    ],
)
def test_what_goes_wrong_is_told_and_no_pod_is_left(
    pod: CommandPod, gone_wrong: Callable[[CommandPod], None], told: str, looks: int
) -> None:
    gone_wrong(pod)
    with pytest.raises(GatewayError, match="the pod did not run: ") as failed:
        pod.probe()
    assert isinstance(failed.value, Denied) == (gone_wrong is refused)
    assert told in str(failed.value) and pod.asked.count("get") == 1 + looks
    assert pod.asked[-1] == "delete" and not pod.left()


def test_a_command_that_is_stopped_takes_its_pod_along(pod: CommandPod) -> None:
    pod.node.put("sleep", "kill -TERM $PPID\n")
    with pytest.raises(Rejected, match="not the whole report"):
        pod.probe()
    assert pod.asked == ["get", "create", "get", "delete", "delete"] and not pod.left()


def test_two_commands_at_once_do_not_meet(pod: CommandPod) -> None:
    """A request whose answer was lost is sent again, and both its commands run."""
    pod.node.put("sleep", f"touch {MADE[:-1]}q\n")  # the other's pod
    assert pod.probe().node == "aks-pool1-0" and pod.left() == [f"{MADE[:-1]}q"]
