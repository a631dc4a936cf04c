"""An object that is there already: whose it is, how it differs from the one that is to be, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azext_akskv.model.ids import BadInput, in_short
from azext_akskv.model.members import child, children, flag, labels, text
from azext_akskv.model.mounts.manifests.essence import LABEL, of_account, of_class, of_pod, selector_of
from azext_akskv.model.mounts.manifests.manifest import Json, Kind, Manifest, Ref
from azext_akskv.model.mounts.secret_class import ObjectList, parse_class
from azext_akskv.model.observed import Observed

HELM = "meta.helm.sh/release-name"
ARGO = ("argocd.argoproj.io/instance", "argocd.argoproj.io/tracking-id")
FLUX = ("kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name")
MANAGED_BY = "app.kubernetes.io/managed-by"
MARKS = (HELM, *ARGO, *FLUX, MANAGED_BY)
"""Labels and annotations by which tools know what they keep. [D: Helm, Argo CD, Flux]"""
_TOLD = 80


@dataclass(frozen=True)
class Standing:
    """`version`: its resourceVersion. `managed`: who would put it back, empty where nobody is known to. `fixed`: why it
    cannot be changed, empty where it can. `parameters`: the names of a class's, as they are written."""

    ref: Ref
    version: str
    essence: Mapping[str, str] = field(repr=False, hash=False)
    managed: str = ""
    fixed: str = ""
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class ManifestsSeen:
    """`namespace`: its phase, None where there is none. `kind_known`: whether the API server has the kind
    SecretProviderClass. `mounting`: the pods that mount the class that differs, by name; empty where it was not asked.
    """

    namespace: Observed[str | None]
    kind_known: Observed[bool]
    standing: Mapping[Ref, Observed[Standing | None]]
    rights: Mapping[Any, Observed[bool]]
    mounting: Observed[tuple[str, ...]] = field(default_factory=lambda: Observed(()))


def standing_of(ref: Ref, raw: Mapping[str, Any], objects: ObjectList) -> Standing:
    """`objects`: what `parameters.objects` of a class came to. Raises BadInput."""
    metadata = child(raw, "metadata")
    version = text(metadata, "resourceVersion")
    if not version:
        raise BadInput(f"{ref} has no resourceVersion")
    return Standing(
        ref,
        version,
        _essence(ref.kind, raw, objects),
        managed=managed_by(metadata),
        fixed=_fixed(ref, raw),
        parameters=tuple(child(child(raw, "spec"), "parameters")) if ref.kind is Kind.CLASS else (),
    )


def _essence(kind: Kind, raw: Mapping[str, Any], objects: ObjectList) -> dict[str, str]:
    if kind is Kind.ACCOUNT:
        return of_account(raw)
    if kind is Kind.CLASS:
        return of_class(parse_class(raw, objects))
    return of_pod(raw if kind is Kind.POD else child(child(raw, "spec"), "template"))


def managed_by(metadata: Mapping[str, Any]) -> str:
    marks = {**labels(metadata, "labels"), **labels(metadata, "annotations")}
    if release := marks.get(HELM):
        return f"Helm (release {in_short(release, _TOLD)})"
    for tool, names in (("Argo CD", ARGO), ("Flux", FLUX)):
        if found := next((marks[name] for name in names if name in marks), ""):
            return f"{tool} ({in_short(found, _TOLD)})"
    if by := marks.get(MANAGED_BY):
        return in_short(by, _TOLD).strip("'")
    owner = next((each for each in children(metadata, "ownerReferences") if flag(each, "controller")), None)
    return f"{text(owner, 'kind')} {in_short(text(owner, 'name'), _TOLD)}" if owner else ""


def _fixed(ref: Ref, raw: Mapping[str, Any]) -> str:
    if text(child(raw, "metadata"), "deletionTimestamp"):
        return "it is being deleted"
    if ref.kind is Kind.POD:
        return "Kubernetes does not let a pod's spec be changed"
    if ref.kind is Kind.DEPLOYMENT and selector_of(raw) != {"app": ref.name}:
        return "it chooses its pods by other labels, which cannot be changed, so that it is somebody else's"
    return ""


def differences(wanted: Manifest, there: Standing) -> tuple[str, ...]:
    """In words; none: it is as it is to be. What it has beside of the same sort counts, too: objects and Secrets of a
    class, variables and mounts of a pod."""
    return tuple(_differences(wanted, there))


def _differences(wanted: Manifest, there: Standing) -> Iterator[str]:
    for name, value in wanted.essence.items():
        found = there.essence.get(name)
        if found is None or (value and not found):
            yield f"{name} is not there"
        elif found != value:
            yield f"{name} is {in_short(found, _TOLD)}, to be {in_short(value, _TOLD)}"
    for name, found in there.essence.items():
        if name not in wanted.essence and name != LABEL:
            yield f"{name} is there as well ({in_short(found, _TOLD)})"


def change_of(wanted: Manifest, there: Standing) -> Json:
    """A merge patch, not a PUT of our own body: what it does not name, such as labels of others, stays. It holds only
    for the version that was seen. A class's parameters that are not wanted go."""
    metadata = {"resourceVersion": there.version}
    if wanted.ref.kind is Kind.ACCOUNT:
        return {"metadata": {**metadata, "annotations": wanted.body["metadata"]["annotations"]}}
    spec = wanted.body["spec"]
    if wanted.ref.kind is Kind.CLASS:
        gone = {name: None for name in there.parameters if name not in spec["parameters"]}
        spec = {**spec, "parameters": {**gone, **spec["parameters"]}, "secretObjects": spec.get("secretObjects")}
    else:
        spec = {"template": spec["template"]}
    return {"metadata": metadata, "spec": spec}
