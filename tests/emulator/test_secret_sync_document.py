"""The document followed with stock az and a real kubectl: connected, synchronised, rotated, off line, removed."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from emulator import environment
from emulator.emulation import Emulation
from emulator.entra.metadata import ARM
from emulator.worlds.spec import TENANT, Delays
from emulator.worlds.synced_secrets import provider_class, secret_sync
from tests.emulator.arm_client import VAULT
from tests.emulator.conftest import Running, StockAz
from tests.emulator.edge_client import EDGE, NEW, STORE, V
from tests.kubectl import needs_kubectl

Shell = Callable[..., str]
pytestmark = needs_kubectl
SUBJECT = "system:serviceaccount:shop:shop-sync"
CERT_MANAGER = f"{STORE.rpartition('/')[0]}/azure-cert-management"


@pytest.fixture
def emulation(running: Running) -> Emulation:
    return running("ss-none", delays=Delays(update=0.0, grant=0.0, retry_after=0.05))


@pytest.fixture
def shell(emulation: Emulation, tmp_path: Path) -> Shell:
    """`shell("kubectl ...")` in the environment of `exec`; `text` goes in. What it prints, when it ends well."""
    environment.write_files(tmp_path)
    own = environment.complete(environment.variables(emulation, tmp_path))

    def run(command: str, text: str = "") -> str:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env={**own, "HOME": str(tmp_path)},
            input=text,
            text=True,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


class Document:
    """The steps of the document, each with the client that it names, or with `az rest` where that is an extension."""

    def __init__(self, emulation: Emulation, az: StockAz, shell: Shell) -> None:
        self.emulation, self._az, self.shell = emulation, az, shell

    def az(self, *arguments: str) -> Any:
        done = self._az(self.emulation, *arguments)
        assert done.code == 0, done.output
        return json.loads(done.output) if done.output.strip() else None

    def rest(self, method: str, url: str, body: Any = None) -> Any:
        sent = ("--body", json.dumps(body)) if body is not None else ()
        return self.az("rest", "--method", method, "--url", ARM + url, *sent)

    def control(self, name: str, **body: Any) -> Any:
        return requests.post(f"{self.emulation.control_url}/{name}", json=body, timeout=10).json()

    def issuer(self) -> str:
        """Asks for the issuer, and has the owner of the cluster set it and restart."""
        body = {"location": "westeurope", "properties": {"oidcIssuerProfile": {"enabled": True}}}
        self.rest("put", EDGE + NEW, body)
        issuer = str(self.rest("get", EDGE + NEW)["properties"]["oidcIssuerProfile"]["issuerUrl"])
        self.control("k3s", cluster="edge", config=[f"service-account-issuer={issuer}"], restart=True)
        return issuer

    def identity(self, issuer: str) -> str:
        """Makes the identity, its two grants, and its federated credential; its client id."""
        own = ("--resource-group", "shop-rg")
        made = self.az("identity", "create", "--name", "shop-sync", *own)
        for role in ("Key Vault Reader", "Key Vault Secrets User"):
            who = ("--assignee-object-id", made["principalId"], "--assignee-principal-type", "ServicePrincipal")
            self.az("role", "assignment", "create", "--role", role, *who, "--scope", VAULT)
        trust = ("--issuer", issuer, "--subject", SUBJECT, "--audiences", "api://AzureADTokenExchange")
        named = ("--name", "shop", "--identity-name", "shop-sync")
        self.az("identity", "federated-credential", "create", *named, *own, *trust)
        return str(made["clientId"])

    def install(self) -> None:
        for url, kind in ((CERT_MANAGER, "microsoft.certmanagement"), (STORE, "microsoft.azure.secretstore")):
            properties = {"extensionType": kind, "autoUpgradeMinorVersion": True, "scope": {"cluster": {}}}
            self.rest("put", url + V, {"identity": {"type": "SystemAssigned"}, "properties": properties})
            assert self.rest("get", url + V)["properties"]["provisioningState"] == "Succeeded"

    def value(self) -> str:
        path = "{.data.current}"
        found = self.shell(f"kubectl get secret db-pass -n shop -o jsonpath='{path}'")
        return base64.b64decode(found).decode()

    def reason(self) -> str:
        newest = "{.status.conditions[-1:].reason}"
        return self.shell(f"kubectl get secretsync db-pass -n shop -o jsonpath='{newest}'")


def begun(document: Document) -> None:
    """Issuer, account, identity, extension, and the two objects."""
    issuer = document.issuer()
    document.shell("kubectl create ns shop && kubectl create serviceaccount shop-sync -n shop")
    token = document.shell("kubectl create token shop-sync -n shop --audience api://AzureADTokenExchange").split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert (claims["iss"], claims["sub"]) == (issuer, SUBJECT)
    client_id = document.identity(issuer)
    document.install()
    manifests = [provider_class("ss-none", clientID=client_id, tenantID=TENANT), secret_sync()]
    whole = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    assert document.shell("kubectl apply -f -", whole).split()[1::2] == ["created", "created"]


def renewed(document: Document, value: str) -> None:
    """Another version in the vault."""
    document.emulation.world.keyvault.secrets.set("shop-kv.vault.emulator.test", "db-pass", {"value": value})


def test_from_a_connected_cluster_to_a_secret_that_is_synchronised_rotated_off_line_and_removed(
    emulation: Emulation, az: StockAz, shell: Shell
) -> None:
    document = Document(emulation, az, shell)
    begun(document)
    assert document.value() == "correct-horse-staple-2" and document.reason() == "CreateSucceeded"
    renewed(document, "rotated")
    document.control("clock", advance=3600)
    assert document.value() == "rotated" and document.reason() == "UpdateValueChangeOrForceUpdateSucceeded"
    renewed(document, "meanwhile")
    document.control("k3s", cluster="edge", online=False)
    document.control("clock", advance=7200)
    assert document.value() == "rotated" and document.reason() == "ProviderError"
    assert document.rest("get", EDGE + NEW)["properties"]["connectivityStatus"] == "Offline"
    document.control("k3s", cluster="edge", online=True)
    force = json.dumps({"spec": {"forceSynchronization": "now"}})
    shell(f"kubectl patch secretsync db-pass -n shop --type merge -p '{force}'")
    assert document.value() == "meanwhile"
    document.rest("delete", STORE + V)
    assert document.value() == "meanwhile" and "secretsyncs" in shell("kubectl get crds -o name")
    shell("kubectl delete secretsync db-pass -n shop && kubectl delete crd secretsyncs.secret-sync.x-k8s.io")
    assert shell("kubectl get secret db-pass -n shop --ignore-not-found") == ""


def test_what_the_document_looks_at_is_there(emulation: Emulation, az: StockAz, shell: Shell) -> None:
    begun(Document(emulation, az, shell))
    assert "CreateSucceeded" in shell("kubectl describe secretsync db-pass -n shop")
    pods = "kubectl get pods -n azure-secret-store -l app=secrets-store-sync-controller"
    assert shell(f"{pods} --no-headers").split()[1] == "2/2"
    name = shell(pods + " -o name").strip()
    assert "Reconciling SecretSync" in shell(f"kubectl logs -n azure-secret-store {name} -c manager")
    assert shell(f"kubectl logs -n azure-secret-store {name} -c provider-azure-installer") == ""
    assert "db-pass" in shell("kubectl get secrets -n shop -o name")
    names = "kubectl get crds -o custom-columns=NAME:.metadata.name"
    assert "secretproviderclasses.secrets-store.csi.x-k8s.io" in shell(names)
    assert "db-pass" in shell("kubectl get secretsync,akvsync,secretproviderclass -A")
    assert "clustermetadata" in shell("kubectl get connectedclusters.arc.azure.com -A")
    assert "service-account-issuer=https://westeurope.oic" in shell("kubectl cluster-info dump")


def test_kubectl_tells_the_owner_what_a_definition_refuses_and_which_cluster_it_talks_to(
    emulation: Emulation, az: StockAz, shell: Shell
) -> None:
    document = Document(emulation, az, shell)
    document.install()
    shell("kubectl create ns shop")
    told = shell("kubectl apply -f - 2>&1 || true", json.dumps(secret_sync(("db-pass", "a_b"))))
    assert told.startswith('The SecretSync "db-pass" is invalid: spec.secretObject.data[0].targetKey: Invalid value:')
    name = "{.data.AZURE_RESOURCE_NAME}"
    assert shell(f"kubectl get cm azure-clusterconfig -n azure-arc -o jsonpath='{name}' --context edge") == "edge"
    assert "edge" in shell("kubectl config get-contexts -o name")
    assert "service-account-issuer" not in shell("kubectl get nodes -o yaml")


def test_what_kubectl_creates_without_a_manifest_comes_in_protobuf(emulation: Emulation, shell: Shell) -> None:
    shell("kubectl create ns shop && kubectl create configmap note -n shop --from-literal=a=b")
    shell("kubectl create secret generic by-hand -n shop --from-literal=key=value")
    found = json.loads(shell("kubectl get secret by-hand -n shop -o json"))
    assert found["data"] == {"key": "dmFsdWU="} and found["type"] == "Opaque"
    assert json.loads(shell("kubectl get configmap note -n shop -o json"))["data"] == {"a": "b"}
    assert "already exists" in shell("kubectl create ns shop 2>&1 || true")
