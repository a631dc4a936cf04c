"""What AKS answers beside what was asked for: since when, in which answers, and what it leaves out."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from tests.emulator.arm_client import CLUSTER, GROUP, Arm

NEW = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/fresh"
POOL = {"name": "pool1", "count": 1, "vmSize": "Standard_D2s_v5", "mode": "System", "type": "VirtualMachineScaleSets"}
WINTER_2023 = datetime(2023, 12, 1, tzinfo=timezone.utc)


def asked(**properties: Any) -> dict[str, Any]:
    own = {"kubernetesVersion": "1.30", "agentPoolProfiles": [dict(POOL)], **properties}
    return {"location": "westeurope", "identity": {"type": "SystemAssigned"}, "properties": own}


def created(client: Arm, version: str = "2026-06-01", **properties: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties in the answer to the PUT, and those at the operation's end."""
    answer = client("PUT", f"{NEW}?api-version={version}", asked(**properties))
    assert answer.status == 201, answer.body
    client.finish(answer)
    return answer.body["properties"], client("GET", f"{NEW}?api-version={version}").body["properties"]


def test_answers_had_fewer_members_in_the_past_and_previews_had_them_first() -> None:
    then = Arm(start=WINTER_2023)
    stable, preview = (then("GET", f"{CLUSTER}?api-version={one}").body for one in ("2024-09-01", "2025-09-02-preview"))
    assert "eTag" not in stable and "kind" not in preview
    assert [name in stable["properties"] for name in ("supportPlan", "metricsProfile", "resourceUID")] == [
        True,
        False,
        False,
    ]
    assert [name in preview["properties"] for name in ("metricsProfile", "resourceUID")] == [True, True]
    assert "version" not in stable["properties"]["storageProfile"]["diskCSIDriver"]
    now = Arm()("GET", CLUSTER).body
    assert {"eTag", "kind"} <= set(now) and {"metricsProfile", "bootstrapProfile"} <= set(now["properties"])


def test_the_etag_of_a_cluster_was_called_etag_for_some_weeks() -> None:
    april = Arm(start=datetime(2024, 4, 20, tzinfo=timezone.utc))
    body = april("GET", f"{CLUSTER}?api-version=2024-07-02-preview").body
    assert "etag" in body and "eTag" not in body and "eTag" in body["properties"]["agentPoolProfiles"][0]


def test_only_the_answer_to_a_put_has_empty_labels() -> None:
    client = Arm()
    answered, at_end = created(client)
    assert answered["agentPoolProfiles"][0]["nodeLabels"] == {}
    assert "nodeLabels" not in at_end["agentPoolProfiles"][0]
    assert "nodeLabels" not in created(Arm(start=datetime(2023, 6, 1, tzinfo=timezone.utc)))[0]["agentPoolProfiles"][0]
    early = created(Arm(start=datetime(2021, 6, 1, tzinfo=timezone.utc)))
    assert [one["agentPoolProfiles"][0]["nodeLabels"] for one in early] == [{}, {}]


def test_what_az_writes_out_and_says_nothing_is_not_shown() -> None:
    pool = {**POOL, "scaleSetPriority": "Regular", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": -1.0}
    client = Arm()
    _, at_end = created(
        client,
        agentPoolProfiles=[{**pool, "nodeTaints": [], "nodeLabels": {}}],
        apiServerAccessProfile={"authorizedIPRanges": [], "disableRunCommand": False},
        podIdentityProfile={"enabled": False},
    )
    assert set(at_end["agentPoolProfiles"][0]).isdisjoint({*pool, "nodeTaints", "nodeLabels"} - set(POOL))
    assert "apiServerAccessProfile" not in at_end and at_end["podIdentityProfile"] == {}
    spot = {**pool, "scaleSetPriority": "Spot", "name": "spot", "mode": "User", "nodeTaints": ["a=b:NoSchedule"]}
    body = client("GET", NEW).body
    body["properties"]["agentPoolProfiles"].append(spot)
    client.finish(client("PUT", NEW, body))
    shown = client("GET", NEW).body["properties"]["agentPoolProfiles"][1]
    assert (shown["scaleSetPriority"], shown["spotMaxPrice"], shown["nodeTaints"]) == ("Spot", -1.0, ["a=b:NoSchedule"])


def test_a_put_that_names_the_identity_keeps_its_ids() -> None:
    client = Arm()
    [(name, ids)] = client("GET", CLUSTER).body["identity"]["userAssignedIdentities"].items()
    identity = {"type": "UserAssigned", "userAssignedIdentities": {name: {}}}
    answer = client("PUT", CLUSTER, {"location": "westeurope", "identity": identity, "properties": {}})
    assert answer.body["identity"]["userAssignedIdentities"] == {name: ids}
    answer = client("PUT", NEW, asked())
    assert {"principalId", "tenantId"} <= set(answer.body["identity"])


def test_some_members_come_at_once_and_some_with_the_end_of_the_operation() -> None:
    client = Arm()
    answered, at_end = created(
        client,
        oidcIssuerProfile={"enabled": True},
        aadProfile={"managed": True, "enableAzureRBAC": False},
        ingressProfile={"webAppRouting": {"enabled": True}},
        addonProfiles={"azureKeyvaultSecretsProvider": {"enabled": True}, "omsagent": {"enabled": False}},
    )
    assert answered["oidcIssuerProfile"]["issuerURL"] == at_end["oidcIssuerProfile"]["issuerURL"]
    assert answered["aadProfile"]["adminUsers"] is None
    assert answered["ingressProfile"]["webAppRouting"]["identity"] == {}
    assert set(at_end["ingressProfile"]["webAppRouting"]["identity"]) == {"resourceId", "clientId", "objectId"}
    provider, logs = (at_end["addonProfiles"][name] for name in ("azureKeyvaultSecretsProvider", "omsagent"))
    assert set(provider["identity"]) == {"resourceId", "clientId", "objectId"} and provider["config"] is None
    assert "identity" not in logs and "identity" not in answered["addonProfiles"]["azureKeyvaultSecretsProvider"]
    outbound = [one["networkProfile"]["loadBalancerProfile"] for one in (answered, at_end)]
    assert ["effectiveOutboundIPs" in profile for profile in outbound] == [False, True]
    assert ["identityProfile" in one for one in (answered, at_end)] == [False, True]


def test_an_update_leaves_identities_of_add_ons_out_of_its_answer_only() -> None:
    client = Arm()
    created(client, addonProfiles={"azureKeyvaultSecretsProvider": {"enabled": True}})
    body = client("GET", NEW).body
    answer = client("PUT", NEW, body)
    assert "identity" not in answer.body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]
    assert "identity" in client("GET", NEW).body["properties"]["addonProfiles"]["azureKeyvaultSecretsProvider"]


def test_the_kind_of_network_says_which_profiles_there_are() -> None:
    nat = created(Arm(), networkProfile={"outboundType": "managedNATGateway"})[1]["networkProfile"]
    assert nat["loadBalancerProfile"] == {"backendPoolType": "nodeIPConfiguration"}
    assert set(nat["natGatewayProfile"]) == {"managedOutboundIPProfile", "idleTimeoutInMinutes", "effectiveOutboundIPs"}
    plain = created(Arm(), networkProfile={"networkPlugin": "kubenet"})[1]["networkProfile"]
    assert "networkPluginMode" not in plain and plain["podCidr"]
    basic = created(Arm(), networkProfile={"loadBalancerSku": "basic"})[1]["networkProfile"]
    assert "loadBalancerProfile" not in basic


def test_a_private_cluster_has_a_private_name_and_a_private_link() -> None:
    client = Arm()
    answered, at_end = created(client, apiServerAccessProfile={"enablePrivateCluster": True})
    assert at_end["apiServerAccessProfile"]["privateDNSZone"] == "system"
    assert {"privateFQDN", "fqdn"} <= set(at_end)
    assert [set(one["privateLinkResources"][0]) & {"id", "privateLinkServiceID"} for one in (answered, at_end)] == [
        set(),
        {"id"},
    ]
    assert (
        "privateLinkServiceID"
        in client("PUT", NEW, client("GET", NEW).body).body["properties"]["privateLinkResources"][0]
    )
    access = {"enablePrivateCluster": True, "enablePrivateClusterPublicFQDN": False, "enableVnetIntegration": True}
    _, integrated = created(Arm(), apiServerAccessProfile=access)
    assert "privateLinkResources" not in integrated and "fqdn" not in integrated
    assert integrated["apiServerAccessProfile"]["subnetId"] == ""


def test_an_automatic_cluster_has_its_features_switched_on() -> None:
    client = Arm()
    request = {**asked(), "sku": {"name": "Automatic", "tier": "Standard"}, "kind": "Automatic"}
    answer = client("PUT", NEW, request)
    client.finish(answer)
    shown = client("GET", NEW).body
    assert (shown["kind"], shown["sku"]["name"]) == ("Automatic", "Automatic")
    properties = shown["properties"]
    assert properties["disableLocalAccounts"] is True and properties["aadProfile"]["enableAzureRBAC"] is True
    assert properties["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}
    assert properties["apiServerAccessProfile"]["enableVnetIntegration"] is True
    assert properties["addonProfiles"]["azurepolicy"]["identity"]


def test_pools_have_a_surge_of_their_own_from_1_28_on() -> None:
    def surge(version: str) -> Any:
        _, at_end = created(Arm(), kubernetesVersion=version)
        return at_end["agentPoolProfiles"][0]["upgradeSettings"].get("maxSurge")

    assert [surge(version) for version in ("1.27", "1.28")] == [None, "10%"]


def test_a_cluster_with_a_service_principal_has_no_identity() -> None:
    client = Arm()
    request = asked(servicePrincipalProfile={"clientId": "0c0f", "secret": "never shown"})
    del request["identity"]
    client.finish(client("PUT", NEW, request))
    shown = client("GET", NEW).body
    assert "identity" not in shown and "identityProfile" not in shown["properties"]
    assert shown["properties"]["servicePrincipalProfile"] == {"clientId": "0c0f"}


def test_a_plan_a_proxy_and_a_subdomain_fill_in_more() -> None:
    _, supported = created(Arm(), supportPlan="AKSLongTermSupport")
    assert supported["autoUpgradeProfile"]["upgradeChannel"] == "patch"
    _, proxied = created(Arm(), httpProxyConfig={"httpProxy": "http://proxy:80/", "noProxy": ["localhost"]})
    assert proxied["httpProxyConfig"]["effectiveNoProxy"] == ["localhost"]
    _, named = created(Arm(), fqdnSubdomain="shop")
    assert named["fqdnSubdomain"] == "shop" and "dnsPrefix" not in named
    addons = {
        "omsagent": {"enabled": True, "config": {"logAnalyticsWorkspaceResourceID": "/workspaces/one"}},
        "httpApplicationRouting": {"enabled": True},
    }
    _, watched = created(Arm(), azureMonitorProfile={"metrics": {"enabled": True}}, addonProfiles=addons)
    assert watched["azureMonitorProfile"]["containerInsights"]["logAnalyticsWorkspaceResourceId"] == "/workspaces/one"
    assert set(watched["addonProfiles"]["httpApplicationRouting"]["config"]) == {"HTTPApplicationRoutingZoneName"}


def test_pools_of_single_machines_have_no_size() -> None:
    pool = {"name": "pool1", "type": "VirtualMachines", "mode": "System"}
    _, at_end = created(Arm(), agentPoolProfiles=[pool])
    assert set(at_end["agentPoolProfiles"][0]).isdisjoint({"count", "vmSize"})


def test_one_version_is_the_default_of_a_location() -> None:
    def default(*offered: str) -> list[str]:
        url = "/subscriptions/{}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions"
        client = Arm(kubernetes_versions=offered)
        listed = client("GET", url.format(CLUSTER.split("/")[2])).body["values"]
        return [one["version"] for one in listed if one.get("isDefault")]

    assert default("1.30.7", "1.31.8", "1.32.7", "1.33.3") == ["1.32"]
    assert default("1.29.9", "1.30.7", "1.31.8") == ["1.30"]


def test_empty_tags_and_an_empty_profile_of_the_autoscaler_go() -> None:
    client = Arm()
    body = client("GET", CLUSTER).body
    body["properties"]["autoScalerProfile"] = {"expander": "random"}
    client.finish(client("PUT", CLUSTER, {**body, "tags": {"team": "shop"}}))
    body = client("GET", CLUSTER).body
    assert body["tags"] == {"team": "shop"} and body["properties"]["autoScalerProfile"]["expander"] == "random"
    body["properties"]["autoScalerProfile"] = {}
    client.finish(client("PUT", CLUSTER, {**body, "tags": {}}))
    emptied = client("GET", CLUSTER).body
    assert "tags" not in emptied and "autoScalerProfile" not in emptied["properties"]
