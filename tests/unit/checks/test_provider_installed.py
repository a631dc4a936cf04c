"""Each check of what is installed of driver and provider."""

from __future__ import annotations

import pytest

from azext_akskv.model.addon import Addon
from azext_akskv.model.mounts.consumer import parse_consumer
from azext_akskv.model.observed import Observed
from tests.builders import a_snapshot
from tests.mount_builders import NODE, a_class, a_csi_driver, a_driver_pod, a_pod, a_provider_pod
from tests.unit.checks.mount_views import GAP, OFF, chart, looked
from tests.unit.checks.verdicts import findings, problem, state

CODES = ("provider-not-installed", "provider-installed-twice", "csi-driver-object", "crd-missing")
WORKLOAD = {"keyvaultName": "shop-kv", "clientID": "c", "objects": "array: []"}


@pytest.mark.parametrize("code", CODES)
def test_all_is_well(code: str) -> None:
    assert state(code, looked(pods=[a_pod()], classes=[a_class()])) == "ok"
    assert state(code, looked(addon=OFF, system=chart(NODE))) == "ok"


@pytest.mark.parametrize("code", CODES)
def test_without_a_cluster_or_a_look_nothing_is_well(code: str) -> None:
    assert state(code, a_snapshot(cluster=None)) == "skipped"
    assert state(code, a_snapshot(cluster=None, provider=None)) == "skipped"
    assert state(code, a_snapshot(provider=None)) == "skipped"
    assert state(code, a_snapshot(provider=GAP)) == "unknown"
    unseen = a_snapshot(cluster=GAP)
    assert state(code, unseen) == ("unknown" if code == "provider-not-installed" else "skipped")
    assert state(code, looked(addon=OFF, pods=[a_pod()], system=[])) == (
        "error" if code == "provider-not-installed" else "skipped"
    )


def test_provider_not_installed() -> None:
    found = problem("provider-not-installed", looked(addon=OFF, system=[], pods=[a_pod()]))
    assert found.blocks and "not there" in found.text and "team-a/web-0" in found.text and "cause 5" in found.why
    assert found.command.endswith("--addons azure-keyvault-secrets-provider")
    turned_off = looked(addon=Addon(present=True), system=[], classes=[a_class()], consumers=GAP)
    assert "is off" in problem("provider-not-installed", turned_off).text
    assert "team-a/kv" in problem("provider-not-installed", turned_off).text


def test_provider_not_installed_where_nothing_is_known_to_need_it() -> None:
    assert state("provider-not-installed", looked(addon=OFF, system=[])) == "skipped"
    assert state("provider-not-installed", looked(addon=OFF, system=[], consumers=GAP)) == "unknown"
    assert state("provider-not-installed", looked(addon=OFF, system=[], classes=GAP)) == "unknown"


def test_provider_not_installed_is_unknown_where_its_pods_cannot_be_seen() -> None:
    consumer = parse_consumer(a_pod())
    assert consumer
    hidden = looked(addon=OFF, pods=GAP, consumers=Observed((consumer,)))
    assert [state(code, hidden) for code in CODES] == ["unknown"] * len(CODES)


def test_provider_installed_twice() -> None:
    both = [a_driver_pod(), a_provider_pod(), *chart(NODE)]
    first, second = findings("provider-installed-twice", looked(system=both))
    assert first.blocks and f"driver to {NODE}" in first.text and "name at the kubelet" in first.why
    assert "csi/secrets-store-csi-driver and kube-system/aks-secrets-store-csi-driver" in first.text
    assert NODE in second.text and "socket" in second.why and second.command == "helm list --namespace csi"


def test_csi_driver_object() -> None:
    missing = problem("csi-driver-object", looked(drivers=[]))
    assert missing.blocks and "no CSIDriver object" in missing.text and "az aks update" in missing.command
    chart_only = looked(addon=OFF, system=chart(NODE), drivers=[a_csi_driver(podInfoOnMount=False)])
    silent = problem("csi-driver-object", chart_only)
    assert "podInfoOnMount" in silent.text and silent.command.startswith("helm upgrade '<RELEASE>'")
    assert state("csi-driver-object", looked(driver=GAP)) == "unknown"


def test_csi_driver_object_without_the_tokens_that_a_class_needs() -> None:
    bare, asking = a_csi_driver(tokenRequests=[]), a_class(parameters=WORKLOAD)
    assert state("csi-driver-object", looked(drivers=[bare], classes=[a_class()])) == "ok"
    assert state("csi-driver-object", looked(classes=[asking])) == "ok"
    found = problem("csi-driver-object", looked(addon=OFF, system=chart(NODE), drivers=[bare], classes=[asking]))
    assert "team-a/kv needs for workload identity" in found.text and "tokenRequests" in found.command
    other = a_csi_driver(tokenRequests=[{"audience": "vault"}])
    kept = problem("csi-driver-object", looked(addon=OFF, system=chart(NODE), drivers=[other], classes=[asking]))
    assert '[{"audience": "vault"}, {"audience": "api://AzureADTokenExchange"}]' in kept.command
    bound = a_class(parameters={**WORKLOAD, "useAzureTokenProxy": "true"})
    assert "api://AKSIdentityBinding" in problem("csi-driver-object", looked(classes=[bound])).text
    assert state("csi-driver-object", looked(classes=GAP)) == "unknown"


def test_crd_missing() -> None:
    found = problem("crd-missing", looked(kind_known=Observed(False)))
    assert found.blocks and "secretproviderclasses" in found.text and "az aks update" in found.command
    assert state("crd-missing", looked(kind_known=GAP)) == "unknown"
