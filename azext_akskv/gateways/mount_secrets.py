"""Secrets by the rows of Tables, and whether an account may make some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azext_akskv.failures import Denied, GatewayError
from azext_akskv.gateways.kube import TABLE, WITHOUT_OBJECTS, cells, check_table, following, understanding
from azext_akskv.gateways.kube_server import Request
from azext_akskv.gateways.mount_lists import SECRETS, why_not
from azext_akskv.gateways.mount_pages import Ask
from azext_akskv.model.members import child, flag
from azext_akskv.model.mounts.synced import MANAGED, USED, AccountRef, SyncedSecret
from azext_akskv.model.observed import Observed

REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
ROWS = "500"
Row = tuple[str, str, int | None]
"""Name, type, number of entries."""


def secrets_of(ask: Ask, namespace: str, labelled: bool = True) -> Observed[tuple[SyncedSecret, ...]]:
    """Nothing but Tables without objects is asked for: see gateways/kube.py. `labelled`: also which have our labels."""
    try:
        rows = whole_table(ask, namespace)
    except GatewayError as error:
        return Observed.unknown(why_not(SECRETS, error))
    managed, used = (_labelled(ask, namespace, label) if rows and labelled else None for label in (MANAGED, USED))
    return Observed(tuple(secret_of(namespace, row, managed, used) for row in rows))


def secret_of(namespace: str, row: Row, managed: set[str] | None, used: set[str] | None) -> SyncedSecret:
    """The sets are of names with a label; None: not known."""
    name, kind, entries = row
    marks = (None if names is None else name in names for names in (managed, used))
    return SyncedSecret(namespace, name, kind, entries, *marks)


def _labelled(ask: Ask, namespace: str, label: str) -> set[str] | None:
    try:
        return {name for name, _, _ in whole_table(ask, namespace, label)}
    except GatewayError:
        return None


def whole_table(ask: Ask, namespace: str, label: str = "") -> list[Row]:
    """Of all pages, those with that label selector. Raises GatewayError."""
    rows, after = list[Row](), ""
    query = {**WITHOUT_OBJECTS, "limit": ROWS, **({"labelSelector": label} if label else {})}
    while True:
        more = {"continue": after} if after else {}
        reply = ask(Request(SECRETS.doing, "GET", SECRETS.path(namespace), {**query, **more}, accept=TABLE))
        check_table(SECRETS.doing, reply)
        rows += table_rows(reply.json)
        after = following(reply) or ""
        if not after:
            return rows


def table_rows(table: Mapping[str, Any]) -> list[Row]:
    """Of a checked Table."""
    columns = [str(column.get("name")) for column in table.get("columnDefinitions") or ()]
    places = [columns.index(name) if name in columns else None for name in ("Name", "Type", "Data")]
    found = []
    for row in table.get("rows") or ():
        name, kind, data = (None if place is None else cells(row)[place] for place in places)
        entries = data if isinstance(data, int) and not isinstance(data, bool) else None
        found.append((str(name or ""), str(kind or ""), entries))
    return found


def may_make_secrets(ask: Ask, account: AccountRef, namespace: str) -> Observed[bool]:
    """A SubjectAccessReview: a POST that changes nothing, which not everybody may make."""
    doing = f"ask whether {account} may create secrets in {namespace}"
    try:
        reply = ask(Request(doing, "POST", REVIEWS, body=review_of(account, namespace)))
        with understanding(doing):
            allowed = flag(child(reply.json, "status"), "allowed")
    except GatewayError as error:
        return no_review(error)
    return Observed.unknown(f"cannot {doing}: the answer does not say") if allowed is None else Observed(allowed)


def no_review(error: GatewayError) -> Observed[bool]:
    needed = "; the right that is needed: create subjectaccessreviews.authorization.k8s.io"
    return Observed.unknown(f"cannot {error}{needed if isinstance(error, Denied) else ''}")


def review_of(account: AccountRef, namespace: str) -> dict[str, Any]:
    attributes = {"verb": "create", "resource": "secrets", "group": "", "namespace": namespace}
    spec = {"user": account.user, "groups": list(account.groups), "resourceAttributes": attributes}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
