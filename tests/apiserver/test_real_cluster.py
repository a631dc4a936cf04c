"""What only a cluster with a real API server has: its start and end, its plugins, its oracle."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import urllib3

from emulator.real.cluster import RealCluster
from emulator.worlds.cluster_access import CLUSTER_USER, Binding, Rule
from tests.apiserver.shop import HERE, SECRETS, Shop

CHECKOUT = Path(__file__).resolve().parents[2]
READER = Binding(CLUSTER_USER, (Rule(("get", "list"), ("secrets",), namespaces=("payments",)),))


@pytest.fixture(scope="module")
def real() -> Iterator[Shop]:
    with Shop("real", bindings=(READER,)) as made:
        yield made


def cluster(shop: Shop) -> RealCluster:
    assert isinstance(shop.server, RealCluster)
    return shop.server


def test_it_is_the_version_that_arm_shows_and_offers(real: Shop) -> None:
    assert real("GET", "/version").body["gitVersion"] == "v1.20.2" == real.server.git_version
    properties = real.arm.body["properties"]
    assert properties["currentKubernetesVersion"] in real.emulation.world.spec.kubernetes_versions


def test_its_secrets_were_written_under_the_key_of_the_clusters_state(real: Shop) -> None:
    [slot] = real.server.slots
    assert slot.kid == real.arm.body["properties"]["securityProfile"]["azureKeyVaultKms"]["keyId"]
    values = real.stored()
    assert len(values) == 60
    assert all(value.startswith(f"k8s:enc:kms:v1:{slot.provider}:".encode()) for value in values.values())


def test_whom_the_world_binds_may_what_it_says(real: Shop) -> None:
    def asked(method: str, path: str, body: object = None) -> requests.Response:
        headers = {"Host": real.server.host, "Authorization": f"Bearer {real.server.user_token}"}
        url = real.emulation.endpoints["api_servers"] + path
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, url, json=body, headers=headers, verify=False)

    with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
        assert asked("GET", "/api/v1/namespaces/payments/secrets").status_code == 200
        refused = asked("GET", SECRETS)
        assert refused.status_code == 403 and f'User "{CLUSTER_USER}" cannot list' in refused.json()["message"]
        attributes = {"spec": {"resourceAttributes": {"verb": "patch", "resource": "secrets"}}}
        review = asked("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", attributes)
        assert review.json()["status"]["allowed"] is False


def test_bodies_go_through_as_they_are(real: Shop) -> None:
    large = {"data": {"a": "QUFB" * 250_000}}
    assert real.create("large", **large).status == 201
    assert real("GET", f"{HERE}/large").body["data"] == large["data"]
    assert real("DELETE", f"{HERE}/large").status == 200


def test_connections_break_off_while_it_restarts(real: Shop) -> None:
    real.inside(real.server.restart)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        real("GET", SECRETS)
    real.wait()
    assert real("GET", SECRETS).status == 200


def test_a_crashed_server_breaks_off_too(real: Shop) -> None:
    cluster(real).server.kill()
    with pytest.raises(urllib3.exceptions.ProtocolError):
        real("GET", SECRETS)
    real.restart()
    assert real.server.synced


def test_the_oracle_reads_etcd_itself(real: Shop) -> None:
    assert real.emulation.verdict()["violations"] == []
    version = real.key()
    version.enabled = False
    violations = real.emulation.verdict()["violations"]
    version.enabled = True
    assert len(violations) == 60 and violations[0]["what"].startswith("shop/secrets/")
    assert list(real.inside(lambda: list(real.emulation.world.kubernetes.unreadable()))) == []
    real.spoil(real.some())
    assert len(real.emulation.verdict()["violations"]) == 60  # the same secret, once


def test_it_is_not_reset(real: Shop) -> None:
    reply = requests.post(f"{real.emulation.control_url}/reset", json={}, timeout=30)
    assert reply.status_code == 400 and "start another emulation" in reply.json()["error"]


SEEN = """
import json, os, stat, subprocess, urllib.request
def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
print(json.dumps({
    "kubeconfig": os.environ["KUBECONFIG"],
    "mode": stat.S_IMODE(os.stat(os.environ["KUBECONFIG"]).st_mode),
    "names": said("kubectl", "get", "namespaces", "-o", "name"),
    "health": urllib.request.urlopen(os.environ["AKSKV_ETCD"] + "/health").read().decode(),
    "processes": said("pgrep", "-P", str(os.getppid())),
}))
"""


def test_exec_leads_past_the_emulator_and_leaves_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    command = [sys.executable, "-m", "emulator", "exec", "--world", "demo", "--kubernetes", "real", "--"]
    command += [sys.executable, "-c", SEEN]
    temporary = tmp_path_factory.mktemp("t")
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["mode"] == stat.S_IRUSR | stat.S_IWUSR
    assert "namespace/payments" in seen["names"] and "true" in seen["health"]
    assert not Path(seen["kubeconfig"]).exists() and list(temporary.iterdir()) == []
    assert len(seen["processes"]) >= 3  # etcd, the API server, this command
    assert not [pid for pid in seen["processes"] if Path(f"/proc/{pid}").exists()]
