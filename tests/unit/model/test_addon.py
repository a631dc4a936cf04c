"""The secrets provider's add-on, by the cluster's own document, and the body that changes it."""

from __future__ import annotations

from typing import Any

import pytest

from azext_akskv.model.addon import (
    ADDON,
    Addon,
    AddonSetting,
    HttpProxy,
    addon_of,
    has_setting,
    http_proxy_of,
    issuer_of,
    seconds_of,
    with_addon,
    workload_identity,
)
from azext_akskv.model.ids import BadInput, identity_id
from azext_akskv.model.pools import without_scale_set
from tests.builders import SUBSCRIPTION, a_cluster

OWN = identity_id(SUBSCRIPTION, "MC_rg1", "azurekeyvaultsecretsprovider-prod")
ON = {
    "enabled": True,
    "config": {"enableSecretRotation": "true", "rotationPollInterval": "5m", "unknown": "kept"},
    "identity": {
        "clientId": "c1",
        "objectId": "o1",
        "resourceId": str(OWN).replace("resourceGroups", "resourcegroups"),
    },
}
OFF = {"enabled": False, "config": None, "identity": None}


def with_profile(profile: Any, name: str = ADDON) -> Any:
    return a_cluster(addonProfiles={name: profile})


@pytest.mark.parametrize("name", [ADDON, ADDON.lower()])
def test_an_addon_that_is_on(name: str) -> None:
    addon = addon_of(with_profile(ON, name))
    assert (addon.present, addon.enabled, addon.rotation) == (True, True, True)
    assert (addon.poll_interval, addon.poll_seconds) == ("5m", 300)
    assert addon.identity and addon.identity.resource_id == OWN
    assert (addon.identity.client_id, addon.identity.object_id) == ("c1", "o1")


def test_an_addon_that_is_off_is_another_thing_than_one_that_never_was() -> None:
    off = addon_of(with_profile(OFF))
    assert (off.present, off.enabled, off.rotation, off.poll_interval, off.identity) == (True, False, False, "2m", None)
    assert addon_of(a_cluster()) == addon_of(a_cluster(addonProfiles=None)) == addon_of(with_profile(None)) == Addon()


def test_an_addon_of_the_wrong_shape_is_bad_input() -> None:
    for wrong in (
        "on",
        {"enabled": "true"},
        {"config": {"enableSecretRotation": True}},
        {"identity": {"resourceId": "x"}},
    ):
        with pytest.raises(BadInput):
            addon_of(with_profile(wrong))


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [
        *[("2m", 120), ("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("500ms", 0.5), ("5m0s", 300), ("0s", 0)],
        *[
            ("", None),
            ("2", None),
            ("m", None),
            ("2 m", None),
            ("-2m", None),
            ("2m!", None),
            ("2d", None),
            ("٢m", None),
        ],
    ],
)
def test_an_interval_is_a_length_of_time_as_go_writes_them(interval: str, seconds: float | None) -> None:
    assert seconds_of(interval) == seconds


def test_turning_it_on_where_it_never_was_says_all_there_is_to_say() -> None:
    cluster = a_cluster(addonProfiles={"azurepolicy": {"enabled": True, "config": {"version": "v2"}}})
    addons = with_addon(cluster.raw, AddonSetting())["properties"]["addonProfiles"]
    assert addons == {
        "azurepolicy": {"enabled": True, "config": {"version": "v2"}},
        ADDON: {"enabled": True, "config": {"enableSecretRotation": "false", "rotationPollInterval": "2m"}},
    }
    assert ADDON not in cluster.raw["properties"]["addonProfiles"]


@pytest.mark.parametrize("profile", [OFF, None])
def test_turning_it_on_again(profile: Any) -> None:
    body = with_addon(with_profile(profile).raw, AddonSetting(rotation=True, poll_interval="10m"))
    addon = body["properties"]["addonProfiles"][ADDON]
    assert addon["enabled"] and addon["config"] == {"enableSecretRotation": "true", "rotationPollInterval": "10m"}


def test_what_a_setting_does_not_name_stays_and_only_the_service_writes_the_rest() -> None:
    cluster = with_profile(ON, ADDON.lower())
    body = with_addon(cluster.raw, AddonSetting(poll_interval="10m"))
    [(name, addon)] = body["properties"]["addonProfiles"].items()
    assert name == ADDON.lower() and addon["identity"] == ON["identity"]
    assert addon["config"] == {"enableSecretRotation": "true", "rotationPollInterval": "10m", "unknown": "kept"}
    assert "eTag" not in body and "provisioningState" not in body["properties"]
    assert {name: value for name, value in body["properties"].items() if name != "addonProfiles"}.items() <= (
        cluster.raw["properties"].items()
    )


@pytest.mark.parametrize("setting", [AddonSetting(), AddonSetting(True, "1h"), AddonSetting(rotation=False)])
def test_a_body_that_was_sent_has_what_was_set(setting: AddonSetting) -> None:
    for before in (a_cluster(), with_profile(OFF), with_profile(ON)):
        sent = with_addon(before.raw, setting)["properties"]["addonProfiles"]
        assert has_setting(addon_of(a_cluster(addonProfiles=sent)), setting)


def test_a_setting_is_there_or_not() -> None:
    on = addon_of(with_profile(ON))
    assert has_setting(on, AddonSetting(True, "300s")) and has_setting(on, AddonSetting())
    assert not has_setting(on, AddonSetting(rotation=False)) and not has_setting(on, AddonSetting(poll_interval="6m"))
    assert not has_setting(addon_of(with_profile(OFF)), AddonSetting())
    odd = Addon(True, True, poll_interval="soon")
    assert has_setting(odd, AddonSetting(poll_interval="soon")) and not has_setting(
        odd, AddonSetting(poll_interval="x")
    )


def test_issuer_and_workload_identity() -> None:
    url = "https://westeurope.oic.prod-aks.azure.com/t/1/"
    cluster = a_cluster(
        oidcIssuerProfile={"enabled": True, "issuerURL": url}, securityProfile={"workloadIdentity": {"enabled": True}}
    )
    assert (issuer_of(cluster).enabled, issuer_of(cluster).url, workload_identity(cluster)) == (True, url, True)
    assert (issuer_of(a_cluster()).enabled, issuer_of(a_cluster()).url, workload_identity(a_cluster())) == (
        False,
        "",
        False,
    )


def test_a_proxy_is_told_without_who_may_use_it() -> None:
    config = {
        "httpProxy": "http://user:p%40ss@proxy.test:3128/",
        "httpsProxy": "https://proxy.test:3129",
        "noProxy": ["localhost"],
        "trustedCa": "TUlJ",
    }
    told = HttpProxy("http://proxy.test:3128", "https://proxy.test:3129", ("localhost",), own_authority=True)
    assert http_proxy_of(a_cluster(httpProxyConfig=config)) == told
    effective = {**config, "effectiveNoProxy": ["169.254.169.254"], "trustedCa": None}
    proxy = http_proxy_of(a_cluster(httpProxyConfig=effective))
    assert proxy and proxy.no_proxy == ("169.254.169.254",) and not proxy.own_authority
    assert http_proxy_of(a_cluster()) is None and http_proxy_of(a_cluster(httpProxyConfig={"noProxy": ["x"]})) is None
    assert http_proxy_of(a_cluster(httpProxyConfig={**config, "enabled": False})) is None


@pytest.mark.parametrize("address", ["http://user:pass@[half", "user:pass@proxy.test:3128", "pass"])
def test_an_address_that_is_none_shows_nothing_of_itself(address: str) -> None:
    proxy = http_proxy_of(a_cluster(httpProxyConfig={"httpProxy": address}))
    assert proxy and "pass" not in proxy.http and "pass" not in repr(proxy)


def test_pools_of_standalone_machines_have_no_scale_set() -> None:
    types = {"a": "VirtualMachineScaleSets", "b": "VirtualMachines", "c": None, "d": "AvailabilitySet"}
    pools = [{"name": name, "type": kind} for name, kind in types.items()]
    assert without_scale_set(a_cluster(agentPoolProfiles=pools)) == ("b", "d")
