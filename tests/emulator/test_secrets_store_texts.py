"""The provider's own words: parameters that it refuses, what Azure refuses in each of its ages, and its log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.kubernetes.secrets_store.azure_side import HttpFailure, Unanswered
from emulator.worlds import spec
from emulator.worlds.secrets_store import SecretsStore
from tests.emulator.secrets_client import (
    CLIENT,
    SECRET,
    Store,
    a_class,
    a_pod,
    a_store,
    chart,
    entries,
    vault_failure,
)

LEAD = "rpc error: code = Unknown desc = failed to mount secrets store objects for pod default/web, err: "
FAILED = f'MountVolume.SetUp failed for volume "kv" : {LEAD}rpc error: code = Unknown desc = failed to mount objects, '
FAILED += "error: "
OBJECT = "failed to get objectType:secret, objectName:db-pass, objectVersion:: "
URL = "https://shop-kv.vault.emulator.test/secrets/db-pass/"
RULE = "-" * 80
AAD = "https://login.emulator.test/t/oauth2/v2.0/token"
NOT_FOUND = '{"error":"invalid_request","error_description":"Identity not found"}'
METADATA = (
    "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=c&resource=https%3A%2F%2Fv"
)
MACHINE = "http://169.254.169.254/metadata/identity/oauth2/token"
MISSING = HttpFailure(400, NOT_FOUND, METADATA)
FORBIDDEN = vault_failure(URL, 403, "Forbidden", "Not you.\r\nVault: v", "ForbiddenByRbac")


def of_version(version: str) -> SecretsStore:
    return SecretsStore(provider=version)


def error_of(store: Store) -> str:
    """What the provider said, out of the pod's event."""
    [event] = store.events()
    assert event["message"].startswith(FAILED), event["message"]
    text: str = event["message"].removeprefix(FAILED)
    return text


def refused(version: str, of: dict[str, Any], pod: dict[str, Any] | None = None) -> str:
    store = a_store(of_version(version))
    store.run(pod, of)
    return error_of(store)


@pytest.mark.parametrize(
    ("version", "parameters", "text"),
    [
        ("1.7.2", {"keyvaultName": None}, "keyvaultName is not set"),
        ("1.8.2", {"keyvaultName": None}, "keyvaultName is not provided"),
        ("1.7.2", {"tenantID": None}, "tenantId is not set"),
        ("1.8.2", {"tenantID": None}, "tenantId is not provided"),
        ("1.8.2", {"objects": ""}, "objects is not set"),
        (
            *("1.7.2", {"useVMManagedIdentity": "yes"}),
            'failed to parse useVMManagedIdentity flag, error: strconv.ParseBool: parsing "yes": invalid syntax',
        ),
        (
            *("1.8.2", {"usePodIdentity": "true"}),
            "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or "
            "useAzureTokenProxy",
        ),
        (
            *("1.7.2", {"usePodIdentity": "true"}),
            "failed to create auth config, error: cannot enable both pod identity and user-assigned managed identity",
        ),
        (
            *("1.7.2", {"useVMManagedIdentity": "false"}),
            "failed to create auth config, error: failed to get credentials, nodePublishSecretRef secret is not set",
        ),
        (
            *("1.8.2", {"useVMManagedIdentity": "false"}),
            "failed to build auth config for mode None: failed to get credentials, nodePublishSecretRef secret is not "
            "set",
        ),
        (
            *("1.7.2", {"cloudName": "Moon"}),
            "cloudName Moon is not valid, error: autorest/azure: There is no cloud environment matching the name "
            '"MOON"',
        ),
        (
            *("1.7.2", {"keyvaultName": "https://shop-kv.vault.azure.net"}),
            'failed to get vault: Invalid vault name: "https://shop-kv.vault.azure.net", must be between 3 and 24 '
            "chars",
        ),
        (
            *("1.7.2", {"keyvaultName": "shop_kv"}),
            'failed to get vault: Invalid vault name: "shop_kv", must match [-a-zA-Z0-9]{3,24}',
        ),
        (
            *("1.7.2", {"objects": "array:\n  - a: b: c\n"}),
            "failed to yaml unmarshal objects, error: yaml: line 2: mapping values are not allowed in this context",
        ),
        (
            *("1.7.2", {"objects": "array:\n  - |\n    a: b\n  c: d\n"}),
            "failed to yaml unmarshal objects, error: yaml: line 4: did not find expected '-' indicator",
        ),
        (
            *("1.7.2", {"objects": "array:\n  - |\n    objectName: a: b\n"}),
            "unmarshal failed for keyVaultObjects at index 0, error: yaml: line 1: mapping values are not allowed in "
            "this context",
        ),
        (
            *("1.7.2", {"objects": entries({"objectName": "web-tls", "objectType": "certificate"})}),
            "failed to get objectType:certificate, objectName:web-tls, objectVersion:: Invalid vaultObjectTypes. "
            "Should be secret, key, or cert",
        ),
        (
            "1.7.2",
            {"objects": entries({**SECRET, "objectFormat": "der"})},
            "invalid objectFormat: der, should be PEM or PFX",
        ),
        (
            *("1.8.2", {"objects": entries({**SECRET, "objectEncoding": "rot13"})}),
            f"{OBJECT}invalid objectEncoding: rot13, should be hex, base64 or utf-8",
        ),
        ("1.7.2", {"objects": entries({**SECRET, "objectAlias": "../x"})}, "file name must not contain '..'"),
        (
            *("1.7.2", {"objects": entries({**SECRET, "objectEncoding": "base64"})}),
            f"{OBJECT}illegal base64 data at input byte 7",
        ),
    ],
)
def test_parameters_that_cannot_be_are_refused_before_anybody_is_asked(
    version: str, parameters: dict[str, Any], text: str
) -> None:
    assert refused(version, a_class(**parameters)) == text


def test_the_tenant_may_be_written_in_the_old_way() -> None:
    assert a_store().run(of=a_class(tenantID=None, tenantId=spec.TENANT))["status"]["phase"] == "Running"


def test_a_client_id_needs_tokens_of_the_account_in_every_mode() -> None:
    store = a_store(chart(token_requests=False))
    store.run(of=a_class(clientID=CLIENT))
    assert error_of(store) == "failed to parse workload identity tokens, error: service account tokens not found"


def test_managed_identity_goes_before_workload_identity_and_the_account_signs_for_the_other() -> None:
    both, other = a_store(), a_store()
    both.run(of=a_class(clientID="other"))
    assert [(one.mode, one.client_id) for one in both.azure.tokens] == [("VMManagedIdentity", CLIENT)]
    other.run(of=a_class(clientID="other", useVMManagedIdentity="false"))
    [asked] = other.azure.tokens
    assert (asked.mode, asked.client_id, asked.tenant) == ("WorkloadIdentity", "other", spec.TENANT)
    assert asked.assertion is not None
    assert (asked.assertion.subject, asked.assertion.audience) == (
        *("system:serviceaccount:default:default",),
        "api://AzureADTokenExchange",
    )


@pytest.mark.parametrize(
    ("version", "data", "text"),
    [
        ("1.7.2", {"clientsecret": "aHVudGVy"}, "could not find clientid in secrets"),
        ("1.6.1", {"clientsecret": "aHVudGVy"}, "could not find clientid in secrets(map[clientsecret:hunter])"),
        ("1.7.2", {"clientid": "YQ=="}, "could not find clientsecret in secrets"),
    ],
)
def test_a_secret_without_the_keys_is_no_credential_and_old_ones_leak_it(
    version: str, data: dict[str, str], text: str
) -> None:
    store = a_store(of_version(version))
    store.api.create("creds", data=data)
    store.run(a_pod(csi={"nodePublishSecretRef": {"name": "creds"}}), a_class(useVMManagedIdentity=None))
    assert error_of(store) == f"failed to create auth config, error: {text}"


def test_a_service_principal_comes_from_the_secret() -> None:
    store = a_store()
    store.api.create("creds", data={"clientid": "YQ==", "clientsecret": "Yg=="})
    store.run(a_pod(csi={"nodePublishSecretRef": {"name": "creds"}}), a_class(useVMManagedIdentity=None))
    [asked] = store.azure.tokens
    assert (asked.mode, asked.client_id, asked.secret) == ("ServicePrincipal", "a", "b") and "'b'" not in repr(asked)


def pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2)


TROUBLE = "To troubleshoot, visit https://aka.ms/azsdk/go/identity/troubleshoot#managed-id"
ADAL = (
    f"keyvault.BaseClient#GetSecret: Failure sending request: StatusCode=400 -- Original Error: azure.BearerAuthorizer#"
    f"WithAuthorization: Failed to refresh the Token for request to {URL}?api-version=2016-10-01: StatusCode=400 -- "
    "Original Error: adal: Refresh request failed. Status Code = '400'. Response body: "
    f"{NOT_FOUND} Endpoint {METADATA.replace('%3A', '%!A(MISSING)').replace('%2F', '%!F(MISSING)')}"
)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.0.1", ADAL),
        (
            *("1.7.2",),
            "ManagedIdentityCredential authentication failed. ManagedIdentityCredential authentication failed. the "
            "requested identity isn't assigned to this resource\nGET "
            f"http://169.254.169.254/metadata/identity/oauth2/token\n{RULE}\nRESPONSE 400 Bad Request\n{RULE}\n"
            f"{pretty(NOT_FOUND)}\n{RULE}\n{TROUBLE}",
        ),
        (
            *("1.8.2",),
            "ManagedIdentityCredential authentication failed. the requested identity isn't assigned to this resource\n"
            f"GET {MACHINE}\n{RULE}\nRESPONSE 400: 400 Bad Request\n{RULE}\n"
            f"{pretty(NOT_FOUND)}\n{RULE}\n{TROUBLE}",
        ),
    ],
)
def test_an_identity_that_the_node_does_not_have_in_three_ages(version: str, text: str) -> None:
    store = a_store(of_version(version))
    store.azure.token_says = MISSING
    store.run()
    assert error_of(store) == OBJECT + text


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (
            *("1.4.1",),
            "keyvault.BaseClient#GetSecret: Failure responding to request: StatusCode=403 -- Original Error: "
            'autorest/azure: Service returned an error. Status=403 Code="Forbidden" Message="Not you.\\r\\nVault: v" '
            'InnerError={"code":"ForbiddenByRbac"}',
        ),
        (
            *("1.7.2",),
            f"GET {URL}\n{RULE}\nRESPONSE 403 Forbidden\nERROR CODE: Forbidden\n{RULE}\n"
            f"{pretty(FORBIDDEN.body)}\n{RULE}\n",
        ),
        (
            *("1.8.2",),
            f"GET {URL}\n{RULE}\nRESPONSE 403: 403 Forbidden\nERROR CODE: Forbidden\n{RULE}\n{pretty(FORBIDDEN.body)}\n"
            f"{RULE}\n",
        ),
    ],
)
def test_what_a_vault_refuses_in_three_ages(version: str, text: str) -> None:
    store = a_store(of_version(version))
    store.azure.vault_says = FORBIDDEN
    store.run()
    assert error_of(store) == OBJECT + text


WORKLOAD = {"clientID": CLIENT, "useVMManagedIdentity": None}
NO_RECORD = '{"error":"invalid_client","error_description":"AADSTS700211: No match."}'


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (
            *("1.4.1",),
            "failed to get keyvault client: failed to get authorizer for keyvault client: failed to acquire token: "
            f"FromAssertion(): http call({AAD})(POST) error: reply status code was 401:\n{NO_RECORD}",
        ),
        (
            *("1.7.2",),
            f"{OBJECT}ClientAssertionCredential authentication failed. FromAssertion(): http call({AAD})(POST) error: "
            f"reply status code was 401:\n{NO_RECORD}\nPOST {AAD}\n{RULE}\nRESPONSE 401 Unauthorized\n{RULE}\n"
            f"{pretty(NO_RECORD)}\n{RULE}\n{TROUBLE.replace('managed-id', 'client-assert')}",
        ),
        (
            *("1.8.2",),
            f"{OBJECT}ClientAssertionCredential authentication failed.\nPOST {AAD}\n{RULE}\nRESPONSE 401: 401 "
            f"Unauthorized\n{RULE}\n{pretty(NO_RECORD)}\n{RULE}\n{TROUBLE.replace('managed-id', 'client-assert')}",
        ),
    ],
)
def test_what_entra_refuses_in_three_ages(version: str, text: str) -> None:
    store = a_store(of_version(version))
    store.azure.token_says = HttpFailure(401, NO_RECORD, AAD, "POST")
    store.run(of=a_class(**WORKLOAD))
    assert error_of(store) == text


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.7.2", f'Get "{URL}?api-version=7.4": dial tcp: lookup v on 10.0.0.10:53: no such host'),
        (
            *("1.4.1",),
            "keyvault.BaseClient#GetSecret: Failure sending request: StatusCode=0 -- Original Error: Get "
            f'"{URL}?api-version=2016-10-01": dial tcp: lookup v on 10.0.0.10:53: no such host',
        ),
    ],
)
def test_a_vault_that_has_no_address(version: str, text: str) -> None:
    store = a_store(of_version(version))
    store.azure.vault_says = Unanswered("nxdomain", "dial tcp: lookup v on 10.0.0.10:53: no such host", URL)
    store.run()
    assert error_of(store) == OBJECT + text


def test_an_old_provider_tells_a_timeout_as_status_zero_to_the_kubelet_too() -> None:
    store = a_store(of_version("1.4.1"))
    store.azure.vault_says = Unanswered("timeout", "dial tcp 20.53.17.41:443: i/o timeout", URL)
    store.run()
    assert error_of(store) == (
        f"{OBJECT}keyvault.BaseClient#GetSecret: Failure sending request: StatusCode=0 -- Original Error: context "
        "deadline exceeded"
    )


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (
            *("1.4.1",),
            'failed to get keyvault client: failed to get authorizer for keyvault client: Get "http://localhost:2579/'
            'host/token/?resource=https://v": dial tcp 127.0.0.1:2579: connect: connection refused',
        ),
        (
            *("1.8.2",),
            f'{OBJECT}Get "http://localhost:2579/host/token/?resource=https://v": dial tcp 127.0.0.1:2579: connect: '
            "connection refused",
        ),
    ],
)
def test_pod_identity_without_its_service(version: str, text: str) -> None:
    store = a_store(of_version(version))
    url = "http://localhost:2579/host/token/?resource=https://v"
    store.azure.token_says = Unanswered("refused", "dial tcp 127.0.0.1:2579: connect: connection refused", url)
    store.run(of=a_class(usePodIdentity="true", useVMManagedIdentity="false"))
    assert error_of(store) == text


def test_a_vault_of_another_tenant_is_noticed_by_its_challenge_where_the_credential_has_one_tenant() -> None:
    store, machine = a_store(), a_store()
    store.azure.tenant = machine.azure.tenant = spec.OTHER_TENANT
    store.run(of=a_class(**WORKLOAD))
    assert error_of(store).startswith(
        f'{OBJECT}ClientAssertionCredential isn\'t configured to acquire tokens for tenant "{spec.OTHER_TENANT}". To '
        "enable acquiring tokens for this tenant add it to the AdditionallyAllowedTenants"
    )
    assert machine.run()["status"]["phase"] == "Running"


def test_an_answer_without_a_challenge_is_not_a_vaults() -> None:
    store = a_store()
    store.azure.tenant = None  # type: ignore[assignment]  # a proxy that answers for everybody
    store.run()
    assert error_of(store) == f"{OBJECT}response has no WWW-Authenticate header for challenge authentication"


def test_the_first_object_that_fails_ends_the_mount() -> None:
    store = a_store()
    store.run(of=a_class(objects=entries({**SECRET, "objectName": "a"}, {**SECRET, "objectName": "b"})))
    assert "objectName:a," in error_of(store) and "objectName:b" not in store.logs("provider")


def test_a_value_of_several_lines_is_a_block_in_new_logs_and_quoted_in_old_ones() -> None:
    new, old = a_store(of_version("1.8.2")), a_store(of_version("1.0.1"))
    for store in (new, old):
        store.azure.vault_says = FORBIDDEN
        store.run()
    block = new.errors("provider")[0].splitlines()
    assert block[0].startswith("E0301 12:00:01.000000       1 server.go:60] ")
    assert block[0].endswith('"failed to process mount request" err=<')
    assert block[1] == f"\t{OBJECT}GET {URL}" and block[-2:] == ["\t", " >"]
    assert all(line.startswith("\t") for line in block[1:-1])
    [line] = old.errors("provider")[0].splitlines()
    assert f'err="{OBJECT}keyvault.BaseClient' in line and r"Not you.\\r\\nVault" in line
    driver = new.errors("driver")[0].splitlines()
    assert driver[0].endswith('"failed to mount secrets store object content" err=<')
    assert driver[-1] == ' > pod="default/web"'
    assert '"unmounting target path as node publish volume failed" targetPath=' in new.logs("driver")


def test_a_newer_driver_says_whether_it_was_the_first_time() -> None:
    store = a_store(SecretsStore(driver="1.6.0"))
    store.azure.vault_says = FORBIDDEN
    store.run()
    assert store.errors("driver")[0].splitlines()[-1] == ' > pod="default/web" isRemountRequest=false'


def records_of(store: Store, role: str) -> list[dict[str, Any]]:
    return [json.loads(line.partition(" ")[2]) for line in store.logs(role, timestamps="true").splitlines()]


def test_logs_may_be_json() -> None:
    store = a_store(chart(json_logs=True))
    store.azure.vault_says = FORBIDDEN
    store.run()
    records = records_of(store, "provider")
    failed = next(one for one in records if one["msg"] == "failed to process mount request")
    assert failed["err"].startswith(OBJECT) and failed["caller"] == "server/server.go:60"
    told = records_of(store, "driver")
    assert any(one["level"] == "error" and "ForbiddenByRbac" in one["error"] for one in told)
