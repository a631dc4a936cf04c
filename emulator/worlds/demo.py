"""What `make demo` tells its story on."""

from emulator.worlds.spec import World

WORLD = World(name="demo", title="a shop with 300 Secrets in the clear and a vault that nobody uses yet")
