"""Somebody else changes the cluster between a read of it and the change that stands on that read."""

from emulator.worlds.spec import World
from emulator.worlds.visits import Visit

WORLD = World(
    name="second-operator",
    title="a cluster without KMS; somebody else sets a tag of it right before the first update comes",
    visits=(Visit("tag"),),
)
