"""Rules for what a service answered: pod identity, Key Vault, Microsoft Entra, the node's identity endpoint."""

from __future__ import annotations

import re

from azext_akskv.model.provider.match import Confidence, Match, rule

_CODE = r'(?:[Cc]ode"?\W{1,6}|ERROR CODE:\s?)'

# A refusal by pod identity carries the body of the identity endpoint, so it goes before everything.
POD_IDENTITY = (
    rule("nmi_404", r"\bnmi\b(?:(?!\d{3}).){0,80}\b404\b", "nmi"),
    rule("nmi_403", r"\bnmi\b(?:(?!\d{3}).){0,80}\b403\b", "nmi"),
    rule("nmi_absent", r"(?:localhost|127\.0\.0\.1):2579|nmi did not return expected values", "2579", "nmi did not"),
)

INNER_CODES = (
    rule("forbidden_connection", "ForbiddenByConnection"),
    rule("forbidden_firewall", "ForbiddenByFirewall"),
    rule("forbidden_rbac", "ForbiddenByRbac"),
    rule("forbidden_policy", _CODE + r"AccessDenied|ForbiddenByPolicy", "AccessDenied", "ForbiddenByPolicy"),
    rule("object_disabled", _CODE + r"(?:Secret|Key|Certificate)Disabled", "Disabled"),
    rule("object_expired", _CODE + r"(?:Secret|Key|Certificate)(?:Expired|NotYetValid)", "Expired", "NotYetValid"),
    rule("object_not_found", _CODE + "SecretNotFound", "SecretNotFound"),
    rule(
        "wrong_object_type",
        _CODE + "(?:Certificate|Key)NotFound",
        "CertificateNotFound",
        "KeyNotFound",
        confidence=Confidence.LIKELY,
    ),
    rule("throttled", _CODE + "Throttled|VaultRequestTypeLimitReached", "Throttled", "LimitReached"),
    rule("tenant_mismatch", "AKV10032"),
    rule("kv_401", r"AKV100\d\d", "AKV100"),
    rule("bad_parameter", _CODE + "BadParameter", "BadParameter"),
)

# The words that go with the codes, for a text that ends before its code.
MESSAGES = (
    rule("forbidden_connection", "Public network access is disabled and request is not from"),
    rule("forbidden_firewall", "Client address is not authorized"),
    rule("forbidden_rbac", "Caller is not authorized to perform action on resource"),
    rule(
        "forbidden_policy",
        r"does not have (?:secrets|keys|certificates) \w+ permission on|Caller was not found on any access policy",
        "permission on",
        "access policy",
    ),
    rule("object_disabled", r"not allowed on a disabled \w+", "on a disabled"),
    rule("object_expired", r"not allowed on an? (?:expired|not yet valid) \w+", "not allowed on a"),
    rule("object_not_found", r"A secret with \(name/id\).{1,130}was not found", "A secret with"),
    rule(
        "wrong_object_type",
        r"A (?:key|certificate) with \(name/id\).{1,130}was not found",
        "A key with",
        "A certificate with",
        confidence=Confidence.LIKELY,
    ),
    rule("throttled", "too many requests were received"),
    rule("tenant_mismatch", "configured to acquire tokens for tenant"),
    rule(
        "identity_not_found",
        r"Identity not found|requested identity (?:isn't|is not|has not been|hasn't been) assigned",
        "Identity not found",
        "requested identity",
    ),
    rule("multiple_identities", "Multiple user assigned identities exist"),
    rule("no_default_identity", "no default identity is assigned"),
    rule("cloud_mismatch", r"challenge resource .{1,300}match the requested domain", "challenge resource"),
    rule("proxy_failure", "no WWW-Authenticate header"),
)

_ENTRA = re.compile(r'AADSTS(\d{4,8})|error_codes"?:\s*\[\s*(\d{4,8})')
ENTRA_NUMBERS = {
    "70021": "aad_no_fic",
    "700211": "aad_issuer_mismatch",
    "700212": "aad_audience_mismatch",
    "700213": "aad_subject_mismatch",
    "70025": "aad_client_without_fic",
    "700016": "aad_app_not_found",
    "7000215": "aad_bad_client_secret",
    "7000222": "aad_expired_client_secret",
    "90002": "aad_tenant_not_found",
    "900023": "aad_tenant_not_found",
    "700024": "aad_token_time",
    "700027": "aad_assertion_invalid",
    "50027": "aad_assertion_invalid",
    "50166": "aad_assertion_invalid",
    "500011": "cloud_mismatch",
}
"""70021 is the beginning of 700211: numbers are taken whole. [D]"""

_STATUS = re.compile(
    r"(?:StatusCode=|RESPONSE |\bStatus=|reply status code was |Status Code = ')([1-9]\d\d)", re.IGNORECASE
)
_STATUSES = {
    "401": ("kv_401", Confidence.LIKELY),
    "403": ("forbidden_unclear", Confidence.LIKELY),
    "404": ("object_not_found", Confidence.POSSIBLE),
    "429": ("throttled", Confidence.CERTAIN),
    "400": ("bad_parameter", Confidence.POSSIBLE),
    **dict.fromkeys(("500", "502", "503", "504"), ("vault_failing", Confidence.LIKELY)),
}
_AT_ENTRA = ("login.microsoft", "login.chinacloudapi", "ClientAssertionCredential", "ClientSecretCredential")
_AT_THE_NODE = ("169.254.169.254", "ManagedIdentityCredential")


def entra_number(text: str) -> Match | None:
    """The cause behind Entra's number. One that stands at the very end of a text may have lost its last digits."""
    if "AADSTS" not in text and "error_codes" not in text:
        return None
    cut = None
    for found in _ENTRA.finditer(text):
        number = found[1] or found[2]
        if found.end() == len(text):
            cut = found
            continue
        slug = ENTRA_NUMBERS.get(number)
        return Match(slug or "aad_other", found.start(), found.end(), Confidence.CERTAIN)
    if cut:
        return Match("aad_other", cut.start(), cut.end(), Confidence.POSSIBLE)
    return None


def http_status(text: str, ours: bool) -> Match | None:
    """The cause behind an HTTP status, where nothing more exact is told. `ours`: the text tells of a vault or its
    provider; without that only the form that Azure's newer libraries print counts."""
    if "StatusCode=0" in text:  # a request without an answer, whatever its frame says
        return None
    found = _STATUS.search(text)
    if not found or not (ours or found[0].startswith("RESPONSE")):
        return None
    slug, confidence = _STATUSES.get(found[1], ("", Confidence.POSSIBLE))
    if any(word in text for word in _AT_ENTRA):
        slug, confidence = "aad_other", Confidence.LIKELY
    elif any(word in text for word in _AT_THE_NODE):
        slug = "identity_not_found" if found[1] == "400" else "imds_unreachable"
        confidence = Confidence.POSSIBLE
    return Match(slug, found.start(), found.end(), confidence) if slug else None
