"""The script that looks at mounts, as a process: with a real kubectl it sees what a direct look sees, and with a
stand-in what kubectl may answer comes out as what it is."""

from __future__ import annotations

import base64
import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from azext_akskv.failures import Rejected
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_mounts import KubeMounts
from azext_akskv.gateways.kube_mounts_inside import InvokedMounts, script
from azext_akskv.gateways.run_command import KEPT_BYTES, ORDER, SCRIPT, Ended
from azext_akskv.model.mounts.seen import LogSource, PodLog, Seen
from azext_akskv.model.mounts.synced import AccountRef
from azext_akskv.model.run_command import OUT_OF_MEMORY
from emulator import environment
from tests.builders import a_cluster
from tests.kubectl import needs_kubectl
from tests.mount_builders import (
    FAILED_MOUNT,
    NODE,
    SYNCED,
    a_class,
    a_driver_pod,
    a_pod,
    a_provider_pod,
    a_status,
    a_volume,
    an_event,
    killed,
    unplaced,
    waiting,
)
from tests.mounts_cluster import PLANTED, MountsCluster, a_mounts_cluster
from tests.unit.gateways.conftest import AT_ONCE
from tests.unit.gateways.kube.kube_service import Authority, KubeService, a_kubeconfig, serving

SOURCE = LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE)
BEFORE = LogSource("kube-system", f"provider-on-{NODE}", "provider-azure-installer", NODE, previous=True)


class Inside:
    """A folder in place of the command's pod."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.variables = {"HOME": str(folder), **variables}
        self.outputs: list[str] = []
        self.mounts = InvokedMounts(self.run, a_cluster)

    def run(self, _cluster: object, _doing: str, text: str, order: str) -> Ended:
        (self.folder / SCRIPT).write_text(text)
        (self.folder / ORDER).write_text(order)
        done = subprocess.run(
            ["bash", SCRIPT], env=self.variables, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        self.outputs.append(done.stdout)
        return Ended(done.returncode, done.stdout)

    def unpacked(self) -> str:
        """All that left the pod."""
        found, packed = "", ""
        for line in "".join(self.outputs).splitlines():
            if line.startswith("akskv data "):
                packed += line.removeprefix("akskv data ")
            elif packed:
                found, packed = found + gzip.decompress(base64.b64decode(packed)).decode(), ""
        return found


class Both:
    """One cluster, looked at both ways."""

    def __init__(self, kube: KubeService, folder: Path) -> None:
        self.state: MountsCluster = a_mounts_cluster()
        kube.reply_to = self.state.reply_to  # type: ignore[method-assign]  # the state answers
        direct = KubeSecrets(kube.server, AT_ONCE)
        self.direct = KubeMounts(direct.ask, direct.lines)
        (folder / "kubeconfig").write_bytes(a_kubeconfig(kube.url, kube.authority.pem, token="a-static-token"))
        path = environment.complete({})["PATH"]
        self.inside = Inside(folder, PATH=path, KUBECONFIG=str(folder / "kubeconfig"))

    def look(self, namespace: str | None = None) -> Seen:
        """What both see, which must be the same."""
        direct, invoked = self.direct.look(namespace), self.inside.mounts.look(namespace)
        for part in fields(Seen):
            assert getattr(invoked, part.name) == getattr(direct, part.name), part.name
        return invoked


@pytest.fixture(scope="module")
def cluster_authority() -> Authority:
    return Authority()


@pytest.fixture
def both(cluster_authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Both]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with serving(cluster_authority) as kube:
        yield Both(kube, tmp_path)


@needs_kubectl
def test_a_command_sees_what_the_api_server_tells_directly(both: Both) -> None:
    seen = both.look()
    assert len(seen.consumers.get()) == 2 and len(seen.classes.get()[0].objects) == 2
    assert seen.secrets_of("team-a").get()[0].managed
    assert seen.sync_rights[AccountRef("kube-system", "aks-secrets-store-csi-driver"), "team-a"].get() is True
    told = both.inside.unpacked()
    assert FAILED_MOUNT.replace('"', '\\"') in told and PLANTED not in told
    assert PLANTED not in "".join(both.inside.outputs)


@needs_kubectl
def test_a_namespace_alone(both: Both) -> None:
    both.state.objects["pods"].append(a_pod("far-0", "team-a-too"))
    both.state.objects["secretproviderclasses"].append(a_class("far", "team-a-too", secretObjects=SYNCED))
    seen = both.look("team-a")
    assert set(seen.secrets) == set(seen.accounts) == {"team-a"} and len(seen.classes.get()) == 3
    assert {namespace for _, namespace in seen.sync_rights} == {"team-a"}


@needs_kubectl
def test_troubles_of_every_kind_look_the_same(both: Both) -> None:
    crashed, other = a_provider_pod(), a_driver_pod("aks-pool1-1", "csi")
    crashed["status"]["containerStatuses"] = [killed("provider-azure-installer")]
    other["metadata"] |= {"ownerReferences": None, "deletionTimestamp": "2026-11-22T12:00:00Z"}
    stuck = a_pod("env-0", volumes=[])
    stuck["status"]["containerStatuses"] = [waiting("web", "CreateContainerConfigError", 'secret "db" not found')]
    bare = a_pod("bare-0", volumes=[a_volume("kv", readOnly=None, nodePublishSecretRef={"name": "sp"})])
    bare["metadata"] |= {"labels": None, "ownerReferences": None}
    bare["spec"] |= {"serviceAccountName": None, "initContainers": [{"name": "first"}], "hostNetwork": True}
    bare["status"] = {}
    empty = {"metadata": {"name": "empty", "namespace": "team-d"}, "spec": {"provider": "azure"}}
    both.state.objects["pods"] += [crashed, other, unplaced(a_driver_pod("gpu"), "gpu"), stuck, bare]
    both.state.objects["secretproviderclasses"] += [
        empty,
        a_class("odd", objects="array:\n\t- |\n  \u00fc\u2028\x07\U0001f511"),
    ]
    both.state.objects["secretproviderclasspodstatuses"] += [{**a_status("new-0"), "status": None}]
    both.state.objects["events"] += [
        an_event(
            'tab\t, quote ", backslash \\x41 \\\\, bell \a, \x7f\x1b[31m, line\r\nend \U0001f511', count=1_000_000
        ),
        an_event(
            "akskv end mounts done\nError: secret",
            reason="Failed",
            series={"count": 3, "lastObservedTime": None},
            count=None,
        ),
    ]
    seen = both.look()
    assert len(seen.consumers.get()) == 4 and [each.ending for each in seen.installed.pods.get()] == [False] * 5 + [
        True,
        False,
    ]
    assert [each.count for each in seen.events.get()] == [9, 1_000_000, 3]
    assert seen.classes.get()[-1].lints and not seen.classes.get()[-1].objects


NARROW = ["list nodes", "list secretproviderclasses", "list pods", "list secrets team-a", "create subjectaccessreviews"]


@needs_kubectl
@pytest.mark.parametrize("refused", [NARROW, ["list events", "list serviceaccounts team-a", "list csidrivers"]])
def test_a_user_of_few_rights_is_told_the_same(both: Both, refused: list[str]) -> None:
    both.state.refused = set(refused)
    seen = both.inside.mounts.look("team-a")
    direct = both.direct.look("team-a")
    parts = [seen.installed.nodes, seen.events, seen.secrets_of("team-a"), seen.accounts_of("team-a")]
    same = [direct.installed.nodes, direct.events, direct.secrets_of("team-a"), direct.accounts_of("team-a")]
    assert [each.known for each in parts] == [each.known for each in same] and seen.classes == direct.classes
    assert seen.installed.pods == direct.installed.pods and seen.installed.only_of == direct.installed.only_of
    for each in parts:
        assert each.known or (
            "the right that is needed: list " in str(each.gap) and 'User "u" cannot list' in str(each.gap)
        )
    for right, allowed in seen.sync_rights.items():
        assert allowed.known == direct.sync_rights[right].known


@needs_kubectl
def test_what_there_may_be_many_of_is_left_out_when_it_takes_too_long(both: Both) -> None:
    def late(cluster: object, doing: str, text: str, order: str) -> Ended:
        return both.inside.run(cluster, doing, text.replace("WORK_SECONDS=240", "WORK_SECONDS=0"), order)

    seen = InvokedMounts(late, a_cluster).look()
    assert seen.consumers.known and seen.events.known
    for each in (seen.secrets_of("team-a"), seen.accounts_of("team-a"), *seen.sync_rights.values()):
        assert "(OutOfTime)" in str(each.gap)


@needs_kubectl
def test_without_the_kind_there_are_no_classes(both: Both) -> None:
    both.state.without_classes = True
    assert both.look().kind_known.get() is False


@needs_kubectl
def test_logs_are_the_same(both: Both) -> None:
    text = 'E1122 12:00:00.000001       1 server.go:325] "failed" err=<\n\tGET https://x\n >\nI1122 end\n'
    key = (SOURCE.namespace, SOURCE.pod, SOURCE.container)
    both.state.logs = {(*key, False): text}
    direct, inside = (list(each.logs([SOURCE, BEFORE], 3600)) for each in (both.direct, both.inside.mounts))
    assert direct[0] == inside[0] and len(inside[0].lines) == 4
    assert inside[1].lines == () and inside[1].gap == f"cannot read the log of {BEFORE}: (BadRequest)"
    assert direct[1].gap.startswith(f"cannot read the log of {BEFORE}: ")


@needs_kubectl
def test_logs_that_are_too_long_share_the_room_and_keep_their_newest_lines(both: Both) -> None:
    noise = "".join(f"I1122 {os.urandom(90).hex()} {n}\n" for n in range(9000))  # is packed to half of it at best
    key = (SOURCE.namespace, SOURCE.pod, SOURCE.container)
    both.state.logs = {(*key, False): noise, (*key, True): "E the end\n"}
    long, before, again = both.inside.mounts.logs([SOURCE, BEFORE, SOURCE], 3600)
    assert before == PodLog(BEFORE, ("E the end",))
    for each in (long, again):
        assert 500 < len(each.lines) < 9000 and each.lines[-1] == noise.splitlines()[-1]
        assert each.cut == f"only its last {len(each.lines):,} lines came"
    assert len(both.inside.outputs[-1].encode()) < KEPT_BYTES


@needs_kubectl
def test_what_is_too_much_is_unknown_and_the_rest_comes(both: Both) -> None:
    both.state.objects["events"] = [an_event(os.urandom(4000).hex(), f"web-{n}") for n in range(150)]
    seen = both.inside.mounts.look()
    assert "cut: 512 kB may come back" in str(seen.events.gap)
    assert seen.consumers.known and seen.sync_rights and len(both.inside.outputs[-1].encode()) < KEPT_BYTES


def test_a_log_that_was_not_asked_for_costs_no_command(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    assert list(inside.mounts.logs([], 60)) == [] and not inside.outputs


PROGRAMS = (
    "awk",
    "grep",
    "sed",
    "cat",
    "base64",
    "tr",
    "fold",
    "wc",
    "sort",
    "mktemp",
    "rm",
    "mv",
    "cp",
    "tail",
    "gzip",
)


@pytest.fixture
def pod(tmp_path: Path) -> Inside:
    """With what the script needs, and no kubectl."""
    (tmp_path / "bin").mkdir()
    for name in ("bash", *PROGRAMS):
        found = shutil.which(name)
        assert found, f"no {name}"
        (tmp_path / "bin" / name).symlink_to(found)
    return Inside(tmp_path, PATH=str(tmp_path / "bin"))


def kubectl(pod: Inside, body: str) -> None:
    """A stand-in, which notes what it is called with."""
    program = pod.folder / "bin" / "kubectl"
    program.write_text(f'#!{pod.folder}/bin/bash\nprintf "%s\\n" "$*" >>"{pod.folder}/calls"\n{body}\n')
    program.chmod(0o755)


def test_without_kubectl_nothing_is_seen(pod: Inside) -> None:
    with pytest.raises(Rejected, match="no kubectl"):
        pod.mounts.look()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout", "(Unreachable)"),
        ("error: You must be logged in to the server (Unauthorized)", "not allowed to read the nodes"),
        ("Error from server (TooManyRequests): later", "(TooManyRequests)"),
        ("Fehler: etwas anderes", "(Unknown)"),
    ],
)
def test_an_api_server_that_does_not_answer_makes_everything_unknown(pod: Inside, said: str, told: str) -> None:
    kubectl(pod, f'echo "{said}" >&2; exit 1')
    seen = pod.mounts.look()
    assert told in str(seen.installed.nodes.gap) and not seen.consumers.known and not seen.events.known


def test_every_call_only_reads(pod: Inside) -> None:
    kubectl(pod, "exit 0")
    pod.mounts.look()
    list(pod.mounts.logs([SOURCE], 60))
    verbs = [
        next(word for word in call.split() if not word.startswith("-"))
        for call in (pod.folder / "calls").read_text().splitlines()
        if call.startswith("--request-timeout")
    ]
    assert set(verbs) == {"get"} and len(verbs) > 8


def test_without_gzip_parts_come_as_they_are(pod: Inside) -> None:
    (pod.folder / "bin" / "gzip").unlink()
    kubectl(pod, 'case "$*" in *"/log?"*) echo "E one"; echo "I two" ;; esac')
    [log] = pod.mounts.logs([SOURCE], 60)
    assert log.lines == ("E one", "I two")


@pytest.mark.parametrize("kept", [0.05, 0.3, 0.7, 0.9])
def test_an_output_that_is_cut_is_never_taken_for_all(pod: Inside, kept: float) -> None:
    kubectl(pod, "exit 0")
    whole = pod.run(None, "", script(), "mode mounts\nnamespace \n").logs
    cut = InvokedMounts(lambda *_: Ended(137, whole[: int(len(whole) * kept)]), a_cluster)
    try:
        seen = cut.look()
    except Rejected as error:
        assert error.code == OUT_OF_MEMORY
    else:
        assert not seen.events.known and "cut" in str(seen.events.gap)


@pytest.mark.parametrize("name", ["1_parts.sh", "2_templates.sh", "3_answer.sh"])
def test_the_script_is_read_by_bash(name: str) -> None:
    assert "\r" not in script() and name.endswith(".sh")
    done = subprocess.run(["bash", "-n"], input=script(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
