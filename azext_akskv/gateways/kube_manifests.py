"""Fills ports.Manifests by the API server itself, or by whichever way was decided on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from azext_akskv.failures import Denied, Missing
from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.kube import MERGE_PATCH, REVIEWS, understanding
from azext_akskv.gateways.kube_manifests_inside import InvokedManifests
from azext_akskv.gateways.kube_server import Request
from azext_akskv.gateways.kube_way import Way
from azext_akskv.gateways.mount_pages import Ask
from azext_akskv.model.kube import KubeRight
from azext_akskv.model.members import child, flag, text
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Manifest, Ref
from azext_akskv.model.mounts.manifests.standing import ManifestsSeen, Standing, standing_of
from azext_akskv.model.mounts.secret_class import ObjectList, written_objects
from azext_akskv.model.observed import Observed
from azext_akskv.ports import Manifests

T = TypeVar("T")
KINDS = f"/apis/{Kind.CLASS.api_version}"
"""Which kinds the driver's group has; not there without the driver."""


class Placed(Protocol):
    """What names an object of whichever kind: `path` is that of all objects of the kind in its namespace."""

    @property
    def path(self) -> str: ...

    @property
    def name(self) -> str: ...


class KubeManifests:
    """`ask` is KubeSecrets.ask: asked again where that may help. What was written without an answer is then a Conflict,
    and whoever wrote looks."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def look(self, refs: Sequence[Ref]) -> ManifestsSeen:
        phase = self._namespace(refs[0].namespace)
        standing = {each: self._standing(each) for each in refs}
        rights = {right: may_we(self._ask, right) for each in refs if (right := right_of(each, standing[each]))}
        return ManifestsSeen(phase, seen("the kind SecretProviderClass", self._kind_known), standing, rights)

    def create(self, manifest: Manifest) -> None:
        make(self._ask, manifest.ref, manifest.body)

    def change(self, ref: Ref, patch: Json) -> None:
        merge(self._ask, ref, patch)

    def _namespace(self, name: str) -> Observed[str | None]:
        def phase() -> str | None:
            doing = f"look at the namespace {name}"
            try:
                reply = self._ask(Request(doing, "GET", f"/api/v1/namespaces/{quote(name, safe='')}"))
            except Missing:
                return None
            with understanding(doing):
                return text(child(reply.json, "status"), "phase") or "Active"

        return seen(f"the namespace {name}", phase)

    def _kind_known(self) -> bool:
        try:
            self._ask(Request("ask whether there are SecretProviderClasses", "GET", KINDS))
        except Missing:
            return False
        return True

    def _standing(self, ref: Ref) -> Observed[Standing | None]:
        def read() -> Standing | None:
            doing = f"look at the {ref}"
            try:
                reply = self._ask(Request(doing, "GET", path_of(ref)))
            except Missing:
                return None
            with understanding(doing):
                return parsed(ref, reply.json)

        return seen(f"the {ref}", read)


class EitherManifests:
    """By the way that was decided on."""

    def __init__(self, way: Way, direct: KubeManifests, invoked: InvokedManifests) -> None:
        self._way = way
        self._direct = direct
        self._invoked = invoked

    def look(self, refs: Sequence[Ref]) -> ManifestsSeen:
        return self._chosen().look(refs)

    def create(self, manifest: Manifest) -> None:
        self._chosen().create(manifest)

    def change(self, ref: Ref, patch: Json) -> None:
        self._chosen().change(ref, patch)

    def _chosen(self) -> Manifests:
        return self._invoked if self._way.inside() else self._direct


def make(ask: Ask, ref: Placed, body: Json) -> None:
    """Raises Conflict where there is one of that name."""
    ask(Request(f"make the {ref}", "POST", ref.path, body=body))


def merge(ask: Ask, ref: Placed, patch: Json) -> None:
    """Raises Conflict where the patch has another resourceVersion than the object by now."""
    query = {"fieldManager": "akskv"}
    ask(Request(f"change the {ref}", "PATCH", path_of(ref), query, patch, content_type=MERGE_PATCH))


def may_we(ask: Ask, right: KubeRight) -> Observed[bool]:
    """A SelfSubjectAccessReview: a POST that changes nothing, which everybody may make. `resource` of the right may
    have a subresource behind a slash."""

    def asked() -> bool:
        doing = f"ask whether we may {right}"
        resource, _, part = right.resource.partition("/")
        attributes: dict[str, Any] = {"verb": right.verb, "resource": resource, "group": right.group}
        attributes |= {"namespace": right.namespace or "", **({"subresource": part} if part else {})}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        reply = ask(Request(doing, "POST", REVIEWS, body=body))
        with understanding(doing):
            return flag(child(reply.json, "status"), "allowed") is True

    return seen("your rights", asked)


def right_of(ref: Ref, standing: Observed[Standing | None]) -> KubeRight | None:
    """What it would take to make it, or to change it. None: nobody changes a pod."""
    if standing.value is None:
        return ref.right("create")
    return None if ref.kind is Kind.POD else ref.right("patch")


def parsed(ref: Ref, raw: Json) -> Standing:
    """Raises BadInput."""
    objects = read_objects(written_objects(raw)) if ref.kind is Kind.CLASS else ObjectList()
    return standing_of(ref, raw, objects)


def path_of(ref: Placed) -> str:
    return f"{ref.path}/{quote(ref.name, safe='')}"


def seen(what: str, read: Callable[[], T]) -> Observed[T]:
    """Raises GatewayError where the next questions would end the same way: only a refusal is of one thing alone."""
    try:
        return Observed(read())
    except Denied as error:
        if error.code != "Forbidden":
            raise
        return Observed.unknown(f"not allowed to look at {what}: {error.message}")
