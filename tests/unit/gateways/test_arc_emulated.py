"""Connected clusters and their extensions with az's own login and settings, against the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.failures import LostTrack, Missing, NotYet, OperationFailed, Rejected
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.connected_clusters import ArmConnectedClusters
from azext_akskv.gateways.extensions import ArmExtensions
from azext_akskv.model.ids import BadInput
from azext_akskv.model.secret_store.connected import connected_id
from azext_akskv.model.secret_store.extension import (
    SECRET_STORE,
    extension_id,
    new_extension,
    of_type,
    settings_of,
)
from emulator.worlds.spec import SUBSCRIPTION
from tests.unit.gateways.conftest import AT_ONCE
from tests.unit.gateways.signed_in import Statuses, signed

__all__ = ["signed"]
EDGE = connected_id(SUBSCRIPTION, "shop-rg", "edge")
STORE = extension_id(EDGE, "ssarcextension")


class Arc:
    def __init__(self, world: Any) -> None:
        clients = Clients(world.cli, AT_ONCE)
        self.world, self.watch = world, Statuses()
        self.clusters, self.extensions = ArmConnectedClusters(clients, 0.01), ArmExtensions(clients, 0.01)


def test_a_connected_cluster_tells_who_issues_its_tokens(signed: Any) -> None:
    arc = Arc(signed("ss-ready"))
    seen = arc.clusters.get(EDGE)
    assert seen.connected and seen.distribution == "k3s" and seen.issuer.enabled
    assert seen.issuer.url.startswith("https://") and seen.issuer.url.endswith("/")
    with pytest.raises(Missing):
        arc.clusters.get(connected_id(SUBSCRIPTION, "shop-rg", "nobody"))


def test_connected_clusters_are_listed_by_subscription_and_by_group(signed: Any) -> None:
    arc = Arc(signed("ss-wrong-cluster"))
    assert [each.id.name for each in arc.clusters.all(SUBSCRIPTION)] == ["edge", "edge-2"]
    assert [each.id.name for each in arc.clusters.all(SUBSCRIPTION, "shop-rg")] == ["edge", "edge-2"]


def test_an_extension_is_installed_set_and_removed(signed: Any) -> None:
    arc = Arc(signed("ss-ready"))
    assert arc.extensions.of(EDGE) == []
    arc.extensions.create(STORE, new_extension({"jitterSeconds": "30"}), arc.watch)
    assert arc.watch.seen[-1] == "Succeeded" and len(arc.watch.seen) > 1
    found = of_type(arc.extensions.of(EDGE), SECRET_STORE)
    assert found and found.installed and found.id == STORE and found == arc.extensions.get(STORE)
    assert settings_of(found).jitter == 30
    arc.extensions.change(found, {"rotationPollIntervalInSeconds": "120"}, arc.watch)
    changed = arc.extensions.get(STORE)
    assert (settings_of(changed).poll, settings_of(changed).jitter) == (120, 30)
    arc.extensions.delete(STORE, arc.watch)
    assert arc.extensions.of(EDGE) == []
    with pytest.raises(Missing):
        arc.extensions.get(STORE)
    arc.extensions.delete(STORE, arc.watch)


def test_an_installation_that_fails_stays_and_says_why(signed: Any) -> None:
    arc = Arc(signed("ss-unknown-version"))
    name = extension_id(EDGE, "another")
    with pytest.raises(OperationFailed) as failed:
        arc.extensions.create(name, new_extension({}, version="99.0.0"), arc.watch)
    assert "99.0.0" in failed.value.message
    assert arc.extensions.get(name).state == "Failed"


def test_who_watches_may_stop_following_an_installation_that_waits(signed: Any) -> None:
    arc = Arc(signed("ss-cert-manager-missing"))
    name = extension_id(EDGE, "another")

    class Impatient(Statuses):
        def status(self, status: str) -> None:
            super().status(status)
            if len(self.seen) > 3:
                raise NotYet("it is still being installed", 60)

    watch = Impatient()
    with pytest.raises(NotYet):
        arc.extensions.create(name, new_extension({}), watch)
    assert watch.seen[-1] == "Creating" and arc.extensions.get(name).state == "Creating"


def test_a_cloud_of_an_older_day_is_asked_in_its_own_version(signed: Any) -> None:
    world = signed("ss-installed", unknown_versions=("2026-03-01", "2023-05-01"))
    arc = Arc(world)
    assert arc.clusters.get(EDGE).issuer.url and arc.extensions.get(STORE).installed
    asked = [each.partition("api-version=")[2] for each in world.requests("GET")]
    assert asked[-4:] == ["2026-03-01", "2025-08-01-preview", "2023-05-01", "2022-11-01"]


def test_an_unregistered_provider_is_a_plain_no(signed: Any) -> None:
    arc = Arc(signed("ss-unregistered"))
    with pytest.raises(Rejected) as refused:
        arc.extensions.create(STORE, new_extension({}), arc.watch)
    assert refused.value.code == "MissingSubscriptionRegistration"


@pytest.mark.parametrize("gone", [True, False])
def test_an_operation_that_goes_with_its_extension_is_looked_after(
    signed: Any, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    arc = Arc(signed("ss-installed"))

    def lost(*_: Any) -> None:
        raise LostTrack("remove", "ResourceNotFound", "Operation not found.")

    if gone:
        arc.extensions.delete(STORE, arc.watch)
    monkeypatch.setattr(arc.extensions._documents, "put", lost)
    if gone:
        arc.extensions.delete(STORE, arc.watch)
        return
    with pytest.raises(LostTrack):
        arc.extensions.delete(STORE, arc.watch)


def test_a_name_that_no_id_can_hold_is_refused() -> None:
    for name in ("", "a/b", "with blank"):
        with pytest.raises(BadInput):
            extension_id(EDGE, name)
