"""Secrets that are copies, by the rows of Tables, and how one is deleted without having been read.

Not even their metadata is asked for, which would have their UIDs: `kubectl apply` leaves the values in an annotation,
and a Secret that somebody made by hand under the name of a copy is just what is looked at here. So the UID comes from a
deletion that is only rehearsed, whose answer has it and nothing else. [SRC: k8s.io/apiserver delete handler]
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from azext_akskv.failures import Missing, Rejected
from azext_akskv.gateways.kube import TABLE, WITHOUT_OBJECTS, check_table, understanding, version_of
from azext_akskv.gateways.kube_manifests import seen
from azext_akskv.gateways.kube_server import Reply, Request
from azext_akskv.gateways.mount_pages import Ask
from azext_akskv.gateways.mount_secrets import Row, table_rows, whole_table
from azext_akskv.model.members import child, text
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.seen import SYNC_LABEL, SecretRow


def rows_of(ask: Ask, namespace: str) -> Observed[tuple[SecretRow, ...]]:
    """`labelled`: whether they have the label at all. Raises GatewayError where the next question would end the same
    way."""

    def read() -> tuple[SecretRow, ...]:
        rows = whole_table(ask, namespace)
        marked = {name for name, _, _ in whole_table(ask, namespace, SYNC_LABEL)} if rows else set[str]()
        return tuple(_row(namespace, each, each[0] in marked) for each in rows)

    return seen(f"the secrets of {namespace}", read)


def row_of(ask: Ask, namespace: str, name: str) -> SecretRow | None:
    """Raises GatewayError."""
    doing = f"look at the row of the secret {namespace}/{name}"
    try:
        reply = ask(Request(doing, "GET", path_of(namespace, name), WITHOUT_OBJECTS, accept=TABLE))
    except Missing:
        return None
    check_table(doing, reply)
    rows = table_rows(reply.json)
    if [each[0] for each in rows] != [name]:
        raise Rejected(doing, "not-a-table", "the API server did not answer with the row of this secret")
    own = whole_table(ask, namespace, f"{SYNC_LABEL}={name}")
    version = str(version_of(doing, reply))
    return _row(namespace, rows[0], name in {each[0] for each in own}, version)


def delete_secret(ask: Ask, secret: SecretRow) -> None:
    """Raises Conflict where it is another one or was changed, Rejected for a row without a version."""
    doing = f"delete the secret {secret}"
    if not secret.version:
        raise Rejected(doing, "no-version", "it was not looked at by itself before")
    with suppress(Missing):
        uid = _uid(ask, secret)
        conditions = {"uid": uid, "resourceVersion": secret.version}
        _delete(ask, doing, secret, options(conditions))


def _uid(ask: Ask, secret: SecretRow) -> str:
    """Raises Rejected where the answer does not tell it: then nothing was deleted, and nothing will be."""
    doing = f"rehearse to delete the secret {secret}"
    reply = _delete(ask, doing, secret, {**options({"resourceVersion": secret.version}), "dryRun": ["All"]})
    with understanding(doing):
        uid = text(child(reply.json, "details"), "uid") if reply.json.get("kind") == "Status" else ""
    if not uid:
        raise Rejected(doing, "no-uid", "the API server does not tell the UID of what it would delete")
    return uid


def _delete(ask: Ask, doing: str, secret: SecretRow, body: Mapping[str, Any]) -> Reply:
    """The answer is a Status; where finalizers hold the Secret back it is the Secret, which then comes as a row."""
    query = {**WITHOUT_OBJECTS, **({"dryRun": "All"} if "dryRun" in body else {})}
    path = path_of(secret.namespace, secret.name)
    return ask(Request(doing, "DELETE", path, query, body, accept=f"{TABLE},application/json"))


def options(preconditions: Mapping[str, str], policy: str = "Background") -> dict[str, Any]:
    """Of a deletion."""
    head = {"apiVersion": "v1", "kind": "DeleteOptions"}
    return {**head, "preconditions": dict(preconditions), "propagationPolicy": policy}


def path_of(namespace: str, name: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/secrets/{quote(name, safe='')}"


def _row(namespace: str, row: Row, labelled: bool, version: str = "") -> SecretRow:
    name, kind, entries = row
    return SecretRow(namespace, name, kind, entries, labelled, version)
