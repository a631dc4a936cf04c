"""cert-manager and trust-manager: their definitions and programs, by Helm or as an extension of Arc. [D]"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from emulator.kubernetes.arc.programs import definition, deployment, namespace
from emulator.kubernetes.kinds import DEFINITIONS, DEPLOYMENTS, NAMESPACES, Kind

if TYPE_CHECKING:
    from emulator.kubernetes.arc.k3s import K3sServer

Object = dict[str, Any]
NAMESPACE = "cert-manager"
DEFINED = "certificates.cert-manager.io"
TRUSTED = "bundles.trust.cert-manager.io"
_GROUP = "cert-manager.io"
_DEFINITIONS = ("certificates", "certificaterequests", "issuers", "clusterissuers")
_PROGRAMS = ("cert-manager", "cert-manager-cainjector", "cert-manager-webhook")
_KINDS = {
    "certificates": "Certificate",
    "certificaterequests": "CertificateRequest",
    "issuers": "Issuer",
    "clusterissuers": "ClusterIssuer",
}


def objects(*, by_arc: bool, trust: bool) -> Iterator[tuple[Kind, Object]]:
    """What is applied, namespace and definitions first."""
    yield NAMESPACES, namespace(NAMESPACE)
    for plural in _DEFINITIONS:
        yield DEFINITIONS, definition(_GROUP, plural, _KINDS[plural], ("v1",))
    version = "v1.16.2"
    image = "mcr.microsoft.com/azurearck8s/cert-manager" if by_arc else "quay.io/jetstack/cert-manager"
    for name in _PROGRAMS:
        yield DEPLOYMENTS, _program(name, f"{image}-{name.rpartition('-')[2]}:{version}", "cert-manager", by_arc)
    if trust:
        yield DEFINITIONS, definition("trust.cert-manager.io", "bundles", "Bundle", ("v1alpha1",))
        found = "mcr.microsoft.com/azurearck8s/trust-manager" if by_arc else "quay.io/jetstack/trust-manager"
        yield DEPLOYMENTS, _program("trust-manager", f"{found}:v0.14.0", "trust-manager", by_arc)


def _program(name: str, image: str, chart: str, by_arc: bool) -> Object:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": chart, "app": name}
    labels["app.kubernetes.io/managed-by"] = "Helm"
    if by_arc:
        labels["clusterconfig.azure.com/managed-by"] = "k8s-extension"  # [INF]
    return deployment(name, NAMESPACE, labels, ({"name": f"{name}-controller", "image": image},))


def is_there(server: K3sServer) -> bool:
    """Whether cert-manager is in a cluster: its definitions, and its programs run."""
    metadata = {"namespace": NAMESPACE, "name": _PROGRAMS[0]}
    return server.defines(DEFINED) and server.deployed(metadata)


def trusts(server: K3sServer) -> bool:
    """As `is_there`, of trust-manager."""
    return server.defines(TRUSTED) and server.deployed({"namespace": NAMESPACE, "name": "trust-manager"})
