"""What a run comes back with; the renderers in report/ turn it into rows and text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azext_akskv.engine.step import Rewrite
    from azext_akskv.model.cluster import KmsProfile
    from azext_akskv.model.finding import Finding
    from azext_akskv.model.mounts.manifests.manifest import Manifest
    from azext_akskv.model.probe import ProbeReport
    from azext_akskv.model.repair import Picture

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NOT_FOUND, EXIT_REFUSED, EXIT_UNKNOWN = range(6)
"""The exit codes that commands.rst promises."""


NOT_FOUND = frozenset(
    {
        *("cluster-missing", "vault-missing", "link-vault-missing", "vault-soft-deleted", "key-missing"),
        *("identity-missing", "read-vault-missing", "asked-object-missing", "read-identity-missing"),
    }
)
"""Codes of findings that say: what the command names is not there."""


@dataclass(frozen=True)
class StepRecord:
    code: str
    title: str
    state: str
    """already, done, failed, skipped or planned."""
    seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True)
class Trouble:
    """Why a run stopped, what is safe now, and how to go on."""

    text: str
    safe: tuple[str, ...] = ()
    following: str = ""
    """The command to run next."""


@dataclass(frozen=True)
class Result:
    """`status`: done, failed, refused, waiting, dry-run or declined."""

    flow: str
    run: str
    status: str
    steps: tuple[StepRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    keep: tuple[str, ...] = ()
    rewrite: Rewrite | None = None
    trouble: Trouble | None = None
    profile: KmsProfile | None = None
    """What the cluster's profile says after a run that changed KMS, as it was read again at the end."""
    hand_over: tuple[tuple[str, str], ...] = ()
    """What somebody else has to do: in words, with the rights that it takes, and the command."""
    picture: Picture | None = None
    """Where a topology was looked at: as it is now, and what was made in it."""
    proofs: Mapping[str, ProbeReport] = field(default_factory=dict)
    """What a node of each subnet saw that proves the way to the vault."""
    may_go: tuple[str, ...] = ()
    """What need not be kept any more, with the command for it."""
    onward: str = ""
    """The command that goes on from here, once this one is done."""
    manifests: tuple[Manifest, ...] = ()
    """What is, or would be, written to the cluster."""

    @property
    def exit_code(self) -> int:
        if self.status == "failed":
            return EXIT_FAILED
        return exit_code_of(self.findings) if self.status == "refused" else EXIT_DONE


def exit_code_of(findings: Iterable[Finding]) -> int:
    """What findings that block make of a command: not found, else refused, else something could not be looked at."""
    blocking = [finding for finding in findings if finding.blocks]
    errors = [finding for finding in blocking if finding.state.value == "error"]
    if any(finding.code in NOT_FOUND for finding in errors):
        return EXIT_NOT_FOUND
    if errors:
        return EXIT_REFUSED
    return EXIT_UNKNOWN if blocking else EXIT_DONE
