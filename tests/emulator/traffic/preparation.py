"""What a row presupposes and no row before it made: it was there before the recording began, so it is made first."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from emulator.core.resources import Resource
from emulator.providers.authorization import locks
from emulator.providers.ids import group_id, group_of, name_of
from emulator.providers.keyvault import connections, vaults
from emulator.providers.managedidentity import identities
from emulator.providers.resources import groups
from emulator.world import EmulatedWorld
from emulator.worlds.spec import SUBSCRIPTION, TENANT
from tests.emulator.traffic.arc_preparation import ArcPreparation
from tests.emulator.traffic.dns_preparation import DnsPreparation
from tests.emulator.traffic.key_preparation import OWN_VAULTS, KeyPreparation
from tests.emulator.traffic.network_preparation import NetworkPreparation
from tests.emulator.traffic.operations import VAULTS
from tests.emulator.traffic.recordings import Row

CLUSTER = "microsoft.containerservice/managedclusters"
VAULT = "microsoft.keyvault/vaults"
IDENTITY = "microsoft.managedidentity/userassignedidentities"
_GROUP = "subscriptions/{}/resourcegroups/{}"


class Preparation:
    """Makes what is missing, with the members that the recording shows."""

    def __init__(self, world: EmulatedWorld, rows: Sequence[Row], send: Any) -> None:
        self._world, self._send = world, send
        self.keys = KeyPreparation(world)
        self._networks = NetworkPreparation(world)
        self._dns = DnsPreparation(world)
        self._shown = _first_shown(rows)
        self._arc = ArcPreparation(world, self._shown)

    def before(self, row: Row) -> None:
        if row.host.endswith(VAULTS):
            self._vault_at(row.host)
            self.keys.before(row)
            return
        there = (row.status < 400 and row.status != 201) or "ScopeLocked" in str(row.answered)
        self._group(row, there)
        self._locks(row)
        self._networks.before(row)
        self._dns.before(row)
        self._arc.before(row)
        if "roleassignments" in row.operation and row.method == "PUT":
            self._assignment(row)
        for identity in ((row.asked or {}).get("identity") or {}).get("userAssignedIdentities") or {}:
            self._identity(identity)
        if there:
            self._found(row)

    def _found(self, row: Row) -> None:
        """What a row found then."""
        if row.operation == "GET subscriptions/{}/resources":
            for listed in row.fields.get("value") or []:
                if self._world.resources.get(listed["id"]) is None:
                    self._world.resources.put(Resource(listed["id"], listed, self._world.clock.now()))
        elif row.operation == f"PUT {CLUSTER}/{{}}":
            self._there(row.path, row.asked, row.query["api-version"])
        elif row.method in ("GET", "POST", "DELETE"):
            self._resource(row, row.document["op"], row.path, row.fields)

    def _group(self, row: Row, there: bool) -> None:
        group, own = group_of(row.path), row.document["op"] == _GROUP
        if own and not there:  # whoever is told that it is not there, or makes it, knows that it was deleted
            self._world.resources.remove_all(row.path)
        if not group or self._world.resources.get(group_id(SUBSCRIPTION, group)) is not None:
            return
        if "ResourceGroupNotFound" in str(row.answered) or (own and not there):
            return
        made = groups.create(self._world, group, self._world.clock.now())
        made.body.update(self._shown.get(made.id.lower(), {}))

    def _locks(self, row: Row) -> None:
        """A refusal names the scopes whose locks it found."""
        if "ScopeLocked" in str(row.answered):
            for scope in re.findall("'(/[^']+)'", row.answered["error"]["message"].partition("are locked:")[2]):
                locks.put(self._world, scope, "of-before", {"level": "CanNotDelete"})

    def _assignment(self, row: Row) -> None:
        """The principal is in the directory, or is not, as it was then; a grant that was there before is made."""
        world, principal = self._world, row.asked["properties"]["principalId"]
        if row.status in (201, 409):
            identities.create(world, "directory", f"p{principal[:8]}", principal, world.clock.now())
        if row.status == 409:
            other = f"{row.path.rpartition('/')[0]}/{world.ids.uuid('before', principal)}"
            self._send("PUT", other, {"api-version": "2022-04-01"}, row.asked)

    def _resource(self, row: Row, op: str, path: str, body: dict[str, Any]) -> None:
        """What a GET found then and nobody made in the recording."""
        if op == f"{IDENTITY}/{{}}":
            self._identity(path)
        elif op == "sub: microsoft.keyvault/deletedvaults" or "/deletedvaults/{}" in op:
            for listed in body.get("value") or [body]:
                self._deleted_vault(listed)
        elif op in (CLUSTER, VAULT):
            for listed in body.get("value") or []:
                self._resource(row, f"{op}/{{}}", listed["id"], listed)
        elif op.startswith((f"{CLUSTER}/{{}}", f"{VAULT}/{{}}")):
            parent = "/".join(path.split("/")[:9])
            shown = self._shown.get(parent.lower(), body if parent == path else {})
            self._there(parent, shown, row.query["api-version"])
            if op.endswith("privateendpointconnections/{}"):
                self._connect(parent, path, body)

    def _deleted_vault(self, shown: dict[str, Any]) -> None:
        """A vault that had been deleted before the recording began."""
        if "id" not in shown or self._world.resources.get(shown["id"]) is not None:
            return
        was = self._shown.get(shown["properties"]["vaultId"].lower(), {})
        where = vaults.vault_id(SUBSCRIPTION, group_of(shown["properties"]["vaultId"]), shown["name"])
        vault = vaults.create(self._world, where, was, self._world.clock.now())
        vaults.delete(self._world, vault)
        deleted = vaults.deleted_named(self._world, shown["name"])
        assert deleted is not None
        self._world.resources.remove(deleted.id)
        self._world.resources.put(replace(deleted, id=shown["id"], body=shown))

    def _there(self, path: str, body: dict[str, Any], version: str = "2023-02-01") -> None:
        """A vault or a cluster with the properties that it had then."""
        found = self._world.resources.get(path)
        if found is not None and "properties" in found.body:
            return
        request = json.loads(json.dumps(body))
        for identity in (request.get("identity") or {}).get("userAssignedIdentities") or {}:
            self._identity(identity)
        if "/vaults/" in path:
            plain = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "accessPolicies": []}
            request["properties"] = plain | request.get("properties", {})
        if self._world.resources.get(group_id(SUBSCRIPTION, group_of(path))) is None:
            groups.create(self._world, group_of(path), self._world.clock.now())
        self._send("PUT", path, {"api-version": version}, {"location": "westeurope", **request})
        self._world.clock.advance(2)
        self._world.settle()

    def _identity(self, path: str) -> None:
        if self._world.resources.get(path) is None:
            principal = self._world.ids.next("principal")
            identities.create(self._world, group_of(path), name_of(path), principal, self._world.clock.now())

    def _connect(self, parent: str, path: str, body: dict[str, Any]) -> None:
        """A private endpoint connection with the name that it had then."""
        vault = self._world.resources.get(parent)
        if vault is not None and connections.connection_named(vault, name_of(path)) is None and body:
            endpoint = body["properties"]["privateEndpoint"]["id"]
            made = connections.connection_of(vault, endpoint) or connections.connect(self._world, vault, endpoint)
            made["id"] = f"{vault.id}/privateEndpointConnections/{name_of(path)}"

    def _vault_at(self, host: str) -> None:
        """The vault that answers at a host name; its group does not matter where no row names it."""
        if self._world.keyvault.vault(host.replace(VAULTS, OWN_VAULTS)) is None:
            name = host.partition(".")[0]
            path = next((path for path in self._shown if path.endswith(f"/vaults/{name}")), None)
            path = path or f"{group_id(SUBSCRIPTION, 'of-the-vault')}/providers/Microsoft.KeyVault/vaults/{name}"
            rbac = {"properties": {"enableRbacAuthorization": True}}
            self._there(path, self._shown.get(path, rbac))


def _first_shown(rows: Sequence[Row]) -> dict[str, dict[str, Any]]:
    """Path in lower case -> what a GET of it first showed, for what was there before the recording."""
    shown: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.method == "GET" and row.status == 200 and "id" in row.fields:
            shown.setdefault(row.path.lower(), row.fields)
    return shown
