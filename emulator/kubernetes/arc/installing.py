"""Extensions of Arc as the agents bring them into a cluster: which version, which objects, and when they are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.arc import certificates, online_provider
from emulator.kubernetes.kinds import DEFINITIONS, DEPLOYMENTS, NAMESPACES, Kind, Target
from emulator.kubernetes.secret_sync import installed
from emulator.kubernetes.secret_sync.versions import TRAINS, newest, parsed
from emulator.worlds.arc import CERTIFICATES, ONLINE_PROVIDER, SECRET_STORE

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
RELEASED_INTO = {
    SECRET_STORE: "azure-secret-store",
    CERTIFICATES: certificates.NAMESPACE,
    ONLINE_PROVIDER: "kube-system",
}
_KNOWN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    SECRET_STORE: TRAINS,
    CERTIFICATES: {"stable": ("0.7.0",), "preview": ("0.7.0",)},
    "microsoft.openservicemesh": {"stable": ("1.2.9",)},
}
_OTHERS = "1.0.0"
_NEEDS_ADMISSION_POLICIES, _ADMISSION_POLICIES_SINCE = "1.3.0", (1, 30)
"""[D] The version that by accident cannot do without them."""
_ARM64_SINCE = (1, 2, 1)
_LIST = "https://aka.ms/k8s-extension-type-versions"


@dataclass(frozen=True)
class Outcome:
    """Whether an extension's objects are there and their pods run, or why it is given up."""

    ready: bool
    failure: str = ""


def unresolved(properties: Mapping[str, Any]) -> str:
    """[REC] Why there is no such version of a type on a train; empty when there is."""
    kind, train, version = _asked(properties)
    known = _KNOWN.get(kind)
    if known is None or version in known.get(train, ()) or (not version and train in known):
        return ""
    wanted = version or newest("stable")
    offered = next((name for name, versions in known.items() if wanted in versions), "stable")
    inner = f"Extension type '{kind}' does not support release train '{train}' for version '{wanted}'.  Please try "
    inner += f'again with release train "{offered}". Please refer to https://aka.ms/k8s-extensions-list-cluster for '
    inner += "a list of supported extension types and release trains for this cluster."
    return (
        f"Failed to resolve the extension version from the given values. InnerError: '{inner}'. Please refer {_LIST} "
        "to find the correct version for your installation"
    )


def resolved(properties: Mapping[str, Any]) -> str:
    """The version that is installed. [INF] With automatic upgrades of minor versions that is the newest of the train,
    whatever was asked for."""
    kind, train, version = _asked(properties)
    known = _KNOWN.get(kind, {}).get(train)
    if known is None:
        return version or _OTHERS
    return version if version and not properties.get("autoUpgradeMinorVersion") else max(known, key=parsed)


def _asked(properties: Mapping[str, Any]) -> tuple[str, str, str]:
    train = str(properties.get("releaseTrain") or "stable").lower()
    return str(properties.get("extensionType")).lower(), train, str(properties.get("version") or "")


class Extensions:
    """`K3sServer.extensions`: brings the cluster to what Resource Manager has of its extensions."""

    def __init__(self, server: K3sServer) -> None:
        self._server = server
        self._applied: dict[str, list[tuple[Kind, Object]]] = {}

    def wanted(self) -> Iterator[Mapping[str, Any]]:
        """The properties of the extensions that Resource Manager has."""
        scope = f"{self._server.cluster_id}/providers/Microsoft.KubernetesConfiguration"
        for one in self._server.world.resources.children(scope, "extensions"):
            yield one.body["properties"]

    def of_type(self, kind: str) -> Mapping[str, Any] | None:
        return next((one for one in self.wanted() if str(one["extensionType"]).lower() == kind), None)

    def go_on(self) -> None:
        """Nothing happens while the agents cannot be told."""
        if self._server.cut_off_at is not None or not self._server.has_agents:
            return
        found = {str(one["extensionType"]).lower(): one for one in self.wanted()}
        for kind in [kind for kind in self._applied if kind not in found]:
            self._remove(kind)
        for kind, properties in found.items():
            if properties["currentVersion"] and self.outcome(properties).failure == "" and self._may(kind):
                self._apply(kind, properties)

    def outcome(self, properties: Mapping[str, Any]) -> Outcome:
        """How far an extension has come."""
        kind = str(properties["extensionType"]).lower()
        if failure := self._failure(kind, properties):
            return Outcome(False, failure)
        deployments = [content for found, content in self._applied.get(kind, []) if found is DEPLOYMENTS]
        if kind in RELEASED_INTO and kind not in self._applied:
            return Outcome(False)
        return Outcome(all(self._server.deployed(one["metadata"]) for one in deployments))

    def _failure(self, kind: str, properties: Mapping[str, Any]) -> str:
        version = str(properties.get("currentVersion") or "")
        if kind == CERTIFICATES and kind not in self._applied and certificates.is_there(self._server):
            return (
                "Helm installation failed : Unable to continue with install: CustomResourceDefinition "
                f'"{certificates.DEFINED}" in namespace "" exists and cannot be imported into the current release'
            )
        if kind != SECRET_STORE:
            return ""
        if version == _NEEDS_ADMISSION_POLICIES and self._server.kubernetes_version < _ADMISSION_POLICIES_SINCE:
            return (
                "Helm installation failed : Resource not present in the cluster: no matches for kind "
                '"ValidatingAdmissionPolicy" in version "admissionregistration.k8s.io/v1"'
            )
        return ""

    def _may(self, kind: str) -> bool:
        """[D] The Secret Store waits for cert-manager and trust-manager."""
        return kind != SECRET_STORE or (certificates.is_there(self._server) and certificates.trusts(self._server))

    def _objects(self, kind: str, properties: Mapping[str, Any]) -> list[tuple[Kind, Object]]:
        if kind == SECRET_STORE:
            return list(installed.objects(properties))
        if kind == CERTIFICATES:
            return list(certificates.objects(by_arc=True, trust=True))
        return list(online_provider.objects(properties)) if kind == ONLINE_PROVIDER else []

    def _apply(self, kind: str, properties: Mapping[str, Any]) -> None:
        objects = self._objects(kind, properties)
        if objects == self._applied.get(kind) and all(self._server.holds(*one) for one in objects):
            return
        for found, content in objects:
            self._server.put(found, content)
        self._applied[kind] = objects

    def _remove(self, kind: str) -> None:
        """[D] The definitions stay, and what was made with them; [INF] so does the namespace, empty."""
        for found, content in reversed(self._applied.pop(kind)):
            if found not in (DEFINITIONS, NAMESPACES) and self._server.holds(found, content):
                metadata = content["metadata"]
                target = Target(found, metadata.get("namespace"), metadata["name"])
                self._server.registry.delete(target, None)


def runs_on(properties: Mapping[str, Any], architecture: str) -> bool:
    """[D] Whether the images of a version are there for a kind of processor."""
    if str(properties["extensionType"]).lower() != SECRET_STORE or architecture != "arm64":
        return True
    return parsed(str(properties["currentVersion"])) >= _ARM64_SINCE
