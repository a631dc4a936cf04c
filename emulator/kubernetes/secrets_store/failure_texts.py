"""How the provider words what Azure refuses: it hands on what its SDK says, and that has changed with the years. [SRC]

autorest and adal until 1.4, azcore and azidentity since 1.5, other lines in them since 1.8."""

from __future__ import annotations

import json
from http import HTTPStatus
from urllib.parse import urlsplit

from emulator.kubernetes.secrets_store import azure_side
from emulator.kubernetes.secrets_store.azure_side import HttpFailure, TokenRequest, Unanswered
from emulator.kubernetes.secrets_store.klog import quoted

Version = tuple[int, ...]
NEW, NEWEST = (1, 5), (1, 8)
_RULE = "-" * 80
_METHODS = {"secrets": "GetSecret", "keys": "GetKey", "certificates": "GetCertificate"}
_CREDENTIALS = {
    azure_side.MANAGED_IDENTITY: ("ManagedIdentityCredential", "managed-id"),
    azure_side.POD_IDENTITY: ("PodIdentityCredential", ""),
    azure_side.TOKEN_PROXY: ("ClientAssertionCredential", "client-assert"),
    azure_side.WORKLOAD_IDENTITY: ("ClientAssertionCredential", "client-assert"),
    azure_side.SERVICE_PRINCIPAL: ("ClientSecretCredential", "client-secret"),
}
_SEVERAL = "Multiple user assigned identities"
_OLD_API, _NEW_API = "2016-10-01", "7.4"


def of_vault(failed: HttpFailure | Unanswered, version: Version, kind: str) -> str:
    """What came of asking a vault for an object; `kind` is secrets, keys or certificates."""
    if isinstance(failed, Unanswered):
        return _unanswered(failed, version, kind)
    if version < NEW:
        service = f"Service returned an error. Status={failed.status} Code={quoted(failed.code)}"
        inner = f' InnerError={{"code":"{failed.inner}"}}' if failed.inner else ""
        message = f"{service} Message={quoted(failed.message)}{inner}"
        head = f"keyvault.BaseClient#{_METHODS[kind]}: Failure responding to request: StatusCode={failed.status}"
        return f"{head} -- Original Error: autorest/azure: {message}"
    return _block(failed, version, f"ERROR CODE: {failed.code}" if failed.code else "ERROR CODE UNAVAILABLE")


def _unanswered(failed: Unanswered, version: Version, kind: str) -> str:
    if version >= NEW:
        return f"Get {quoted(f'{failed.url}?api-version={_NEW_API}')}: {failed.detail}"
    detail = f"Get {quoted(f'{failed.url}?api-version={_OLD_API}')}: {failed.detail}"
    if failed.kind == "timeout":
        detail = "context deadline exceeded"
    return f"keyvault.BaseClient#{_METHODS[kind]}: Failure sending request: StatusCode=0 -- Original Error: {detail}"


def of_token(failed: HttpFailure | Unanswered, version: Version, asked: TokenRequest, url: str, kind: str) -> str:
    """What came of asking for a token; `url` is that of the object which it was for."""
    if version >= NEW:
        return _of_credential(failed, version, asked)
    federated = asked.mode in (azure_side.WORKLOAD_IDENTITY, azure_side.TOKEN_PROXY)
    if isinstance(failed, Unanswered):
        detail = f"{failed.method.capitalize()} {quoted(failed.url)}: {failed.detail}"
        if asked.mode == azure_side.POD_IDENTITY:
            return detail
        if federated:
            return f"failed to acquire token: {detail}"
        return _old_token(f"StatusCode=0 -- Original Error: {detail}", 0, url, kind)
    if federated:
        return f"failed to acquire token: {_assertion(failed)}"
    refused = f"adal: Refresh request failed. Status Code = '{failed.status}'. Response body: {failed.body}"
    refused += f" Endpoint {failed.url}"
    return _old_token(f"StatusCode={failed.status} -- Original Error: {refused}", failed.status, url, kind)


def is_of_the_client(version: Version, mode: str) -> bool:
    """[SRC] Until 1.4 some tokens were fetched before any object was asked for, and the object is not named then."""
    early = (azure_side.WORKLOAD_IDENTITY, azure_side.TOKEN_PROXY, azure_side.POD_IDENTITY)
    return version < NEW and mode in early


def client_prefix(version: Version) -> str:
    """Of those errors."""
    what = "authorizer for keyvault client" if version >= (1, 1) else "key vault token"
    return f"failed to get keyvault client: failed to get {what}: "


def _old_token(text: str, status: int, url: str, kind: str) -> str:
    request = f"Failed to refresh the Token for request to {url}?api-version={_OLD_API}"
    head = f"keyvault.BaseClient#{_METHODS[kind]}: Failure sending request: StatusCode={status}"
    return f"{head} -- Original Error: azure.BearerAuthorizer#WithAuthorization: {request}: {text}"


def _assertion(failed: HttpFailure) -> str:
    call = f"http call({failed.url})({failed.method})"
    return f"FromAssertion(): {call} error: reply status code was {failed.status}:\n{failed.body}"


def _of_credential(failed: HttpFailure | Unanswered, version: Version, asked: TokenRequest) -> str:
    name, help_page = _CREDENTIALS[asked.mode]
    if isinstance(failed, Unanswered):
        text = f"{failed.method.capitalize()} {quoted(failed.url)}: {failed.detail}"
        return text if asked.mode == azure_side.POD_IDENTITY else f"{name}: {text}"
    if asked.mode == azure_side.MANAGED_IDENTITY:
        return _of_machine(failed, version, asked, name, help_page)
    lead = f"{name} authentication failed."
    if version < NEWEST:
        return f"{lead} {_assertion(failed)}\n{_block(failed, version)}To troubleshoot, visit {_help(help_page)}"
    return f"{lead}\n{_block(failed, version)}To troubleshoot, visit {_help(help_page)}"


def _of_machine(failed: HttpFailure, version: Version, asked: TokenRequest, name: str, page: str) -> str:
    """[SRC] The machine's own identity is tried where none is named."""
    if not asked.client_id:
        answer = " ".join(failed.body.split())
        return f"{name}: failed to authenticate a system assigned identity. The endpoint responded with {answer}"
    why = " the requested identity isn't assigned to this resource"
    lead = f"{name} authentication failed." + ("" if version >= NEWEST else f" {name} authentication failed.")
    block = _block(failed, version, query=False)
    return f"{lead}{why}\n{block}To troubleshoot, visit {_help(page)}"


def _help(page: str) -> str:
    return f"https://aka.ms/azsdk/go/identity/troubleshoot#{page}"


def _block(failed: HttpFailure, version: Version, code: str = "", *, query: bool = True) -> str:
    """Request, status, and the body set out over lines."""
    parts = urlsplit(failed.url)
    phrase = HTTPStatus(failed.status).phrase
    again = f": {failed.status}" if version >= NEWEST else ""
    url = f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{parts.query}" if query and parts.query else "")
    lines = [f"{failed.method} {url}", _RULE, f"RESPONSE {failed.status}{again} {phrase}"]
    lines += [code] if code else []
    return "\n".join([*lines, _RULE, _pretty(failed.body), _RULE, ""])


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def other_tenant(mode: str, tenant: str) -> str:
    """[SRC] The credential is for one tenant, the vault's challenge names another."""
    name = _CREDENTIALS[mode][0]
    return (
        f"{name} isn't configured to acquire tokens for tenant {quoted(tenant)}. To enable acquiring tokens for this "
        'tenant add it to the AdditionallyAllowedTenants on the credential options, or add "*" to allow acquiring '
        "tokens for any tenant"
    )
