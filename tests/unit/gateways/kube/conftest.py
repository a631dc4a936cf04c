"""A scripted API server, and the Secrets port in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from azext_akskv.gateways.kube import KubeSecrets
from tests.unit.gateways.conftest import AT_ONCE
from tests.unit.gateways.kube.kube_service import Authority, KubeService, serving


@pytest.fixture(scope="session")
def cluster_authority() -> Authority:
    return Authority()


@pytest.fixture
def no_proxy_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def kube(cluster_authority: Authority, no_proxy_around: None) -> Iterator[KubeService]:
    with serving(cluster_authority) as service:
        yield service


@pytest.fixture
def secrets(kube: KubeService) -> KubeSecrets:
    return KubeSecrets(kube.server, AT_ONCE)
