"""Who may do what in a cluster, as data of a world: roles of Kubernetes' own RBAC, and admission."""

from __future__ import annotations

from dataclasses import dataclass

CLUSTER_USER = "clusterUser"
"""The user of the kubeconfig that listClusterUserCredential hands out where there is no Entra integration."""


@dataclass(frozen=True)
class AdmissionRule:
    """Refuses changes with 403 and a text in which `{name}` is the object's. Empty namespaces or names mean all;
    operations are CREATE, UPDATE, DELETE. A patch that changes nothing is an UPDATE too."""

    text: str
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    operations: tuple[str, ...] = ("UPDATE",)
    plural: str = "secrets"


@dataclass(frozen=True)
class Rule:
    """A rule of a role: these verbs of these resources, or of these paths; `*` is any. Empty names mean all, and
    without namespaces it holds in the whole cluster."""

    verbs: tuple[str, ...]
    resources: tuple[str, ...] = ()
    groups: tuple[str, ...] = ("",)
    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binding:
    """What a subject may do by Kubernetes' own RBAC: CLUSTER_USER, who then is no administrator, or a principal by its
    name in the world, who comes with an Entra token."""

    subject: str
    rules: tuple[Rule, ...]
