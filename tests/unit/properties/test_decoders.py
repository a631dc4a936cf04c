"""Whatever a service sends, a decoder makes something of it or says BadInput: never another error, so no traceback."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.failures import GatewayError
from azext_akskv.gateways.clusters import kubeconfig_of
from azext_akskv.gateways.errors import code_and_message
from azext_akskv.gateways.governance import keeps_audit_log, parse_lock, parse_permission, parse_refusal
from azext_akskv.gateways.identities import parse_identity
from azext_akskv.gateways.keys import parse_arm_key, parse_bundle, parse_item
from azext_akskv.gateways.kube import check_table, following, row_names, version_of
from azext_akskv.gateways.kube_access import read_kubeconfig
from azext_akskv.gateways.kube_metrics import live_servers
from azext_akskv.gateways.kube_server import Reply
from azext_akskv.gateways.kube_status import failure
from azext_akskv.gateways.roles import parse_data_actions, parse_grant
from azext_akskv.model.addon import (
    ADDON,
    AddonSetting,
    addon_of,
    http_proxy_of,
    issuer_of,
    with_addon,
    workload_identity,
)
from azext_akskv.model.cluster import for_put, parse_cluster, with_identity, with_kms_off, with_kms_on, with_tags
from azext_akskv.model.federation import parse_credential
from azext_akskv.model.governance import Intent
from azext_akskv.model.ids import BadInput
from azext_akskv.model.maintenance import maintenance_of
from azext_akskv.model.network import (
    lies_in,
    overlapping,
    parse_network,
    parse_peering,
    parse_route_table,
    parse_security_group,
    same_peering,
)
from azext_akskv.model.private_dns import parse_link, parse_record, parse_zone
from azext_akskv.model.private_endpoint import addresses_of, parse_endpoint, parse_zone_group, with_zone
from azext_akskv.model.scale_set import parse_scale_set
from azext_akskv.model.times import of_date_header, parse_time
from azext_akskv.model.vault import parse_vault
from azext_akskv.model.vault_object import ObjectType, parse_arm_listed, parse_listed
from tests.builders import IDENTITY, KEY, NOW, PRINCIPAL, VAULT, a_vault, cluster_json, policy, vault_json
from tests.network_builders import ENDPOINT, INTERFACE, NODES, ZONE, a_subnet, a_zone_group, peering_json
from tests.unit.properties.json_of_any_shape import ANY_JSON, spoiled

CLUSTER = cluster_json(kms=KEY, private=True, renewed=True) | {"systemData": {"lastModifiedAt": "2026-11-22T14:45:00Z"}}
CONNECTION = {
    "id": "/c",
    "properties": {"privateLinkServiceConnectionState": {"status": "Pending"}, "privateEndpoint": {"id": "/e"}},
}
FULL_VAULT = vault_json()
FULL_VAULT["properties"] |= {
    "accessPolicies": [policy(PRINCIPAL, "Get", "Encrypt")],
    "privateEndpointConnections": [CONNECTION],
}
ATTRIBUTES = {"enabled": True, "created": 1700000000, "nbf": 1700000000, "exp": 1900000000}
ARM_KEY = {
    "name": KEY.version,
    "tags": {"a": "b"},
    "properties": {
        "kty": "RSA",
        "keyOps": ["encrypt"],
        "keySize": 2048,
        "attributes": ATTRIBUTES,
        "keyUriWithVersion": str(KEY),
    },
}
BUNDLE = {"key": {"kid": str(KEY), "kty": "RSA", "key_ops": ["encrypt"], "n": "AQAB"}, "attributes": ATTRIBUTES}
GRANT = {
    "properties": {
        "roleDefinitionId": "/a/b",
        "scope": str(VAULT),
        "principalId": PRINCIPAL,
        "createdOn": "2026-11-22T14:45:00Z",
    }
}
AN_IDENTITY = {"id": str(IDENTITY), "location": "x", "properties": {"principalId": PRINCIPAL, "tenantId": "t"}}
KUBECONFIGS = {"kubeconfigs": [{"name": "clusterUser", "value": base64.b64encode(b"{}").decode()}]}

A_LOCK = {"id": f"{VAULT}/providers/Microsoft.Authorization/locks/l", "name": "l", "properties": {"level": "ReadOnly"}}
EXPRESSION = {"result": "True", "path": "p", "expressionValue": "v", "operator": "Equals", "targetValue": "v"}
AN_EVALUATION = {
    "policyInfo": {"policyAssignmentId": "/a"},
    "evaluationDetails": {"evaluatedExpressions": [EXPRESSION]},
}
AN_INTENT = Intent("turn on KMS", "a/write", str(VAULT), VAULT, {})
A_SETTING = {"properties": {"logs": [{"category": "AuditEvent", "categoryGroup": None, "enabled": True}]}}
BY_THE_WEEK = {"name": "default", "properties": {"timeInWeek": [{"day": "Sunday", "hourSlots": [14, 15]}]}}
A_WINDOW = {
    "name": "aksManagedAutoUpgradeSchedule",
    "properties": {
        "maintenanceWindow": {
            "schedule": {"daily": {"intervalDays": 2}},
            "durationHours": 4,
            "utcOffset": "-08:00",
            "startTime": "10:00",
            "startDate": "2026-11-01",
            "notAllowedDates": [{"start": "2026-12-24", "end": "2026-12-26"}],
        }
    },
}

A_NETWORK = {
    "id": str(NODES),
    "location": "x",
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16", "fd00::/48"]},
        "dhcpOptions": {"dnsServers": ["10.0.0.9"]},
        "subnets": [a_subnet(networkSecurityGroup=NODES, routeTable=NODES)],
        "virtualNetworkPeerings": [peering_json()],
    },
}
A_RULE = {"priority": 100, "access": "Deny", "direction": "Outbound", "protocol": "*", "destinationPortRanges": ["443"]}
A_GROUP = {"id": str(NODES), "properties": {"securityRules": [{"name": "r", "properties": A_RULE}]}}
A_ROUTE = {"name": "r", "properties": {"addressPrefix": "0.0.0.0/0", "nextHopType": "None"}}
A_CONNECTION = {
    "properties": {
        "privateLinkServiceId": str(VAULT),
        "groupIds": ["vault"],
        "privateLinkServiceConnectionState": {"status": "Approved"},
    }
}
AN_ENDPOINT = {
    "id": str(ENDPOINT),
    "properties": {
        "subnet": {"id": a_subnet()["id"]},
        "networkInterfaces": [{"id": str(INTERFACE)}],
        "privateLinkServiceConnections": [A_CONNECTION],
    },
}
AN_INTERFACE = {"properties": {"ipConfigurations": [{"properties": {"privateIPAddress": "10.1.0.4"}}]}}
A_LINK = {
    "id": f"{ZONE}/virtualNetworkLinks/l",
    "properties": {"virtualNetwork": {"id": str(NODES)}, "registrationEnabled": False, "resolutionPolicy": "Default"},
}
A_RECORD = {
    "id": f"{ZONE}/A/kv1",
    "etag": "e",
    "properties": {"ttl": 10, "metadata": {"creator": "c"}, "aRecords": [{"ipv4Address": "10.1.0.4"}]},
}

PROVIDED = cluster_json()
PROVIDED["properties"] |= {
    "addonProfiles": {
        ADDON: {
            "enabled": True,
            "config": {"enableSecretRotation": "true", "rotationPollInterval": "2m"},
            "identity": {"clientId": "c", "objectId": "o", "resourceId": str(IDENTITY)},
        }
    },
    "oidcIssuerProfile": {"enabled": True, "issuerURL": "https://issuer.test/"},
    "httpProxyConfig": {"httpProxy": "http://u:p@proxy.test:3128", "noProxy": ["localhost"], "trustedCa": "x"},
}
A_SCALE_SET = {
    "id": str(VAULT),
    "tags": {"aks-managed-poolName": "work"},
    "identity": {
        "type": "SystemAssigned, UserAssigned",
        "principalId": PRINCIPAL,
        "userAssignedIdentities": {str(IDENTITY): {"clientId": "c", "principalId": PRINCIPAL}},
    },
    "properties": {"virtualMachineProfile": {"storageProfile": {"osDisk": {"osType": "Linux"}}}},
}
A_CREDENTIAL = {
    "name": "web",
    "properties": {
        "issuer": "https://issuer.test/",
        "subject": "s",
        "audiences": ["a"],
        "claimsMatchingExpression": {"value": "x"},
    },
}
A_ROLE = {"properties": {"permissions": [{"dataActions": ["*"], "notDataActions": ["x/*"]}]}}
A_SECRET = {
    "id": "https://kv1.vault.azure.net/secrets/db/1",
    "attributes": ATTRIBUTES,
    "managed": True,
    "contentType": "x",
}
AN_ARM_SECRET = {"name": "db", "properties": {"attributes": ATTRIBUTES, "contentType": "x"}}


def provided(raw: Any) -> Any:
    cluster = parse_cluster(raw, NOW)
    changed = with_addon(cluster.raw, AddonSetting(rotation=True, poll_interval="1h"))
    assert json.loads(json.dumps(changed)) == changed
    return addon_of(cluster).poll_seconds, issuer_of(cluster), workload_identity(cluster), http_proxy_of(cluster)


DECODERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "cluster": (CLUSTER, lambda raw: parse_cluster(raw, NOW)),
    "vault": (FULL_VAULT, lambda raw: parse_vault(raw, NOW)),
    "key from ARM": (ARM_KEY, lambda raw: parse_arm_key(raw, a_vault(), "etcd")),
    "key from the vault": (BUNDLE, parse_bundle),
    "key in a list of the vault": ({"kid": str(KEY), "attributes": ATTRIBUTES}, parse_item),
    "role assignment": (GRANT, parse_grant),
    "identity": (AN_IDENTITY, parse_identity),
    "what a cluster says of the secrets provider": (PROVIDED, provided),
    "scale set": (A_SCALE_SET, parse_scale_set),
    "federated credential": (A_CREDENTIAL, parse_credential),
    "role definition": (A_ROLE, parse_data_actions),
    "thing in a list of the vault": (A_SECRET, lambda raw: parse_listed(raw, ObjectType.SECRET)),
    "thing in a list of ARM": (AN_ARM_SECRET, lambda raw: parse_arm_listed(raw, ObjectType.SECRET)),
    "lock": (A_LOCK, parse_lock),
    "permission": ({"actions": ["*"], "notActions": ["a/*/write"]}, parse_permission),
    "policy evaluation": (AN_EVALUATION, lambda raw: parse_refusal(AN_INTENT, raw)),
    "diagnostic setting": (A_SETTING, keeps_audit_log),
    "maintenance configuration, weekly": (BY_THE_WEEK, lambda raw: maintenance_of([raw], NOW)),
    "network": (A_NETWORK, parse_network),
    "peering, and the same once more": (peering_json(), lambda raw: same_peering(parse_peering(raw))),
    "security group": (A_GROUP, parse_security_group),
    "route table": ({"id": str(NODES), "properties": {"routes": [A_ROUTE]}}, parse_route_table),
    "endpoint": (AN_ENDPOINT, parse_endpoint),
    "network interface": (AN_INTERFACE, addresses_of),
    "zone group, and with a zone": (a_zone_group().raw, lambda raw: with_zone(parse_zone_group(raw), ZONE)),
    "zone": ({"id": str(ZONE), "properties": {"numberOfRecordSets": 1}}, parse_zone),
    "link": (A_LINK, parse_link),
    "record": (A_RECORD, parse_record),
    "maintenance configuration, a window": (A_WINDOW, lambda raw: maintenance_of([raw], NOW)),
}


@pytest.mark.parametrize("what", DECODERS)
@given(data=st.data())
def test_a_decoder_says_bad_input_at_most(what: str, data: st.DataObject) -> None:
    good, decode = DECODERS[what]
    try:
        decode(data.draw(spoiled(good)))
    except BadInput as error:
        assert str(error).isprintable() and len(str(error)) < 600


@pytest.mark.parametrize("what", DECODERS)
def test_the_good_answers_are_good(what: str) -> None:
    good, decode = DECODERS[what]
    assert decode(good) is not None


@given(spoiled(CLUSTER))
def test_what_can_be_decoded_can_also_be_changed_and_given_back(raw: Any) -> None:
    try:
        cluster = parse_cluster(raw, NOW)
    except BadInput:
        return
    for body in (
        for_put(cluster.raw),
        with_kms_on(cluster.raw, KEY, "Private", VAULT),
        with_kms_off(cluster.raw),
        with_tags(with_identity(cluster.raw, IDENTITY), {"a": "b"}),
    ):
        assert json.loads(json.dumps(body)) == body
    assert isinstance(cluster.kms_v1, bool) and isinstance(cluster.key_in_force, str)


@given(spoiled(KUBECONFIGS))
def test_credentials_of_any_shape(raw: Any) -> None:
    with suppress(ValueError):  # of which the block that every request runs in makes a failure
        assert isinstance(kubeconfig_of(raw), bytes)


KUBECONFIG = {
    "current-context": "c",
    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    "clusters": [{"name": "c", "cluster": {"server": "https://c.example", "certificate-authority-data": "eA=="}}],
    "users": [{"name": "u", "user": {"token": "t", "exec": {"args": ["--server-id", "x"]}, "auth-provider": {}}}],
}


@given(spoiled(KUBECONFIG))
def test_a_kubeconfig_of_any_shape(raw: Any) -> None:
    with pytest.raises(GatewayError):  # its certificate authority is none
        read_kubeconfig(yaml.safe_dump(raw).encode(), frozenset({"c.example"}), lambda _: "token", "")


TABLE = {
    "kind": "Table",
    "apiVersion": "meta.k8s.io/v1",
    "metadata": {"resourceVersion": "12", "continue": "x"},
    "columnDefinitions": [{"name": "Name"}],
    "rows": [{"cells": ["one"], "object": None}],
}


@given(spoiled(TABLE).filter(lambda raw: isinstance(raw, dict)))
def test_a_table_of_any_shape(raw: Any) -> None:
    reply = Reply({}, raw)
    try:
        check_table("list", reply)
        names, token, version = row_names(reply), following(reply), version_of("list", reply)
    except GatewayError:
        return
    assert all(isinstance(name, str) for name in names) and isinstance(version, int)
    assert token is None or isinstance(token, str)


LEASES = {
    "items": [{"metadata": {"name": "a", "creationTimestamp": "2026-11-22T14:45:00Z"}, "spec": {"renewTime": None}}]
}


@given(spoiled(LEASES).filter(lambda raw: isinstance(raw, dict)))
def test_leases_of_any_shape(raw: Any) -> None:
    with suppress(ValueError):  # of which KubeSecrets makes a failure
        assert live_servers(raw, "Sun, 22 Nov 2026 14:45:00 GMT") is not None


STATUS = {"kind": "Status", "reason": "x", "message": "x", "details": {"retryAfterSeconds": 1}}


@given(spoiled(STATUS), st.sampled_from([400, 401, 403, 404, 409, 429, 500, 503]))
def test_a_refusal_of_any_shape_is_a_failure(raw: Any, status: int) -> None:
    assert isinstance(failure("ask", status, {}, raw), GatewayError)


@given(ANY_JSON.map(json.dumps) | st.text())
def test_an_error_of_any_shape_has_a_code_and_a_message(text: str) -> None:
    code, message = code_and_message(text, "otherwise")
    assert isinstance(code, str) and isinstance(message, str)


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", fullmatch=True))
def test_a_time_of_any_shape(text: str) -> None:
    with suppress(BadInput):
        time = parse_time(text)
        assert time is None or time.tzinfo


@given(st.text(max_size=40) | st.just("Sun, 22 Nov 2026 14:45:00 -0000"))
def test_a_date_of_any_shape(text: str) -> None:
    with suppress(BadInput):
        assert of_date_header(text).tzinfo


A_PREFIX = (
    st.text(max_size=30) | st.ip_addresses().map(str) | st.from_regex(r"[0-9a-f:.]{1,20}/\d{1,3}", fullmatch=True)
)


@given(A_PREFIX, st.lists(A_PREFIX, max_size=4), st.lists(A_PREFIX, max_size=4))
def test_prefixes_of_any_shape(address: str, some: list[str], others: list[str]) -> None:
    assert lies_in(address, some) in (True, False)
    assert bool(overlapping(some, others)) == bool(overlapping(others, some))
