"""An object of Kubernetes as it is to be written, and where the API server has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from azext_akskv.model.kube import KubeRight
from azext_akskv.model.mounts.secret_class import GROUP

Json = dict[str, Any]
SYNC_GROUP, SYNC_VERSION = "secret-sync.x-k8s.io", "v1alpha1"
"""Of the Secret Store's kinds. [OSS]"""


class Kind(str, Enum):
    """In the order in which they are made: whoever needs another comes after it."""

    ACCOUNT = "ServiceAccount"
    CLASS = "SecretProviderClass"
    SYNC = "SecretSync"
    POD = "Pod"
    DEPLOYMENT = "Deployment"

    @property
    def group(self) -> str:
        return {Kind.CLASS: GROUP, Kind.SYNC: SYNC_GROUP, Kind.DEPLOYMENT: "apps"}.get(self, "")

    @property
    def plural(self) -> str:
        return f"{self.value.lower()}{'es' if self is Kind.CLASS else 's'}"

    @property
    def api_version(self) -> str:
        version = SYNC_VERSION if self is Kind.SYNC else "v1"
        return f"{self.group}/{version}" if self.group else version

    @property
    def resource(self) -> str:
        """As kubectl takes it without asking which group is meant."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True)
class Ref:
    kind: Kind
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """Of all objects of the kind in the namespace."""
        root = "/apis" if self.kind.group else "/api"
        return f"{root}/{self.kind.api_version}/namespaces/{self.namespace}/{self.kind.plural}"

    def right(self, verb: str) -> KubeRight:
        return KubeRight(verb, self.kind.plural, self.kind.group, self.namespace)

    def __str__(self) -> str:
        return f"{self.kind.value} {self.namespace}/{self.name}"


@dataclass(frozen=True)
class Manifest:
    """`body` is all that is written when it is made. `essence`: what is compared with one that is there, see
    essence.py; field names with texts, none of them secret."""

    ref: Ref
    body: Json = field(repr=False, hash=False)
    essence: Mapping[str, str] = field(repr=False, hash=False)


def head(ref: Ref, labels: Mapping[str, str] | None = None) -> Json:
    """The first lines of a body."""
    metadata: Json = {"name": ref.name, "namespace": ref.namespace}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": ref.kind.api_version, "kind": ref.kind.value, "metadata": metadata}
