"""The check of as whom the provider reads for each SecretProviderClass: whether it gets a token at all."""

from __future__ import annotations

from collections.abc import Iterator

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.provider_classes import class_by_class, edit, patch, unknown
from azext_akskv.checks.provider_federation import federation_of
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.worker import NODE, POD, Mode, worker_of
from azext_akskv.model.pools import without_scale_set
from azext_akskv.model.scale_set import NodeIdentity, ScaleSet
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot

NAME = "userAssignedIdentityID"
NOT_FOUND = "the node gives no token for it: Identity not found, cause 3 of both documents"


@check("class-identity", PROVIDER, State.ERROR, "the provider gets a token for each class")
def class_identity(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        worker = worker_of(one)
        if worker is None:
            return  # its parameters are at odds, as another check says
        if worker.mode is Mode.NODE:
            yield from _of_node(snapshot, view, one)
        elif worker.mode is Mode.POD:
            yield _of_pod(view, one)
        elif worker.mode is Mode.PRINCIPAL:
            yield from _of_principal(view, one)
        else:
            yield from federation_of(snapshot, view, one)

    yield from class_by_class(snapshot, examine)


def _of_node(snapshot: Snapshot, view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    if ignored := one.parameter("clientID"):
        yield Problem(
            f"{one} has clientID {in_short(ignored, 60)} beside {NODE}, which passes over it",
            f"{NAME} alone says which of the node's identities reads; with workload identity {NODE} is left out",
            patch(one, {"clientID": None}),
            State.WARNING,
        )
    pools, said = view.pools(one), one.parameter(NAME)
    scale_sets = view.behind.of_pools(pools)
    yield from (_one_of_several if not said else _named)(view, one, scale_sets)
    cluster = snapshot.cluster.value
    alone = [each for each in (without_scale_set(cluster) if cluster else ()) if not pools or each in pools]
    if alone or not scale_sets:
        told = f"the pool{'s' * (len(alone) > 1)} {', '.join(alone)}" if alone else "its pods' pools"
        yield unknown(one, f"{told}: there is no scale set, and the identities of single machines are not looked at")


def _one_of_several(
    view: ProviderView, one: SecretProviderClass, scale_sets: tuple[ScaleSet, ...]
) -> Iterator[Problem]:
    """[D] Without a client id a node takes its system-assigned identity, or else its only one."""
    torn = [each for each in scale_sets if not each.has_system_identity and len(each.identities) != 1]
    if not torn:
        return
    most = max(len(each.identities) for each in torn)
    yield Problem(
        f"{one} has no {NAME}, and the nodes of {_pools(torn)} have {most or 'no'} identities"
        f"{' of which none is named' if most else ''}",
        "the node does not choose: Multiple user assigned identities exist" if most else NOT_FOUND,
        _with_addon(view, one, edit(one)),
    )


def _named(view: ProviderView, one: SecretProviderClass, scale_sets: tuple[ScaleSet, ...]) -> Iterator[Problem]:
    said = one.parameter(NAME)
    lacking = [each for each in scale_sets if not each.with_client_id(said)]
    if not lacking:
        return
    if known := _identity_of(view, said):
        yield Problem(
            f"{known.id.name} ({said}), as which {one} reads, is not on the nodes of {_pools(lacking)}",
            f"{NOT_FOUND}. A pool that is made later needs it again",
            " && ".join(_assign(each, known) for each in lacking),
        )
    elif mistaken := _mistaken(view, said):
        yield Problem(
            f"{NAME} of {one} is {in_short(said, 200)}: that is {mistaken.id.name}, and not its client id",
            f"it takes the client id, which is {mistaken.client_id}. {NOT_FOUND}",
            patch(one, {NAME: mistaken.client_id}),
        )
    else:
        addon = view.behind.addon.identity
        yield Problem(
            f"{NAME} of {one} is {in_short(said, 200)}, which is no identity of the nodes of {_pools(lacking)}"
            f"{f'; that of the add-on is {addon.client_id}' if addon else ''}",
            f"{NOT_FOUND}. It is another cluster's, deleted, or was never put on these nodes",
            _with_addon(view, one, shell("az", "identity", "list", "--query", f"[?clientId=='{said}'].id")),
        )


def _pools(scale_sets: list[ScaleSet]) -> str:
    names = sorted({each.pool or each.id.name for each in scale_sets})
    return f"the pool{'s' * (len(names) > 1)} {', '.join(names)}"


def _assign(scale_set: ScaleSet, identity: NodeIdentity) -> str:
    place = ("--subscription", scale_set.id.subscription, "--resource-group", scale_set.id.group)
    return shell("az", "vmss", "identity", "assign", *place, "--name", scale_set.id.name, "--identities", identity.id)


def _with_addon(
    view: ProviderView, one: SecretProviderClass, otherwise: str, also: dict[str, str | None] | None = None
) -> str:
    """The command that lets the class read as the add-on's own identity, if there is that."""
    addon = view.behind.addon
    if not (addon.enabled and addon.identity and addon.identity.client_id):
        return otherwise
    return patch(one, {**(also or {}), NODE: "true", NAME: addon.identity.client_id})


def _seen(view: ProviderView) -> Iterator[NodeIdentity]:
    """All identities that are known, wherever they were seen."""
    behind = view.behind
    addon = behind.addon.identity
    if addon and addon.resource_id:
        yield NodeIdentity(addon.resource_id, addon.client_id, addon.object_id)
    for scale_set in behind.scale_sets.value or ():
        yield from scale_set.identities
    for each in behind.identities.value or ():
        yield NodeIdentity(each.id, each.client_id, each.principal_id)


def _identity_of(view: ProviderView, client_id: str) -> NodeIdentity | None:
    return next((each for each in _seen(view) if each.client_id.lower() == client_id.lower()), None)


def _mistaken(view: ProviderView, said: str) -> NodeIdentity | None:
    """The identity that is meant by its object id, its resource id or its name."""
    key = said.lower()
    return next(
        (
            each
            for each in _seen(view)
            if each.client_id and key in (each.principal_id.lower(), str(each.id).lower(), each.id.name.lower())
        ),
        None,
    )


def _of_pod(view: ProviderView, one: SecretProviderClass) -> Problem:
    return Problem(
        f"{one} reads with pod identity, which is retired",
        "nothing on the nodes gives out its tokens any more: cause 1 of both documents, or a refused connection. "
        "Workload identity has taken its place; the nodes' own identity takes the fewest changes",
        _with_addon(view, one, edit(one), {POD: "false"}),
    )


def _of_principal(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    """[SRC] Without a flag and without clientID the volume must name a Secret with a service principal."""
    why = f'neither {NODE} is "true", nor is there a clientID, nor a nodePublishSecretRef at the volume'
    users = view.users(one)
    if not users:
        yield Problem(
            f"{one} says no identity, and no pod mounts it now whose volume could name a service principal's Secret",
            f"{why}: then the provider refuses the mount",
            _with_addon(view, one, edit(one)),
            State.WARNING,
        )
    without = [
        str(each)
        for each in users
        if any(volume.class_name == one.name and not volume.publish_secret for volume in each.volumes)
    ]
    if without:
        yield Problem(
            f"{one} says no identity: {', '.join(without[:3])}{f' and {len(without) - 3} more' * (len(without) > 3)}",
            f"{why}: the provider refuses the mount",
            _with_addon(view, one, edit(one)),
        )
