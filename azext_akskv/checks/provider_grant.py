"""The check of the grants: whether the identity of each class may read what the class names, in the vault's model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.provider_classes import class_by_class, its_vault, unknown
from azext_akskv.checks.subjects import at_vault
from azext_akskv.model.access import ROLE_NAMES, Grant
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import ResourceId, in_short
from azext_akskv.model.mounts.behind import TYPES, Behind, ProviderView
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.worker import Mode, Worker, worker_of
from azext_akskv.model.reading import LEAST_ROLE, May, PolicyLacking, Reading, RoleLacking, Wish, covering, may_read
from azext_akskv.model.shell import shell
from azext_akskv.model.snapshot import Snapshot
from azext_akskv.model.vault import Vault
from azext_akskv.model.vault_object import ObjectType, scope_of

ON_ITS_WAY = timedelta(minutes=10)
"""How long a new role may take until the vault knows it. [D: Key Vault RBAC guide]"""


@dataclass(frozen=True)
class _Reader:
    """Who reads for a class, and where. `grants` of None: they could not be read."""

    one: SecretProviderClass
    vault: Vault
    principal: str
    client_id: str
    grants: tuple[Grant, ...] | None
    behind: Behind
    gap: str = ""

    def may(self, wish: Wish, before: datetime | None = None) -> Reading:
        """Of everything of that type that the class names: a role may be given on a single thing of a vault. [D: Key
        Vault RBAC guide] `before`: as if there were none of the grants since then."""
        readings = [self._at(scope, wish, before) for scope in self._scopes(wish)]
        return next((each for may in (May.NO, May.UNKNOWN) for each in readings if each.may is may), readings[0])

    def _scopes(self, wish: Wish) -> list[ResourceId]:
        names = dict.fromkeys(each.name for each in self.one.objects if TYPES.get(each.type) is wish.type)
        return [scope_of(self.vault.id, wish.type, name) for name in names]

    def _at(self, scope: ResourceId, wish: Wish, before: datetime | None) -> Reading:
        grants = None if self.grants is None else covering(self.grants, self.vault.id, scope)
        if grants is not None and before is not None:
            grants = tuple(each for each in grants if not each.created or each.created <= before)
        return may_read(self.vault, grants, self.principal, wish, self.behind.definitions)

    def __str__(self) -> str:
        return f"{self.client_id or 'the identity of the nodes'} (object id {self.principal})"


@check("class-grant", PROVIDER, State.ERROR, "the classes' identities may read what the classes name")
def class_grant(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        vault, worker, wishes = its_vault(view, one), worker_of(one), _wishes(one)
        if vault is None or worker is None or worker.mode is Mode.POD or not wishes:
            return  # other checks say so
        if worker.mode is Mode.PRINCIPAL:
            yield unknown(one, "it reads as a service principal from a Secret, and Secrets are never read")
            return
        principal = _principal(view, one, worker)
        if not principal:
            told = (
                f"the identity of the client id {in_short(worker.client_id, 60)}" if worker.client_id else "who reads"
            )
            yield unknown(one, f"{told} is not seen, nor what it may read in {vault.id.name}")
            return
        yield from _of_reader(_reader(view, one, vault, worker.client_id, principal), wishes, snapshot.taken_at)

    yield from class_by_class(snapshot, examine)


def _wishes(one: SecretProviderClass) -> tuple[Wish, ...]:
    """What the class asks of a vault, each type once, the secrets first."""
    asked = [each for each in one.objects if each.type in TYPES]
    types = {each.type: Wish(TYPES[each.type]) for each in asked}
    types |= {each.type: Wish(TYPES[each.type], history=True) for each in asked if (each.history or 0) > 1}
    return tuple(types[of.value] for of in ObjectType if of.value in types)


def _principal(view: ProviderView, one: SecretProviderClass, worker: Worker) -> str:
    """An object id; empty where nobody knows. Without a client id it is the nodes' own identity, or their only one.
    [D] Raises NotObserved."""
    if worker.client_id:
        return view.behind.principal(worker) or ""
    if worker.mode is not Mode.NODE:
        return ""
    found = set()
    for each in view.behind.of_pools(view.pools(one)):
        only = each.identities[0].principal_id if len(each.identities) == 1 else ""
        found.add(each.system_principal or only)
    return next(iter(found)) if len(found) == 1 else ""


def _reader(view: ProviderView, one: SecretProviderClass, vault: Vault, client_id: str, principal: str) -> _Reader:
    seen = view.behind.granted(vault.id.name, principal)
    return _Reader(one, vault, principal, client_id, seen.value if seen.known else None, view.behind, seen.gap or "")


def _of_reader(reader: _Reader, wishes: Iterable[Wish], now: datetime) -> Iterator[Problem]:
    readings = {wish: reader.may(wish) for wish in wishes}
    unclear = dict.fromkeys(reading.why for reading in readings.values() if reading.may is May.UNKNOWN)
    for why in unclear:
        gap = f"{why}{f' ({reader.gap})' if reader.gap else ''}"
        yield unknown(reader.one, f"whether {reader} may read {reader.vault.id.name}: {gap}")
    lacking = {wish: reading for wish, reading in readings.items() if reading.may is May.NO}
    if lacking:
        yield _refused(reader, lacking)
    young = [wish for wish, reading in readings.items() if reading.may is May.YES and _is_young(reader, wish, now)]
    if young:
        yield Problem(
            f"{reader} was given its role on {reader.vault.id.name}, which {reader.one} reads, less than ten minutes "
            "ago",
            "it may still be on its way: until then the vault answers ForbiddenByRbac, and the mount is tried again by "
            "itself",
            shell(
                *("az", "role", "assignment", "list", "--assignee", reader.principal, "--scope", reader.vault.id),
                "--include-inherited",
            ),
            State.WARNING,
        )


def _is_young(reader: _Reader, wish: Wish, now: datetime) -> bool:
    return reader.vault.rbac and reader.may(wish, before=now - ON_ITS_WAY).may is not May.YES


def _refused(reader: _Reader, lacking: dict[Wish, Reading]) -> Problem:
    vault = reader.vault
    kinds = " and ".join(wish.type.plural for wish in lacking)
    others = tuple(dict.fromkeys(each for reading in lacking.values() for each in reading.others))
    why = f"the vault answers {'ForbiddenByRbac' if vault.rbac else 'AccessDenied'} (403, in neither document)"
    if idle := _idle(reader):
        why += f". {idle}"
    if others:
        why += f". Should it be in a group with one of these object ids, it may: {', '.join(others)}"
    needs = "; ".join(dict.fromkeys(str(each) for each in _least(lacking)))
    return Problem(
        f"{reader} may not read {kinds} of {vault.id.name}, which {reader.one} names: it lacks {needs}",
        why,
        _grant(reader, _least(lacking)),
        State.WARNING if all(reading.others for reading in lacking.values()) else None,
    )


def _idle(reader: _Reader) -> str:
    """What was given in the model that the vault does not go by. [D]"""
    vault, principal = reader.vault, reader.principal.lower()
    if vault.rbac and any(each.object_id.lower() == principal for each in vault.policies):
        return "It has an access policy, which has no effect: this vault goes by roles"
    if not vault.rbac and reader.grants:
        roles = ", ".join(dict.fromkeys(ROLE_NAMES.get(each.role, each.role) for each in reader.grants))
        return f"It has the role {roles}, which has no effect: this vault goes by access policies"
    return "" if vault.rbac else "A role would have no effect: this vault goes by access policies"


def _least(lacking: dict[Wish, Reading]) -> tuple[RoleLacking | PolicyLacking, ...]:
    """The role for certificates reads keys and secrets, too. [D]"""
    found = [reading.lacking for reading in lacking.values() if reading.lacking]
    wide = RoleLacking(LEAST_ROLE[ObjectType.CERT])
    return (wide,) if wide in found else tuple(dict.fromkeys(found))


def _grant(reader: _Reader, least: Iterable[RoleLacking | PolicyLacking]) -> str:
    vault, principal = reader.vault, reader.principal
    policies: list[str] = []
    for each in least:
        if isinstance(each, RoleLacking):
            return shell(
                *("az", "role", "assignment", "create", "--role", ROLE_NAMES[each.role]),
                *("--assignee-object-id", principal, "--assignee-principal-type", "ServicePrincipal"),
                *("--scope", vault.id),
            )
        policies += [f"--{each.kind.removesuffix('s')}-permissions", *sorted(each.permissions | _given(reader, each))]
    return at_vault(vault.id, "set-policy", "--object-id", principal, *policies)


def _given(reader: _Reader, lacking: PolicyLacking) -> frozenset[str]:
    """What it has already, which the command would take away. [CLI]"""
    principal = reader.principal.lower()
    own = [each for each in reader.vault.policies if each.object_id.lower() == principal and not each.application]
    return frozenset().union(*(each.gives(lacking.kind) for each in own))
