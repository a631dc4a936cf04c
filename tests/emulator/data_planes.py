"""A world without a network: requests go straight to the services of the data planes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from emulator.core.clock import Clock
from emulator.core.http import Answer, Call, Refusal
from emulator.core.resources import Resource
from emulator.dataplane.keyvault import routes as keyvault
from emulator.kubernetes import routes as kubernetes
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.encryption import KeySlot
from emulator.providers.authorization import assignments
from emulator.world import EmulatedWorld
from emulator.worlds.spec import CALLER, SERVER_APP, SUBSCRIPTION, Cluster, Secrets, World

START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
VAULT = "shop-kv.vault.emulator.test"
CLUSTER_ID = (
    f"/subscriptions/{SUBSCRIPTION}/resourcegroups/shop-rg/providers/Microsoft.ContainerService/managedClusters/shop"
)
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
SECRETS = "/api/v1/secrets"
HERE = "/api/v1/namespaces/default/secrets"
DATA = {"data": {"a": "Yg=="}}
MODIFIED = (
    'Operation cannot be fulfilled on secrets "mine": the object has been modified; '
    "please apply your changes to the latest version and try again"
)
COUNT = 12


def small_world(start: datetime = START, **fields: Any) -> EmulatedWorld:
    """A vault with a key, an identity, no cluster; its clock stands still until it is moved."""
    spec = World(name="data-planes", title="for tests", clusters=(), **fields)
    return EmulatedWorld(spec, Clock(start, step_seconds=0.0))


def vault_id(world: EmulatedWorld) -> str:
    found = world.keyvault.vault(VAULT)
    assert found is not None
    return found.id


def properties_of(world: EmulatedWorld) -> dict[str, Any]:
    """The vault's properties, to be changed in place."""
    found = world.keyvault.vault(VAULT)
    assert found is not None
    changeable: dict[str, Any] = found.body["properties"]
    return changeable


def grant(world: EmulatedWorld, principal: str, role: str, scope: str = "") -> None:
    """A role assignment that has spread already."""
    assignments.grant(
        world, world.ids.principal(principal), role, scope or vault_id(world), datetime(2026, 1, 1, tzinfo=timezone.utc)
    )


@dataclass
class Vault:
    """The data plane of the vault as one principal sees it."""

    world: EmulatedWorld
    principal: str = CALLER
    headers: dict[str, str] | None = None

    def __call__(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        headers = self.headers
        if headers is None:
            token, _ = self.world.tokens.issue(self.world.ids.principal(self.principal), keyvault.AUDIENCE)
            headers = {"authorization": f"Bearer {token}"}
        data = b"" if body is None else json.dumps(body).encode()
        asked = {"api-version": "7.5", **query}
        return keyvault.answer(Call(self.world, method, VAULT, path, asked, headers, data))

    def kid(self) -> str:
        """The key version that the world starts with, or its newest successor."""
        found = self.world.keyvault.find(f"https://{VAULT}/keys/etcd")
        assert found is not None
        return found.kid

    def path(self) -> str:
        """The same as a path."""
        return self.kid().removeprefix(f"https://{VAULT}")


def inner_code(answer: Answer) -> str | None:
    """The inner error code of a Key Vault answer."""
    code: str | None = answer.body["error"].get("innererror", {}).get("code")
    return code


@dataclass
class Api:
    """An API server as one user sees it."""

    world: EmulatedWorld
    server: ApiServer
    headers: dict[str, str] = field(default_factory=dict)
    certificate: bytes | None = None

    def __call__(self, method: str, path: str, body: Any = None, accept: str = "", **query: str) -> Answer:
        headers = {"accept": accept, **self.headers}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        call = Call(self.world, method, self.server.host, path, query, headers, data, certificate=self.certificate)
        try:
            answer = kubernetes.answer(call)
        except Refusal as refusal:
            answer = refusal.answer
        if isinstance(answer.body, bytes) and answer.body.startswith(b"{"):
            return Answer(answer.status, json.loads(answer.body), answer.headers)
        return answer

    def patch(self, path: str, body: Any, kind: str = "application/merge-patch+json", **query: str) -> Answer:
        return Api(self.world, self.server, {**self.headers, "content-type": kind})("PATCH", path, body, **query)

    def create(self, name: str, namespace: str = "default", plural: str = "secrets", **content: Any) -> Answer:
        body = {"metadata": {"name": name}, **content}
        return self("POST", f"/api/v1/namespaces/{namespace}/{plural}", body)

    def secret(self, name: str, namespace: str = "default") -> dict[str, Any]:
        answer = self("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.body
        return found

    def rewrite(self) -> list[str]:
        """An empty merge patch of every secret; the names of those that were written anew."""
        written = []
        for secret in self("GET", "/api/v1/secrets").body["items"]:
            name, namespace = secret["metadata"]["name"], secret["metadata"]["namespace"]
            answer = self.patch(f"/api/v1/namespaces/{namespace}/secrets/{name}", {})
            assert answer.status == 200, answer.body
            if answer.body["metadata"]["resourceVersion"] != secret["metadata"]["resourceVersion"]:
                written.append(f"{namespace}/{name}")
        return written

    def in_etcd(self, name: str, namespace: str = "default") -> bytes:
        entry = self.server.registry.storage.get(f"/registry/secrets/{namespace}/{name}")
        assert entry is not None and entry.value is not None
        return entry.value


def new_api(world: EmulatedWorld, count: int = 12, version: str = "1.30.7", **more: Any) -> Api:
    """The API server of a new cluster in a small world, seen by its administrator. `more`: properties in Resource
    Manager, `current` (a KeySlot), `admission` and `bindings`."""
    current = more.pop("current", None)
    access = {name: more.pop(name, ()) for name in ("admission", "bindings")}
    body = {"id": CLUSTER_ID, "properties": {"kubernetesVersion": version, **more}}
    world.resources.put(Resource(CLUSTER_ID, body, world.clock.now()))
    cluster = Cluster(secrets=Secrets(count=count), **access)
    server = world.kubernetes.create(CLUSTER_ID, cluster, current)
    return Api(world, server, {"authorization": f"Bearer {server.static_token}"})


def entra_headers(world: EmulatedWorld, principal: str = CALLER, **claims: Any) -> dict[str, str]:
    """What a login for the AKS server application brings."""
    token, _ = world.tokens.issue(world.ids.principal(principal), SERVER_APP, **claims)
    return {"authorization": f"Bearer {token}"}


def slot(world: EmulatedWorld, provider: str = "azurekms-1", kid: str = "", path: Any = "public") -> KeySlot:
    """A KMS plugin that works as the identity shop-id, on the newest version of the key."""
    return KeySlot(kid or Vault(world).kid(), world.ids.principal("shop-id"), path, provider)


def new_key_version(world: EmulatedWorld) -> str:
    """The key identifier of one more version of the key."""
    return world.keyvault.create(VAULT, "etcd", {"kty": "RSA"}).kid


def plain_api(version: str = "1.30.7") -> Api:
    """A cluster without KMS whose identity may use the key."""
    world = small_world()
    grant(world, "shop-id", "Key Vault Crypto User")
    return new_api(world, COUNT, version)


def encrypted_api(version: str = "1.30.7") -> tuple[Api, KeySlot]:
    """A cluster whose secrets all are under the key's first version, with a slot for it."""
    world = small_world()
    grant(world, "shop-id", "Key Vault Crypto User")
    first = slot(world)
    return new_api(world, COUNT, version, current=first), first


def some_secret(api: Api) -> tuple[str, str]:
    """Namespace and name of one in the middle of the list."""
    metadata = api("GET", SECRETS).body["items"][COUNT // 2]["metadata"]
    return metadata["namespace"], metadata["name"]


def names(body: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in body["items"]]
