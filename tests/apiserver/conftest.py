"""Everything here needs `make apiserver`, and fails without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator import environment
from emulator.real.programs import program
from tests.apiserver.shop import KINDS, Shop
from tests.e2e.conftest import Station, az_worker, station_of


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    """Raises CannotStart, which fails every test."""
    for name in ("kube-apiserver", "etcd"):
        program(name)


@pytest.fixture(scope="module", params=KINDS)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A cluster with KMS v1 on and 60 secrets, shared by the cases of a file: each leaves it able to read them."""
    with Shop(request.param) as made:
        yield made


@pytest.fixture
def through_proxy(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extension's gateway looks for its way."""
    monkeypatch.setenv("HTTPS_PROXY", shop.emulation.proxy_url)
    monkeypatch.setenv("NO_PROXY", "localhost")


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    with az_worker(tmp_path_factory.mktemp("az")) as worker, station_of(worker) as station:
        # A real API server takes real time to start; this is what `exec` sets.
        station.settings["AZURE_AKSKV_WAIT_FACTOR"] = environment.WAIT_FACTOR
        yield station
