"""Scale sets of a node resource group: which pool's nodes they hold, and the identities that programs on these nodes
may work as."""

from __future__ import annotations

import re
from dataclasses import dataclass

from azext_akskv.model.ids import ResourceId
from azext_akskv.model.members import Json, child, labels, text, whole

SCALE_SET_TYPE = "Microsoft.Compute/virtualMachineScaleSets"
SYSTEM, USER = "SystemAssigned", "UserAssigned"

_POOL_TAGS = ("aks-managed-poolname", "poolname")
"""In lower case; the newer one first. [3P]"""
_OF_LINUX = re.compile(r"aks-(?P<pool>[a-z0-9]+)-\d{8}-vmss", re.IGNORECASE | re.ASCII)
_OF_WINDOWS = re.compile(r"aks(?P<pool>[a-z0-9]+)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class NodeIdentity:
    """A user-assigned identity that the nodes have."""

    id: ResourceId
    client_id: str
    principal_id: str


@dataclass(frozen=True)
class ScaleSet:
    """`pool` is empty when neither its tags nor its name tell. `system_principal`: the object id of the identity of its
    own, empty where it has none."""

    id: ResourceId
    pool: str
    identities: tuple[NodeIdentity, ...]
    system_principal: str = ""
    os: str = ""
    """Linux or Windows."""

    @property
    def has_system_identity(self) -> bool:
        return bool(self.system_principal)

    def has(self, identity: ResourceId) -> bool:
        return any(each.id == identity for each in self.identities)

    def with_client_id(self, client_id: str) -> NodeIdentity | None:
        """The identity of that client id: what a SecretProviderClass names."""
        wanted = client_id.strip().lower()
        return next((each for each in self.identities if wanted and each.client_id.lower() == wanted), None)


def parse_scale_set(raw: Json) -> ScaleSet:
    """Raises BadInput when the JSON is not a scale set."""
    own = ResourceId.parse(text(whole(raw), "id"))
    identity = child(raw, "identity")
    assigned = child(identity, "userAssignedIdentities")
    profile = child(child(raw, "properties"), "virtualMachineProfile")
    return ScaleSet(
        own,
        pool_of(own.name, labels(raw, "tags")),
        tuple(_node_identity(name, child(assigned, name)) for name in assigned),
        text(identity, "principalId") if SYSTEM.lower() in text(identity, "type").lower() else "",
        text(child(child(profile, "storageProfile"), "osDisk"), "osType"),
    )


def pool_of(name: str, tags: dict[str, str]) -> str:
    """By its tag, else by the scale set's name. AKS writes pools' names in lower case. [AKS docs]"""
    told = {tag.lower(): value for tag, value in tags.items()}
    for tag in _POOL_TAGS:
        if told.get(tag):
            return told[tag]
    match = _OF_LINUX.fullmatch(name) or _OF_WINDOWS.fullmatch(name)
    return match["pool"].lower() if match else ""


def identity_added(scale_set: ScaleSet, identity: ResourceId) -> Json:
    """The body of a PATCH that gives the nodes one identity more: those that it does not name stay, but the kinds are
    told whole. [D: managed identities of scale sets]"""
    kinds = ", ".join([SYSTEM, USER] if scale_set.has_system_identity else [USER])
    return {"identity": {"type": kinds, "userAssignedIdentities": {str(identity): {}}}}


def _node_identity(name: str, raw: Json) -> NodeIdentity:
    return NodeIdentity(ResourceId.parse(name), text(raw, "clientId"), text(raw, "principalId"))
