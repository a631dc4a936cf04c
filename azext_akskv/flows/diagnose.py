"""Everything that is known how to check about a cluster's KMS, its private links and its secrets provider. Nothing is
changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from azext_akskv.checks.declare import CATEGORIES, CLUSTER, PRIVATE_LINK, PROVIDER, run_checks
from azext_akskv.checks.provider_classes import vault_named
from azext_akskv.flows.drive import look
from azext_akskv.flows.world import World
from azext_akskv.model.diagnosed import Diagnosed
from azext_akskv.model.finding import Finding, State
from azext_akskv.model.mounts.behind import ProviderView, vault_of
from azext_akskv.model.observed import NotObserved, Observed
from azext_akskv.model.provider.findings import by_gravity, finding_of
from azext_akskv.model.provider.reading import Reading
from azext_akskv.model.provider.remedy import Place
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import Openness, Vault

BEHIND = {
    **dict.fromkeys(("forbidden-rbac", "forbidden-policy"), "class-grant"),
    **dict.fromkeys(("identity-not-found", "multiple-identities", "no-default-identity"), "class-identity"),
    **dict.fromkeys(("nmi-absent", "nmi-403", "nmi-404"), "class-identity"),
    **dict.fromkeys(("aad-no-fic", "aad-client-without-fic", "aad-app-not-found"), "class-identity"),
    **dict.fromkeys(("aad-issuer-mismatch", "aad-subject-mismatch", "aad-audience-mismatch"), "class-identity"),
    **dict.fromkeys(("object-not-found", "object-disabled", "wrong-object-type"), "vault-object"),
    **dict.fromkeys(("spc-parameter-missing", "spc-vault-name-invalid", "spc-identity-modes"), "class-parameters"),
    **dict.fromkeys(("spc-flag-invalid", "spc-cloud-invalid", "spc-objects-missing"), "class-parameters"),
    **dict.fromkeys(("spc-objects-yaml", "spc-object-type-invalid", "spc-object-name-missing"), "class-objects"),
    **dict.fromkeys(("sync-object-mismatch", "sync-object-invalid"), "class-secret-objects"),
    "driver-not-registered": "csi-driver-missing",
    "tenant-mismatch": "class-tenant",
    "forbidden-connection": "class-network",
    "dns-nxdomain": "class-vault",
    "sync-forbidden": "sync-right",
    "spc-not-found": "class-missing",
    "volume-not-readonly": "volume-writable",
    "wi-token-missing": "csi-driver-object",
}
"""The check that sees the state behind a cause."""
MISLED = frozenset({"driver-not-registered", "wi-token-missing"})
"""Causes whose own command fits one way to install alone."""
PLACEHOLDER = re.compile(r"<[A-Z][A-Z_]+>")
AREAS = (*CATEGORIES, PRIVATE_LINK, PROVIDER)
"""What may be looked at, in the order in which it is told."""


def diagnose(world: World, wanted: Wanted, areas: Sequence[str]) -> Diagnosed:
    """`wanted` is that of a look. Raises JournalTrouble when the journal cannot be read."""
    asked, provider = [area for area in areas if area != PRIVATE_LINK], PROVIDER in areas
    if provider or PRIVATE_LINK not in areas:
        seen = look(wanted, world, asked)
    else:  # the links are those of the vaults that classes name, of which no log tells
        seen = look(replace(wanted, since=0), world, (*asked, PROVIDER))
    if seen.cluster.value is None:
        return Diagnosed(world.target, None, AREAS, Reading(), (), tuple(run_checks((CLUSTER,), seen)))
    view = seen.provider.value if provider else None
    findings = [*run_checks(asked, seen), *_unread(view)]
    if PRIVATE_LINK in areas:
        kms = not provider and seen.cluster.value.kms.key is not None
        findings += _private_links(world, wanted, seen.provider, also_kms=kms)
    reading = view.texts if view else Reading()
    place = Place(world.target.group, world.target.name)
    vault = _only_vault(view)
    caused = tuple(_filled(finding_of(each, place), findings, vault) for each in by_gravity(reading.diagnoses))
    namespace = wanted.namespaces[0] if wanted.namespaces else None
    return Diagnosed(world.target, namespace, AREAS, reading, caused, tuple(findings))


def _only_vault(view: ProviderView | None) -> str:
    """That of all classes; empty where they name several, or could not be looked at."""
    known = view is not None and view.seen.classes.known
    names = {vault_named(each) for each in view.classes()} if view and known else set()
    return names.pop() if len(names) == 1 else ""


def _filled(cause: Finding, findings: Sequence[Finding], vault: str) -> Finding:
    """A text tells neither all that a command takes nor how things are now; the check behind it knows. Only where it
    has found one thing: of several nobody knows which the text means."""
    known = {each.command for each in findings if each.code == BEHIND.get(cause.code) and each.state is State.ERROR}
    better = known.pop() if len(known) == 1 else ""
    if not better or (
        PLACEHOLDER.search(better) and not PLACEHOLDER.search(cause.command) and cause.code not in MISLED
    ):
        return replace(cause, command=cause.command.replace("'<VAULT>'", vault)) if vault else cause
    return replace(cause, command=better)


def _unread(view: ProviderView | None) -> Iterator[Finding]:
    for gap in view.untold if view else ():
        yield Finding("text-unread", PROVIDER, State.UNKNOWN, gap, "a cause that stands there is not among these")


def _private_links(
    world: World, wanted: Wanted, provider: Observed[ProviderView | None], also_kms: bool
) -> list[Finding]:
    """Of each vault that the classes name and that is not open to public networks. `also_kms`: where there is none, of
    the vault of the cluster's KMS."""
    try:
        view = provider.get()
        named, found = _closed_vaults(view) if view else ([], [])
    except NotObserved as gap:
        named, found = [], [_unknown(f"which vaults the classes name is not known: {gap}")]
    vaults: list[Vault | None] = [*named] or [None] * also_kms
    for vault in vaults:
        snapshot = look(replace(wanted, vault=vault.id if vault else None), world, (PRIVATE_LINK,))
        findings = run_checks((PRIVATE_LINK,), snapshot)
        found += [_about(vault, each) for each in findings] if len(named) > 1 and vault else findings
    skipped = Finding("link-vault-missing", PRIVATE_LINK, State.SKIPPED, "no class reads a vault that is closed")
    return found or [skipped]


def _unknown(gap: str) -> Finding:
    return Finding("link-vault-missing", PRIVATE_LINK, State.UNKNOWN, gap)


def _about(vault: Vault, finding: Finding) -> Finding:
    return replace(finding, text=f"{vault.id.name}: {finding.text}")


def _closed_vaults(view: ProviderView) -> tuple[list[Vault], list[Finding]]:
    """Those that are not open to public networks, and a finding for each that could not be looked at. Raises
    NotObserved where the classes could not be."""
    closed, unseen = list[Vault](), list[Finding]()
    for name in dict.fromkeys(name for each in view.classes() if (name := vault_of(each))):
        seen = view.behind.vault(name)
        if not seen.known:
            unseen.append(_unknown(f"{name}: {seen.gap}"))
        elif seen.value and seen.value.openness is not Openness.PUBLIC:
            closed.append(seen.value)
    return closed, unseen
