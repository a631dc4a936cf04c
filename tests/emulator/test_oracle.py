"""The oracle: it trips when a secret stops being readable, and only then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator.oracle import Oracle
from tests.emulator.conftest import Running
from tests.emulator.data_planes import VAULT, Api, grant, new_api, new_key_version, slot, small_world

SECRETS = "/api/v1/secrets"
COUNT = 6


def encrypted(version: str = "1.30.7") -> Api:
    world = small_world()
    grant(world, "shop-id", "Key Vault Crypto User")
    api = new_api(world, COUNT, version, current=slot(world))
    world.oracle.begin()
    return api


def violations(api: Api, request: str = "GET /test") -> int:
    """How many there are after a request."""
    api.world.oracle.look(request)
    return len(api.world.oracle.violations)


def disable(api: Api) -> None:
    version = api.world.keyvault.find(f"https://{VAULT}/keys/etcd")
    assert version is not None
    version.enabled = False


def delete(api: Api) -> None:
    api.world.keyvault.delete(VAULT, "etcd")


def lose_the_slot(api: Api) -> None:
    api.server.use_keys(slot(api.world, "azurekms-2", new_key_version(api.world)), None)


def lose_the_vault(api: Api) -> None:
    vault = api.world.keyvault.vault(VAULT)
    assert vault is not None
    api.world.resources.remove(vault.id)


@pytest.mark.parametrize("version", ["1.30.7", "1.26.12"])
@pytest.mark.parametrize("harm", [disable, delete, lose_the_slot, lose_the_vault])
def test_it_trips_when_no_slot_decrypts_any_more(version: str, harm: Callable[[Api], None]) -> None:
    api = encrypted(version)
    assert violations(api) == 0
    harm(api)
    assert violations(api, "DELETE /the/culprit") == COUNT
    first = api.world.oracle.document()[0]
    assert first["request"] == "DELETE /the/culprit"
    assert first["what"].startswith("shop/secrets/")
    assert violations(api, "GET /another") == COUNT


def test_what_the_api_server_still_has_in_its_cache_is_no_excuse() -> None:
    api = encrypted()
    disable(api)
    assert api("GET", SECRETS).status == 200
    assert violations(api) == COUNT


@pytest.mark.parametrize("version", ["1.30.7", "1.26.12"])
def test_an_orderly_rotation_and_switching_off_do_not_trip_it(version: str) -> None:
    api = encrypted(version)
    old, new = slot(api.world), slot(api.world, "azurekms-2", new_key_version(api.world))
    for current, previous in ((new, old), (None, new)):
        api.server.use_keys(current, previous)
        assert violations(api) == 0
        assert len(api.rewrite()) == COUNT
        assert violations(api) == 0
    delete(api)
    assert violations(api) == 0


def test_an_expired_key_does_not_trip_it() -> None:
    api = encrypted()
    version = api.world.keyvault.find(f"https://{VAULT}/keys/etcd")
    assert version is not None
    version.exp = 1
    assert violations(api) == 0


def test_it_sees_a_value_that_was_written_unreadable() -> None:
    api = encrypted()
    assert violations(api) == 0
    storage = api.server.registry.storage
    key, entry = next(iter(storage.range("/registry/secrets/", "", storage.revision)))
    assert entry.value is not None
    storage.put(key, entry.value[:-1] + bytes([entry.value[-1] ^ 1]))
    assert violations(api) == 1
    storage.delete(key)
    assert list(api.world.kubernetes.unreadable()) == []


def test_what_was_unreadable_at_the_start_is_no_violation() -> None:
    found = ["shop/secrets/a/b"]
    oracle = Oracle(lambda: found)
    oracle.begin()
    found.append("shop/secrets/a/c")
    oracle.look("GET /")
    assert [violation.what for violation in oracle.violations] == ["shop/secrets/a/c"]


def test_every_request_is_looked_at(running: Running) -> None:
    running.may_trip = True
    emulation = running("kms-on")
    assert emulation.verdict()["ok"]
    emulation.server.call(lambda: emulation.world.keyvault.delete(VAULT, "etcd"))
    verdict = emulation.verdict()
    assert not verdict["ok"] and len(verdict["violations"]) == 300
