"""Secrets as we know them: names and versions. There is no field for a value, so none can be printed or kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from azext_akskv.model.cluster import Cluster
from azext_akskv.model.tags import RUN_TAG


@dataclass(frozen=True, order=True)
class SecretRef:
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True)
class SecretPage:
    """A page of a namespace's secrets. `version` is the list's resourceVersion, `after` the next page's token."""

    secrets: tuple[SecretRef, ...]
    version: int
    after: str | None


@dataclass(frozen=True)
class Switch:
    """The cluster's present KMS key and what is known of the rewrite under it, as our runs note it in the cluster.

    `key` is the key identifier, or "off". `tag` is the cluster's `akskv-run` tag at that time: another tag, or another
    key, and the note speaks of another change. `r0` is the list resourceVersion read after the change had settled:
    what the API server wrote later, it wrote under that key. `proved` says that every secret was found to be so.
    """

    key: str
    tag: str
    r0: int
    proved: bool = False

    def speaks_of(self, cluster: Cluster) -> bool:
        """Whether the note is about the cluster's present key: a later change has another key or another run's tag."""
        same_key = self.key.lower() == cluster.key_in_force.lower()
        return same_key and self.tag == cluster.tags.get(RUN_TAG, "")


@dataclass(frozen=True)
class KubeRight:
    """A right behind the API server. `namespace` None: in every namespace."""

    verb: str
    resource: str
    group: str = ""
    namespace: str | None = None

    def __str__(self) -> str:
        of = f"{self.resource}.{self.group}" if self.group else self.resource
        return f"{self.verb} {of} in {self.namespace or 'every namespace'}"


TO_REWRITE = (KubeRight("list", "secrets"), KubeRight("patch", "secrets"))
TO_NOTE = tuple(KubeRight(verb, "leases", "coordination.k8s.io", "default") for verb in ("get", "create", "update"))
"""The note of the key change is the Lease `akskv` there. [ADR 5]"""


@dataclass(frozen=True)
class KeyEvidence:
    """Which keys the API servers' own metrics name (KMS v2 only). `writing` maps each API server that answered to the
    hashes of the key ids it encrypted with since its start; `servers` are all that are known to run."""

    servers: frozenset[str]
    writing: dict[str, frozenset[str]]


def key_id_hash(key: str) -> str:
    """A key identifier as the API server's metrics name it: the hash of the plugin's key id, which is itself one.
    [kubernetes-kms: sha256 of the key's URL; k8s.io/apiserver envelope metrics: `sha256:` and the sha256 of the key id]
    """
    plugin_key_id = hashlib.sha256(key.encode()).hexdigest()
    return "sha256:" + hashlib.sha256(plugin_key_id.encode()).hexdigest()


PLATFORMS_POLICY = "ValidatingAdmissionPolicy 'aks-managed-"
"""In a refusal: the platform's own policy, such as aks-managed-protect-system-namespaces. [ISS AKS#5645]"""


def is_platforms(refusal: str) -> bool:
    """Whether AKS itself refuses a change in its own namespaces."""
    return PLATFORMS_POLICY in refusal


@dataclass(frozen=True)
class Refused:
    """A secret that could not be rewritten, and why: the server's own words, shortened and cleaned."""

    secret: SecretRef
    reason: str
    platform: bool = False
    """The platform's own policy refused (AKS Automatic in its own namespaces), nobody's mistake."""


@dataclass(frozen=True)
class Tally:
    """What a pass over the secrets came to."""

    total: int = 0
    rewritten: int = 0
    current: int = 0
    """Left as they were, because the server called them current."""
    gone: int = 0
    conflicts_resolved: int = 0
    unproved: int = 0
    """Of `current`: those whose resourceVersion is not later than R0."""
    refused: tuple[Refused, ...] = ()

    def plus(self, other: Tally) -> Tally:
        return replace(
            self,
            total=self.total + other.total,
            rewritten=self.rewritten + other.rewritten,
            current=self.current + other.current,
            gone=self.gone + other.gone,
            conflicts_resolved=self.conflicts_resolved + other.conflicts_resolved,
            unproved=self.unproved + other.unproved,
            refused=self.refused + other.refused,
        )
