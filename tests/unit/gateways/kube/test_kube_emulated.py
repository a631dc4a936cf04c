"""The Secrets port and the rewrite against the emulated API server, which was written from the sources on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest

from azext_akskv.engine.pace import Inline
from azext_akskv.failures import Missing, Unreadable
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_access import SERVER_APPLICATION, read_kubeconfig
from azext_akskv.gateways.kube_server import ApiServer
from azext_akskv.model.ids import CLUSTER_TYPE
from azext_akskv.model.kube import SecretRef, Switch, key_id_hash
from azext_akskv.observe.census import take_census
from emulator.emulation import Emulation, Time
from emulator.kubernetes.api_server import ApiServer as EmulatedServer
from emulator.worlds import catalogue
from emulator.worlds.spec import SUBSCRIPTION, Delays
from tests.unit.gateways.conftest import AT_ONCE
from tests.unit.steps.secret_store import FakeReporter

CLUSTER = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/shop-rg/providers/{CLUSTER_TYPE}/shop"
NOON = datetime(2026, 11, 22, 12, tzinfo=timezone.utc)


@dataclass
class Shop:
    """The cluster of an emulated world, from both sides."""

    emulation: Emulation
    secrets: KubeSecrets

    @property
    def server(self) -> EmulatedServer:
        return self.emulation.world.kubernetes.server(CLUSTER)

    def first(self, namespace: str = "kube-system") -> SecretRef:
        return self.secrets.page(namespace, limit=1).secrets[0]

    def spoil(self, secret: SecretRef) -> None:
        """A value in etcd that nobody can decrypt any more."""
        key, value = f"/registry/secrets/{secret}", b"k8s:enc:kms:v2:azurekms-0:" + b"0" * 400
        self.emulation.server.call(lambda: self.server.registry.storage.put(key, value))


def shop_in(emulation: Emulation, kind: str) -> Shop:
    server = emulation.world.kubernetes.server(CLUSTER)
    config = emulation.server.call(lambda: server.kubeconfig(kind)).encode()  # type: ignore[arg-type]  # a stand-in

    def token(application: str) -> str:
        assert application == SERVER_APPLICATION
        caller = emulation.world.ids.principal("ops")
        return str(emulation.server.call(lambda: emulation.world.tokens.issue(caller, application))[0])

    access = read_kubeconfig(config, frozenset({server.host}), token, "")
    return Shop(emulation, KubeSecrets(lambda: ApiServer(access), AT_ONCE))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Time stands still, so that a Lease keeps its age."""
    with Emulation(catalogue.load("kms-on", delays=Delays(grant=0, update=0.1)), Time(NOON, 0.0)) as emulation:
        monkeypatch.setenv("HTTPS_PROXY", emulation.proxy_url)
        monkeypatch.setenv("NO_PROXY", "localhost")
        yield shop_in(emulation, "user")


def test_the_census_counts_what_the_world_has(shop: Shop) -> None:
    census = take_census(shop.secrets, FakeReporter(), Inline(), 1)
    assert (census.count, census.unreadable) == (300, ())


def test_a_token_of_our_own_leads_behind_an_unreadable_secret(shop: Shop) -> None:
    spoilt = [shop.first("kube-system"), shop.first("default")]
    for secret in spoilt:
        shop.spoil(secret)
    census = take_census(shop.secrets, FakeReporter(), Inline(), 1)
    assert census.count == 298 and set(census.unreadable) == set(spoilt)
    with pytest.raises(Unreadable) as caught:
        shop.secrets.touch(spoilt[0])
    assert caught.value.secret == str(spoilt[0])


def test_a_touch_of_what_is_current_leaves_it_at_its_version(shop: Shop) -> None:
    secret, before = shop.first(), shop.secrets.latest_version()
    touched = shop.secrets.touch(secret)
    assert touched.version <= before and shop.secrets.touch(secret) == touched
    assert shop.secrets.latest_version() == before


def test_the_metrics_name_the_key_as_we_compute_it(shop: Shop) -> None:
    evidence = shop.secrets.evidence()
    [slot] = [plugin.slot for plugin in shop.server.plugins]
    assert evidence and evidence.writing == {server: {key_id_hash(slot.kid)} for server in evidence.servers}
    assert len(evidence.servers) == 1


def test_a_list_whose_snapshot_was_compacted_is_missing(shop: Shop) -> None:
    page = shop.secrets.page("kube-system", limit=5)
    for _ in range(3):
        shop.emulation.world.clock.advance(301)
        shop.secrets.note_switch(Switch("off", "", 1))
        shop.secrets.ready()
    with pytest.raises(Missing):
        shop.secrets.page("kube-system", page.after, 5)


def test_the_note_lives_in_the_cluster(shop: Shop) -> None:
    assert shop.secrets.switch() is None
    noted = Switch("https://shop-kv.vault.emulator.test/keys/etcd/01", "20261122-120000-enable", 4711)
    for switch in (noted, Switch("off", "20261122-130000-disable", 4800, proved=True)):
        shop.secrets.note_switch(switch)
        assert shop.secrets.switch() == switch


def test_a_token_of_entra_opens_a_cluster_without_local_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulation(catalogue.load("entra-only")) as emulation:
        monkeypatch.setenv("HTTPS_PROXY", emulation.proxy_url)
        monkeypatch.setenv("NO_PROXY", "localhost")
        shop = shop_in(emulation, "entra")
        assert shop.secrets.ready() and "kube-system" in shop.secrets.namespaces()
