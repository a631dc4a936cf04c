"""Resource Manager without a network: requests go straight to its front. Its clock stands still until it is moved."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator import arm
from emulator.core.clock import Clock
from emulator.core.http import Answer, Call
from emulator.entra.metadata import ARM
from emulator.providers.authorization import assignments
from emulator.providers.containerservice.clusters import ManagedCluster
from emulator.world import EmulatedWorld
from emulator.worlds import catalogue
from emulator.worlds.spec import CALLER, SUBSCRIPTION

START = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
SUB = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SUB}/resourceGroups/shop-rg"
CLUSTER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/shop"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/shop-kv"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-id"
HOST = "shop-kv.vault.emulator.test"
CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"
VERSIONS = {
    "Microsoft.ContainerService": "2026-06-01",
    "Microsoft.KeyVault": "2026-02-01",
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.Authorization": "2022-04-01",
}


class Arm:
    """One world and its ARM, as `principal` sees it."""

    def __init__(
        self, world: str = "public-rbac", principal: str = CALLER, *, start: datetime = START, **overrides: Any
    ) -> None:
        self.world = EmulatedWorld(catalogue.load(world, **overrides), Clock(start, step_seconds=0.0))
        self.principal = principal

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        """`url` may bring a query; without an api-version it gets the one that az sends. `_` in header names is `-`."""
        query = {key.lower(): value for key, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        path = urlsplit(url).path
        namespace = path.rpartition("/providers/")[2].partition("/")[0]
        query.setdefault("api-version", VERSIONS.get(namespace, "2022-09-01"))
        token, _ = self.world.tokens.issue(self.world.ids.principal(self.principal), ARM)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = json.dumps(body).encode() if body is not None else b""
        return self.send(Call(self.world, method, "", path, query, {"authorization": f"Bearer {token}", **named}, sent))

    def send(self, call: Call) -> Answer:
        """A request as it is, and everything that is due before it."""
        self.world.settle()
        self.world.visitors.request_came(call)
        answer = arm.answer(call)
        self.world.oracle.look(f"{call.method} {call.path}")
        return Answer(answer.status, copy.deepcopy(answer.body), answer.headers)

    def wait(self, seconds: float = 1.0) -> None:
        self.world.clock.advance(seconds)
        self.world.settle()

    def grant(self, principal: str, role: str, scope: str = VAULT) -> None:
        """A role assignment that has spread already."""
        then = datetime(2026, 1, 1, tzinfo=timezone.utc)
        assignments.grant(self.world, self.world.ids.principal(principal), role, scope, then)

    def cluster(self) -> ManagedCluster:
        found = self.world.resources.get(CLUSTER)
        assert isinstance(found, ManagedCluster)
        return found

    def key(self, version: int = -1, name: str = "etcd") -> str:
        """A key id; the newest version unless told."""
        return self.world.keyvault.key(HOST, name).versions[version].kid

    def new_key(self, name: str = "etcd", **request: Any) -> str:
        """Another version of a key, or a key."""
        return self.world.keyvault.create(HOST, name, {"kty": "RSA", **request}).kid

    def put_kms(self, key_id: str | None = None, access: str = "Public", **more: Any) -> Answer:
        """What az sends for `--enable-azure-keyvault-kms`: the whole cluster, `more` into azureKeyVaultKms."""
        vault_id = VAULT if access == "Private" else ""
        profile = {"keyId": key_id or self.key(), "keyVaultNetworkAccess": access, "keyVaultResourceId": vault_id}
        return self.put_security({"azureKeyVaultKms": {"enabled": True, **profile, **more}})

    def put_security(self, profile: dict[str, Any], version: str = "2026-06-01", **members: Any) -> Answer:
        """A PUT of the cluster with this securityProfile; `members` are others of its top level."""
        body = self("GET", CLUSTER).body
        body["properties"]["securityProfile"] = profile
        return self("PUT", f"{CLUSTER}?api-version={version}", {**body, **members})

    def finish(self, answer: Answer) -> dict[str, Any]:
        """Waits for the operation that an answer names; what it says in the end."""
        self.wait(self.world.spec.delays.update)
        document: dict[str, Any] = self("GET", answer.headers["Azure-AsyncOperation"]).body
        return document

    def enable(self, key_id: str | None = None, access: str = "Public") -> None:
        """KMS on, to the end of the operation."""
        answer = self.put_kms(key_id, access)
        assert answer.status == 200, answer.body
        assert self.finish(answer)["status"] == "Succeeded"


def code_of(answer: Answer) -> tuple[int, str]:
    """Status and error code, in whichever envelope."""
    return answer.status, str((answer.body.get("error") or answer.body)["code"])


def message_of(answer: Answer) -> str:
    return str((answer.body.get("error") or answer.body)["message"])
