"""The Secret of a SecretSync: what is written, and who says no. [D] [SRC]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.core.http import Refusal
from emulator.kubernetes.encryption import TransformError
from emulator.kubernetes.kinds import SECRET_SYNCS, SECRETS, Target
from emulator.kubernetes.secret_sync import reasons
from emulator.kubernetes.secret_sync.installed import POLICIES, setting
from emulator.kubernetes.secret_sync.schema import RESERVED
from emulator.kubernetes.secret_sync.versions import OPEN_NEXT

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
LABEL = f"{RESERVED}/secretsync"
_TYPES = frozenset(
    {
        "Opaque",
        "bootstrap.kubernetes.io/token",
        *(f"kubernetes.io/{name}" for name in ("basic-auth", "dockerconfigjson", "dockercfg", "ssh-auth", "tls")),
    }
)
"""[D] What the policy lets through."""
_APP = "secrets-store-sync-controller"
_CREATE_UPDATE = f"{_APP}-create-update-policy"
_MANAGER = "kubectl-create"


class NotWritten(Exception):
    """`kind` is one of those in `reasons`."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Writer:
    """`extension` are the properties of the extension."""

    def __init__(self, server: K3sServer, extension: Mapping[str, Any], family: str) -> None:
        self._server, self._family = server, family
        self._policies = setting(extension, POLICIES).lower() == "true"

    def write(self, one: Object, data: Mapping[str, str], *, keep: bool) -> None:
        """`keep`: what of the old data has no new value stays. Raises NotWritten."""
        wanted = self._wanted(one, data)
        target = Target(SECRETS, one["metadata"]["namespace"], one["metadata"]["name"])
        old = self._old(target)
        if old is not None:
            self._refuse_conflict(one, old, wanted)
        if self._policies:
            self._refuse_by_policy(target, old, wanted)
        try:
            if old is None:
                self._server.registry.create(target, wanted)
            else:
                self._server.registry.update(target, lambda found: _merged(found, wanted, keep=keep))
        except Refusal as refusal:
            text = f'failed to patch secret "{target.name}": {refusal.answer.body.get("message")}'
            raise NotWritten(reasons.PATCH, text) from refusal

    def _old(self, target: Target) -> Object | None:
        """Raises NotWritten where it cannot be decrypted."""
        key = SECRETS.key(target.namespace, str(target.name))
        entry = self._server.registry.storage.get(key)
        try:
            return self._server.registry.content(SECRETS, key, entry) if entry else None
        except TransformError as error:
            text = f'failed to patch secret "{target.name}": Internal error occurred: {error}'
            raise NotWritten(reasons.PATCH, text) from error

    def _wanted(self, one: Object, data: Mapping[str, str]) -> Object:
        metadata, asked = one["metadata"], one["spec"]["secretObject"]
        own = {RESERVED: ""} if self._family == OPEN_NEXT else {LABEL: metadata["name"]}
        owner = {"apiVersion": SECRET_SYNCS.api_version, "kind": SECRET_SYNCS.kind}
        owner |= {"name": metadata["name"], "uid": metadata["uid"]}
        made: Object = {"name": metadata["name"], "namespace": metadata["namespace"]}
        made |= {"labels": {**(asked.get("labels") or {}), **own}, "ownerReferences": [owner]}
        if asked.get("annotations"):
            made["annotations"] = dict(asked["annotations"])
        return {"metadata": made, "type": asked["type"], "data": dict(data)}

    def _refuse_conflict(self, one: Object, old: Object, wanted: Object) -> None:
        """[D] A Secret that is not its own is left alone: it is known by its label, and has none of the reserved
        annotations. [SRC] The newest leaves that to server-side apply."""
        metadata = old["metadata"]
        labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
        if self._family == OPEN_NEXT:
            taken = sorted(set(old.get("data") or {}) & set(wanted["data"]))
            if RESERVED not in labels and taken:
                text = f'failed to patch secret "{metadata["name"]}": {_conflict(taken)}'
                raise NotWritten(reasons.PATCH, text)
            return
        if labels.get(LABEL) != one["metadata"]["name"]:
            text = self._policy_text(
                "UPDATE", old, one["metadata"]["namespace"], "because it does not have the correct "
            )
            raise NotWritten(reasons.LABEL, text + "label. Delete the secret and force the controller to recreate it.")
        if any(name.startswith(RESERVED) for name in annotations):
            text = f"annotation {RESERVED} is reserved for use by the Secrets Store Sync Controller"
            raise NotWritten(reasons.ANNOTATION, text)

    def _refuse_by_policy(self, target: Target, old: Object | None, wanted: Object) -> None:
        """[D] [SRC] The admission policies that come with the extension."""
        owners = (old or wanted)["metadata"].get("ownerReferences") or []
        foreign = [one for one in owners if one.get("uid") != wanted["metadata"]["ownerReferences"][0]["uid"]]
        changes = old is not None and old.get("type") != wanted["type"]
        if wanted["type"] in _TYPES and not changes and not foreign:
            return
        text = self._policy_text("CREATE" if old is None else "UPDATE", wanted, str(target.namespace), "")
        text += (
            "The controller can only create or update secrets in the allowed types list with a single secretsync owner."
        )
        raise NotWritten(reasons.POLICY, f'failed to patch secret "{target.name}": {self._denied(target, text)}')

    @staticmethod
    def _denied(target: Target, text: str) -> str:
        binding = f"ValidatingAdmissionPolicy '{_CREATE_UPDATE}' with binding '{_CREATE_UPDATE}-binding' denied request"
        return f'secrets "{target.name}" is forbidden: {binding}: {text}'

    @staticmethod
    def _policy_text(operation: str, secret: Object, namespace: str, why: str) -> str:
        kind, end = secret.get("type", "Opaque"), f" {why}" if why else ". "
        return f"{_APP} has failed to {operation} secret with {kind} type in the {namespace} namespace{end}"


def _conflict(taken: Sequence[str]) -> str:
    """[SRC] In the words of server-side apply."""
    if len(taken) == 1:
        return f'Apply failed with 1 conflict: conflict with "{_MANAGER}" using v1: .data.{taken[0]}'
    fields = "".join(f"\n- .data.{name}" for name in taken)
    return f'Apply failed with {len(taken)} conflicts: conflicts with "{_MANAGER}" using v1:{fields}'


def _merged(found: Object, wanted: Object, *, keep: bool) -> Object:
    """[SRC] What others have added to the Secret stays."""
    metadata = {**found["metadata"], "ownerReferences": wanted["metadata"]["ownerReferences"]}
    for name in ("labels", "annotations"):
        if wanted["metadata"].get(name) or metadata.get(name):
            metadata[name] = {**(metadata.get(name) or {}), **(wanted["metadata"].get(name) or {})}
    data = {**(found.get("data") or {}), **wanted["data"]} if keep else wanted["data"]
    return {**found, "metadata": metadata, "data": data, "type": wanted["type"]}
