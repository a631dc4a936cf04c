"""Fills ports.Secrets: names, versions and empty patches at the API server, and our own note about the key.

Of a Secret nothing but Tables without objects is ever asked for: a row has the name, the type, the number of entries
and the age. Metadata would not do: kubectl's annotation last-applied-configuration holds values in plain. [seen]
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from azext_akskv.failures import Conflict, Denied, Missing, Rejected, Throttled, Unavailable, Unreadable
from azext_akskv.gateways.kube_metrics import METRICS, key_evidence, live_servers
from azext_akskv.gateways.kube_server import ApiServer, Reply, Request
from azext_akskv.gateways.kube_status import UNAUTHORIZED
from azext_akskv.gateways.retries import Retries
from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.kube import KeyEvidence, KubeRight, SecretPage, SecretRef, Switch
from azext_akskv.model.members import child, children, flag, labels, text
from azext_akskv.ports import Touched

T = TypeVar("T")

TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1"
"""The only type accepted: a server that has no Tables answers 406, never with the objects."""
WITHOUT_OBJECTS = {"includeObject": "None"}
MERGE_PATCH = "application/merge-patch+json"
MOST_CONFLICTS = 4
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
LEASE = "/apis/coordination.k8s.io/v1/namespaces/default/leases/akskv"
IDENTITY_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
MARK = "akskv/"
CURRENT = -1
"""In a continue token instead of a resourceVersion: the list as it is now. [k8s.io/apiserver storage/continue.go]"""


class KubeSecrets:
    """`connect` logs in: at the first request, and once more when the API server does not know us any more, which is
    how tokens and certificates end. Any thread may call. `retries` are for all but `touch`: it sleeps in no thread of
    a pool, and is asked again by those who wait for it."""

    def __init__(self, connect: Callable[[], ApiServer], retries: Retries) -> None:
        self._connect = connect
        self._retries = retries
        self._connected: ApiServer | None = None
        self._connecting = threading.Lock()

    def namespaces(self) -> list[str]:
        names, after = [], ""
        while True:
            reply = self._table("list the namespaces", "/api/v1/namespaces", 500, after)
            names += row_names(reply)
            after = following(reply) or ""
            if not after:
                return names

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        doing = f"list the secrets of {namespace}"
        reply = self._table(doing, f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets", limit, after or "")
        secrets = tuple(SecretRef(namespace, name) for name in row_names(reply))
        return SecretPage(secrets, version_of(doing, reply), following(reply))

    def behind(self, secret: SecretRef) -> str:
        """The token's form is public and fixed; servers take one that they did not make. [seen on 1.20]"""
        token = {"v": "meta.k8s.io/v1", "rv": CURRENT, "start": f"{secret.name}\0"}
        return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")

    def ready(self) -> bool:
        try:
            return self._retries.insist(lambda: self._logged_in(ApiServer.ready))
        except (Unavailable, Throttled):
            return False

    def latest_version(self) -> int:
        """No resourceVersion in the request: the answer is as new as etcd."""
        doing = "read the present resourceVersion"
        return version_of(doing, self._table(doing, "/api/v1/secrets", 1))

    def touch(self, secret: SecretRef) -> Touched:
        """A conflict means that somebody wrote in between, maybe before the key changed: so it is patched again."""
        request = empty_patch(f"rewrite {secret}", secret)
        for conflicts in range(MOST_CONFLICTS + 1):
            try:
                reply = self._logged_in(lambda server: server.ask_often(request))
            except Conflict:
                if conflicts == MOST_CONFLICTS:
                    raise
            except Unreadable as error:  # only a LIST says which one it is
                raise Unreadable(error.doing, error.message, str(secret)) from None
            else:
                check_table(request.doing, reply)
                return Touched(version_of(request.doing, reply), conflicts)
        raise AssertionError("the last conflict is raised")

    def may(self, right: KubeRight) -> bool:
        attributes = {"verb": right.verb, "resource": right.resource, "group": right.group}
        attributes |= {"namespace": right.namespace} if right.namespace else {}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        reply = self.ask(Request(f"ask whether we may {right}", "POST", REVIEWS, body=body))
        return flag(child(reply.json, "status"), "allowed") is True

    def rehearse(self, secret: SecretRef) -> None:
        doing = f"rehearse the rewrite of {secret}"
        check_table(doing, self.ask(empty_patch(doing, secret, {"dryRun": "All"})))

    def switch(self) -> Switch | None:
        """None also when somebody spoiled the note: then R0 is unknown, and everything is rewritten again."""
        lease = self._lease() or {}
        try:
            notes = labels(child(lease, "metadata"), "annotations")
            return Switch(
                key=notes[f"{MARK}key"],
                tag=notes[f"{MARK}tag"],
                r0=int(notes[f"{MARK}r0"]),
                proved=notes[f"{MARK}proved"] == "true",
            )
        except (KeyError, ValueError):
            return None

    def note_switch(self, switch: Switch) -> None:
        """Raises Conflict when somebody else writes the same note at this moment."""
        lease = self._lease()
        notes = {"key": switch.key, "tag": switch.tag, "r0": str(switch.r0), "proved": str(switch.proved).lower()}
        marked = {f"{MARK}{name}": value for name, value in notes.items()}
        doing = "note the key change in the cluster"
        try:
            if lease:
                metadata = lease["metadata"]
                metadata["annotations"] = {**child(metadata, "annotations"), **marked}
                self.ask(Request(doing, "PUT", LEASE, body=lease))  # with the version that was read
            else:
                body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": {}}
                body["metadata"] = {"name": "akskv", "namespace": "default", "annotations": marked}
                self.ask(Request(doing, "POST", LEASE.rpartition("/")[0], body=body))
        except Conflict:
            if self.switch() != switch:  # the same: it was our own write, whose answer was lost
                raise

    def evidence(self) -> KeyEvidence | None:
        query = {"labelSelector": "apiserver.kubernetes.io/identity=kube-apiserver", "limit": "100"}
        doing = "list the API servers"
        leases = self.ask(Request(doing, "GET", IDENTITY_LEASES, query))
        with understanding(doing):
            servers = live_servers(leases.json, leases.headers.get("Date", ""))
        return key_evidence(servers, lambda: self._server(None).lines(METRICS)) if servers else None

    def _lease(self) -> dict[str, Any] | None:
        try:
            lease = self.ask(Request(doing := "read our note in the cluster", "GET", LEASE)).json
        except Missing:
            return None
        with understanding(doing):
            lease["metadata"] = child(lease, "metadata")
            child(lease["metadata"], "annotations")
        return lease

    def _table(self, doing: str, path: str, limit: int, after: str = "") -> Reply:
        query = {**WITHOUT_OBJECTS, "limit": str(limit), **({"continue": after} if after else {})}
        reply = self.ask(Request(doing, "GET", path, query, accept=TABLE))
        check_table(doing, reply)
        return reply

    def ask(self, request: Request) -> Reply:
        return self._retries.insist(lambda: self.ask_once(request))

    def ask_once(self, request: Request) -> Reply:
        return self._logged_in(lambda server: server.ask(request))

    def lines(self, request: Request) -> list[str]:
        """Of a text."""
        return self._retries.insist(lambda: self._logged_in(lambda server: list(server.lines(request))))

    def _logged_in(self, call: Callable[[ApiServer], T]) -> T:
        server = self._server(None)
        try:
            return call(server)
        except Denied as error:
            if error.code != UNAUTHORIZED:
                raise
        return call(self._server(server))

    def _server(self, unless: ApiServer | None) -> ApiServer:
        """The one that is there, or a new one when there is none or it is the one that was refused."""
        with self._connecting:  # sixteen threads are refused at the same moment, and one of them logs in
            if self._connected is None or self._connected is unless:
                self._connected = self._connect()
            return self._connected


def empty_patch(doing: str, secret: SecretRef, query: dict[str, str] | None = None) -> Request:
    """What makes an API server write a stale secret anew, and answer without its values."""
    namespace, name = quote(secret.namespace, safe=""), quote(secret.name, safe="")
    return Request(
        doing=doing,
        method="PATCH",
        path=f"/api/v1/namespaces/{namespace}/secrets/{name}",
        query={**WITHOUT_OBJECTS, **(query or {})},
        body={},
        content_type=MERGE_PATCH,
        accept=TABLE,
    )


def check_table(doing: str, reply: Reply) -> None:
    """Raises Rejected unless the answer is a Table without objects: nothing else is ever looked into."""
    table = reply.json
    if table.get("kind") != "Table" or not str(table.get("apiVersion", "")).startswith("meta.k8s.io/"):
        raise Rejected(doing, "not-a-table", "the API server did not answer with a Table; nothing of it was kept")
    with understanding(doing):
        rows, columns = children(table, "rows"), children(table, "columnDefinitions")
        text(child(table, "metadata"), "continue")
        if any(len(cells(row)) < max(1, len(columns)) for row in rows):
            raise BadInput("a row has fewer cells than there are columns")
    if any(row.get("object") for row in rows):
        raise Rejected(doing, "not-a-table", "the API server answered with objects; nothing of them was kept")


@contextmanager
def understanding(doing: str) -> Iterator[None]:
    """Raises Rejected for an answer that is not what it should be."""
    try:
        yield
    except ValueError as error:  # BadInput is one
        raise Rejected(doing, "UnreadableAnswer", str(error)) from None


def cells(row: dict[str, Any]) -> list[Any]:
    found = row.get("cells")
    return found if isinstance(found, list) else []


def following(reply: Reply) -> str | None:
    """The token of the next page."""
    return child(reply.json, "metadata").get("continue") or None


def row_names(reply: Reply) -> list[str]:
    columns = [str(column.get("name")) for column in reply.json.get("columnDefinitions") or ()]
    place = columns.index("Name") if "Name" in columns else 0
    return [str(row["cells"][place]) for row in reply.json.get("rows") or ()]


def version_of(doing: str, reply: Reply) -> int:
    """resourceVersions are opaque by contract, but those of etcd are its revision, a growing number for the whole
    cluster; the proof stands on that. [D: Kubernetes 1.35 declares them comparable as numbers]"""
    told = str(child(reply.json, "metadata").get("resourceVersion") or "")
    if not re.fullmatch("[0-9]{1,20}", told):
        raise Rejected(doing, "no-version", f"the answer has the resourceVersion {in_short(told)}; expected a number")
    return int(told)
