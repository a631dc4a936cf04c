"""Emulations in a thread of the test's own process, and other people's clients to drive them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken

from emulator import environment
from emulator.core.tls import azure_authority, cluster_authority
from emulator.emulation import Emulation, Time
from emulator.entra.metadata import ARM
from emulator.worlds import catalogue
from emulator.worlds.spec import CALLER, SUBSCRIPTION
from tests.e2e.az_worker import AzWorker
from tests.emulator.data_planes import DATA, Api, Vault, new_api, small_world

NOW = Time()
Connect = Callable[..., Any]


class Running:
    """`running("public-rbac", delays=Delays(update=0))` starts an emulation that stops with the test, and then checks
    the oracle, unless `running.may_trip` was set."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.may_trip = False

    def __call__(self, world: str = "public-rbac", *, time: Time = NOW, **overrides: Any) -> Emulation:
        emulation = self._stack.enter_context(Emulation(catalogue.load(world, **overrides), time))
        self._stack.callback(self._check, emulation)
        return emulation

    def _check(self, emulation: Emulation) -> None:
        verdict = emulation.verdict()
        assert not verdict["failures"], verdict["failures"][-1]
        assert self.may_trip or verdict["ok"], verdict["violations"]


@pytest.fixture
def running() -> Iterator[Running]:
    with ExitStack() as stack:
        yield Running(stack)


@pytest.fixture(scope="session")
def both_authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the CA of Azure and the CA of the API servers."""
    bundle = tmp_path_factory.mktemp("authorities") / "ca.pem"
    bundle.write_bytes(azure_authority().pem + cluster_authority().pem)
    return bundle


@pytest.fixture
def client(both_authorities: Path) -> Iterator[Callable[..., requests.Session]]:
    """`client(emulation)` has a token for ARM; `audience=None` brings none, `principal` is the object id in it."""
    with ExitStack() as stack:

        def make(emulation: Emulation, audience: str | None = ARM, principal: str = "") -> requests.Session:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            session.verify = str(both_authorities)
            session.proxies = {"https": emulation.proxy_url}
            if audience:
                who = principal or emulation.world.ids.principal(CALLER)
                token, _ = emulation.world.tokens.issue(who, audience)
                session.headers["Authorization"] = f"Bearer {token}"
            return session

        yield make


class Credential:
    """The caller of the world."""

    def __init__(self, emulation: Emulation) -> None:
        self._emulation = emulation

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        world = self._emulation.world
        return AccessToken(*world.tokens.issue(world.ids.principal(CALLER), ARM))


@pytest.fixture
def connect(both_authorities: Path) -> Iterator[Connect]:
    """`connect(emulation, KeyVaultManagementClient)` is an SDK client."""
    with ExitStack() as stack:

        def make(emulation: Emulation, client: Any, **more: Any) -> Any:
            transport = {
                "proxies": {"https": emulation.proxy_url},
                "connection_verify": str(both_authorities),
                "credential_scopes": [f"{ARM}/.default"],
                "polling_interval": 0.05,
            }
            made = client(Credential(emulation), SUBSCRIPTION, base_url=ARM, **transport, **more)
            return stack.enter_context(made)

        yield make


@dataclass(frozen=True)
class Done:
    """How a command of az ended; `output` is stdout and stderr."""

    code: int
    output: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.output)


class StockAz:
    """The real az: each command is a fork of a process that has imported it, and `preload` (names of modules), and a
    process of its own."""

    def __init__(self, folder: Path, preload: str = "") -> None:
        self._worker = AzWorker(folder, folder / "none", preload)
        self.close = self._worker.close

    def __call__(self, emulation: Emulation, *arguments: str) -> Done:
        variables = environment.variables(emulation, self._worker.folder)
        del variables["AZURE_EXTENSION_DIR"]
        self._worker.begin({"argv": list(arguments), "env": variables})
        return Done(*self._worker.end())


@pytest.fixture(scope="session")
def az(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockAz]:
    """`az(emulation, "group", "list")`: stock az, without extensions, logged in to the emulation."""
    stock = StockAz(tmp_path_factory.mktemp("az"))
    yield stock
    stock.close()


@pytest.fixture
def vault() -> Vault:
    """An RBAC vault as its Crypto Officer sees it."""
    return Vault(small_world())


@pytest.fixture
def api() -> Api:
    """A cluster of 1.30 with a secret of ours, seen by its administrator."""
    made = new_api(small_world())
    assert made.create("mine", type="Opaque", **DATA).status == 201
    return made
