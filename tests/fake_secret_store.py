"""The ports of an Arc-enabled cluster with the Secret Store extension, beside those of tests/fakes.py: see Edge."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from azext_akskv.failures import Conflict, Denied, Missing, OperationFailed, Rejected
from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.mount_lists import class_of
from azext_akskv.model.federation import AUDIENCE
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.manifests.manifest import Kind, Manifest, Ref
from azext_akskv.model.mounts.secret_class import ObjectList, written_objects
from azext_akskv.model.mounts.seen import LogSource, PodLog
from azext_akskv.model.mounts.synced import ServiceAccount
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.connected import ConnectedCluster, parse_connected
from azext_akskv.model.secret_store.extension import Extension, changed_settings, parse_extension
from azext_akskv.model.secret_store.issuer import Claims
from azext_akskv.model.secret_store.remedies import DEPLOYMENT, MANAGER, PROVIDER
from azext_akskv.model.secret_store.seen import (
    ClusterIdentity,
    ControllerPod,
    EdgeNode,
    SecretRow,
    StoreSeen,
)
from azext_akskv.model.secret_store.standing import Standing, standing_of
from azext_akskv.model.secret_store.sync import parse_sync
from azext_akskv.ports import StorePorts, Watch
from tests.fake_edge import EDGE, STORE_KINDS, WHERE, Edge, program
from tests.fake_manifests import merged
from tests.fake_port import FakePort
from tests.fakes import FakeWorld, fake_ports

Json = dict[str, Any]


class EdgeWorld(FakeWorld):
    """`edge` is the cluster outside Azure; the rest is Azure as usual."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, **more)
        self.edge = Edge()

    @property
    def moment(self) -> str:
        return f"{self.clock.time:%Y-%m-%dT%H:%M:%SZ}"

    def store_ports(self) -> StorePorts:
        usual = fake_ports(self)
        return StorePorts(
            **{each.name: getattr(usual, each.name) for each in dataclasses.fields(usual)},
            connected=FakeConnectedClusters(self),
            extensions=FakeExtensions(self),
            store=FakeSecretStore(self),
        )


class EdgePort(FakePort):
    world: EdgeWorld

    @property
    def edge(self) -> Edge:
        return self.world.edge


class FakeConnectedClusters(EdgePort):
    def get(self, cluster: ResourceId) -> ConnectedCluster:
        self.asked("connected.get")
        if cluster not in self.edge.connected:
            raise Missing("read the Arc-enabled cluster", "ResourceNotFound", "was not found")
        return parse_connected(self.edge.connected[cluster])

    def all(self, subscription: str, group: str = "") -> list[ConnectedCluster]:
        self.asked("connected.all")
        found = [parse_connected(each) for each in self.edge.connected.values()]
        return [
            each
            for each in found
            if each.id.subscription == subscription and each.id.group.lower() in (group or each.id.group).lower()
        ]


class FakeExtensions(EdgePort):
    def of(self, cluster: ResourceId) -> list[Extension]:
        self.asked("extensions.of")
        own = [each for name, each in self.edge.extensions.items() if str(name).startswith(f"{cluster}/")]
        return [parse_extension(each) for each in own]

    def get(self, extension: ResourceId) -> Extension:
        self.asked("extensions.get")
        if extension not in self.edge.extensions:
            raise Missing("read the extension", "ResourceNotFound", "was not found")
        return parse_extension(self.edge.extensions[extension])

    def create(self, extension: ResourceId, body: Json, watch: Watch) -> None:
        with self.changing("extensions.create"):
            state, self.edge.extension_ends_as = self.edge.extension_ends_as, "Succeeded"
            scope = {"cluster": {"releaseNamespace": WHERE}}
            given = {**body["properties"], "scope": scope, "provisioningState": state, "currentVersion": "1.5.1"}
            self.edge.extensions[extension] = {"id": str(extension), "properties": given}
            watch.accepted(f"https://management.azure.com{extension}/operations/1")
            if state == "Succeeded":
                self.edge.definitions |= STORE_KINDS
                self.edge.phases.setdefault(WHERE, "Active")
        if state != "Succeeded":
            raise OperationFailed("install the extension", "ExtensionOperationFailed", "it did not come up")

    def change(self, seen: Extension, settings: Mapping[str, str], watch: Watch) -> None:
        with self.changing("extensions.change"):
            there = self.edge.extensions.get(seen.id)
            if there is None:
                raise Missing("change the extension", "ResourceNotFound", "was not found")
            there["properties"] |= changed_settings(seen, settings)["properties"]
            watch.accepted(f"https://management.azure.com{seen.id}/operations/2")

    def delete(self, extension: ResourceId, watch: Watch) -> None:
        with self.changing("extensions.delete"):
            self.edge.extensions.pop(extension, None)


class FakeSecretStore(EdgePort):
    def whose(self) -> ClusterIdentity | None:
        self.asked("store.whose")
        return self.edge.identity

    def version(self) -> str:
        self.asked("store.version")
        return "v1.31.5+k3s1"

    def look(self, namespace: str | None = None) -> StoreSeen:
        self.asked("store.look")
        edge = self.edge
        near = {ref: each for ref, each in edge.objects.items() if namespace in (None, ref.namespace)}
        of_kind = {kind: [each for ref, each in near.items() if ref.kind is kind] for kind in Kind}
        syncs = tuple(parse_sync(each) for each in of_kind[Kind.SYNC])
        spaces = {each.namespace for each in syncs} | ({namespace} if namespace else set())
        accounts = (
            ServiceAccount(each["metadata"]["namespace"], each["metadata"]["name"]) for each in of_kind[Kind.ACCOUNT]
        )
        images = {MANAGER: "registry.test/controller:v1.5.1", PROVIDER: "registry.test/provider-azure:v1.8.1"}
        seen = StoreSeen(
            namespace=namespace,
            namespaces=Observed(dict(edge.phases)),
            definitions=Observed(edge.definitions),
            nodes=Observed((EdgeNode("edge-0", "linux", "amd64", "v1.31.5+k3s1", True),)),
            controllers=Observed((program(DEPLOYMENT),) if edge.runs else ()),
            pods=Observed((ControllerPod(WHERE, "controller-0", phase="Running", images=images),) if edge.runs else ()),
            certificates=Observed(edge.certificates),
            classes=Observed(tuple(class_of(each) for each in of_kind[Kind.CLASS])),
            syncs=Observed(syncs),
            akv_syncs=Observed(()),
            accounts=Observed(tuple(accounts)),
            events=Observed(()),
            troubles=Observed(()),
            driver=Observed(None),
            driver_pods=Observed(()),
            secrets={each: Observed(tuple(self._rows(each))) for each in sorted(spaces)},
        )
        return dataclasses.replace(seen, **edge.parts)

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        self.asked("store.logs")
        for each in sources:
            lines = self.edge.logged.get(each.container)
            yield (
                PodLog(each, gap="cannot read the log: there is none") if lines is None else PodLog(each, tuple(lines))
            )

    def claims(self, namespace: str, account: str, audience: str) -> Claims:
        self.asked("store.claims")
        if Ref(Kind.ACCOUNT, namespace, account) not in self.edge.objects:
            raise Missing("ask for a token", "NotFound", f'serviceaccounts "{account}" not found')
        return Claims(self.edge.token_issuer, f"system:serviceaccount:{namespace}:{account}", (audience or AUDIENCE,))

    def may(self, rights: Sequence[KubeRight]) -> Mapping[KubeRight, Observed[bool]]:
        self.asked("store.may")
        return {each: Observed(f"{each.verb} {each.resource}" not in self.edge.refused_rights) for each in rights}

    def standing(self, refs: Sequence[Ref]) -> Mapping[Ref, Observed[Standing | None]]:
        self.asked("store.standing")
        return {each: Observed(self._standing(each)) for each in refs}

    def secret(self, namespace: str, name: str) -> SecretRow | None:
        self.asked("store.secret")
        return self.edge.rows.get((namespace, name))

    def create(self, manifest: Manifest) -> None:
        ref = manifest.ref
        with self.changing(f"store.create {ref.kind.value}"):
            self._allowed("create", ref)
            if ref in self.edge.objects:
                raise Conflict("make", "AlreadyExists", f"{ref} already exists")
            self.edge.put(ref, manifest.body)
            self.edge.copy_now(ref, self.world.moment)

    def change(self, ref: Ref, patch: Json) -> None:
        with self.changing(f"store.change {ref.kind.value}"):
            self._allowed("patch", ref)
            there = self._there(ref)
            if patch["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"]:
                raise Conflict("change", "Conflict", "the object has been modified")
            self.edge.put(ref, merged(there, patch))
            self.edge.copy_now(ref, self.world.moment)

    def force(self, sync: Ref, value: str) -> None:
        with self.changing("store.force"):
            self._allowed("patch", sync)
            self.edge.put(sync, merged(self._there(sync), {"spec": {"forceSynchronization": value}}))
            self.edge.copy_now(sync, self.world.moment)

    def delete(self, seen: Standing, keep_dependents: bool = False) -> None:
        with self.changing(f"store.delete {seen.ref.kind.value}"):
            self._allowed("delete", seen.ref)
            there = self.edge.objects.get(seen.ref)
            if there is None:
                return
            if there["metadata"]["uid"] != seen.uid:
                raise Conflict("delete", "Conflict", "the UID in the precondition does not match")
            del self.edge.objects[seen.ref]
            own = self.edge.rows.get((seen.ref.namespace, seen.ref.name))
            if seen.ref.kind is Kind.SYNC and own and own.labelled and not keep_dependents:
                del self.edge.rows[own.namespace, own.name]

    def delete_secret(self, seen: SecretRow) -> None:
        with self.changing("store.delete_secret"):
            self._allowed("delete", Ref(Kind.ACCOUNT, seen.namespace, seen.name), "secrets")
            there = self.edge.rows.get((seen.namespace, seen.name))
            if there and there.version != seen.version:
                raise Conflict("delete", "Conflict", "the object has been modified")
            self.edge.rows.pop((seen.namespace, seen.name), None)

    def _rows(self, namespace: str) -> Iterator[SecretRow]:
        for (space, _), row in self.edge.rows.items():
            if space == namespace:
                yield dataclasses.replace(row, version="")

    def _standing(self, ref: Ref) -> Standing | None:
        raw = copy.deepcopy(self.edge.objects.get(ref))
        if raw is None:
            return None
        objects = read_objects(written_objects(raw)) if ref.kind is Kind.CLASS else ObjectList()
        return standing_of(ref, raw, objects)

    def _there(self, ref: Ref) -> Json:
        if ref not in self.edge.objects:
            raise Missing("change", "NotFound", f"{ref} not found")
        return self.edge.objects[ref]

    def _allowed(self, verb: str, ref: Ref, plural: str = "") -> None:
        if self.edge.identity is None or not self.edge.identity.is_of(EDGE):
            raise Rejected("write to the cluster", "OtherCluster", "it is another cluster; nothing was written")
        if self.edge.phases.get(ref.namespace) is None:
            raise Missing(verb, "NotFound", "there is no such namespace")
        if f"{verb} {plural or ref.kind.plural}" in self.edge.refused_rights:
            raise Denied(verb, "Forbidden", "it may not")
        if ref.kind is not Kind.ACCOUNT and f"{ref.kind.plural}.{ref.kind.group}" not in self.edge.definitions:
            raise Missing(verb, "NotFound", "the server could not find the requested resource")
