"""Worlds in memory in which `generate` has something to make."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

from azext_akskv.model.access import KEY_VAULT_CERTIFICATE_USER, KEY_VAULT_SECRETS_USER, Grant
from azext_akskv.model.addon import ADDON
from azext_akskv.model.mounts.manifests.manifest import Kind, Ref
from azext_akskv.model.provision import GENERATE
from azext_akskv.model.snapshot import Wanted
from azext_akskv.model.vault import parse_vault
from azext_akskv.model.vault_object import ObjectType, VaultObject
from tests.builders import IDENTITY, NOW, VAULT
from tests.fake_provider import ADDON_PRINCIPAL, a_scale_set
from tests.fakes import FakeWorld

ALL = Wanted(GENERATE, vault="kv1", all_of=(ObjectType.SECRET,), workload="pod")
CLASS, POD = Ref(Kind.CLASS, "default", "kv1"), Ref(Kind.POD, "default", "kv1-reader")
DEPLOYMENT, ACCOUNT = Ref(Kind.DEPLOYMENT, "default", "kv1-reader"), Ref(Kind.ACCOUNT, "default", "shop")


def a_version(of: ObjectType, name: str, *, enabled: bool = True, version: str = "1" * 32) -> VaultObject:
    return VaultObject(of, name, enabled, version, NOW - timedelta(days=3))


def ready(folder: Path) -> FakeWorld:
    """The add-on on, its identity on the nodes and allowed to read, and something to read."""
    world = FakeWorld(folder)
    assert world.cluster
    scale_set = a_scale_set(group=world.cluster["properties"]["nodeResourceGroup"])
    world.scale_sets[scale_set.id] = scale_set
    world.cluster["properties"]["addonProfiles"] = {ADDON: {"enabled": True, "config": None}}
    world.provide(world.cluster["properties"])
    vault = parse_vault(world.vaults[VAULT], NOW)
    world.hold(vault, a_version(ObjectType.SECRET, "db-pass"), a_version(ObjectType.SECRET, "old", enabled=False))
    world.hold(vault, a_version(ObjectType.CERT, "web"), a_version(ObjectType.KEY, "sign"))
    for role in (KEY_VAULT_SECRETS_USER, KEY_VAULT_CERTIFICATE_USER):
        world.grants.append(Grant(role, str(VAULT), ADDON_PRINCIPAL, NOW))
    return world


def as_account(wanted: Wanted = ALL) -> Wanted:
    return dataclasses.replace(wanted, identity=IDENTITY, service_account="shop")
