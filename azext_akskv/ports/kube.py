"""What may be asked of the API server."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from azext_akskv.model.holder import Holder
from azext_akskv.model.kube import KeyEvidence, KubeRight, SecretPage, SecretRef, Switch
from azext_akskv.model.snapshot import SecretCensus
from azext_akskv.model.sweep import Sweep, Swept
from azext_akskv.ports.mark import writes


@dataclass(frozen=True)
class Touched:
    """An empty patch's answer: the resourceVersion afterwards; `conflicts` were met and resolved on the way."""

    version: int
    conflicts: int = 0


class Secrets(Protocol):
    """Secrets behind the API server. No answer that it asks for holds a value.

    Reads and writes raise Unreadable when the server cannot decrypt, Denied, Missing, Throttled, Unavailable.
    """

    def namespaces(self) -> list[str]: ...

    def page(self, namespace: str, after: str | None = None, limit: int = 500) -> SecretPage:
        """One page, read from etcd. Raises Missing when the token of the next page has expired (410)."""

    def behind(self, secret: SecretRef) -> str:
        """A token for `page` that goes on behind a secret, which need not be readable; not every server takes it."""

    def ready(self) -> bool:
        """Whether the API server answers and calls itself ready."""

    def latest_version(self) -> int:
        """The store's present resourceVersion, from a list that reads etcd."""

    def switch(self) -> Switch | None:
        """What the last run of ours noted in the cluster about its KMS key."""

    def evidence(self) -> KeyEvidence | None:
        """What the API servers' metrics say; None where this version has no such metrics. Raises Denied."""

    def may(self, right: KubeRight) -> bool:
        """Whether the caller has a right there: a SelfSubjectAccessReview, which is a POST and changes nothing."""

    def rehearse(self, secret: SecretRef) -> None:
        """The empty patch as a dry run (`dryRun=All`): admission decides, and nothing is stored. Raises what `touch`
        raises, and Rejected where a webhook has no dry run."""

    @writes
    def touch(self, secret: SecretRef) -> Touched:
        """The empty merge patch: rewrites the secret if it is stale. Raises Missing when it is gone, Rejected or Denied
        when it is refused."""

    @writes
    def note_switch(self, switch: Switch) -> None: ...


class Inside(Protocol):
    """The secrets as one command in a pod of the cluster looks at them and rewrites them: for API servers that are not
    reached from here, where asking secret by secret would take a command for each. No value leaves the pod."""

    def wanted(self) -> bool:
        """Whether this is the way, and Secrets itself goes it. Decided once, by the first who asks."""

    def census(self) -> SecretCensus: ...

    @writes
    def sweep(self, order: Sweep) -> Swept:
        """One command, some minutes long at most. Raises GatewayError when it could not do anything."""


class Direct:
    """Fills Inside where the API server itself is asked."""

    def wanted(self) -> bool:
        return False

    def census(self) -> SecretCensus:
        raise NotImplementedError

    def sweep(self, order: Sweep) -> Swept:
        raise NotImplementedError


class RunLease(Protocol):
    """The Lease by which a run tells operators on other machines that it is at work. All raise GatewayError."""

    def holder(self) -> Holder | None:
        """Who has it, or had it and never gave it back."""

    @writes
    def acquire(self, run: str, who: str, seconds: int, dead: Collection[str] = ()) -> None:
        """Takes it, or renews it. It lapses when it was not renewed for so many seconds. Raises Conflict when another
        run has it, and is none of those that are known to be dead."""

    @writes
    def release(self, run: str) -> None:
        """Gives it back, where that run has it still."""
