"""The objects by which pods mount, in tests/fakes.py: an API server that keeps them and counts their versions."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from azext_akskv.failures import Conflict, Denied, Missing
from azext_akskv.gateways.kube_manifests import parsed, right_of
from azext_akskv.model.mounts.manifests.manifest import Manifest, Ref
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen
from azext_akskv.model.observed import Observed
from tests.fake_port import FakePort

Json = dict[str, Any]


class Applied:
    """State: `applied` by kind, namespace and name; `phases` of namespaces; `refused_rights` are "verb resource";
    `driver_there`: the API server knows SecretProviderClasses."""

    def __init__(self) -> None:
        self.applied: dict[Ref, Json] = {}
        self.phases: dict[str, str] = {"default": "Active", "shop": "Active"}
        self.namespaces_told = True
        self.refused_rights: set[str] = set()
        self.driver_there = True
        self.revision = 500

    def put(self, ref: Ref, body: Json) -> None:
        """As it is, in a new version."""
        self.revision += 1
        kept = copy.deepcopy(body)
        kept["metadata"] = {**kept["metadata"], "resourceVersion": str(self.revision)}
        self.applied[ref] = kept


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    kept = dict(old) if isinstance(old, dict) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merged(kept.get(name), value)
    return kept


class FakeManifests(FakePort):
    def look(self, refs: Sequence[Ref]) -> ManifestsSeen:
        self.asked("manifests.look")
        namespace = refs[0].namespace
        told: Observed[str | None] = Observed(self.world.phases.get(namespace))
        standing = {each: Observed(parsed(each, found) if (found := self._found(each)) else None) for each in refs}
        rights = (right for each in refs if (right := right_of(each, standing[each])))
        return ManifestsSeen(
            told if self.world.namespaces_told else Observed.unknown("not allowed to look at namespaces"),
            Observed(self.world.driver_there),
            standing,
            {each: Observed(f"{each.verb} {each.resource}" not in self.world.refused_rights) for each in rights},
        )

    def create(self, manifest: Manifest) -> None:
        ref = manifest.ref
        with self.changing(f"manifests.create {ref.kind.value}"):
            self._allowed("create", ref)
            if ref in self.world.applied:
                raise Conflict("make", "AlreadyExists", f"{ref} already exists")
            self.world.put(ref, manifest.body)

    def change(self, ref: Ref, patch: Json) -> None:
        with self.changing(f"manifests.change {ref.kind.value}"):
            self._allowed("patch", ref)
            there = self.world.applied[ref]
            if patch["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"]:
                raise Conflict("change", "Conflict", "the object has been modified")
            self.world.put(ref, merged(there, patch))

    def _found(self, ref: Ref) -> Json | None:
        return copy.deepcopy(self.world.applied.get(ref))

    def _allowed(self, verb: str, ref: Ref) -> None:
        if self.world.phases.get(ref.namespace) is None:
            raise Missing(verb, "NotFound", "there is no such namespace")
        if f"{verb} {ref.kind.plural}" in self.world.refused_rights:
            raise Denied(verb, "Forbidden", "it may not")


def names(refs: Iterable[Ref]) -> list[str]:
    return [str(each) for each in refs]
