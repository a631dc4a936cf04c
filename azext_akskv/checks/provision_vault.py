"""Checks of a vault that pods shall read, and of what they shall read in it."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PROVISION, NotApplicable, check
from azext_akskv.checks.provider_subjects import listed
from azext_akskv.checks.provision_subjects import (
    OPTIONS,
    WORDS,
    reads_a_vault,
    the_provision,
    the_vault_to_read,
)
from azext_akskv.checks.subjects import at_vault, in_cluster, the_cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.provision import GENERATE, Provision, types_of
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Openness, Vault
from azext_akskv.model.vault_object import ObjectType, VaultObject

AZ = {ObjectType.SECRET: "secret", ObjectType.KEY: "key", ObjectType.CERT: "certificate"}
"""As `az keyvault` calls them."""


@check("read-vault-missing", PROVISION, State.ERROR, "the vault is there")
def read_vault_missing(snapshot: Snapshot) -> Iterator[Problem]:
    reads_a_vault(snapshot)
    the_cluster(snapshot)
    if snapshot.vault.get() is not None:
        return
    named = snapshot.wanted.vault
    subscription = named.subscription if isinstance(named, ResourceId) else snapshot.target.subscription
    name = named.name if isinstance(named, ResourceId) else str(named)
    if snapshot.vault_soft_deleted.value:
        yield Problem(
            f"the vault {name} is soft-deleted",
            "recovered, it has what was in it, its policies and its firewall again",
            shell("az", "keyvault", "recover", "--name", name, "--subscription", subscription),
        )
        return
    where = f"in the subscription {subscription}" if isinstance(named, ResourceId) else "where you are signed in"
    yield Problem(
        f"there is no vault {name} {where}",
        "its name is another one, or you may not see it; one of a subscription that az is not signed in to is named "
        "with its resource id",
        shell("az", "keyvault", "list", "--subscription", subscription, "--output", "table"),
    )


@check("read-vault-tenant", PROVISION, State.ERROR, "vault and cluster are in the same tenant")
def read_vault_tenant(snapshot: Snapshot) -> Iterator[Problem]:
    vault, cluster = the_vault_to_read(snapshot), the_cluster(snapshot)
    if cluster.tenant and vault.tenant and cluster.tenant.lower() != vault.tenant.lower():
        yield Problem(
            f"the vault {vault.id.name} is in the tenant {vault.tenant}, the cluster in {cluster.tenant}",
            "a managed identity has rights in its own tenant alone: Entra answers AADSTS700016 or the vault 401",
            shell("az", "keyvault", "list", "--subscription", snapshot.target.subscription, "--output", "table"),
        )


@check("read-vault-closed", PROVISION, State.WARNING, "nodes reach the vault over its public address")
def read_vault_closed(snapshot: Snapshot) -> Iterator[Problem]:
    vault = the_vault_to_read(snapshot)
    if vault.openness is Openness.PUBLIC:
        return
    how = "closed to public networks" if vault.openness is Openness.PRIVATE else "open to selected networks alone"
    yield Problem(
        f"the vault {vault.id.name} is {how}",
        "rights are not enough then: the nodes need a private endpoint with its DNS zone, or to be among the networks. "
        "The command says what is missing between them and the vault, before it asks",
        in_cluster(snapshot, "aks", "kv", "fix-privatelink", "--vault", vault.id, "--dry-run"),
    )


@check("asked-object-missing", PROVISION, State.ERROR, "what was named is in the vault", may_accept=True)
def asked_object_missing(snapshot: Snapshot) -> Iterator[Problem]:
    vault, found = the_vault_to_read(snapshot), the_provision(snapshot)
    if not snapshot.wanted.objects:
        raise NotApplicable("nothing was named")
    unseen = [of for of in types_of(snapshot.wanted) if of in found.contents.unseen]
    for of in unseen:
        if named := [_word(each) for each in snapshot.wanted.objects if each.type is of]:
            yield _unseen(vault, found, of, f"whether {vault.id.name} has the {listed(named)} is not known")
    for asked in snapshot.wanted.objects:
        if found.contents.holds(asked.type, asked.name) is False:
            yield _missing(vault, found, asked)


def _unseen(vault: Vault, found: Provision, of: ObjectType, told: str) -> Problem:
    """What a service adds as help is cut off."""
    why = found.contents.unseen.get(of, "it was not looked at").partition(" For help resolving")[0]
    right = "the role Key Vault Reader" if vault.rbac else f"list on {of.plural} in an access policy"
    lists = f"To list takes a right of your own, such as {right}, and shows no value"
    return Problem(f"{told}: {why}", f"a wrong name would show only when a pod mounts it. {lists}", state=State.UNKNOWN)


def _missing(vault: Vault, found: Provision, asked: AskedObject) -> Problem:
    name, kind = vault.id.name, AZ[asked.type]
    deleted = found.deleted.get(asked.type)
    if deleted and asked.key in (deleted.value or ()):
        return Problem(
            f"the {_word(asked)} of {name} is soft-deleted",
            "recovered, it has all its versions again",
            shell("az", "keyvault", kind, "recover", "--vault-name", name, "--name", asked.name),
        )
    others = [of for of in found.contents.named(asked.name) if of is not asked.type]
    if others:
        other = ObjectType.CERT if ObjectType.CERT in others else others[0]
        why = f"there is a {WORDS[other]} of that name: it is asked for with {OPTIONS[other]}"
    else:
        why = "a mount of it fails with SecretNotFound, KeyNotFound or CertificateNotFound"
    return Problem(
        f"{name} has no {_word(asked)}",
        why,
        shell("az", "keyvault", kind, "list", "--vault-name", name, "--query", "[].name", "--output", "tsv"),
    )


def _word(asked: AskedObject) -> str:
    return f"{WORDS[asked.type]} {asked.name}"


@check("asked-object-disabled", PROVISION, State.ERROR, "what was named is enabled", may_accept=True)
def asked_object_disabled(snapshot: Snapshot) -> Iterator[Problem]:
    vault, found = the_vault_to_read(snapshot), the_provision(snapshot)
    if not snapshot.wanted.objects:
        raise NotApplicable("nothing was named")
    for asked in snapshot.wanted.objects:
        there = found.contents.named(asked.name).get(asked.type)
        if there and not there.enabled and not asked.version:
            yield _disabled(vault, asked)


def _disabled(vault: Vault, asked: AskedObject) -> Problem:
    version = ("--version", asked.version) if asked.version else ()
    words = ("set-attributes", "--vault-name", vault.id.name, "--name", asked.name, *version, "--enabled", "true")
    what = f"the version {asked.version} of the {_word(asked)}" if asked.version else f"the {_word(asked)}"
    newest = "" if asked.version else ", in its newest version, which is the one that is read"
    return Problem(
        f"{what} of {vault.id.name} is disabled{newest}",
        "a mount of it fails with SecretDisabled or Forbidden; somebody disabled it, perhaps for a reason",
        shell("az", "keyvault", AZ[asked.type], *words),
    )


@check("asked-version-missing", PROVISION, State.ERROR, "the versions that were named are there, and enabled")
def asked_version_missing(snapshot: Snapshot) -> Iterator[Problem]:
    vault, found = the_vault_to_read(snapshot), the_provision(snapshot)
    pinned = [each for each in snapshot.wanted.objects if each.version]
    if not pinned:
        raise NotApplicable("no version was named")
    for asked in pinned:
        if found.contents.holds(asked.type, asked.name) is False:
            continue  # another check says so
        there = _version(found, asked)
        if there is None:
            yield Problem(
                f"{vault.id.name} has no version {asked.version} of the {_word(asked)}",
                "a mount of it fails; without a version the newest one is read, also after it was renewed",
                shell(
                    *("az", "keyvault", AZ[asked.type], "list-versions", "--vault-name", vault.id.name),
                    *("--name", asked.name, "--output", "table"),
                ),
            )
        elif not there.enabled:
            yield _disabled(vault, asked)


def _version(found: Provision, asked: AskedObject) -> VaultObject | None:
    """Raises NotObserved."""
    seen = found.versions.get((asked.type, asked.key))
    if seen is None:
        raise NotObserved(f"the versions of the {_word(asked)} were not looked at")
    return next((each for each in seen.get() if (each.version or "").lower() == asked.version.lower()), None)


@check("nothing-to-read", PROVISION, State.WARNING, "there is something to read")
def nothing_to_read(snapshot: Snapshot) -> Iterator[Problem]:
    vault, found = the_vault_to_read(snapshot), the_provision(snapshot)
    if not snapshot.wanted.all_of:
        raise NotApplicable("everything that shall be read was named")
    if snapshot.wanted.flow == GENERATE and not found.objects:
        raise NotApplicable("another check says so")
    for of in snapshot.wanted.all_of:
        if of in found.contents.unseen:
            yield _unseen(vault, found, of, f"what {of.plural} {vault.id.name} has is not known")
        elif not any(each.type is of for each in found.objects):
            yield Problem(
                f"{vault.id.name} has no {WORDS[of]} that is enabled",
                "there is nothing to mount yet" + _instead(found, of),
                at_vault(vault.id, "show", "--query", "properties.vaultUri"),
            )


def _instead(found: Provision, of: ObjectType) -> str:
    others = [other for other in ObjectType if other is not of and found.contents.listed.get(other)]
    told = " or ".join(f"{OPTIONS[other]} ({len(found.contents.listed[other])})" for other in others)
    return f"; what it has is asked for with {told}" if told else ""
