"""What the owner of a K3s cluster does to it, by the control URL: arguments, restarts, the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.kubernetes.arc.api_server_arguments import CONFIG, UNIT
from emulator.kubernetes.arc.k3s import K3sServer
from emulator.providers.kubernetes import connected

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

Object = dict[str, Any]


def document(world: EmulatedWorld) -> Object:
    """Each cluster by name."""
    return {data.name: _shown(_server(world, data.name)) for data in world.spec.outside}


def change(world: EmulatedWorld, body: Object) -> Object:
    """`cluster`, and any of `config` and `unit` (lists of arguments, whole), `restart`, `online`. What it is then.

    Raises LookupError for a cluster that there is not, TypeError and ValueError for what makes no sense.
    """
    server = _server(world, str(body["cluster"]))
    for source in (CONFIG, UNIT):
        if source in body:
            if not isinstance(body[source], list):
                raise ValueError(f"{source} is a list of arguments")
            server.arguments.written[source] = tuple(str(one) for one in body[source])
    if body.get("restart"):
        server.restart()
    if "online" in body:
        if body["online"]:
            server.reconnect()
        else:
            server.cut_off()
    return _shown(server)


def _shown(server: K3sServer) -> Object:
    arguments = server.arguments
    written = {name: list(given) for name, given in arguments.written.items()}
    running = {name: list(given) for name, given in arguments.running.items()}
    return {"written": written, "running": running, "issuer": server.issuer, "online": server.cut_off_at is None}


def _server(world: EmulatedWorld, name: str) -> K3sServer:
    found = connected.server_of(world, connected.cluster_id(world.spec.group, name))
    if found is None:
        raise LookupError(f"there is no cluster {name!r} outside Azure")
    return found
