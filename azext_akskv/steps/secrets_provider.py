"""Makes what the secrets provider needs in Azure: its add-on, its identity on the nodes or the trust in a service
account's tokens, and the right to read. Each looks first, and finds what somebody else has made by what it is."""

from __future__ import annotations

from collections.abc import Sequence

from azext_akskv.engine.step import Fact, Run, Seen, Step, given
from azext_akskv.model.addon import AddonSetting, addon_of, has_setting
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.federation import FederatedCredential, credential_name
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.reading import May, Reading, RoleLacking, Wish, least, may_read, undefined
from azext_akskv.model.scale_set import ScaleSet
from azext_akskv.steps.access import Who, assign_role
from azext_akskv.steps.settled import change, watch

PROVIDER_PRINCIPAL = Fact("provider-principal", str)
"""The object id of the add-on's identity: what grants name."""
PROVIDER_CLIENT = Fact("provider-client", str)
"""Its client id: what a SecretProviderClass names."""


def set_addon(setting: AddonSetting) -> Step:
    """The cluster's tags stay as they are: they tell of changes of its KMS."""

    def shown(cluster: Cluster) -> bool:
        return has_setting(addon_of(cluster), setting)

    def look(run: Run) -> Seen | None:
        cluster = run.looking.clusters.get(run.target)
        identity = addon_of(cluster).identity
        if not (shown(cluster) and cluster.settled and identity):
            return None
        known = {PROVIDER_PRINCIPAL.name: identity.object_id, PROVIDER_CLIENT.name: identity.client_id}
        return Seen(f"with the client id {identity.client_id}", known)

    def put(run: Run, cluster: Cluster) -> None:
        run.ports.clusters.set_secrets_provider(cluster, setting, cluster.tags, watch(run, "set-addon"))

    rotation = f", rotation every {setting.poll_interval}" if setting.rotation and setting.poll_interval else ""
    return Step(
        code="set-addon",
        title=f"turn on the add-on of the secrets provider{rotation}",
        look=look,
        act=lambda run: change(run, shown, put),
        left_behind="an add-on that is on reads no secret before a pod mounts one",
    )


def give_identity(scale_set: ResourceId, identity: ResourceId) -> Step:
    """To the nodes of one scale set."""

    def found(run: Run) -> ScaleSet | None:
        cluster = run.looking.clusters.get(run.target)
        return next((each for each in run.looking.scale_sets.of(cluster) if each.id == scale_set), None)

    def look(run: Run) -> Seen | None:
        there = found(run)
        return Seen(str(identity)) if there and there.has(identity) else None

    def act(run: Run) -> None:
        there = found(run)
        if there and not there.has(identity):
            run.ports.scale_sets.assign(there, identity, watch(run, "give-identity", "the scale set"))

    return Step(
        code="give-identity",
        title=f"give the nodes of {scale_set.name} the identity {identity.name}",
        look=look,
        act=act,
        left_behind="the nodes keep the identities that they have",
    )


def provide_nodes() -> Step:
    """The add-on's identity to the nodes of every scale set: AKS gives it to them, and does not do so again where
    somebody took it away."""

    def seen(run: Run) -> tuple[ResourceId | None, list[ScaleSet]]:
        cluster = run.looking.clusters.get(run.target)
        known = addon_of(cluster).identity
        return known.resource_id if known else None, run.looking.scale_sets.of(cluster)

    def look(run: Run) -> Seen | None:
        identity, there = seen(run)
        if identity is None or not all(each.has(identity) for each in there):
            return None
        return Seen(f"{len(there)} scale set{'s' * (len(there) != 1)}" if there else "there is no scale set")

    def act(run: Run) -> None:
        identity, there = seen(run)
        for each in there:
            if identity and not each.has(identity):
                told = watch(run, "provide-nodes", f"the scale set {each.id.name}")
                run.ports.scale_sets.assign(each, identity, told)

    return Step(
        code="provide-nodes",
        title="see that the nodes of every scale set have its identity",
        look=look,
        act=act,
        left_behind="the add-on is on; nodes that lack its identity mount nothing, and go on running",
    )


def federate(identity: ResourceId, issuer: str, subject: str) -> Step:
    """Has Entra take the tokens of a service account for those of an identity."""

    def look(run: Run) -> Seen | None:
        held = run.looking.identities.federated(identity)
        return next((Seen(each.name) for each in held if each.takes(issuer, subject)), None)

    def act(run: Run) -> None:
        made = FederatedCredential(credential_name(issuer, subject), issuer, subject)
        run.ports.identities.federate(identity, made)

    return Step(
        code="federate",
        title=f"trust the tokens of {subject} for {identity.name}",
        look=look,
        act=act,
        left_behind="whoever has such a token may work as the identity, which has no rights by that alone",
    )


def grant_reading(vault: ResourceId, who: Who, wishes: Sequence[Wish]) -> Step:
    """The least that lets a principal read what is wished for, in the vault's own access model, at the vault."""

    def look(run: Run) -> Seen | None:
        found = readings(run, vault, given(run, who), wishes)
        allowed = all(each.may is May.YES for each in found)
        return Seen("; ".join(dict.fromkeys(each.by for each in found))) if allowed else None

    def act(run: Run) -> None:
        principal = given(run, who)
        for each in least(readings(run, vault, principal, wishes)):
            if isinstance(each, RoleLacking):
                assign_role(run, vault, each.role, principal)
            else:
                run.ports.vaults.allow_reading(run.ports.vaults.get(vault), principal, each)

    kinds = " and ".join(dict.fromkeys(each.type.plural for each in wishes))
    return Step(
        code="grant-reading",
        title=f"allow to read {kinds} of {vault.name}",
        look=look,
        act=act,
        left_behind="a right that was given stays; nothing else was changed",
    )


def readings(run: Run, vault: ResourceId, principal: str, wishes: Sequence[Wish]) -> list[Reading]:
    """May it? What cannot be read of a role of somebody's own stays unknown, and then the role that is known to be
    enough is assigned beside it."""
    home = run.looking.vaults.get(vault)
    grants = run.looking.roles.of(vault, principal) if home.rbac else ()
    definitions = run.looking.roles.data_actions(vault, undefined(grants))
    return [may_read(home, grants, principal, wish, definitions) for wish in wishes]
