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


def key_not_found(name_and_version: str) -> Refusal:
    """404 without an inner code, the same for an unknown key and for an unknown version of it [3P]."""
    message = (
        f"A key with (name/id) {name_and_version} was not found in this key vault. If you recently deleted this key "
        f"you may be able to recover it using the correct recovery command. {_HELP_MISSING}"
    )
    return _refusal(404, "KeyNotFound", message)


def deleted_key_not_found(name: str) -> Refusal:
    return _refusal(404, "KeyNotFound", f"Deleted Key not found: {name}")


def deleted_but_recoverable(name: str) -> Refusal:
    """409: the name of a deleted key cannot be used until it is recovered or purged [REC]."""
    message = (
        f"Key {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
        "in this state, the key can only be recovered or purged."
    )
    return _refusal(409, "Conflict", message, "ObjectIsDeletedButRecoverable")


def key_already_exists(name: str) -> Refusal:
    """409: a deleted key cannot be recovered over a living one of the same name [INF]."""
    return _refusal(409, "Conflict", f"Key {name} already exists.", "KeyAlreadyExists")


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


def by_policy(caller: str, permission: str, vault: str) -> Refusal:
    """No access policy of the vault gives the permission [ISS]; `get` and the cryptographic ones differ in code."""
    message = (
        f"The user, group or application '{caller}' does not have keys {permission} permission on key vault "
        f"'{vault}'. {_HELP_ACCESS}"
    )
    return forbidden(message, "AccessDenied" if permission in ("get", "list") else "ForbiddenByPolicy")
