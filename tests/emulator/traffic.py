"""Recorded traffic of real Azure, put to the emulator: each cassette in its own world, row after row.

The recordings are no part of the project. Where they lie beside the checkout, each selected row is sent as it was sent
then; what it presupposes (a group, an identity, a vault that the recorder had made before) is made first.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator.core.http import Answer, Call
from emulator.core.resources import Resource
from emulator.entra.metadata import ARM
from emulator.providers.ids import group_id, group_of, name_of
from emulator.providers.keyvault import connections
from emulator.providers.managedidentity import identities
from emulator.providers.resources import groups
from emulator.worlds.spec import KUBERNETES_VERSIONS, SUBSCRIPTION, TENANT
from tests.emulator.arm_client import Arm

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "arm-traffic"
AREAS = ("containerservice", "keyvault_arm", "identity", "authorization", "resources")
_NOBODY = "00000000-0000-0000-0000-000000000000"
_CLUSTER = "microsoft.containerservice/managedclusters"
_VAULT = "microsoft.keyvault/vaults"
_SINCE = {"containerservice": 2025}
_PATCH = re.compile(r'ersion": "(1\.\d\d\.\d+)"')
_IDENTITY = "microsoft.managedidentity/userassignedidentities/{}"
OPERATIONS = frozenset(
    {
        _CLUSTER,
        *(f"{_CLUSTER}/{{}}{tail}" for tail in ("", "/start", "/stop", "/abort", "/agentpools", "/upgradeprofiles/{}")),
        *(f"{_CLUSTER}/{{}}/listcluster{kind}credential" for kind in ("user", "admin")),
        *(
            f"sub: microsoft.containerservice/locations/{{}}/{kind}"
            for kind in ("operations/{}", "operationresults/{}")
        ),
        "sub: microsoft.containerservice/locations/{}/kubernetesversions",
        _VAULT,
        *(f"{_VAULT}/{{}}{tail}" for tail in ("", "/privateendpointconnections/{}", "/privatelinkresources")),
        "sub: microsoft.keyvault/deletedvaults",
        *(f"sub: microsoft.keyvault/locations/{{}}/deletedvaults/{{}}{tail}" for tail in ("", "/purge")),
        _IDENTITY,
        "microsoft.authorization/roleassignments",
        "microsoft.authorization/roleassignments/{}",
        "microsoft.authorization/roledefinitions",
        "subscriptions/{}/resourcegroups",
        "subscriptions/{}/resourcegroups/{}",
        "subscriptions/{}/resources",
        "subscriptions/{}/locations",
        "sub: <provider>",
    }
)
"""What the emulator has of the recorded operations; those on a resource come with `on <resource>: ` before them."""


@dataclass
class Compared:
    """A row and what the emulator made of it."""

    area: str
    row: dict[str, Any]
    answer: Answer

    @property
    def same_answer(self) -> bool:
        """Status and, of an error, the code are those of the recording."""
        if self.row["status"] != self.answer.status:
            return False
        return self.answer.status < 400 or code_in(self.row["response_body"]) == code_in(self.answer.body)

    @property
    def young(self) -> bool:
        """Bodies have the members of their age, which the date tells: AKS's have changed with every year."""
        return parsedate_to_datetime(self.row["response_headers"]["date"]).year >= _SINCE.get(self.area, 2023)

    @property
    def same_members(self) -> bool:
        """So are the members: of the body, of its properties, of the first thing in a list. An operation may carry an
        error that means nothing."""
        recorded, own = (members_of(body) for body in (self.row["response_body"], self.answer.body))
        noise = {name for name in recorded if name.startswith("error")} if self.row["status"] == 200 else set()
        return recorded - noise == own


def code_in(body: Any) -> str | None:
    if not isinstance(body, dict):
        return None
    error = body.get("error") if isinstance(body.get("error"), dict) else body
    return error.get("code") if isinstance(error, dict) and "message" in error else None


def members_of(body: Any) -> set[str]:
    """`name`, `properties.name`, `value.properties.name`..."""
    if not isinstance(body, dict):
        return set()
    found = set(body)
    for key in ("properties", "error"):
        if isinstance(body.get(key), dict):
            found |= {f"{key}.{name}" for name in body[key]}
    for key in ("value", "values"):
        if isinstance(body.get(key), list) and body[key]:
            found |= {f"{key}.{name}" for name in members_of(body[key][0])}
    return found


def selected(area: str) -> Iterator[dict[str, Any]]:
    """The rows of an area that are about something the emulator has."""
    with (FOLDER / f"{area}.jsonl").open() as rows:
        for line in rows:
            row = json.loads(line)
            if row["op"].rpartition("on ")[2].rpartition(": ")[2] in OPERATIONS or row["op"] in OPERATIONS:
                yield row


def compared(area: str) -> Iterator[Compared]:
    """Every selected row of an area against the emulator."""
    cassettes = defaultdict(list)
    for row in selected(area):
        cassettes[row["source"], row["snapshot"]].append(row)
    for rows in cassettes.values():
        replay = Replay(rows)
        for row in rows:
            if answer := replay.send(row):
                yield Compared(area, row, answer)


class Replay:
    """One cassette in one world."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        named = set(_PATCH.findall(json.dumps(rows))) | set(KUBERNETES_VERSIONS)
        offered = tuple(sorted(named, key=lambda version: [int(part) for part in version.split(".")]))
        empty: dict[str, Any] = {"clusters": (), "vaults": (), "identities": ()}
        self._client = Arm("public-rbac", kubernetes_versions=offered, **empty)
        self._own_operations: dict[str, str] = {}

    def send(self, row: dict[str, Any]) -> Answer | None:
        """None for a poll of an operation that no row of the selection began."""
        url = urlsplit(row["url"].replace(_NOBODY, SUBSCRIPTION))
        self._prepare(row, url.path)
        path = self._own(row, url.path)
        if path is None:
            return None
        query = {key.lower(): value for key, value in parse_qsl(url.query, keep_blank_values=True)}
        body = json.loads(json.dumps(row["request_body"]).replace(_NOBODY, SUBSCRIPTION))
        if row["op"] == f"{_CLUSTER}/{{}}" and row["status"] == 201:  # the default version was another one then
            body["properties"]["kubernetesVersion"] = row["response_body"]["properties"]["kubernetesVersion"]
        answer = self._send(row["method"], path, query, body, "ops" if row["status"] != 403 else "nobody")
        if begun := row["response_headers"].get("azure-asyncoperation"):
            self._own_operations[name_of(urlsplit(begun).path)] = answer.headers.get("Azure-AsyncOperation", "")
        return answer

    def _send(self, method: str, path: str, query: dict[str, str], body: Any, principal: str = "ops") -> Answer:
        world = self._client.world
        token, _ = world.tokens.issue(world.ids.principal(principal), ARM)
        sent = json.dumps(body).encode() if body is not None else b""
        return self._client.send(Call(world, method, "", path, query, {"authorization": f"Bearer {token}"}, sent))

    def _own(self, row: dict[str, Any], path: str) -> str | None:
        """Recorded operations have ids of their own; a poll goes to the emulator's, which then is as far."""
        if "/operations/" not in path and "/operationresults/" not in path:
            if (row["method"] != "GET" and not path.endswith("/abort")) or _state(row) == "Succeeded":
                self._client.wait(2)
            return path
        if row["status"] == 204 or _status(row) in ("Succeeded", "Failed", "Canceled"):
            self._client.wait(2)
        if name_of(path) not in self._own_operations:
            return None
        verb = "operationresults" if "/operationresults/" in path else "operations"
        return urlsplit(self._own_operations[name_of(path)]).path.replace("/operations/", f"/{verb}/") or path

    def _prepare(self, row: dict[str, Any], path: str) -> None:
        world = self._client.world
        group, own = group_of(path), row["op"].startswith("subscriptions/{}/resourcegroups/{}")
        body = row["response_body"] if isinstance(row["response_body"], dict) else {}
        there = row["status"] < 400 and row["status"] != 201
        if group and world.resources.get(group_id(SUBSCRIPTION, group)) is None and (there or not own):
            made = groups.create(world, group, world.clock.now(), tags={})
            made.body.update(body if own else {})
        if "roleassignments" in row["op"] and row["method"] == "PUT":
            self._prepare_assignment(row, path)
        for identity in ((row["request_body"] or {}).get("identity") or {}).get("userAssignedIdentities") or {}:
            self._identity(identity.replace(_NOBODY, SUBSCRIPTION))
        if not there:
            return
        if row["op"] == "subscriptions/{}/resources":
            for listed in body.get("value") or []:
                found = json.loads(json.dumps(listed).replace(_NOBODY, SUBSCRIPTION))
                world.resources.put(Resource(found["id"], found, world.clock.now()))
        elif row["method"] in ("GET", "POST", "DELETE"):
            self._prepare_resource(row["op"], path, body)

    def _prepare_assignment(self, row: dict[str, Any], path: str) -> None:
        """The principal is in the directory, or is not, as it was then; a grant that was there before is made."""
        world, principal = self._client.world, row["request_body"]["properties"]["principalId"]
        if row["status"] in (201, 409):
            identities.create(world, "directory", f"p{principal[:8]}", principal, world.clock.now())
        if row["status"] == 409:
            other = f"{path.rpartition('/')[0]}/{world.ids.uuid('before', principal)}"
            self._send("PUT", other.replace(_NOBODY, SUBSCRIPTION), {"api-version": "2022-04-01"}, row["request_body"])

    def _prepare_resource(self, op: str, path: str, body: dict[str, Any]) -> None:
        """What a GET found then and nobody made in the recording."""
        world = self._client.world
        if op == _IDENTITY:
            self._identity(path)
        elif op in (_CLUSTER, _VAULT):
            for listed in body.get("value") or []:
                self._prepare_resource(f"{op}/{{}}", listed["id"].replace(_NOBODY, SUBSCRIPTION), listed)
        elif op.startswith((f"{_CLUSTER}/{{}}", f"{_VAULT}/{{}}")):
            parent = "/".join(path.split("/")[:9])
            if world.resources.get(parent) is None:
                self._make(parent, body if parent == path else {})
            if op.endswith("privateendpointconnections/{}"):
                self._connect(parent, path, body)

    def _make(self, path: str, body: dict[str, Any]) -> None:
        """A vault or a cluster with the properties that it had then."""
        request = json.loads(json.dumps(body).replace(_NOBODY, SUBSCRIPTION))
        for identity in (request.get("identity") or {}).get("userAssignedIdentities") or {}:
            self._identity(identity)
        if "/vaults/" in path:
            plain = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
            request["properties"] = plain | request.get("properties", {})
            version = "2023-02-01"
        else:
            version = "2025-09-02-preview"
        self._send("PUT", path, {"api-version": version}, {"location": "westeurope", **request})
        self._client.wait(2)

    def _identity(self, path: str) -> None:
        world = self._client.world
        if world.resources.get(path) is None:
            identities.create(world, group_of(path), name_of(path), world.ids.next("principal"), world.clock.now())

    def _connect(self, parent: str, path: str, body: dict[str, Any]) -> None:
        """A private endpoint connection with the name that it had then."""
        vault = self._client.world.resources.get(parent)
        if vault is not None and connections.connection_named(vault, name_of(path)) is None and body:
            endpoint = body["properties"]["privateEndpoint"]["id"]
            made = connections.connect(self._client.world, vault, endpoint)
            made["id"] = f"{vault.id}/privateEndpointConnections/{name_of(path)}"


def _status(row: dict[str, Any]) -> str:
    return str((row["response_body"] or {}).get("status"))


def _state(row: dict[str, Any]) -> str:
    body = row["response_body"]
    return str((body.get("properties") or {}).get("provisioningState")) if isinstance(body, dict) else ""
