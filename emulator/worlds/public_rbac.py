"""The everyday case."""

from emulator.worlds.spec import World

WORLD = World(name="public-rbac", title="a cluster without KMS; a vault with public access and RBAC")
