"""Checks of the identity that shall read: there, known to Entra as the pods' own, and with its rights at the vault."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PROVISION, NotApplicable, check
from azext_akskv.checks.provision_subjects import (
    COMMANDS,
    again,
    as_account,
    place_of,
    the_provision,
    the_reader,
    the_vault_to_read,
)
from azext_akskv.checks.subjects import in_cluster, the_cluster
from azext_akskv.model.federation import AUDIENCE, MOST, FederatedCredential
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.provision import ENABLE, GENERATE, GRANT, Provision, identity_named, subject_wanted, takes
from azext_akskv.model.reading import May, Reading
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot


@check("read-identity-missing", PROVISION, State.ERROR, "the identity that shall read is there")
def read_identity_missing(snapshot: Snapshot) -> Iterator[Problem]:
    found = the_provision(snapshot)
    named = identity_named(snapshot.wanted, snapshot.target)
    identity = found.identity.get()
    if identity is not None:
        return
    if named is None:
        if found.addon.enabled and not the_cluster(snapshot).settled:
            yield from _on_its_way(snapshot)
        elif found.addon.enabled:
            yield Problem(
                "the add-on is on, and the cluster's profile has no identity for it",
                "AKS makes it at the end of the update that turns the add-on on; an update without changes "
                "repairs that",
                in_cluster(snapshot, "aks", "update"),
            )
        return  # it is made with the add-on, which another check tells of
    yield Problem(
        f"there is no identity {named.name} in the resource group {named.group}",
        "one in another resource group or subscription is named with its resource id",
        shell("az", "identity", "list", "--subscription", named.subscription, "--query", "[].id", "--output", "tsv"),
    )


def _on_its_way(snapshot: Snapshot) -> Iterator[Problem]:
    """The command that turns the add-on on waits for the end of that update."""
    if snapshot.wanted.flow != ENABLE:
        yield Problem(
            "the add-on is being turned on, and its identity is not made yet",
            "AKS makes it at the end of the update that is running; run this again when that has ended",
            in_cluster(snapshot, "aks", "wait", "--updated"),
        )


@check("read-identity-tenant", PROVISION, State.ERROR, "identity and cluster are in the same tenant")
def read_identity_tenant(snapshot: Snapshot) -> Iterator[Problem]:
    cluster, identity = the_cluster(snapshot), the_reader(the_provision(snapshot))
    if cluster.tenant and identity.tenant and cluster.tenant.lower() != identity.tenant.lower():
        yield Problem(
            f"the identity {identity.id.name} is in the tenant {identity.tenant}, the cluster in {cluster.tenant}",
            "an identity cannot be used from another tenant than its own",
            shell("az", "identity", "list", "--subscription", snapshot.target.subscription, "--output", "table"),
        )


@check("addon-off", PROVISION, State.ERROR, "the add-on of the secrets provider is on")
def addon_off(snapshot: Snapshot) -> Iterator[Problem]:
    found = the_provision(snapshot)
    if found.addon.enabled:
        return
    told, command = "the add-on of the secrets provider is off", in_cluster(snapshot, *COMMANDS, "enable")
    if snapshot.wanted.flow in (GRANT, GENERATE) and snapshot.wanted.identity is not None:
        why = "unless driver and provider came by a Helm chart, no pod can mount anything yet"
        yield Problem(told, why, command, State.WARNING)
    else:
        yield Problem(told, "its identity and its pods come with it", command)


@check("issuer-off", PROVISION, State.ERROR, "the cluster has an OIDC issuer")
def issuer_off(snapshot: Snapshot) -> Iterator[Problem]:
    issuer = as_account(snapshot).issuer
    if not (issuer.enabled and issuer.url):
        yield Problem(
            "the cluster has no OIDC issuer",
            "without one Entra cannot tell whether a service account's token is genuine. Turning it on restarts the "
            "API server and changes the issuer of all tokens, and it cannot be turned off again: choose the time",
            in_cluster(snapshot, "aks", "update", "--enable-oidc-issuer", "--enable-workload-identity"),
        )


@check("workload-identity-off", PROVISION, State.WARNING, "workload identity is on in the cluster")
def workload_identity_off(snapshot: Snapshot) -> Iterator[Problem]:
    if not as_account(snapshot).workload_identity:
        yield Problem(
            "workload identity is not on in the cluster",
            "the provider gets its tokens without it; programs in the pods that sign in themselves do not",
            in_cluster(snapshot, "aks", "update", "--enable-oidc-issuer", "--enable-workload-identity"),
        )


@check("federation-lacking", PROVISION, State.ERROR, "Entra takes the service account's tokens for the identity's")
def federation_lacking(snapshot: Snapshot) -> Iterator[Problem]:
    found = _with_issuer(snapshot)
    identity = the_reader(found)
    if not takes(found, snapshot.wanted):
        yield Problem(
            f"{identity.id.name} has no federated credential for {subject_wanted(snapshot.wanted)}",
            "Entra gives no token for the pod's service account (AADSTS70021, 700213 or 70025)",
            again(snapshot, "grant"),
        )


def _with_issuer(snapshot: Snapshot) -> Provision:
    """Raises NotApplicable where there is no issuer, which another check tells."""
    found = as_account(snapshot)
    if not (found.issuer.enabled and found.issuer.url):
        raise NotApplicable("the cluster has no OIDC issuer")
    return found


@check("federation-full", PROVISION, State.ERROR, "the identity may have another federated credential")
def federation_full(snapshot: Snapshot) -> Iterator[Problem]:
    found = _with_issuer(snapshot)
    identity = the_reader(found)
    if takes(found, snapshot.wanted) or _near(found, snapshot):
        return
    if len(found.federated.get()) >= MOST:
        yield Problem(
            f"{identity.id.name} has {MOST} federated credentials already, and may have no more",
            "one that is not used any more can go, or another identity reads",
            shell(
                *("az", "identity", "federated-credential", "list", *place_of(identity.id)),
                *("--identity-name", identity.id.name, "--output", "table"),
            ),
        )


@check("federation-differs", PROVISION, State.ERROR, "no federated credential is in the way of the one that is needed")
def federation_differs(snapshot: Snapshot) -> Iterator[Problem]:
    """[D] Issuer and subject are unique in an identity."""
    found = _with_issuer(snapshot)
    identity = the_reader(found)
    near = None if takes(found, snapshot.wanted) else _near(found, snapshot)
    if near is not None:
        wanted = ("--issuer", near.issuer, "--subject", near.subject, "--audiences", AUDIENCE)
        yield Problem(
            f"the federated credential {near.name} of {identity.id.name} has this issuer and subject, and the audience "
            f"{', '.join(near.audiences) or 'none'}",
            f"tokens of the cluster are for {AUDIENCE}, and an identity has no second credential of the same issuer "
            "and subject. What else goes by that one stops when it is changed",
            shell(
                *("az", "identity", "federated-credential", "update", *place_of(identity.id)),
                *("--identity-name", identity.id.name, "--name", near.name, *wanted),
            ),
        )


def _near(found: Provision, snapshot: Snapshot) -> FederatedCredential | None:
    """Raises NotObserved."""
    key = (found.issuer.url, subject_wanted(snapshot.wanted))
    return next((each for each in found.federated.get() if (each.issuer, each.subject) == key), None)


@check("reading-not-granted", PROVISION, State.ERROR, "the identity may read what was asked for")
def reading_not_granted(snapshot: Snapshot) -> Iterator[Problem]:
    vault, found = the_vault_to_read(snapshot), the_provision(snapshot)
    identity = the_reader(found)
    for wish, reading in zip(found.wishes, found.readings.get(), strict=True):
        if reading.may is not May.YES:
            yield _not_granted(snapshot, reading, f"{wish.type.plural} of {vault.id.name}", identity.id.name)


def _not_granted(snapshot: Snapshot, reading: Reading, what: str, who: str) -> Problem:
    lacking = f"what is lacking: {reading.lacking}"
    if reading.may is May.UNKNOWN:
        gives = "this command gives what is known to be enough beside it" if snapshot.wanted.flow == GRANT else lacking
        state = State.WARNING if snapshot.wanted.flow == GRANT else State.UNKNOWN
        told = f"whether {who} may read {what} is not known: {reading.why}"
        return Problem(told, gives, again(snapshot, "grant"), state)
    groups = ""
    if reading.others:
        groups = f". Should one of these be a group that it is in, it may already: {', '.join(reading.others[:3])}"
    return Problem(f"{who} may not read {what}", f"{lacking}{groups}", again(snapshot, "grant"))
