"""Checks of the key: that it is there, that KMS can use it, how long, and who else does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from azext_akskv.checks.declare import KEY, NotApplicable, check
from azext_akskv.checks.subjects import (
    in_cluster,
    in_neighbour,
    of_vault_key,
    only_for,
    put_key_in,
    the_cluster,
    the_key,
    the_vault,
    unless_unused,
)
from azext_akskv.model.choice import key_name_to_use, makes_key, repairs_of, same_key
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import KeyId
from azext_akskv.model.key import NEEDED_OPERATIONS, KeyVersion, why_unusable
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

ROTATION_WINDOW = timedelta(days=30)
"""A key that ends sooner should be rotated or prolonged now."""


@check("key-missing", KEY, State.ERROR, "the key is there")
def key_missing(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    vault, name = the_vault(snapshot), key_name_to_use(snapshot)
    found = snapshot.key_in_use if makes_key(snapshot.wanted) else snapshot.key
    if found.get() is not None or _of_another_vault(snapshot):
        return
    if name is None:
        keys = of_vault_key(vault.id.name, "list", "--output", "table")
        yield Problem("no key was named", "with --create the key named by --key is made", keys)
    elif snapshot.key_soft_deleted.value:
        yield Problem(
            f"the key {name} in {vault.id.name} is soft-deleted",
            "recovered, it is the same key with all its versions; a new one could not read what the old one encrypted",
            of_vault_key(vault.id.name, "recover", "--name", name),
            State.WARNING if repairs_of(snapshot) else None,
        )
    elif not snapshot.wanted.create or isinstance(snapshot.wanted.key, KeyId):
        yield Problem(
            f"there is no key {snapshot.wanted.key or name} in {vault.id.name}",
            "with --create a key of that name is made; a version that is named must be there",
            of_vault_key(vault.id.name, "list-versions", "--name", name),
        )


@check("key-versionless", KEY, State.ERROR, "the key identifier is of the form that this KMS takes")
def key_versionless(snapshot: Snapshot) -> Iterator[Problem]:
    """Its form decides which KMS a cluster gets: with a version the legacy one, without one the new one. [SPEC]"""
    only_for(snapshot, "enable", "rotate")
    key = snapshot.wanted.key
    if not isinstance(key, KeyId) or key.version:
        return
    again = ("rotate",) if snapshot.wanted.flow == "rotate" else ("kms", "enable", "--vault", key.vault_name)
    yield Problem(
        f"the key identifier {key} names no version",
        "a key without a version belongs to the new KMS data encryption, which follows the key's newest version by "
        "itself; legacy KMS stays on the one version that it is given. Name that version, or only the key's name, "
        "which takes its newest enabled version",
        in_cluster(snapshot, "aks", "kv", *again, "--key", key.name),
    )


@check("key-other-vault", KEY, State.ERROR, "the key is in the vault that was named")
def key_other_vault(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    if _of_another_vault(snapshot):
        key, vault = snapshot.wanted.key, the_vault(snapshot)
        yield Problem(
            f"the key {key} is not in the vault {vault.id.name}, whose address is {vault.host}",
            "a key identifier names its vault: leave --vault out, or name the vault that the key is in",
            of_vault_key(vault.id.name, "list", "--output", "table"),
        )


def _of_another_vault(snapshot: Snapshot) -> bool:
    key, vault = snapshot.wanted.key, snapshot.vault.value
    return isinstance(key, KeyId) and vault is not None and key.host != vault.host


@check("key-unusable", KEY, State.ERROR, "KMS can encrypt and decrypt with the key")
def key_unusable(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    for version in _keys(snapshot):
        for reason in why_unusable(version, snapshot.taken_at):
            yield Problem(
                f"the key {version.id} cannot be used: {reason}",
                "the API servers encrypt and decrypt every secret with it; one that only expired still decrypts, but "
                "nothing can be written",
                _repair(version, snapshot.taken_at),
                State.WARNING if _is_repaired(snapshot, version) else None,
            )


def _is_repaired(snapshot: Snapshot, version: KeyVersion) -> bool:
    """By a rotation, which begins with that: what else is wrong with the key in use would stay so."""
    used, repairs = snapshot.key_in_use.value, repairs_of(snapshot)
    reasons = len(list(why_unusable(version, snapshot.taken_at)))
    return used is not None and same_key(used.id, version.id) and reasons == len(repairs) > 0


def _keys(snapshot: Snapshot) -> list[KeyVersion]:
    """The key to use and the key in use, once each."""
    wanted, used = snapshot.key.get(), snapshot.key_in_use.get()
    both = [version for version in (wanted, used) if version]
    return both[:1] if len(both) == 2 and same_key(both[0].id, both[1].id) else both


def _repair(version: KeyVersion, now: datetime) -> str:
    set_attributes = ("az", "keyvault", "key", "set-attributes", "--id", version.id)
    name, vault = version.id.name, version.id.vault_name
    if not version.kind.upper().startswith("RSA"):
        return of_vault_key(vault, "create", "--name", f"{name}-rsa", "--kty", "RSA")
    if not version.enabled:
        return shell(*set_attributes, "--enabled", "true")
    if version.expires and version.expires <= now:
        return shell(*set_attributes, "--expires", _in_a_year(now))
    if version.not_before and version.not_before > now:
        return shell(*set_attributes, "--not-before", f"{now:%Y-%m-%dT%H:%M:%SZ}")
    return shell(*set_attributes, "--ops", *sorted(version.operations | NEEDED_OPERATIONS))


def _in_a_year(now: datetime) -> str:
    return f"{now + timedelta(days=365):%Y-%m-%dT%H:%M:%SZ}"


@check("key-expiring", KEY, State.WARNING, "the key does not expire soon")
def key_expiring(snapshot: Snapshot) -> Iterator[Problem]:
    unless_unused(snapshot)
    for version in _keys(snapshot):
        if version.expires and timedelta(0) < version.expires - snapshot.taken_at < ROTATION_WINDOW:
            yield Problem(
                f"the key {version.id} expires on {version.expires:%Y-%m-%d}",
                "an expired key still decrypts but no longer encrypts: then no secret can be written. Extend it, "
                "then rotate",
                shell(
                    "az", "keyvault", "key", "set-attributes", "--id", version.id,
                    "--expires", _in_a_year(snapshot.taken_at),
                ),
            )  # fmt: skip


@check("key-not-newest", KEY, State.WARNING, "the cluster uses the newest version of its key")
def key_not_newest(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    if not cluster.kms.enabled:
        raise NotApplicable("KMS is off")
    used, newest = snapshot.key_in_use.get(), snapshot.newest.get()
    if used and newest and not same_key(used.id, newest.id):
        yield Problem(
            f"the key {used.id.name} has a newer version, {newest.id.version}",
            "legacy KMS stays on the version that it was given, whatever the vault's rotation policy makes; the old "
            "version must stay enabled until the rotation after the next one",
            put_key_in(snapshot, newest.id),
        )


@check("other-key-attached", KEY, State.ERROR, "KMS is not on with another key")
def other_key_attached(snapshot: Snapshot) -> Iterator[Problem]:
    only_for(snapshot, "enable")
    cluster, key = the_cluster(snapshot), the_key(snapshot)
    if cluster.experience.renewed:  # a versioned key id put in there would mean the legacy experience [SPEC]
        raise NotApplicable("the cluster uses the new KMS data encryption")
    if cluster.kms.enabled and not same_key(cluster.kms.key, key.id):
        yield Problem(
            f"KMS is on with another key: {cluster.kms.key}",
            "putting in another key is a rotation: both keys must stay enabled, and every secret must be rewritten "
            "after it, before any further change",
            put_key_in(snapshot, key.id),
        )


@check("key-shared", KEY, State.WARNING, "no other cluster of the subscription uses the key")
def key_shared(snapshot: Snapshot) -> Iterator[Problem]:
    cluster = the_cluster(snapshot)
    unless_unused(snapshot)
    wanted, used = snapshot.key.value, cluster.kms.key
    keys = [key for key in (wanted.id if wanted else None, used) if key]
    if not keys:
        raise NotApplicable("no key is in use or asked for")
    sharing = [
        each
        for each in snapshot.neighbours.get()
        if any(key.is_version_of(each.kms.key) for key in keys if each.kms.key)
    ]
    for other in sharing:
        state = "is encrypted with it" if other.kms.enabled else "had KMS on with it, and still needs it"
        yield Problem(
            f"the key {keys[0].name} is also that of the cluster {other.id.name} in {other.id.group}, which {state}",
            "what happens to the key happens to both: before a version of it is disabled or deleted, every cluster "
            "must have left it",
            in_neighbour(other.id),
        )


@check("key-went-back", KEY, State.ERROR, "the cluster did not go back to a key from before", may_accept=True)
def key_went_back(snapshot: Snapshot) -> Iterator[Problem]:
    """A template that still holds the key from before puts it back with its next apply. [AKS KMS + azurerm, INF]"""
    cluster, note = the_cluster(snapshot), snapshot.switch
    if not note.known:
        raise NotApplicable("the note of the last key change could not be read")
    if note.value is None or note.value.key.lower() == cluster.key_in_force.lower():
        return
    if note.value.key == "off" or snapshot.wanted.flow == "reencrypt":
        raise NotApplicable("the last run of this extension turned KMS off, or this one only rewrites")
    noted = KeyId.parse(note.value.key)
    template = f"put {noted} into the template as the key's identifier before its next apply"
    if not cluster.kms.enabled:
        yield Problem(
            f"KMS is off, and the last run of this extension left it on with {noted}",
            f"somebody or some template turned it off since. If that was not meant: {template}",
            put_key_in(snapshot, noted),
            State.WARNING,
        )
    elif _older(snapshot, noted):
        yield Problem(
            f"the cluster went back to an older key: from {noted} to {cluster.kms.key}",
            f"an infrastructure-as-code apply does that when its template still names the older key; {template}. Until "
            "every secret is rewritten both keys are needed, and a second change before that loses secrets",
            f"{in_cluster(snapshot, 'aks', 'kv', 'reencrypt')} && {put_key_in(snapshot, noted)}",
        )


def _older(snapshot: Snapshot, noted: KeyId) -> bool:
    """Whether the key in use is older than the one noted, by Key Vault's times or by what runs from here have seen."""
    used, newest, former = snapshot.key_in_use.value, snapshot.newest.value, snapshot.former_keys
    if used and any(same_key(used.id, each) for each in former):
        return True
    if not (used and newest and used.id.is_version_of(noted) and same_key(newest.id, noted)):
        return False
    return bool(used.created and newest.created and used.created < newest.created)
