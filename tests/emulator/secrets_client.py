"""A cluster with the secrets provider, as its administrator sees it; its clock stands still until it is moved."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from emulator.core.clock import Clock
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.secrets_store.azure_side import (
    HttpFailure,
    Token,
    TokenRequest,
    Unanswered,
    VaultObject,
    VaultRequest,
)
from emulator.world import EmulatedWorld
from emulator.worlds import spec
from emulator.worlds.secrets_provider import SecretsProvider
from emulator.worlds.secrets_store import Chart, SecretsStore
from tests.emulator.data_planes import CLUSTER_ID, START, Api

ROTATING = {"enableSecretRotation": "true", "rotationPollInterval": "2m"}
ROTATES = {"secrets_provider": SecretsProvider(rotation="true")}
ADDON = SecretsStore()
SMALL = spec.Cluster(secrets=spec.Secrets(count=0, namespaces=("default", "team-a")), secrets_store=ADDON)
SOON = spec.Delays(container=0.0, unanswered=0.01)
POOL = "aks-nodepool1-31337000-vmss00000"
EVENTS = "/api/v1/namespaces/{}/events"


def a_world(provider: SecretsStore = ADDON, *, world: dict[str, Any] | None = None, **cluster: Any) -> EmulatedWorld:
    """A world of one cluster; `cluster` are fields of it, `world` those of the world."""
    addon = None if provider.chart else SecretsProvider()
    made = replace(SMALL, **{"secrets_store": provider, "secrets_provider": addon, **cluster})
    fields = {"delays": SOON, "clusters": (made,), **(world or {})}
    return EmulatedWorld(spec.World(name="secrets", title="for tests", **fields), Clock(START, 0.0))


def api_of(world: EmulatedWorld) -> Api:
    server = world.kubernetes.server(CLUSTER_ID)
    assert isinstance(server, ApiServer)
    return Api(world, server, {"authorization": f"Bearer {server.static_token}"})


def a_cluster(provider: SecretsStore = ADDON, **more: Any) -> Api:
    """Its API server."""
    return api_of(a_world(provider, **more))


def chart(**values: Any) -> SecretsStore:
    return SecretsStore(chart=Chart(**values))


def items(api: Api, path: str, **query: str) -> list[dict[str, Any]]:
    answer = api("GET", path, **query)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["items"]
    return found


def pods(api: Api, label: str) -> list[dict[str, Any]]:
    """The pods of driver or provider."""
    return items(api, "/api/v1/pods", labelselector=f"app in ({label})")


def log_of(api: Api, pod: dict[str, Any], **query: str) -> str:
    metadata = pod["metadata"]
    answer = api("GET", f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log", **query)
    assert answer.status == 200, answer.body
    return bytes(answer.body).decode()


CLASSES = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/{}/secretproviderclasses"
PODS = "/api/v1/namespaces/{}/pods"
CLIENT = "5d9e7c10-8b42-4a6f-9c33-0f1a2b3c4d5e"


@dataclass
class FakeAzure:
    """Objects by `kind/name`, versioned by how often they were set, and whatever `says` for tokens and objects."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    token_says: HttpFailure | Unanswered | None = None
    vault_says: HttpFailure | Unanswered | None = None
    tenant: str = spec.TENANT
    tokens: list[TokenRequest] = field(default_factory=list)

    def put(self, address: str, **bundle: Any) -> None:
        number = int(self.objects.get(address, {"id": "/0"})["id"].rpartition("/")[2]) + 1
        self.objects[address] = {"id": f"https://shop-kv.vault.emulator.test/{address}/{number}", **bundle}

    def token(self, asked: TokenRequest) -> Token | HttpFailure | Unanswered:
        self.tokens.append(asked)
        return self.token_says or Token("principal", asked.client_id, spec.TENANT)

    def vault_object(self, asked: VaultRequest, token: Token | None) -> VaultObject | HttpFailure | Unanswered:
        if isinstance(self.vault_says, Unanswered):
            return self.vault_says
        if token is None:
            return HttpFailure(401, "{}", asked.url, tenant=self.tenant)
        if self.vault_says is not None:
            return self.vault_says
        found = self.objects.get(f"{asked.kind}/{asked.name}")
        return VaultObject(found) if found else vault_failure(asked.url, 404, "SecretNotFound", "A secret is missing.")


def vault_failure(url: str, status: int, code: str, message: str, inner: str = "") -> HttpFailure:
    error = {"code": code, "message": message, **({"innererror": {"code": inner}} if inner else {})}
    return HttpFailure(status, json.dumps({"error": error}), url, "GET", code, inner, message)


def entries(*objects: dict[str, str]) -> str:
    """`objects` of a class, as people write it."""
    blocks = ("".join(f"    {name}: {value}\n" for name, value in one.items()) for one in objects)
    return "array:\n" + "".join(f"  - |\n{block}" for block in blocks)


SECRET = {"objectName": "db-pass", "objectType": "secret"}


def a_class(name: str = "kv", objects: str = entries(SECRET), **more: Any) -> dict[str, Any]:
    """A SecretProviderClass of managed identity; a parameter of None is left out."""
    secrets = more.pop("secret_objects", None)
    given = {"keyvaultName": "shop-kv", "tenantID": spec.TENANT, "objects": objects}
    given |= {"useVMManagedIdentity": "true", "userAssignedIdentityID": CLIENT, **more}
    parameters = {key: value for key, value in given.items() if value is not None}
    body = {"provider": "azure", "parameters": parameters, **({"secretObjects": secrets} if secrets else {})}
    return {"metadata": {"name": name}, "spec": body}


def a_pod(name: str = "web", class_name: str = "kv", **more: Any) -> dict[str, Any]:
    """A pod that mounts a class; `env` and `csi` are those of its container and volume, the rest its spec's."""
    csi = {"driver": "secrets-store.csi.k8s.io", "readOnly": True, **more.pop("csi", {})}
    csi.setdefault("volumeAttributes", {"secretProviderClass": class_name})
    container = {"name": "it", "image": "busybox", "volumeMounts": [{"name": "kv", "mountPath": "/mnt/secrets"}]}
    container |= {key: more.pop(key) for key in ("env", "command") if key in more}
    own = {"restartPolicy": "Never", **more, "containers": [container], "volumes": [{"name": "kv", "csi": csi}]}
    return {"metadata": {"name": name}, "spec": own}


@dataclass
class Store:
    """A cluster with a fake Azure behind its provider."""

    api: Api
    azure: FakeAzure

    def add(self, body: dict[str, Any], path: str, namespace: str = "default") -> None:
        answer = self.api("POST", path.format(namespace), body)
        assert answer.status == 201, answer.body

    def run(self, pod: dict[str, Any] | None = None, of: dict[str, Any] | None = None) -> dict[str, Any]:
        """Makes a class and a pod of it; the pod after a while."""
        self.add(of or a_class(), CLASSES)
        self.add(pod or a_pod(), PODS)
        return self.pod()

    def pod(self, name: str = "web") -> dict[str, Any]:
        """A pod as it is a second later."""
        for _ in range(2):
            self.api.world.clock.advance(1)
            answer = self.api("GET", f"{PODS.format('default')}/{name}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body
        return found

    def events(self, reason: str = "FailedMount") -> list[dict[str, Any]]:
        return items(self.api, EVENTS.format("default"), fieldselector=f"reason={reason}")

    def logs(self, role: str, *, node: str = f"{POOL}0", **query: str) -> str:
        """What driver or provider has written on a node."""
        found = self.api.server.system.on_node(node, role)
        assert found is not None
        container = {"driver": "secrets-store", "provider": "provider-azure-installer"}[role]
        return log_of(self.api, found.content, container=container, **query)

    def errors(self, role: str) -> list[str]:
        """The E lines, each with its block."""
        records = re.split(r"(?m)^(?=[IWEF]\d{4} )", self.logs(role))
        return [one for one in records if one.startswith("E")]


def a_store(provider: SecretsStore = ADDON, **more: Any) -> Store:
    api = a_cluster(provider, **more)
    azure = FakeAzure()
    azure.put("secrets/db-pass", value="correct-horse")
    api.world.azure = azure
    return Store(api, azure)
