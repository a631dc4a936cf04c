"""What may be asked of the API server of an Arc-enabled cluster about secrets that are copied into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from azext_akskv.model.kube import KubeRight
from azext_akskv.model.members import Json
from azext_akskv.model.mounts.manifests.manifest import Manifest, Ref
from azext_akskv.model.mounts.seen import LogSource, PodLog
from azext_akskv.model.observed import Observed
from azext_akskv.model.secret_store.issuer import Claims
from azext_akskv.model.secret_store.seen import ClusterIdentity, SecretRow, StoreSeen
from azext_akskv.model.secret_store.standing import Standing
from azext_akskv.ports.mark import writes


class SecretStore(Protocol):
    """No answer that it asks for holds a secret's value.

    All raise GatewayError. Which cluster the API server is of, the user's kubeconfig decides: so each write asks it
    first, and raises Rejected `OtherCluster` where it is not the one that the command is about."""

    def whose(self) -> ClusterIdentity | None:
        """Which cluster it says it is; None: Arc's agents are not in it."""

    def version(self) -> str:
        """Of Kubernetes, such as v1.31.5+k3s1."""

    def look(self, namespace: str | None = None) -> StoreSeen:
        """Everything at once. What the caller has no right to is unknown by itself, with the reason."""

    def logs(self, sources: Sequence[LogSource], since_seconds: int) -> Iterator[PodLog]:
        """One after the other, in their order; see Mounts.logs."""

    def claims(self, namespace: str, account: str, audience: str) -> Claims:
        """What a token of an account says. The token lives for the shortest time that there is, and is forgotten as
        soon as it is read; nothing in the cluster changes. Raises Missing where there is no such account."""

    def may(self, rights: Sequence[KubeRight]) -> Mapping[KubeRight, Observed[bool]]:
        """Whether the caller has each of these rights."""

    def standing(self, refs: Sequence[Ref]) -> Mapping[Ref, Observed[Standing | None]]:
        """Each as it is; None: it is not there."""

    def secret(self, namespace: str, name: str) -> SecretRow | None:
        """One by itself, with its version; `labelled` is then whether its label names it. None: it is not there."""

    @writes
    def create(self, manifest: Manifest) -> None:
        """Raises Conflict where there is one of that name; Rejected or Denied where admission refuses it."""

    @writes
    def change(self, ref: Ref, patch: Json) -> None:
        """A merge patch with the resourceVersion that was seen: see manifests.change_of. Raises Conflict where it is
        another one by now."""

    @writes
    def force(self, sync: Ref, value: str) -> None:
        """Has the controller copy now: any other value of forceSynchronization does. Raises Missing."""

    @writes
    def delete(self, seen: Standing, keep_dependents: bool = False) -> None:
        """This very object, not another one of its name: then Conflict. What it owns, such as the Secret of a
        SecretSync, is collected as well unless it is to be kept; then the object itself goes a moment later, when the
        cluster has freed what it owned. Nothing is raised where it is gone already."""

    @writes
    def delete_secret(self, seen: SecretRow) -> None:
        """Only as it was seen: raises Conflict where it is another one, or was changed since. Nothing is raised where
        it is gone already."""
