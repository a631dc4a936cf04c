"""What the Key Vault data plane says when it refuses: codes and texts of the real service."""

from __future__ import annotations

from emulator.core.http import Answer, Refusal

_HELP_ACCESS = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
_HELP_MISSING = "For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"


def _refusal(status: int, code: str, message: str, inner: str | None = None) -> Refusal:
    error: dict[str, object] = {"code": code, "message": message}
    if inner:
        error["innererror"] = {"code": inner}
    return Refusal(Answer(status, {"error": error}))


def forbidden(message: str, inner: str) -> Refusal:
    return _refusal(403, "Forbidden", message, inner)


def bad_parameter(message: str) -> Refusal:
    return _refusal(400, "BadParameter", message)


def unauthorized(message: str, challenge: str) -> Refusal:
    """401 with the challenge that tells a client which authority and resource to ask a token of [REC]."""
    refusal = _refusal(401, "Unauthorized", message)
    refusal.answer.headers["WWW-Authenticate"] = challenge
    return refusal


def not_found(kind: str, name_and_version: str) -> Refusal:
    """404 without an inner code, the same for an unknown name and for an unknown version of it [3P]. `kind` is key,
    secret or certificate."""
    message = (
        f"A {kind} with (name/id) {name_and_version} was not found in this key vault. If you recently deleted this "
        f"{kind} you may be able to recover it using the correct recovery command. {_HELP_MISSING}"
    )
    return _refusal(404, f"{kind.capitalize()}NotFound", message)


def deleted_not_found(kind: str, name: str) -> Refusal:
    return _refusal(404, f"{kind.capitalize()}NotFound", f"Deleted {kind.capitalize()} not found: {name}")


def deleted_but_recoverable(kind: str, name: str) -> Refusal:
    """409: the name of a deleted key cannot be used until it is recovered or purged [REC]."""
    message = (
        f"{kind.capitalize()} {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
        f"in this state, the {kind} can only be recovered or purged."
    )
    return _refusal(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def name_taken(kind: str, name: str, holder: str) -> Refusal:
    """409: a certificate's key and secret have its name; nobody else's may [INF]."""
    message = f"{kind.capitalize()} {name} cannot be made: there is a {holder} of this name."
    return _refusal(409, "Conflict", message)


def managed(kind: str, operation: str) -> Refusal:
    """403: a certificate's key or secret is changed through the certificate alone [D]; [INF] the text."""
    text = f"Operation {operation} is not allowed on a {kind} that is managed by a certificate."
    return forbidden(text, "ForbiddenByPolicy")


def wrong_issuer(expected: str, found: str, challenge: str) -> Refusal:
    """401: the token is of another tenant than the vault's [ISS]."""
    sts = "https://sts.windows.net"
    message = f"AKV10032: Invalid issuer. Expected one of {sts}/{expected}/, found {sts}/{found}/."
    return unauthorized(message, challenge)


def throttled() -> Refusal:
    """429: more requests than the vault takes in a while [ISS]."""
    message = "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"
    return _refusal(429, "Throttled", message)


def by_connection(caller: str, vault: str) -> Refusal:
    """publicNetworkAccess is Disabled and the caller came over the internet [ISS]."""
    message = (
        "Public network access is disabled and request is not from a trusted service nor via an approved private "
        f"link.\r\nCaller: {caller}\r\nVault: {vault}"
    )
    return forbidden(message, "ForbiddenByConnection")


def by_firewall(address: str, caller: str, vault: str) -> Refusal:
    """networkAcls deny by default and no rule names the caller's address [ISS]."""
    lines = ["Client address is not authorized and caller is not a trusted service.", f"Client address: {address}"]
    return forbidden("\r\n".join([*lines, f"Caller: {caller}", f"Vault: {vault}"]), "ForbiddenByFirewall")


def by_rbac(caller: str, action: str, resource: str, vault: str) -> Refusal:
    """No role assignment allows the data action [ISS]."""
    lines = [
        "Caller is not authorized to perform action on resource.",
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation "
        "time.",
        f"Caller: {caller}",
        f"Action: '{action}'",
        f"Resource: '{resource.lower()}'",
        "Assignment: (not found)",
        "DenyAssignmentId: null",
        "DecisionReason: 'DeniedWithNoValidRBAC' ",
        f"Vault: {vault}",
        "",
    ]
    return forbidden("\r\n".join(lines), "ForbiddenByRbac")


def by_policy(caller: str, kind: str, permission: str, vault: str) -> Refusal:
    """No access policy of the vault gives the permission [ISS]; `get` and the cryptographic ones differ in code."""
    message = (
        f"The user, group or application '{caller}' does not have {kind}s {permission} permission on key vault "
        f"'{vault}'. {_HELP_ACCESS}"
    )
    return forbidden(message, "AccessDenied" if permission in ("get", "list") else "ForbiddenByPolicy")
