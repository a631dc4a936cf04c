"""The same cases on the emulated and on the real Kubernetes API: what is stale, and what is written under which key."""

from __future__ import annotations

import base64

import pytest

from emulator.kubernetes.encryption import KeySlot
from tests.apiserver.shop import HERE, SECRETS, TABLE, Shop

VALUE = b"correct-horse-battery"


@pytest.fixture
def plain(shop: Shop) -> Shop:
    """KMS is off, with the key from before still there, and every secret is in plain."""
    shop.use_keys(None, shop.server.slots[-1])
    shop.rewrite()
    assert prefixes(shop) == {"plain"}
    return shop


def first(shop: Shop) -> KeySlot:
    return shop.slot("azurekms-1", shop.key())


def prefixes(shop: Shop) -> set[str]:
    """The providers that wrote the values in etcd."""
    found = set()
    for value in shop.stored().values():
        encrypted = value.startswith(b"k8s:enc:kms:v1:")
        assert not (encrypted and (VALUE in value or base64.b64encode(VALUE) in value))
        found.add(value.split(b":")[4].decode() if encrypted else "plain")
    return found


def test_each_switch_makes_every_secret_stale_once(plain: Shop) -> None:
    count = len(plain.stored())
    one = first(plain)
    plain.use_keys(one, None)
    assert (plain.rewrite(), plain.rewrite(), prefixes(plain)) == (count, 0, {"azurekms-1"})
    two = plain.slot("azurekms-2", plain.new_key())
    plain.use_keys(two, one)
    assert (plain.rewrite(), plain.rewrite(), prefixes(plain)) == (count, 0, {"azurekms-2"})
    plain.use_keys(None, two)
    assert (plain.rewrite(), plain.rewrite(), prefixes(plain)) == (count, 0, {"plain"})


def test_every_kind_of_empty_update_rewrites_what_is_stale_and_a_dry_run_does_not(plain: Shop) -> None:
    plain.use_keys(first(plain), None)
    for name in ("a", "b", "c", "d", "e"):
        plain("DELETE", f"{HERE}/{name}")
        plain.create(name, immutable=name == "e", data={"x": "eA=="})
    plain.use_keys(None, first(plain))
    before = {name: plain("GET", f"{HERE}/{name}").version for name in "abcde"}
    assert plain("PATCH", f"{HERE}/a", {}, dryRun="All").version == before["a"]
    assert plain.stored()["/registry/secrets/default/a"].startswith(b"k8s:enc:")
    after = {
        "a": plain("PUT", f"{HERE}/a", plain("GET", f"{HERE}/a").body),
        "b": plain("PATCH", f"{HERE}/b", [], kind="application/json-patch+json"),
        "c": plain("PATCH", f"{HERE}/c", {}, kind="application/strategic-merge-patch+json"),
        "d": plain("PATCH", f"{HERE}/d", {}, TABLE, includeObject="None"),
        "e": plain("PATCH", f"{HERE}/e", {}),
    }
    assert all(answer.status == 200 and answer.version > before[name] for name, answer in after.items())
    stored = plain.stored()
    assert not any(stored[f"/registry/secrets/default/{name}"].startswith(b"k8s:enc:") for name in "abcde")


def test_another_key_behind_the_same_name_makes_nothing_stale_and_is_missed_when_it_goes(plain: Shop) -> None:
    one = first(plain)
    plain.use_keys(one, None)
    plain.rewrite()
    two = plain.slot("azurekms-1", plain.new_key())
    plain.use_keys(two, one)
    assert plain.server.synced and plain.rewrite() == 0
    plain.use_keys(two, None)
    assert not plain.server.synced
    assert (plain("GET", SECRETS).status, plain("GET", "/readyz").status) == (500, 500)
    plain.use_keys(two, one)
    assert plain.server.synced and plain("GET", SECRETS).status == 200
