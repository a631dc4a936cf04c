"""The worlds by name: each is a module beside this one with a WORLD in it."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import Any

import emulator.worlds
from emulator.worlds.spec import Cluster, World

_NOT_WORLDS = {"arc", "catalogue", "cluster_access", "governance", "ledger", "network", "private_dns", "private_link"}
_NOT_WORLDS |= {
    "secrets",
    "secrets_provider",
    "secrets_store",
    "shop_secrets",
    "spec",
    "synced_secrets",
    "vault_contents",
    "visits",
}


class NoSuchWorld(LookupError):
    """There is no world of that name."""


def names() -> list[str]:
    """Every world's name, sorted."""
    modules = {module.name for module in pkgutil.iter_modules(emulator.worlds.__path__)}
    return sorted(name.replace("_", "-") for name in modules - _NOT_WORLDS)


def load(name: str, **overrides: Any) -> World:
    """The world of that name, with some of its fields replaced.

    Raises NoSuchWorld.
    """
    if name not in names():
        raise NoSuchWorld(f"no world {name!r}; there are: {', '.join(names())}")
    module = importlib.import_module(f"emulator.worlds.{name.replace('-', '_')}")
    world: World = module.WORLD
    return replace(world, **overrides)


def with_secrets(world: World, count: int) -> World:
    """The world with so many Secrets in each cluster, and only those namespaces that hold some.

    Raises ValueError when it is not a whole number from 0 on.
    """
    if type(count) is not int or count < 0:
        raise ValueError(f"{count!r} is not a number of Secrets")

    def thinned(cluster: Cluster) -> Cluster:
        stock = replace(cluster.secrets, count=count, namespaces=cluster.secrets.namespaces[:count])
        return replace(cluster, secrets=stock)

    return replace(world, clusters=tuple(thinned(cluster) for cluster in world.clusters))
