"""What `az aks kv secrets-provider` gives back: the keys that users script against, all of them always there."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.engine.result import Result
from azext_akskv.model.addon import Addon, Issuer
from azext_akskv.model.mounts.behind import TYPES, ProviderView, vault_of
from azext_akskv.model.mounts.consumer import Consumer
from azext_akskv.model.mounts.installed import layout_of
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.worker import Mode, worker_of
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provided import Provided
from azext_akskv.report.plain import plain
from azext_akskv.report.rows import Row, change_row, finding_row
from azext_akskv.report.text import Line

KINDS = {
    Mode.NODE: "node",
    Mode.WORKLOAD: "workload",
    Mode.PRINCIPAL: "service-principal",
    Mode.BINDING: "identity-binding",
    Mode.POD: "pod-identity",
}


def provision_row(result: Result) -> Row:
    """Of a change: as of every change, without secrets, which none of these commands rewrites."""
    row = change_row(result)
    del row["secrets"]
    return row


def shown_row(found: Provided) -> Row:
    """Null is what could not be looked at, and never a guess: a finding says why."""
    return {
        "cluster": plain(found.target.name),
        "resourceGroup": plain(found.target.group),
        "namespace": found.namespace,
        "installation": _installation(found),
        "addon": _addon(found.addon) if found.addon else None,
        "workloadIdentity": _workload(found.issuer, found.workload_identity),
        "scaleSets": _scale_sets(found),
        "classes": _classes(found.view),
        "findings": [finding_row(each) for each in found.findings],
    }


def _installation(found: Provided) -> str | None:
    """add-on, Helm chart, manifests or none."""
    if found.addon and found.addon.enabled:
        return "add-on"
    if found.view is None or not found.view.seen.installed.pods.known:
        return None
    pods = found.view.seen.installed.pods.get()
    return layout_of(pods[0], pods).value if pods else "none"


def _addon(addon: Addon) -> Row:
    own = addon.identity
    return {
        "enabled": addon.enabled,
        "rotation": addon.rotation,
        "rotationInterval": plain(addon.poll_interval),
        "identity": {
            "clientId": plain(own.client_id),
            "objectId": plain(own.object_id),
            "resourceId": str(own.resource_id) if own.resource_id else None,
        }
        if own
        else None,
    }


def _workload(issuer: Issuer | None, on: bool | None) -> Row:
    return {"enabled": on, "issuer": plain(issuer.url) if issuer and issuer.enabled else None}


def _scale_sets(found: Provided) -> list[Row] | None:
    """`hasIdentity`: the add-on's; null where that is off."""
    if not found.scale_sets.known:
        return None
    own = found.addon.identity if found.addon and found.addon.enabled else None
    return [
        {
            "name": plain(each.id.name),
            "pool": plain(each.pool),
            "os": each.os,
            "hasIdentity": each.has(own.resource_id) if own and own.resource_id else None,
            "identities": [plain(one.client_id) for one in each.identities],
        }
        for each in found.scale_sets.get()
    ]


def _classes(view: ProviderView | None) -> list[Row] | None:
    if view is None or not view.seen.classes.known:
        return None
    return [_class(view, each) for each in view.classes()]


def _class(view: ProviderView, one: SecretProviderClass) -> Row:
    worker = worker_of(one)
    return {
        "namespace": plain(one.namespace),
        "name": plain(one.name),
        "vault": plain(vault_of(one)) or None,
        "readsAs": KINDS[worker.mode] if worker else None,
        "clientId": plain(worker.client_id) if worker else None,
        "objects": [
            {
                "type": plain(each.type),
                "name": plain(each.name),
                "version": plain(each.version) or None,
                "file": plain(each.file),
            }
            for each in one.objects
        ],
        "pods": [_pod(view, one, each) for each in view.users(one)] if view.seen.consumers.known else None,
        "secrets": _synced(view, one),
    }


def _pod(view: ProviderView, one: SecretProviderClass, pod: Consumer) -> Row:
    """`mounted` is null where it could not be looked at; `objects`: what this pod has, by its version."""
    try:
        mounted = view.seen.mounted_by(pod, one.name)
    except NotObserved:
        return {"name": plain(pod.name), "node": plain(pod.node) or None, "mounted": None, "objects": []}
    objects = mounted.objects if mounted else {}
    return {
        "name": plain(pod.name),
        "node": plain(pod.node) or None,
        "mounted": bool(mounted and mounted.mounted),
        "objects": [_object(each, version) for each, version in sorted(objects.items())],
    }


def _object(told: str, version: str) -> Row:
    """As a status tells it: `secret/db-pass`."""
    of, _, name = told.partition("/")
    known = of if of in TYPES else ""
    return {"type": known or None, "name": plain(name if known else told), "version": plain(version) or None}


def _synced(view: ProviderView, one: SecretProviderClass) -> list[Row]:
    """The Secrets that the class asks for: whether they are there, and under which keys things shall lie in them."""
    seen = view.seen.secrets_of(one.namespace)
    there = {each.name: each for each in seen.value or ()}
    return [
        {
            "name": plain(each.secret),
            "type": plain(each.type) or "Opaque",
            "keys": [plain(entry.key) for entry in each.data],
            "there": each.secret in there if seen.known else None,
        }
        for each in one.secret_objects
    ]


def provided_lines(found: Provided) -> list[Line]:
    """What a person wants to know first, in a few sentences."""
    if found.addon is None:
        return []
    return [Line("", each) for each in _sentences(found, found.addon)]


def _sentences(found: Provided, addon: Addon) -> Iterator[str]:
    installed = _installation(found)
    how = {None: "not known", "none": "none", "add-on": "the add-on of AKS"}.get(installed, f"{installed}")
    rotation = f", rotation every {plain(addon.poll_interval)}" if addon.rotation else ", rotation off"
    yield f"{plain(found.target.name)}, secrets provider: {how}{rotation if addon.enabled else ''}."
    if addon.enabled and addon.identity:
        yield f"The add-on reads as the client id {plain(addon.identity.client_id)}."
    rows = _classes(found.view)
    if rows is None:
        yield "The SecretProviderClasses could not be looked at."
        return
    if not rows:
        yield "No SecretProviderClass for Azure."
        return
    pods = [pod for row in rows for pod in row["pods"] or ()]
    mounted = sum(pod["mounted"] is True for pod in pods)
    classes = f"{len(rows)} SecretProviderClass{'es' * (len(rows) != 1)} for Azure"
    yield f"{classes}, {len(pods)} mount{'s' * (len(pods) != 1)}, {mounted} of them done."
