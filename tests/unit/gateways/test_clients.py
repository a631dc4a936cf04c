"""Clients are made once, and a vault's token goes to vaults of this cloud alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from azext_akskv.failures import Denied
from azext_akskv.gateways.clients import Clients
from tests.unit.gateways.conftest import AT_ONCE, a_vault


def in_a_cloud_with(suffix: str | None) -> Clients:
    cloud = SimpleNamespace(suffixes=SimpleNamespace(keyvault_dns=suffix))
    return Clients(SimpleNamespace(cloud=cloud, data={}), AT_ONCE)


@pytest.mark.parametrize(
    "host",
    [
        "kv1.vault.azure.net.evil.example",
        "evil.example",
        "kv1.vault.azure.net@evil.example",
        "evil.example#.vault.azure.net",
        "evil.example/.vault.azure.net",
        "a.b.vault.azure.net",
        ".vault.azure.net",
        "kv1.vault.azure.cn",
        "kv1.managedhsm.azure.net",
        "kv1.vault.azure.net:8443",
        "",
    ],
)
def test_a_host_that_is_no_vault_of_this_cloud_gets_no_token(host: str) -> None:
    with pytest.raises(Denied, match="gets no token"):
        in_a_cloud_with(".vault.azure.net").vault_keys(a_vault(host))


def test_a_cloud_without_vaults_gets_no_token() -> None:
    with pytest.raises(Denied, match="gets no token"):
        in_a_cloud_with(None).vault_keys(a_vault("kv1.vault.azure.net"))


def test_a_client_is_made_once_however_many_threads_ask() -> None:
    clients, made, together = in_a_cloud_with(".vault.azure.net"), [], threading.Barrier(8)

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask(_number: int) -> Any:
        together.wait()
        return clients._once(("kind", "subscription"), make)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
    assert len(made) == 1
