"""One cassette in one world."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator import arm
from emulator.core.clock import Clock
from emulator.core.http import Answer, Call
from emulator.core.operations import OperationFailed
from emulator.core.resources import Resource
from emulator.dataplane.keyvault import routes as data_plane
from emulator.entra.metadata import ARM
from emulator.providers.ids import name_of
from emulator.world import EmulatedWorld
from emulator.worlds import catalogue
from emulator.worlds.spec import KUBERNETES_VERSIONS, OPERATOR_GRANTS, Delays, Grant
from tests.emulator.traffic.key_preparation import OWN_VAULTS
from tests.emulator.traffic.operations import VAULTS
from tests.emulator.traffic.preparation import CLUSTER, Preparation
from tests.emulator.traffic.recordings import Row

_POLL = r"(.*/(?:operation(?:result|statuse)?s|privatednsoperation(?:statuse|result)s)/)([^/]+)"
_PATCH = re.compile(r'ersion": "(1\.\d\d\.\d+)"')


class Replay:
    """A world in which nothing is but what the rows make or presuppose, at the time of the first of them."""

    def __init__(self, rows: Sequence[Row]) -> None:
        named = set(_PATCH.findall(json.dumps([row.document for row in rows]))) | set(KUBERNETES_VERSIONS)
        listed = [
            row.fields["values"] for row in rows if row.path.endswith("/kubernetesVersions") and "values" in row.fields
        ]
        if listed:
            named = {patch for version in listed[0] for patch in version["patchVersions"]}
        offered = tuple(sorted(named, key=lambda version: [int(part) for part in version.split(".")]))
        grants = (*OPERATOR_GRANTS, Grant("ops", "Key Vault Administrator", "subscription"))
        empty: dict[str, Any] = {"clusters": (), "vaults": (), "identities": (), "grants": grants}
        spec = catalogue.load("public-rbac", kubernetes_versions=offered, delays=Delays(vault=1.0), **empty)
        self._world = EmulatedWorld(spec, Clock(rows[0].moment, step_seconds=0.0))
        self._preparation = Preparation(self._world, rows, self._send)
        self._own_operations: dict[str, str] = {}
        self._own_pages: dict[str, str] = {}
        self._own_etags: dict[str, str] = {}

    def send(self, row: Row) -> Answer:
        answer = self._answer(row)
        if isinstance(answer.body, dict) and row.fields.get("etag") and answer.body.get("etag"):
            self._own_etags[row.fields["etag"]] = answer.body["etag"]
        if isinstance(answer.body, dict) and row.fields.get("nextLink") and answer.body.get("nextLink"):
            self._own_pages[_page(row.fields["nextLink"])] = _page(answer.body["nextLink"])
        return answer

    def _answer(self, row: Row) -> Answer:
        self._preparation.before(row)
        if row.host.endswith(VAULTS):
            return self._ask_vault(row)
        body = copy.deepcopy(row.asked)
        if row.operation == f"PUT {CLUSTER}/{{}}" and row.status == 201:  # the default version was another one then
            body["properties"]["kubernetesVersion"] = row.fields["properties"]["kubernetesVersion"]
        before = copy.deepcopy(self._world.resources.get(row.path))
        principal = "ops" if row.status != 403 else "nobody"
        answer = self._send(row.method, self._path(row), self._query(row), body, principal, **self._headers(row))
        if row.method == "PUT" and answer.status < 400 <= row.status:
            self._take_back(row.path, before)
        for header in ("azure-asyncoperation", "location"):
            if begun := row.headers.get(header):
                own = {name.lower(): value for name, value in answer.headers.items()}.get(header, "")
                self._own_operations.setdefault(name_of(urlsplit(begun).path), name_of(urlsplit(own).path))
        return answer

    def follow(self, row: Row) -> None:
        """A row without a route changes the world as it did then, as far as later rows can tell."""
        if row.method == "DELETE" and row.status < 300:
            self._world.resources.remove_all(row.path)

    def _take_back(self, path: str, before: Resource | None) -> None:
        """What Azure refused and the emulator did: the rows that follow know nothing of it."""
        if running := self._world.operations.running_on(path):
            self._world.operations.cancel(running)
        if before is None:
            self._world.resources.remove(path)
        else:
            self._world.resources.put(before)

    def _send(
        self, method: str, path: str, query: dict[str, str], body: Any, principal: str = "ops", **more: str
    ) -> Answer:
        """`more` are headers."""
        world = self._world
        token, _ = world.tokens.issue(world.ids.principal(principal), ARM)
        sent = json.dumps(body).encode() if body is not None else b""
        world.settle()
        headers = {"authorization": f"Bearer {token}", **more}
        answer = arm.answer(Call(world, method, "", path, query, headers, sent))
        return Answer(answer.status, copy.deepcopy(answer.body), answer.headers)

    def _ask_vault(self, row: Row) -> Answer:
        """Without a token where Azure asked for one; else as somebody who may work with the vault's keys."""
        host, keys = row.host.replace(VAULTS, OWN_VAULTS), self._preparation.keys
        headers = {}
        if row.status != 401:
            who, tenant = self._key_officer(host)
            token, _ = self._world.tokens.issue(who, data_plane.AUDIENCE, tid=tenant)
            headers["authorization"] = f"Bearer {token}"
        body = keys.body(row)
        sent = json.dumps(body).encode() if body is not None else b""
        answer = data_plane.answer(Call(self._world, row.method, host, keys.path(row), self._query(row), headers, sent))
        keys.after(row, answer)
        return Answer(answer.status, copy.deepcopy(answer.body), answer.headers)

    def _key_officer(self, host: str) -> tuple[str, str]:
        """The principal of an access policy, or one with a role, and the vault's tenant."""
        vault = self._world.keyvault.vault(host)
        assert vault is not None
        properties = vault.body["properties"]
        if properties.get("enableRbacAuthorization"):
            return self._world.ids.principal("ops"), properties["tenantId"]
        return str(properties["accessPolicies"][0]["objectId"]), properties["tenantId"]

    def _headers(self, row: Row) -> dict[str, str]:
        """If-Match and If-None-Match, the former with the emulator's own etag where the recorded one was shown."""
        sent = {name.lower(): value for name, value in row.document["request_headers"].items()}
        return {
            name: self._own_etags.get(sent[name], sent[name]) for name in ("if-match", "if-none-match") if name in sent
        }

    def _query(self, row: Row) -> dict[str, str]:
        page = row.query.get("$skiptoken", "")
        return {**row.query, "$skiptoken": self._own_pages.get(page, page)} if page else row.query

    def _path(self, row: Row) -> str:
        """Recorded operations have ids of their own; a poll goes to the emulator's, which then is as far."""
        poll = re.fullmatch(_POLL, row.path, re.IGNORECASE)
        if result := re.fullmatch(r"(.*/commandresults/)([^/]+)", row.path, re.IGNORECASE):
            command = self._own_operations[result[2]]
            if row.status == 200 and (running := self._world.commands[command].running):
                running.wait(60)
            return result[1] + command
        if poll is None:
            busy = row.method != "GET" and self._world.operations.running_on("/".join(row.path.split("/")[:9]))
            if (busy and not row.path.endswith("/abort")) or _state(row) == "Succeeded":
                self._wait()
            return row.path
        over = row.status == 204 or (row.status == 200 and "/operationresults/" in row.path.lower())
        if over or str(row.fields.get("status")) in ("Succeeded", "Failed", "Canceled"):
            self._wait()
        return poll[1] + (self._own_operations.get(poll[2]) or self._begun(row))

    def _begun(self, row: Row) -> str:
        """The id of an operation that was begun by a row without a route, or before the recording."""
        about = Resource(f"{row.path.partition('/locations/')[0]}/recorded/before", {}, self._world.clock.now())

        def end() -> None:
            if row.fields.get("status") == "Failed":
                raise OperationFailed(row.fields["error"]["code"], row.fields["error"]["message"])

        operation = self._world.operations.start(about, ("InProgress",), 1.0, end)
        if row.status == 204 or row.fields.get("status") in ("Succeeded", "Failed"):
            self._wait()
        self._own_operations[name_of(row.path)] = operation.id
        return operation.id

    def _wait(self) -> None:
        self._world.clock.advance(2)
        self._world.settle()


def _page(link: str) -> str:
    return {key.lower(): value for key, value in parse_qsl(urlsplit(link).query)}.get("$skiptoken", "")


def _state(row: Row) -> str:
    return str((row.fields.get("properties") or {}).get("provisioningState"))
