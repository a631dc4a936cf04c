"""The emulated Azure as one object: all services of a world, composed."""

from __future__ import annotations

import threading
from functools import cached_property

from emulator import resolution
from emulator.azure_from_nodes import AzureFromNodes
from emulator.core.clock import Clock
from emulator.core.faults import Faults
from emulator.core.ids import Ids
from emulator.core.inside import Inside
from emulator.core.operations import Operations
from emulator.core.request_log import RequestLog
from emulator.core.resources import Resource, Resources
from emulator.dataplane.keyvault.keys import KeyVault
from emulator.entra.tokens import Tokens
from emulator.kubernetes.api_server import ApiServer
from emulator.kubernetes.clusters import Kubernetes, Make
from emulator.kubernetes.secrets_store.azure_side import AzureSide
from emulator.nodes import Node, nodes_of
from emulator.oracle import Oracle
from emulator.programs.answers import Programs
from emulator.providers.authorization.evaluate import Rights
from emulator.providers.containerservice import nodegroup
from emulator.providers.containerservice.runcommand import Command
from emulator.providers.containerservice.visitors import Visitors
from emulator.providers.network import zonegroups
from emulator.reach import Reach, reach
from emulator.start import populate
from emulator.worlds.spec import TENANT, World


class EmulatedWorld:
    """One world, from its start on. Nothing of it outlives it: a reset builds another. `make_api_server` makes what is
    behind each cluster."""

    def __init__(
        self,
        spec: World,
        clock: Clock | None = None,
        inside: Inside | None = None,
        make_api_server: Make = ApiServer,
    ) -> None:
        self.spec, self.inside = spec, inside or Inside()
        self.commands: dict[str, Command] = {}
        self.turn = threading.RLock()
        """Whose turn it is: a request's, between two of its waits, or a KMS plugin's of a real API server."""
        self.clock = clock or Clock()
        self.ids = Ids(spec.seed)
        self.resources = Resources()
        self.operations = Operations(self.clock, self.ids, spec.delays.retry_after)
        self.log, self.faults = RequestLog(), Faults()
        self.tokens = Tokens(self.clock, TENANT, spec.token_seconds)
        self.rights = Rights(self)
        self.keyvault = KeyVault(self)
        self.azure: AzureSide = AzureFromNodes(self)
        """Azure as the secrets provider on the nodes asks it."""
        self.kubernetes = Kubernetes(self, make_api_server)
        self.oracle = Oracle(self.kubernetes.unreadable)
        self.visitors, self.programs = Visitors(self), Programs(self)
        try:
            populate(self)
            self.kubernetes.wait()
            self.oracle.begin()
        except BaseException:
            self.close()
            raise

    @cached_property
    def unregistered(self) -> set[str]:
        """The resource providers that the subscription is not registered for, in lower case."""
        return {namespace.lower() for namespace in self.spec.unregistered}

    def settle(self) -> None:
        """Lets everything happen whose time has come."""
        self.operations.settle()

    def endpoint_decided(self, endpoint_id: str) -> None:
        """Called by what a private endpoint leads to: its connection is approved, rejected or gone."""
        zonegroups.follow(self, endpoint_id)

    @property
    def vault_front(self) -> str:
        """The public address of all vaults."""
        return resolution.FRONT_ADDRESS

    @property
    def login_front(self) -> str:
        """The public address of Entra's sign-in host."""
        return resolution.LOGIN_ADDRESS

    def nodes_of(self, cluster_id: str) -> list[Node]:
        """The nodes of a cluster."""
        return nodes_of(self, cluster_id)

    def scale_set_of(self, cluster_id: str, pool: str) -> Resource | None:
        """The scale set of a cluster's pool. Raises KeyError when there is no such cluster."""
        cluster = self.resources.get(cluster_id)
        if cluster is None:
            raise KeyError(cluster_id)
        return nodegroup.scale_set_of(self, cluster, pool)

    def dns_servers(self, network_id: str) -> tuple[str, ...]:
        """What machines of a network ask for names. Raises KeyError."""
        return resolution.servers_of(self, network_id)

    def ask_dns(self, network_id: str, server: str, name: str) -> resolution.Resolution:
        """What one DNS server says to a machine of a network about a name."""
        return resolution.ask(self, network_id, server, name)

    def reach(self, subnet_id: str, address: str, port: int = 443) -> Reach:
        """Whether a machine of a subnet reaches an address."""
        return reach(self, subnet_id, address, port)

    def close(self) -> None:
        """Ends what runs outside this process."""
        self.kubernetes.close()
