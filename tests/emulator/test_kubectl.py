"""A real kubectl against the API servers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from emulator import environment
from emulator.emulation import Emulation
from emulator.kubernetes.api_server import ApiServer
from emulator.worlds.spec import Cluster, Kms, Secrets
from tests.emulator.conftest import Running
from tests.emulator.data_planes import CLUSTER_ID
from tests.kubectl import needs_kubectl

SMALL = Cluster(secrets=Secrets(count=3, namespaces=("default",)))
REWRITE = "kubectl get secrets --all-namespaces -o json | kubectl replace -f -"
Shell = Callable[[Emulation, str], "subprocess.CompletedProcess[str]"]

pytestmark = needs_kubectl


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """`shell(emulation, "kubectl ...")` has the administrator's kubeconfig."""

    def run(emulation: Emulation, command: str) -> subprocess.CompletedProcess[str]:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(server_of(emulation).kubeconfig("admin"))
        own = {"HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig), "HTTPS_PROXY": emulation.proxy_url}
        whole = environment.complete(own)
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env=whole,
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
        )

    return run


def server_of(emulation: Emulation) -> ApiServer:
    return emulation.world.kubernetes.server(CLUSTER_ID)


def revisions(emulation: Emulation) -> dict[str, int]:
    storage = server_of(emulation).registry.storage
    return {key: entry.revision for key, entry in storage.range("/registry/secrets/", "", storage.revision)}


def test_kubectl_replaces_a_list_and_only_what_is_stale_is_written(running: Running, shell: Shell) -> None:
    emulation = running("kms-on", clusters=(replace(SMALL, kms=Kms()),))
    before = revisions(emulation)
    unneeded = shell(emulation, REWRITE)
    assert unneeded.returncode == 0 and unneeded.stdout.count(" replaced\n") == 3, unneeded.stderr
    assert revisions(emulation) == before
    server = server_of(emulation)
    [slot] = server.slots
    emulation.server.call(lambda: server.use_keys(None, slot))
    assert shell(emulation, REWRITE).returncode == 0
    assert all(revisions(emulation)[key] > before[key] for key in before)


def test_kubectl_goes_on_after_a_conflict_and_fails_at_the_end(running: Running, shell: Shell) -> None:
    emulation = running(clusters=(SMALL,))
    change = "kubectl label secret --all from=elsewhere -n default"
    done = shell(emulation, f"kubectl get secrets -n default -o json >old && {change} && kubectl replace -f old")
    assert done.returncode == 1 and done.stderr.count("the object has been modified") == 3, done.stderr


def test_kubectl_has_unknown_fields_refused(running: Running, shell: Shell) -> None:
    emulation = running(clusters=(SMALL,))
    odd = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "odd"}, "typo": 1, "other": 2}
    refused = shell(emulation, f"echo '{json.dumps(odd)}' | kubectl create -f -")
    problem = 'strict decoding error: unknown field "other", unknown field "typo"'
    assert refused.returncode == 1 and problem in refused.stderr
    taken = shell(emulation, f"echo '{json.dumps(odd)}' | kubectl create --validate=false -f -")
    assert taken.returncode == 0, taken.stderr
    shown = json.loads(shell(emulation, "kubectl get secret odd -o json").stdout)
    assert {"typo", "other"} & set(shown) == set()


@pytest.mark.parametrize("vnet_integration", [False, True])
def test_konnectivity_shows_in_clusters_without_vnet_integration(
    running: Running, shell: Shell, vnet_integration: bool
) -> None:
    emulation = running(clusters=(replace(SMALL, vnet_integration=vnet_integration),))
    shown = shell(emulation, "kubectl get po -n kube-system --no-headers")
    lines = [line.split() for line in shown.stdout.splitlines()]
    agents = [line for line in lines if line[0].startswith("konnectivity-agent-")]
    assert agents == lines and len(agents) == (0 if vnet_integration else 2), shown.stderr
    assert {tuple(line[1:4]) for line in agents} <= {("1/1", "Running", "0")}
