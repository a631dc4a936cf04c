"""The worlds by name: each is a module beside this one with a WORLD in it."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import Any

import emulator.worlds
from emulator.worlds.spec import World

_NOT_WORLDS = {"catalogue", "secrets", "spec"}


class NoSuchWorld(LookupError):
    """There is no world of that name."""


def names() -> list[str]:
    """Every world's name, sorted."""
    modules = {module.name for module in pkgutil.iter_modules(emulator.worlds.__path__)}
    return sorted(name.replace("_", "-") for name in modules - {"catalogue", "secrets", "spec"})


def load(name: str, **overrides: Any) -> World:
    """The world of that name, with some of its fields replaced.

    Raises NoSuchWorld.
    """
    if name not in names():
        raise NoSuchWorld(f"no world {name!r}; there are: {', '.join(names())}")
    module = importlib.import_module(f"emulator.worlds.{name.replace('-', '_')}")
    world: World = module.WORLD
    return replace(world, **overrides)
