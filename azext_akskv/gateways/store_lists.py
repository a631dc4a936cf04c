"""Which lists of the API server tell of secrets that are copied into its cluster, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from azext_akskv.failures import Missing
from azext_akskv.gateways.mount_lists import (
    ACCOUNTS,
    CLASSES,
    DRIVER,
    NODES,
    SYSTEM,
    Answer,
    Items,
    Wanted,
    class_of,
    each_of,
    observed,
)
from azext_akskv.model.members import Json, child, text
from azext_akskv.model.mounts.installed import parse_driver, parse_system_pod
from azext_akskv.model.mounts.manifests.manifest import SYNC_GROUP as GROUP
from azext_akskv.model.mounts.manifests.manifest import SYNC_VERSION as VERSION
from azext_akskv.model.mounts.synced import parse_account
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.extension import NAMESPACE
from azext_akskv.model.secret_store.remedies import DEPLOYMENT, POD_LABEL
from azext_akskv.model.secret_store.seen import (
    CERT_MANAGER,
    TRUST_MANAGER,
    StoreSeen,
    parse_certifier,
    parse_controller_pod,
    parse_edge_node,
    parse_program,
    parse_store_event,
)
from azext_akskv.model.secret_store.sync import AKV_SYNC, SYNC, parse_akv_sync, parse_sync

T = TypeVar("T")
SYNCS_API, APPS = f"apis/{GROUP}/{VERSION}", "apis/apps/v1"
_CERTIFIERS = (CERT_MANAGER, "cainjector", "webhook", "cert-manager-cainjector", "cert-manager-webhook", TRUST_MANAGER)
"""Of the label app.kubernetes.io/name, as the charts have it. [3P]"""
NAMESPACES = Wanted("the namespaces", "api/v1", "namespaces")
CONTROLLERS = Wanted(
    *("the deployments of the Secret Store", APPS, "deployments", True),
    selectors=(("fieldSelector", f"metadata.name={DEPLOYMENT}"),),
    everywhere=NAMESPACE,
)
CONTROLLER_PODS = Wanted(
    "the pods of the Secret Store", "api/v1", "pods", True, (("labelSelector", POD_LABEL),), everywhere=NAMESPACE
)
CERTIFIERS = Wanted(
    *("the deployments of cert-manager and trust-manager", APPS, "deployments", True),
    selectors=(("labelSelector", f"app.kubernetes.io/name in ({','.join(_CERTIFIERS)})"),),
    everywhere=CERT_MANAGER,
)
SYNCS = Wanted("the SecretSyncs", SYNCS_API, "secretsyncs", True)
AKV_SYNCS = Wanted("the AKVSyncs", SYNCS_API, "akvsyncs", True)
STORE_CLASSES = replace(CLASSES, everywhere="")
SYNC_EVENTS, AKV_EVENTS = (
    Wanted(f"the events of {kind}s", "api/v1", "events", True, (("fieldSelector", f"involvedObject.kind={kind}"),))
    for kind in (SYNC, AKV_SYNC)
)
"""Apart: a field selector takes one value of each field. [D]"""
TROUBLES = Wanted("the warnings of the Secret Store", "api/v1", "events", True, (("fieldSelector", "type=Warning"),))
LISTS: Mapping[str, Wanted] = {
    "namespaces": NAMESPACES,
    "nodes": NODES,
    "controllers": CONTROLLERS,
    "pods": CONTROLLER_PODS,
    "certificates": CERTIFIERS,
    "classes": STORE_CLASSES,
    "syncs": SYNCS,
    "akv_syncs": AKV_SYNCS,
    "accounts": ACCOUNTS,
    "events": SYNC_EVENTS,
    "akv_events": AKV_EVENTS,
    "system": SYSTEM,
}
"""TROUBLES is of the controller's namespace, whichever was asked for."""


def seen_of(namespace: str | None, answers: Mapping[str, Answer], definitions: Observed[frozenset[str]]) -> StoreSeen:
    """All but the secrets, for which these have to be known first. `answers` are of LISTS, of TROUBLES (`troubles`) and
    DRIVER (`driver`)."""

    def part(name: str, parse: Callable[[Json], T | None]) -> Observed[tuple[T, ...]]:
        wanted = LISTS[name]
        return each_of(wanted, present(wanted, answers[name]), parse)

    return StoreSeen(
        namespace=namespace,
        namespaces=observed(NAMESPACES, answers["namespaces"], lambda items: dict(map(_phase, items))),
        definitions=definitions,
        nodes=part("nodes", parse_edge_node),
        controllers=part("controllers", parse_program),
        pods=part("pods", parse_controller_pod),
        certificates=part("certificates", parse_certifier),
        classes=part("classes", class_of),
        syncs=part("syncs", parse_sync),
        akv_syncs=part("akv_syncs", parse_akv_sync),
        accounts=part("accounts", parse_account),
        events=together(part("events", parse_store_event), part("akv_events", parse_store_event)),
        troubles=each_of(TROUBLES, answers["troubles"], parse_store_event),
        driver=observed(DRIVER, answers["driver"], lambda items: next(map(parse_driver, items), None)),
        driver_pods=part("system", parse_system_pod),
    )


def home_of(controllers: Answer) -> str:
    """The namespace of the controller, wherever it is installed; the extension's own where it is not seen."""
    items = controllers.items if isinstance(controllers, Items) else ()
    found = (each.get("metadata") for each in items)
    names = (each.get("namespace") for each in found if isinstance(each, dict))
    return next((each for each in names if isinstance(each, str) and each), NAMESPACE)


def present(wanted: Wanted, answer: Answer) -> Answer:
    """Without its kind there are no objects of a custom kind: that the kind lacks is told by itself."""
    custom = wanted.api not in ("api/v1", APPS)
    return Items() if custom and isinstance(answer, Missing) else answer


def together(one: Observed[tuple[T, ...]], other: Observed[tuple[T, ...]]) -> Observed[tuple[T, ...]]:
    """Unknown where either is."""
    if one.value is None or other.value is None:
        return one if one.value is None else other
    return Observed(one.value + other.value)


def _phase(raw: Mapping[str, Any]) -> tuple[str, str]:
    return text(child(raw, "metadata"), "name"), text(child(raw, "status"), "phase") or "Active"
