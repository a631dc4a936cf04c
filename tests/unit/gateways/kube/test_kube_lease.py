"""The Lease by which runs on several machines know of each other, at the emulated API server and at a scripted one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from azext_akskv.failures import Conflict, Denied, Rejected
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_lease import LEASE, KubeLease
from emulator.emulation import Emulation, Time
from emulator.worlds import catalogue
from emulator.worlds.spec import Delays
from tests.unit.gateways.conftest import Reply
from tests.unit.gateways.kube.kube_service import KubeService, a_status
from tests.unit.gateways.kube.test_kube_emulated import NOON, Shop, shop_in

MINE, HERS = "20261122-120000-enable", "20261122-113000-rotate"
WHO = "anna@contoso.com"


def lease_of(secrets: KubeSecrets) -> KubeLease:
    return KubeLease(secrets.ask, secrets.ask_once)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with Emulation(catalogue.load("kms-on", delays=Delays(grant=0)), Time(NOON, 0.0)) as emulation:
        monkeypatch.setenv("HTTPS_PROXY", emulation.proxy_url)
        monkeypatch.setenv("NO_PROXY", "localhost")
        yield shop_in(emulation, "user")


def test_at_first_nobody_has_it(shop: Shop) -> None:
    assert lease_of(shop.secrets).holder() is None


def test_who_takes_it_has_it_until_it_is_given_back(shop: Shop) -> None:
    lease = lease_of(shop.secrets)
    lease.acquire(MINE, WHO, 120)
    shop.emulation.world.clock.advance(30)
    lease.acquire(MINE, WHO, 120)
    shop.emulation.world.clock.advance(7)
    holder = lease.holder()
    assert holder and (holder.run, holder.who, holder.since) == (MINE, WHO, NOON)
    assert (holder.silent, holder.lasts, holder.lapsed) == (7, 120, False)
    assert str(holder) == f"the run {MINE} of {WHO}, at work since 2026-11-22 12:00:00 UTC"
    lease.release(MINE)
    assert lease.holder() is None
    lease.acquire(HERS, WHO, 120)
    assert lease.holder()


def test_another_run_is_kept_out_until_it_lapses(shop: Shop) -> None:
    lease = lease_of(shop.secrets)
    lease.acquire(HERS, WHO, 120)
    with pytest.raises(Conflict, match=f"the run {HERS} of {WHO}, at work since"):
        lease.acquire(MINE, "", 120)
    lease.release(MINE)  # it is not this run's to give back
    assert lease.holder()
    shop.emulation.world.clock.advance(121)
    holder = lease.holder()
    assert holder and holder.lapsed
    lease.acquire(MINE, "", 120)
    holder = lease.holder()
    assert holder and (holder.run, holder.who, holder.silent) == (MINE, "", 0)


def test_a_run_that_is_known_to_be_dead_keeps_nobody_out(shop: Shop) -> None:
    lease = lease_of(shop.secrets)
    lease.acquire(HERS, WHO, 120)
    lease.acquire(MINE, WHO, 120, (HERS,))
    holder = lease.holder()
    assert holder and holder.run == MINE


def a_lease(**spec: Any) -> Reply:
    document = {"kind": "Lease", "metadata": {"name": "akskv-run", "resourceVersion": "7"}, "spec": spec}
    return Reply(200, document, {"Date": "Sun, 22 Nov 2026 12:00:00 GMT"})


HELD = a_lease(
    holderIdentity=f"{HERS} {WHO}",
    leaseDurationSeconds=120,
    acquireTime="2026-11-22T11:30:00.000000Z",
    renewTime="2026-11-22T11:59:55.000000Z",
)
CHANGED = Reply(409, a_status(409, "Conflict", "the object has been modified"))


def test_who_was_faster_is_seen_at_the_second_look(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, a_lease(), HELD)
    kube.answers("PUT", LEASE, CHANGED)
    with pytest.raises(Conflict, match=WHO):
        lease_of(secrets).acquire(MINE, "", 120)
    assert len(kube.made("PUT")) == 1


def test_who_took_the_new_one_first_is_not_overrun(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(404, a_status(404, "NotFound", "not found")), HELD)
    kube.answers("POST", LEASE.rpartition("/")[0], Reply(201, {"kind": "Lease"}))
    with pytest.raises(Conflict, match=WHO):
        lease_of(secrets).acquire(MINE, "", 120)
    assert kube.made("PUT") == []


def test_its_own_write_whose_answer_was_lost_is_no_conflict(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, a_lease(), HELD)
    kube.answers("PUT", LEASE, CHANGED, HELD)
    lease_of(secrets).acquire(HERS, WHO, 120)


def test_what_others_wrote_into_it_stays(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, a_lease(strategy="OldestEmulationVersion", leaseTransitions=4))
    kube.answers("PUT", LEASE, HELD)
    lease_of(secrets).acquire(MINE, WHO, 60)
    [written] = kube.made("PUT")
    now = "2026-11-22T12:00:00.000000Z"
    assert written.body["metadata"]["resourceVersion"] == "7"
    assert written.body["spec"] == {
        "strategy": "OldestEmulationVersion",
        "holderIdentity": f"{MINE} {WHO}",
        "leaseDurationSeconds": 60,
        "acquireTime": now,
        "renewTime": now,
        "leaseTransitions": 5,
    }


@pytest.mark.parametrize(
    "spoiled",
    [
        a_lease(holderIdentity=7),
        a_lease(holderIdentity=HERS, acquireTime="long ago", renewTime="2026-11-22T11:59:55Z"),
        Reply(200, {"kind": "Lease", "spec": {"holderIdentity": HERS}}, {"Date": "soon"}),
    ],
)
def test_a_lease_that_cannot_be_understood_is_not_free(kube: KubeService, secrets: KubeSecrets, spoiled: Reply) -> None:
    kube.answers("GET", LEASE, spoiled)
    with pytest.raises(Rejected):
        lease_of(secrets).holder()


def test_who_may_not_read_it_is_told(kube: KubeService, secrets: KubeSecrets) -> None:
    kube.answers("GET", LEASE, Reply(403, a_status(403, "Forbidden", "no")))
    with pytest.raises(Denied):
        lease_of(secrets).holder()


def test_control_characters_of_a_name_reach_no_terminal(kube: KubeService, secrets: KubeSecrets) -> None:
    time = "2026-11-22T11:59:55.000000Z"
    kube.answers("GET", LEASE, a_lease(holderIdentity=f"{HERS} \x1b[31mred\n", acquireTime=time, renewTime=time))
    holder = lease_of(secrets).holder()
    assert holder and holder.who == "[31mred"
