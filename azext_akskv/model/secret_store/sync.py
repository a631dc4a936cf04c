"""SecretSync and AKVSync: what shall be copied into a Secret, and what the controller says of it.

A Secret has the name of its SecretSync. Nothing here holds what a Secret holds: only names, times and texts of errors,
and these without anything that looks like a credential.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from azext_akskv.model.ids import BadInput
from azext_akskv.model.members import child, children, labels, number, text, whole
from azext_akskv.model.times import parse_time

SYNC, AKV_SYNC = "SecretSync", "AKVSync"
OPAQUE = "Opaque"
"""The type of a Secret that none is named for. [SRC]"""
_ORDINAL = re.compile(r"/([0-9]{1,6})(?=/|$)", re.ASCII)


@dataclass(frozen=True)
class SyncedItem:
    """An entry of the Secret: `source` is the thing in the vault by its path, `key` the entry's name."""

    source: str
    key: str

    @property
    def name(self) -> str:
        """Of the thing in the vault."""
        return self.source.partition("/")[0]

    @property
    def ordinal(self) -> int | None:
        """Which of its versions, counted from the newest, which is 0; None: the path has no number."""
        found = _ORDINAL.search(self.source)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Condition:
    """`status`: True, False or Unknown. `at`: when the status last changed, in UTC, None where it is not told; another
    reason with the same status does not count as a change. [SRC]"""

    type: str
    status: str
    reason: str
    message: str = field(default="", repr=False)
    at: datetime | None = None
    generation: int | None = None

    @property
    def good(self) -> bool:
        return self.status.lower() == "true"

    @property
    def creating(self) -> bool | None:
        """Of making the Secret, not of renewing it; None: its type does not tell. [SRC]"""
        told = self.type.lower()
        return True if "create" in told else False if "update" in told else None


@dataclass(frozen=True)
class SecretSync:
    """`force`: forceSynchronization, whose change alone starts a copy. `last_success`: when the Secret last got what
    the vault has, in UTC. `generation`: how often the spec was changed."""

    namespace: str
    name: str
    service_account: str = ""
    class_name: str = ""
    type: str = OPAQUE
    items: tuple[SyncedItem, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    force: str = ""
    conditions: tuple[Condition, ...] = ()
    last_success: datetime | None = None
    created: datetime | None = None
    generation: int | None = None
    akv_sync: str = ""
    """The AKVSync that made it: then it must not be changed itself. [D]"""
    ending: bool = False
    """It is being deleted."""

    def age(self, now: datetime) -> timedelta | None:
        """Since the last good copy; None: there was none."""
        return now - self.last_success if self.last_success else None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class AkvObject:
    """What an AKVSync shall copy. `kinds`: secretInAKV, certInAKV, or mapping for several into one Secret; exactly one
    of them has to be there [D]. `names`: of the things in the vault. `history`: how many versions."""

    kinds: tuple[str, ...]
    names: tuple[str, ...]
    secret: str = ""
    """The Secret's name, empty where it is that of the thing."""
    type: str = ""
    history: int = 1


@dataclass(frozen=True)
class AkvSync:
    """The newer way, since 1.1.5 and still a preview [D]: it makes a SecretProviderClass and SecretSyncs. How its
    status looks no document tells; conditions are read where there are any. [INF]"""

    namespace: str
    name: str
    vault: str = ""
    client_id: str = ""
    tenant_id: str = ""
    service_account: str = ""
    objects: tuple[AkvObject, ...] = ()
    conditions: tuple[Condition, ...] = ()
    created: datetime | None = None

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def parse_sync(raw: Mapping[str, Any]) -> SecretSync:
    """Raises BadInput when the JSON is not a SecretSync."""
    metadata, spec, status = _parts(raw, SYNC)
    wanted = child(spec, "secretObject")
    owners = children(metadata, "ownerReferences")
    return SecretSync(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        service_account=text(spec, "serviceAccountName"),
        class_name=text(spec, "secretProviderClassName"),
        type=text(wanted, "type") or OPAQUE,
        items=tuple(SyncedItem(text(each, "sourcePath"), text(each, "targetKey")) for each in children(wanted, "data")),
        labels=labels(wanted, "labels"),
        annotations=labels(wanted, "annotations"),
        force=text(spec, "forceSynchronization"),
        conditions=conditions_of(status),
        last_success=parse_time(text(status, "lastSuccessfulSyncTime")),
        created=parse_time(text(metadata, "creationTimestamp")),
        generation=number(metadata, "generation"),
        akv_sync=next((text(each, "name") for each in owners if text(each, "kind") == AKV_SYNC), ""),
        ending=bool(text(metadata, "deletionTimestamp")),
    )


def parse_akv_sync(raw: Mapping[str, Any]) -> AkvSync:
    """Raises BadInput when the JSON is not an AKVSync."""
    metadata, spec, status = _parts(raw, AKV_SYNC)
    return AkvSync(
        namespace=text(metadata, "namespace"),
        name=text(metadata, "name"),
        vault=text(spec, "keyvaultName"),
        client_id=text(spec, "clientID"),
        tenant_id=text(spec, "tenantID"),
        service_account=text(spec, "serviceAccountName"),
        objects=tuple(_akv_object(each) for each in children(spec, "objects")),
        conditions=conditions_of(status),
        created=parse_time(text(metadata, "creationTimestamp")),
    )


def conditions_of(status: Mapping[str, Any]) -> tuple[Condition, ...]:
    """Raises BadInput."""
    return tuple(
        Condition(
            text(each, "type"),
            text(each, "status"),
            text(each, "reason"),
            text(each, "message"),
            parse_time(text(each, "lastTransitionTime")),
            number(each, "observedGeneration"),
        )
        for each in children(status, "conditions")
    )


def _parts(raw: Mapping[str, Any], kind: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    told = text(whole(raw), "kind")
    if told not in ("", kind):  # the items of a list come without their kind
        raise BadInput(f"not a {kind}")
    metadata = child(raw, "metadata")
    if not text(metadata, "name"):
        raise BadInput(f"not a {kind}: it has no name")
    return metadata, child(raw, "spec"), child(raw, "status")


def _akv_object(raw: Mapping[str, Any]) -> AkvObject:
    """`secretInAKV` is a name, or an object with one: both are read, because only the former was seen. [INF]"""
    names = tuple(_names_in(raw))
    kinds = tuple(kind for kind in ("mapping", "secretInAKV", "certInAKV") if raw.get(kind) is not None)
    history = number(raw, "versionHistory")
    return AkvObject(
        kinds,
        names,
        text(raw, "kubernetesSecretName"),
        text(raw, "kubernetesSecretType"),
        1 if history is None else history,
    )


def _names_in(raw: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("secretInAKV", "certInAKV"):
        found = raw.get(kind)
        yield from [text(found, "name")] if isinstance(found, dict) else [text(raw, kind)] if found else []
    for each in children(raw, "mapping"):
        yield from _names_in({name: value for name, value in each.items() if name != "mapping"})
