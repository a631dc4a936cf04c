"""The documents' flow with a real kubectl: apply a class and a pod, read what is there, take it away."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator import environment
from emulator.emulation import Emulation
from emulator.worlds.shop_secrets import pod, provider_class, synced
from tests.emulator.conftest import Running
from tests.emulator.data_planes import CLUSTER_ID
from tests.kubectl import needs_kubectl

Shell = Callable[[Emulation, str], str]
pytestmark = needs_kubectl


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """`shell(emulation, "kubectl ...")` has the administrator's kubeconfig; what it prints, when it ends well."""

    def run(emulation: Emulation, command: str) -> str:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_text(emulation.world.kubernetes.server(CLUSTER_ID).kubeconfig("admin"))
        own = {"HOME": str(tmp_path), "KUBECONFIG": str(kubeconfig), "HTTPS_PROXY": emulation.proxy_url}
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env=environment.complete(own),
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_kubectl_applies_a_class_and_a_pod_and_the_secret_comes_and_goes(
    running: Running, shell: Shell, tmp_path: Path
) -> None:
    emulation = running("sp-good")
    shell(emulation, "kubectl delete pod web && kubectl delete secretproviderclass shop-kv")
    made = [provider_class("sp-good", secrets=(synced(),)), pod(env="shop-synced")]
    (tmp_path / "all.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": made}))
    applied = shell(emulation, "kubectl apply -f all.json")
    assert applied.splitlines() == [
        "secretproviderclass.secrets-store.csi.x-k8s.io/shop-kv created",
        "pod/web created",
    ]
    assert "unchanged" in shell(emulation, "kubectl apply -f all.json")
    shell(emulation, "kubectl wait --for=condition=Ready pod/web --timeout=20s")
    table = shell(emulation, "kubectl get secretproviderclass,secretproviderclasspodstatus --no-headers")
    assert [line.split()[0].rpartition("/")[2] for line in table.splitlines() if line] == [
        "shop-kv",
        "web-default-shop-kv",
    ]
    found = json.loads(shell(emulation, "kubectl get secret shop-synced -o json"))
    assert found["metadata"]["labels"] == {"secrets-store.csi.k8s.io/managed": "true"}
    change = json.dumps({"spec": {"parameters": {"cloudName": ""}}})
    shell(emulation, f"kubectl patch secretproviderclass shop-kv --type merge -p '{change}'")
    shell(emulation, "kubectl delete pod web")
    assert shell(emulation, "kubectl get secret shop-synced --ignore-not-found") == ""


def test_kubectl_reads_what_the_documents_say_to_read(running: Running, shell: Shell) -> None:
    emulation = running("sp-spc-not-found")
    label = "app in (secrets-store-provider-azure,secrets-store-csi-driver)"
    wide = shell(emulation, f"kubectl get pod -n kube-system -l '{label}' -o wide --no-headers").splitlines()
    assert sorted(line.split()[1] for line in wide) == ["1/1", "1/1", "3/3", "3/3"]
    assert {line.split()[6] for line in wide} == {f"aks-nodepool1-31337000-vmss00000{index}" for index in (0, 1)}
    driver = "ds/aks-secrets-store-csi-driver"
    log = shell(emulation, f"kubectl logs -n kube-system {driver} -c secrets-store --since=100000h")
    assert "Initializing Secrets Store CSI Driver" in log
    described = shell(emulation, "kubectl describe pod web")
    assert "FailedMount" in described and 'secrets-store.csi.x-k8s.io "shop-kv" not found' in described
    chosen = "--field-selector involvedObject.name=web,reason=FailedMount"
    assert "MountVolume.SetUp failed" in shell(emulation, f"kubectl get events {chosen}")
    drivers = "jsonpath='{.spec.drivers[*].name}'"
    node = "aks-nodepool1-31337000-vmss000000"
    assert shell(emulation, f"kubectl get csinode {node} -o {drivers}").split()[-1] == "secrets-store.csi.k8s.io"
    assert "api://AzureADTokenExchange" in shell(emulation, "kubectl get csidriver secrets-store.csi.k8s.io")
    account = "system:serviceaccount:kube-system:aks-secrets-store-csi-driver"
    assert shell(emulation, f"kubectl auth can-i create secrets --as {account} -n default") == "yes\n"
    assert "aks-secretprovidersyncing-role" in shell(emulation, "kubectl get clusterrole,clusterrolebinding")
    shell(emulation, f"kubectl rollout restart -n kube-system {driver}")
