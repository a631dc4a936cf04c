"""Azures in memory in which pods shall read in a vault: what is there, and what a look at it sees."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

from azext_akskv.checks.declare import CLUSTER, GOVERNANCE, PROVISION
from azext_akskv.flows.drive import look
from azext_akskv.model.access import Identity
from azext_akskv.model.addon import ADDON
from azext_akskv.model.ids import ResourceId, identity_id
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.provision import ENABLE, GRANT
from azext_akskv.model.snapshot import Snapshot, Wanted
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.builders import GROUP, LOCATION, NOW, SUBSCRIPTION, TENANT, Json, a_vault, cluster_json, vault_json
from tests.fake_provider import a_scale_set
from tests.fakes import FakeWorld

SECRET, KEY, CERT = ObjectType
ISSUER = "https://issuer.test/"
READER = identity_id(SUBSCRIPTION, GROUP, "reader")
"""An identity of one's own."""
READER_PRINCIPAL = "principal of reader"
ENABLING = Wanted(ENABLE)
GRANTING = Wanted(GRANT, vault="kv1", all_of=(SECRET,))
AS_READER = dataclasses.replace(GRANTING, identity="reader")
AS_ACCOUNT = dataclasses.replace(AS_READER, service_account="web", namespaces=("shop",))
ON: Json = {ADDON: {"enabled": True, "config": {"enableSecretRotation": "false", "rotationPollInterval": "2m"}}}
LINUX: Json = {"name": "nodepool1", "osType": "Linux", "type": "VirtualMachineScaleSets"}


def named(*names: str, of: ObjectType = SECRET, version: str = "") -> tuple[AskedObject, ...]:
    return tuple(AskedObject(of, name, version) for name in names)


def asking(wanted: Wanted, *objects: AskedObject) -> Wanted:
    return dataclasses.replace(wanted, objects=objects, all_of=())


def a_world(folder: Path, *, on: bool = True, rbac: bool = True, vault: Json | None = None, **more: Any) -> FakeWorld:
    """A cluster with an issuer, an identity `reader`, a vault with a secret, a disabled one and a certificate. `more`
    are properties of the cluster."""
    raw = cluster_json()
    raw["properties"] |= {
        "agentPoolProfiles": [LINUX],
        "oidcIssuerProfile": {"enabled": True, "issuerURL": ISSUER},
        "securityProfile": {"workloadIdentity": {"enabled": True}},
        **({"addonProfiles": copy.deepcopy(ON)} if on else {}),
    }
    world = FakeWorld(folder, cluster=raw, vault=vault or vault_json(rbac=rbac))
    world.scale_sets[a_scale_set().id] = a_scale_set()
    assert world.cluster
    world.provide(world.cluster["properties"])
    world.cluster["properties"] |= more
    world.identities[READER] = Identity(READER, READER_PRINCIPAL, "client of reader", LOCATION, TENANT)
    fill(world)
    return world


def fill(world: FakeWorld) -> None:
    held = (
        VaultObject(SECRET, "db-pass", enabled=True, version="v1", created=NOW),
        VaultObject(SECRET, "old-pass", enabled=False, version="v1", created=NOW),
        *(VaultObject(of, "web-tls", enabled=True, version="v7", created=NOW) for of in ObjectType),
    )
    world.hold(a_vault(), *held)


def without_identity(world: FakeWorld) -> FakeWorld:
    """Somebody took every identity from the nodes."""
    world.scale_sets = {a_scale_set().id: a_scale_set()}
    return world


def seen(world: FakeWorld, wanted: Wanted, **replaced: Any) -> Snapshot:
    """What a command looks at; `replaced` are fields of what was provided."""
    found = look(wanted, world.world(), (CLUSTER, PROVISION, GOVERNANCE))
    if not replaced:
        return found
    provision = dataclasses.replace(found.provision.get(), **replaced)  # type: ignore[type-var]  # it is there
    return dataclasses.replace(found, provision=type(found.provision)(provision))


def other_tenant(world: FakeWorld, identity: ResourceId = READER) -> None:
    world.identities[identity] = dataclasses.replace(world.identities[identity], tenant="another tenant")
