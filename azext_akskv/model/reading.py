"""Who may read what in a vault: the roles or the access policies by which the secrets provider gets at things, and the
least that is lacking. Role ids and data actions: Azure built-in roles page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum

from azext_akskv.model.access import (
    CONTRIBUTOR,
    KEY_VAULT_ADMINISTRATOR,
    KEY_VAULT_CERTIFICATE_USER,
    KEY_VAULT_CERTIFICATES_OFFICER,
    KEY_VAULT_CONTRIBUTOR,
    KEY_VAULT_CRYPTO_OFFICER,
    KEY_VAULT_CRYPTO_SERVICE_USER,
    KEY_VAULT_CRYPTO_USER,
    KEY_VAULT_READER,
    KEY_VAULT_SECRETS_OFFICER,
    KEY_VAULT_SECRETS_USER,
    OWNER,
    READER,
    ROLE_NAMES,
    Grant,
)
from azext_akskv.model.governance import Permission, allowed
from azext_akskv.model.ids import ResourceId
from azext_akskv.model.vault import KeyPolicy, Vault
from azext_akskv.model.vault_object import ObjectType

_IN_VAULTS = "Microsoft.KeyVault/vaults/"

DATA_ACTIONS: Mapping[str, tuple[str, ...]] = {
    KEY_VAULT_ADMINISTRATOR: ("*",),
    KEY_VAULT_CRYPTO_OFFICER: ("keys/*", "keyrotationpolicies/*"),
    KEY_VAULT_CRYPTO_USER: ("keys/read",),
    KEY_VAULT_CRYPTO_SERVICE_USER: ("keys/read",),
    KEY_VAULT_READER: ("*/read", "secrets/readMetadata/action"),
    KEY_VAULT_SECRETS_USER: ("secrets/getSecret/action", "secrets/readMetadata/action"),
    KEY_VAULT_SECRETS_OFFICER: ("secrets/*",),
    KEY_VAULT_CERTIFICATE_USER: (
        "certificates/read",
        "secrets/getSecret/action",
        "secrets/readMetadata/action",
        "keys/read",
    ),
    KEY_VAULT_CERTIFICATES_OFFICER: ("certificates/*", "certificatecas/*"),
    **dict.fromkeys((KEY_VAULT_CONTRIBUTOR, READER, CONTRIBUTOR, OWNER), ()),
}
"""What the built-in roles let one read, below `Microsoft.KeyVault/vaults/`; of the others an action is told only by the
role's definition. Owner and Contributor read nothing: the things in a vault need data actions. [D]"""

READS = {
    ObjectType.SECRET: ("secrets/getSecret/action",),
    ObjectType.KEY: ("keys/read",),
    ObjectType.CERT: ("certificates/read",),
}
"""The data actions that it takes to read one thing. [D]"""
LISTS_VERSIONS = {**READS, ObjectType.SECRET: (*READS[ObjectType.SECRET], "secrets/readMetadata/action")}
"""And to list its versions as well, which the provider does where objectVersionHistory is more than 1. [D]"""

LEAST_ROLE = {
    ObjectType.SECRET: KEY_VAULT_SECRETS_USER,
    ObjectType.KEY: KEY_VAULT_CERTIFICATE_USER,
    ObjectType.CERT: KEY_VAULT_CERTIFICATE_USER,
}
"""What the AKS documents tell to assign. [D: csi-secrets-store-identity-access]"""


class May(str, Enum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class RoleLacking:
    """A role assignment that would do."""

    role: str

    def __str__(self) -> str:
        return f"the role {ROLE_NAMES[self.role]}"


@dataclass(frozen=True)
class PolicyLacking:
    """Permissions of an access policy that would do, on `secrets`, `keys` or `certificates`."""

    kind: str
    permissions: frozenset[str]

    def __str__(self) -> str:
        return f"{' and '.join(sorted(self.permissions))} on {self.kind} in an access policy"


Lacking = RoleLacking | PolicyLacking


@dataclass(frozen=True)
class Wish:
    """What is to be read. `history`: with older versions, which have to be listed."""

    type: ObjectType
    history: bool = False


@dataclass(frozen=True)
class Reading:
    """Whether a principal may read. `lacking` is the least grant that would let it, unless it may. `by` is the role and
    scope, or the policy, that lets it; `why` says what is not known."""

    may: May
    lacking: Lacking | None = None
    by: str = ""
    why: str = ""
    others: tuple[str, ...] = ()
    """Object ids of others whose access policies would do: should one be a group that the principal is in, then it may.
    Who is in a group is not looked at."""


def may_read(
    vault: Vault,
    grants: Collection[Grant] | None,
    principal: str,
    wish: Wish,
    definitions: Mapping[str, Collection[Permission]] | None = None,
) -> Reading:
    """By the vault's access model: with RBAC its access policies mean nothing, without it role assignments mean
    nothing. [D]

    `grants` are the principal's at the thing or at the vault, and above (Roles.of); None: they could not be read.
    `definitions`: the data actions of roles that are not in DATA_ACTIONS, where they could be read.
    """
    return _by_roles(grants, wish, definitions or {}) if vault.rbac else _by_policies(vault.policies, principal, wish)


def covering(grants: Collection[Grant], vault: ResourceId, thing: ResourceId) -> tuple[Grant, ...]:
    """Of the grants at a vault, above it (where management groups are no part of its id) and below it, those that hold
    for one thing in it."""
    inside, place = f"{vault}/".lower(), f"{thing}/".lower()

    def holds(scope: str) -> bool:
        return not scope.startswith(inside) or place.startswith(scope)

    return tuple(each for each in grants if holds(f"{each.scope.rstrip('/')}/".lower()))


def undefined(grants: Collection[Grant]) -> frozenset[str]:
    """The roles whose definitions have to be read before anything can be said."""
    return frozenset(grant.role for grant in grants if grant.role not in DATA_ACTIONS)


def least(readings: Collection[Reading]) -> tuple[Lacking, ...]:
    """What is lacking for several, without what another of it gives as well: Certificate User reads secrets, too."""
    lacking = {each.lacking for each in readings if each.lacking}
    roles = {each.role for each in lacking if isinstance(each, RoleLacking)}
    if KEY_VAULT_CERTIFICATE_USER in roles:
        lacking.discard(RoleLacking(KEY_VAULT_SECRETS_USER))
    kinds: dict[str, frozenset[str]] = {}
    for each in lacking:
        if isinstance(each, PolicyLacking):
            kinds[each.kind] = kinds.get(each.kind, frozenset()) | each.permissions
    policies = {PolicyLacking(kind, permissions) for kind, permissions in kinds.items()}
    return tuple(sorted({each for each in lacking if isinstance(each, RoleLacking)} | policies, key=str))


def _by_roles(
    grants: Collection[Grant] | None, wish: Wish, definitions: Mapping[str, Collection[Permission]]
) -> Reading:
    lacking = RoleLacking(LEAST_ROLE[wish.type])
    if grants is None:
        return Reading(May.UNKNOWN, lacking, why="the role assignments could not be read")
    wanted = {f"{_IN_VAULTS}{each}" for each in (LISTS_VERSIONS if wish.history else READS)[wish.type]}
    given: set[str] = set()
    by: list[str] = []
    for grant in grants:
        gives = {action for action in wanted if _allows(grant.role, action, definitions)}
        by += [f"{ROLE_NAMES.get(grant.role, grant.role)} at {grant.scope}"] if gives - given else []
        given |= gives
    if given == wanted:
        return Reading(May.YES, by=", ".join(by))
    if unclear := undefined(grants) - set(definitions):
        return Reading(May.UNKNOWN, lacking, why=f"what these roles allow is not known: {', '.join(sorted(unclear))}")
    return Reading(May.NO, lacking)


def _allows(role: str, action: str, definitions: Mapping[str, Collection[Permission]]) -> bool:
    if role in DATA_ACTIONS:
        return Permission(tuple(f"{_IN_VAULTS}{each}" for each in DATA_ACTIONS[role])).allows(action)
    return allowed(definitions.get(role, ()), action)


def _by_policies(policies: Collection[KeyPolicy], principal: str, wish: Wish) -> Reading:
    """Other policies of the same principal add up. [D]"""
    kind, wanted = wish.type.plural, frozenset({"get", "list"} if wish.history else {"get"})
    usable = [each for each in policies if not each.application]
    own = [each.gives(kind) for each in usable if each.object_id.lower() == principal.lower()]
    lacking = _lacking(wanted, frozenset().union(*own))
    if not lacking:
        return Reading(May.YES, by=f"an access policy for {principal}")
    others = [each.object_id for each in usable if each.object_id.lower() != principal.lower()]
    enough = [each.object_id for each in usable if each.object_id in others and not _lacking(lacking, each.gives(kind))]
    return Reading(May.NO, PolicyLacking(kind, lacking), others=tuple(dict.fromkeys(enough)))


def _lacking(wanted: frozenset[str], given: frozenset[str]) -> frozenset[str]:
    return frozenset() if "all" in given else wanted - given
