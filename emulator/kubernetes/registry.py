"""Reading and writing objects: etcd behind, encryption between, admission and validation in front."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.kubernetes import objects, pods, statuses
from emulator.kubernetes.admission import refuse_by_admission
from emulator.kubernetes.encryption import Identity, Providers, TransformError
from emulator.kubernetes.kinds import NAMESPACES, PODS, SERVICE_ACCOUNTS, Kind, Target
from emulator.kubernetes.lists import ListRequest, continue_token, list_request
from emulator.kubernetes.storage import Entry, Storage
from emulator.worlds.cluster_access import AdmissionRule

Object = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """An object as stored (see `objects.encoded`) and its resourceVersion."""

    plain: bytes
    revision: int

    def content(self) -> Object:
        loaded: Object = json.loads(self.plain)
        return loaded


@dataclass(frozen=True)
class Page:
    """`remaining` is None where an API server does not count: with selectors, and on the last page."""

    items: list[Found]
    revision: int
    token: str | None
    remaining: int | None


class Registry:
    """The objects of one API server. `providers` are those of the encrypted kinds; a restart replaces them."""

    def __init__(self, storage: Storage, admission: tuple[AdmissionRule, ...], stamp: Callable[[str], Object]) -> None:
        self.storage = storage
        self.providers = Providers([Identity()])
        self._plain = Providers([Identity()])
        self._admission = admission
        self.stamp = stamp
        """The uid and creationTimestamp of a new object, by its key in etcd."""

    def read(self, kind: Kind, key: str, entry: Entry) -> tuple[bytes, bool]:
        """The object in a revision, and whether an update must write it anew.

        Raises TransformError.
        """
        assert entry.value is not None
        return (self.providers if kind.encrypted else self._plain).read(entry.value, key)

    def content(self, kind: Kind, key: str, entry: Entry) -> Object:
        """An object without its resourceVersion. Raises TransformError."""
        loaded: Object = json.loads(self.read(kind, key, entry)[0])
        return loaded

    def get(self, target: Target) -> Found:
        """Raises Refusal: 404, or 500 when the value cannot be decrypted."""
        entry, plain, _ = self._existing(target)
        return Found(plain, entry.revision)

    def list(self, target: Target, query: Mapping[str, str]) -> Page:
        """Raises Refusal: 400, 410, or 500 for the whole list when one value cannot be decrypted."""
        request = list_request(query, target.kind.prefix(target.namespace), self.storage)
        items: list[Found] = []
        last = ""
        for key, entry in self.storage.range(request.prefix, request.start, request.revision):
            if request.limit and len(items) == request.limit:
                return Page(items, request.revision, continue_token(request, last), self._remaining(request, last))
            found = Found(self._listed(target.kind, key, entry, request), entry.revision)
            if request.test is None or request.test(found.content()):
                items.append(found)
            last = key
        return Page(items, request.revision, None, None)

    def create(self, target: Target, body: Any, dry_run: bool = False) -> Found:
        """Raises Refusal: 400, 403, 404 (no such namespace), 409, 422, or 500 when it cannot be encrypted."""
        kind, namespace = target.kind, target.namespace
        content = objects.stored_form(kind, body)
        metadata = {name: value for name, value in content["metadata"].items() if name != "resourceVersion"}
        if namespace and metadata.setdefault("namespace", namespace) != namespace:
            raise statuses.bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + self.stamp(metadata["generateName"])["uid"][:5]
        content["metadata"] = metadata
        objects.refuse_invalid(kind, content)
        name = metadata["name"]
        if namespace and self.storage.get(NAMESPACES.key(None, namespace)) is None:
            raise statuses.not_found(NAMESPACES, namespace)
        refuse_by_admission(self._admission, "CREATE", kind, namespace, name)
        if kind is PODS:
            content = self._completed_pod(content)
        key = kind.key(namespace, name)
        if self.storage.get(key) is not None:
            raise statuses.already_exists(kind, name)
        content["metadata"] = {"name": name, **metadata, **self.stamp(key)}
        content = objects.begun(kind, content)
        if kind is NAMESPACES:
            content |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        return self._write(kind, key, objects.encoded(content), None if dry_run else self.storage)

    def restore(self, kind: Kind, content: Object) -> Found:
        """Writes a whole object, uid and times included, as a world's start or a backup has it."""
        metadata = content["metadata"]
        key = kind.key(metadata.get("namespace"), metadata["name"])
        return self._write(kind, key, objects.encoded(content), self.storage)

    def update(self, target: Target, change: Callable[[Object], Object], dry_run: bool = False) -> Found:
        """Writes what `change` makes of the object; what it is given stays as it is. Identical content is written
        only when the stored value is stale [SRC][SEEN].

        Raises Refusal: 400, 403, 404, 409, 422, or 500 when it cannot be decrypted or encrypted.
        """
        entry, plain, stale = self._existing(target)
        old: Object = json.loads(plain)
        changed = change(old)
        assert target.name is not None
        _refuse_other_version(target.kind, target.name, changed, entry.revision, old)
        new = objects.updated(target.kind, old, changed)
        if new != old:
            objects.refuse_invalid(target.kind, new)
            objects.refuse_forbidden_change(target.kind, old, new)
            plain = objects.encoded(new)
        refuse_by_admission(self._admission, "UPDATE", target.kind, target.namespace, target.name)
        if dry_run or (new == old and not stale):
            return Found(plain, entry.revision)
        return self._write(target.kind, target.kind.key(target.namespace, target.name), plain, self.storage)

    def delete(self, target: Target, options: Any, dry_run: bool = False) -> Object:
        """The object that is gone. A namespace takes all that is in it along.

        Raises Refusal: 403, 404, 409 (preconditions), or 500 when it cannot be decrypted.
        """
        entry, plain, _ = self._existing(target)
        content: Object = json.loads(plain)
        assert target.name is not None
        wanted = (options or {}).get("preconditions") or {}
        if wanted.get("uid") and wanted["uid"] != content["metadata"]["uid"]:
            raise statuses.wrong_uid_to_delete(target.kind, target.name, wanted["uid"], content["metadata"]["uid"])
        _refuse_other_version(target.kind, target.name, {"metadata": wanted}, entry.revision, content)
        refuse_by_admission(self._admission, "DELETE", target.kind, target.namespace, target.name)
        if dry_run:
            return content
        if target.kind is NAMESPACES:
            self._empty_namespace(target.name)
        self.storage.delete(target.kind.key(target.namespace, target.name))
        return content

    def _completed_pod(self, content: Object) -> Object:
        """Raises Refusal: 422 or 400 for the pod, 403 when its account is not there [SRC]."""
        content = pods.completed(content)
        metadata, account = content["metadata"], content["spec"]["serviceAccountName"]
        if self.storage.get(SERVICE_ACCOUNTS.key(metadata["namespace"], account)) is None:
            raise statuses.no_such_account(metadata["name"], metadata["namespace"], account)
        return content

    def _existing(self, target: Target) -> tuple[Entry, bytes, bool]:
        assert target.name is not None
        key = target.kind.key(target.namespace, target.name)
        entry = self.storage.get(key)
        if entry is None:
            raise statuses.not_found(target.kind, target.name)
        try:
            plain, stale = self.read(target.kind, key, entry)
        except TransformError as error:
            raise statuses.internal_error(str(error)) from error
        return entry, plain, stale

    def _listed(self, kind: Kind, key: str, entry: Entry, request: ListRequest) -> bytes:
        if request.from_cache and entry.cached is not None:
            return entry.cached
        try:
            return self.read(kind, key, entry)[0]
        except TransformError as error:
            raise statuses.internal_error(f'unable to transform key "{key}": {error}') from error

    def _remaining(self, request: ListRequest, last: str) -> int | None:
        """[SRC] Counted only where no selector makes it a guess."""
        if request.test is not None:
            return None
        return sum(1 for _ in self.storage.range(request.prefix, last + "\0", request.revision))

    def _write(self, kind: Kind, key: str, plain: bytes, storage: Storage | None) -> Found:
        """Without a storage it is a dry run: all but the writing."""
        try:
            value = (self.providers if kind.encrypted else self._plain).write(plain, key)
        except TransformError as error:
            raise statuses.internal_error(str(error)) from error
        if storage is None:
            return Found(plain, 0)
        return Found(plain, storage.put(key, value, plain).revision)

    def _empty_namespace(self, namespace: str) -> None:
        for key, _ in self.storage.range("/registry/", "", self.storage.revision):
            if key.split("/")[3:4] == [namespace] and key.count("/") == 4:
                self.storage.delete(key)


def _refuse_other_version(kind: Kind, name: str, wanted: Object, revision: int, old: Object) -> None:
    """Optimistic concurrency: what the writer names must be what is there; what it does not name does not matter.

    Raises Refusal: 409.
    """
    metadata = wanted.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if metadata.get("uid") and metadata["uid"] != old["metadata"]["uid"]:
        raise statuses.wrong_uid(kind, name, metadata["uid"], old["metadata"]["uid"])
    if metadata.get("resourceVersion") and metadata["resourceVersion"] != str(revision):
        raise statuses.modified(kind, name)
