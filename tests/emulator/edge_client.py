"""A connected cluster of a world, from both sides: Resource Manager, and its own API server."""

from __future__ import annotations

import base64
import json
from typing import Any

from emulator.core.http import Answer
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.worlds import catalogue
from emulator.worlds.spec import Delays
from tests.emulator.arm_client import GROUP, Arm
from tests.emulator.data_planes import Api

EDGE = f"{GROUP}/providers/Microsoft.Kubernetes/connectedClusters/edge"
EXTENSIONS = f"{EDGE}/providers/Microsoft.KubernetesConfiguration/extensions"
STORE = f"{EXTENSIONS}/ssarcextension"
NEW, OLD, OLDEST = "?api-version=2025-08-01-preview", "?api-version=2021-10-01", "?api-version=2020-01-01-preview"
V = "?api-version=2023-05-01"
SYNCS = "/apis/secret-sync.x-k8s.io/v1alpha1/namespaces/shop/secretsyncs"
CLASSES = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/shop/secretproviderclasses"
SECRETS = "/api/v1/namespaces/shop/secrets"
TOKEN = "/api/v1/namespaces/shop/serviceaccounts/shop-sync/token"
HOST = "shop-kv.vault.emulator.test"


class Edge:
    """`arm` is Resource Manager; `api` the cluster named `name`, as its owner sees it."""

    def __init__(self, world: str, name: str = "edge", principal: str = "ops", **overrides: Any) -> None:
        start = catalogue.load(world)
        overrides.setdefault("delays", Delays(update=1.0))
        self.arm = Arm(start.name, principal, **overrides)
        self.world = self.arm.world
        found = self.world.kubernetes.server(EDGE.replace("/edge", f"/{name}"))
        assert isinstance(found, K3sServer)
        self.server = found
        self.api = Api(self.world, found, {"authorization": f"Bearer {found.static_token}"})

    def wait(self, seconds: float) -> None:
        """Lets time pass, in Azure and in the cluster."""
        self.arm.wait(seconds)
        self.api("GET", "/api/v1/namespaces")

    def properties(self, url: str = STORE) -> dict[str, Any]:
        answer = self.arm("GET", url + (V if "extensions" in url else NEW))
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body["properties"]
        return found

    def finish(self, answer: Answer) -> dict[str, Any]:
        """Waits a little; what the operation of an answer says then."""
        assert answer.status < 300, answer.body
        self.arm.wait(2)
        document: dict[str, Any] = self.arm("GET", answer.headers["Azure-AsyncOperation"]).body
        return document

    def install(self, **properties: Any) -> Answer:
        """The PUT that az sends for the Secret Store. [CLI]"""
        own = {
            "extensionType": "microsoft.azure.secretstore",
            "autoUpgradeMinorVersion": True,
            "scope": {"cluster": {"releaseNamespace": None}},
            "configurationSettings": {},
            "configurationProtectedSettings": {},
            **properties,
        }
        return self.arm("PUT", STORE + V, {"identity": {"type": "SystemAssigned"}, "properties": own})

    def conditions(self, name: str = "db-pass") -> dict[str, dict[str, Any]]:
        """By type."""
        status = self.api("GET", f"{SYNCS}/{name}").body.get("status") or {}
        return {one["type"]: one for one in status.get("conditions") or []}

    def data(self, name: str = "db-pass") -> dict[str, str]:
        """What is in the Secret, decoded."""
        found = self.api("GET", f"{SECRETS}/{name}").body["data"]
        return {key: base64.b64decode(value).decode() for key, value in found.items()}

    def log(self, container: str = "provider-azure-installer") -> str:
        pods = self.api("GET", "/api/v1/pods", labelselector="app=secrets-store-sync-controller").body["items"]
        path = f"/api/v1/namespaces/{pods[0]['metadata']['namespace']}/pods/{pods[0]['metadata']['name']}/log"
        answer = self.api("GET", path, container=container)
        assert answer.status == 200, answer.body
        return bytes(answer.body).decode()

    def renew(self, value: str) -> None:
        """Another version of the secret."""
        self.world.keyvault.secrets.set(HOST, "db-pass", {"value": value})


def claims(answer: Answer) -> dict[str, Any]:
    """Of the token of a TokenRequest."""
    assert answer.status == 201, answer.body
    part = answer.body["status"]["token"].split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
