"""Which cause a text tells of. The first rule that fits wins, so their order is the order of what weighs more: the
vault's inner code, Entra's number, an HTTP status, what the provider says before it asks, the connection, the frame."""

from __future__ import annotations

from azext_akskv.model.provider.answers import INNER_CODES, MESSAGES, POD_IDENTITY, entra_number, http_status
from azext_akskv.model.provider.match import Confidence, Match, first, rule

# A connection that fails is ours only where the text tells of the provider or of what it asks.
_OURS = (
    "objectType:",
    "BaseClient",
    "BearerAuthorizer",
    "vault.azure.",
    "vault.usgov",
    "vaultcore.",
    "keyvault",
    "login.microsoftonline",
    "login.chinacloudapi",
    "Credential",
    "secrets-store",
    "secrets store",
    "169.254.169.254/metadata/identity",
    "mount objects",
    "mount request",
    "mount err",
    "azure.sock",
)

# What the provider finds out before it asks anybody.
CONFIGURED = (
    rule("spc_object_name_missing", r"objectName:,.{0,400}cannot unmarshal", "objectName:,"),
    rule("spc_vault_name_invalid", "Invalid vault name"),
    rule("spc_object_type_invalid", "Invalid vaultObjectTypes"),
    rule("spc_objects_yaml", "failed to yaml unmarshal objects|unmarshal failed for keyVaultObjects", "unmarshal"),
    rule(
        "spc_objects_missing", r"\bobjects is not (?:set|provided)|missing object versions", "objects is", "missing obj"
    ),
    rule(
        "spc_parameter_missing",
        r"(?:keyvaultName|tenantI[dD]) is not (?:set|provided)|clientID is required for identity binding",
        "is not set",
        "is not provided",
        "clientID is required",
    ),
    rule("pod_info_missing", r"pod (?:name|namespace) is not provided|pod information is not available", "pod "),
    rule("spc_flag_invalid", r"failed to parse use\w+ flag|strconv\.ParseBool", "failed to parse use", "ParseBool"),
    rule(
        "spc_object_option_invalid",
        r"invalid object(?:Format|Encoding)|PFX format only supported|objectEncoding only supported"
        r"|file name must (?:not|be)|file permission must be|failed to unmarshal file permission",
        "invalid object",
        "only supported for",
        "file name must",
        "file permission",
    ),
    rule(
        "spc_cloud_invalid",
        r"cloudName .{0,80}is not valid|no cloud environment matching|AZURE_ENVIRONMENT_FILEPATH",
        "cloudName",
        "no cloud environment",
        "AZURE_ENVIRONMENT_FILEPATH",
    ),
    rule(
        "wi_token_missing",
        r"service account tokens? (?:not found|are required)|token for audience .{1,80}not found"
        r"|failed to parse workload identity tokens",
        "service account token",
        "token for audience",
        "workload identity tokens",
    ),
    rule(
        "publish_secret_missing",
        r"(?:fetching|failed to get) (?:NodePublishSecretRef|node publish secret)"
        r"|nodePublishSecretRef secret is not set"
        r"|could not find client(?:id|secret) in secrets",
        "NodePublishSecretRef",
        "odePublishSecretRef",
        "node publish secret",
        "could not find client",
    ),
    rule(
        "spc_identity_modes",
        r"only one identity mode can be enabled|cannot enable both pod identity|no identity mode is enabled"
        r"|no valid identity access mode|no valid credentials provided|proxy transport not available",
        "identity mode",
        "cannot enable both",
        "no valid",
        "proxy transport",
    ),
    rule(
        "object_conversion",
        r"unknown content type|key type .{1,40}currently not supported|curve .{1,40}is not supported"
        r"|failed to parse key for type|illegal base64 data",
        "unknown content type",
        "not supported",
        "failed to parse key",
        "illegal base64",
    ),
)

_NO_ANSWER = (
    r"i/o timeout|context (?:deadline exceeded|canceled)|connection refused|connection reset by peer|no route to host"
    r"|network is unreachable|TLS handshake timeout|Client\.Timeout exceeded|connectex:|\bEOF\b"
)
CONNECTION = (
    rule("provider_unreachable", r"azure\.sock\b.{0,80}(?:refused|no such file|timeout)", "azure.sock"),
    rule("imds_unreachable", rf"169\.254\.169\.254.{{0,400}}(?:{_NO_ANSWER}|StatusCode=0)", "169.254.169.254"),
    rule("proxy_failure", "proxyconnect|Proxy Authentication Required", "proxyconnect", "Proxy Authentication"),
    rule("tls_intercepted", r"x509: |tls: failed to verify|tls: handshake failure", "x509:", "tls: "),
    rule("dns_nxdomain", "no such host|Name or service not known", "no such host", "not known"),
    rule(
        "dns_unreachable",
        r"lookup \S+(?: on \S+)?:.{0,120}(?:i/o timeout|refused|server misbehaving)|name resolution",
        "lookup ",
        "name resolution",
    ),
    rule("message_too_big", "received message larger than max"),
    rule(
        "node_write_failed",
        r"failed to (?:create target path|write file|create file|ensure mount point)|no space left on device",
        "failed to create",
        "failed to write",
        "failed to ensure",
        "no space left",
    ),
    rule(
        "egress_blocked",
        rf"StatusCode=0\b|{_NO_ANSWER}",
        "StatusCode=0",
        "timeout",
        "context ",
        "connection re",
        "no route",
        "unreachable",
        "EOF",
        "Timeout",
        "connectex",
        confidence=Confidence.LIKELY,
    ),
)

FRAME = (
    rule("crd_missing", r"no matches for kind \W{0,3}SecretProviderClass", "no matches for kind"),
    rule("spc_forbidden", r"secretproviderclasses\.secrets-store.{1,200}? is forbidden", "secretproviderclasses"),
    rule(
        "spc_not_found",
        r"(?i:secretproviderclass(?:es)?\.secrets-store\.csi\.x-k8s\.io) \"[^\"]*\" not found"
        r"|failed to get secretproviderclass \S+, \w+:.{0,300}not found"
        r"|SecretProviderClass\.secrets-store\.csi\.x-k8s\.io ?\"[^\"]*\"(?! is )",
        "secretproviderclass",
        "SecretProviderClass.secrets-store",
    ),
    rule(
        "spc_incomplete",
        r"secretProviderClass is not set|(?:provider|parameters) not set in |Volume attributes missing",
        "secretProviderClass is",
        "not set in",
        "Volume attributes",
    ),
    rule("volume_not_readonly", "Readonly is not true"),
    rule(
        "sync_forbidden",
        r"secrets is forbidden|cannot \w+ resource \W{0,3}secrets\b|make sure syncSecret|ensure syncSecret",
        "secrets is forbidden",
        "resource",
        "syncSecret",
    ),
    rule("sync_object_mismatch", r"file matching objectName", "file matching objectName"),
    rule(
        "sync_object_invalid",
        r"failed to validate secret object|failed validation for secret object|secretObjects\.data is empty"
        r"|failed to get cert data from file|Only 'tls\.key' and",
        "secret object",
        "secretObjects",
        "cert data from",
        "tls.key",
    ),
    rule("spcps_write", "failed to create secret provider class pod status"),
    rule(
        "provider_unreachable",
        r"failed to find provider binary|provider not found: provider|csi-providers/azure/provider-azure"
        r"|failed to lookup provider client|error connecting to provider",
        "provider",
    ),
    rule(
        "driver_not_registered",
        r"secrets-store\.csi\.k8s\.io not found in the list of registered|SetUpAt(?! failed: rpc).{0,120}"
        r"secrets-store\.csi\.k8s\.io|not supported by driver secrets-store\.csi\.k8s\.io",
        "secrets-store.csi.k8s.io",
    ),
    rule(
        "sync_failed",
        r"FailedToCreateSecret|failed to create Kubernetes secret|failed to (?:set|patch secret) owner ref"
        r"|failed to get mounted files",
        "FailedToCreateSecret",
        "Kubernetes secret",
        "owner ref",
        "mounted files",
    ),
    rule("synced_secret_missing", r"\bError: (?:secret \"[^\"]+\" not found|couldn't find key)", "Error: "),
)

# The kubelet's own word for a mount that took too long. A volume of that name form is of another driver.
TIMEOUT = (
    rule(
        "mount_timeout",
        r"\A(?!.*volume \"pvc-).*code = (?:DeadlineExceeded|Canceled)\b",
        "code = DeadlineExceeded",
        "code = Canceled",
        confidence=Confidence.POSSIBLE,
    ),
)

NO_CAUSE = (
    rule("mount_wait_summary", r"unmounted volumes=\[", "unmounted volumes"),
    rule(
        "rotation_failing",
        r"provider mount err|failed to reconcile spc|RotationFailed",
        "mount err",
        "spc",
        "Rotation",
        confidence=Confidence.LIKELY,
    ),
    rule(
        "log_body_missing",
        r"failed to (?:process mount|mount secrets store)[^\n]{0,60}err=<\s*\Z",
        "err=<",
        confidence=Confidence.POSSIBLE,
    ),
)

# Of the driver's metrics, whose labels hold a word and no text.
_ERROR_TYPE = r'(?:node_publish|rotation_reconcile)_error\w*\{[^}]*error_type="'
METRICS = (
    rule("spc_not_found", _ERROR_TYPE + "SecretProviderClassNotFound", "_error", confidence=Confidence.LIKELY),
    rule("provider_unreachable", _ERROR_TYPE + '(?:"|FailedToLookupProvider|ProviderBinaryNotFound)', "_error"),
    rule("node_write_failed", _ERROR_TYPE + "(?:FailedToEnsureMountPoint|FileWriteError)", "_error"),
    rule("publish_secret_missing", _ERROR_TYPE + "NodePublishSecretRefNotFound", "_error"),
    rule("rotation_failing", r"rotation_reconcile_error\w*\{", "rotation_reconcile_error"),
    rule("provider_error", _ERROR_TYPE + "GRPCProviderError", "_error", confidence=Confidence.POSSIBLE),
)

# The articles name causes 8 and 9 (7 and 8) by their numbers in quotation marks alone, in each language.
PROSE = (
    rule("kv_401", r'"\s?401\s?"', "401", confidence=Confidence.POSSIBLE),
    rule("throttled", r'"\s?429\s?"', "429", confidence=Confidence.POSSIBLE),
)


_BEFORE_STATUS = (*POD_IDENTITY, *INNER_CODES)
_BARE_TIMEOUT = rule("egress_blocked", r"StatusCode=0 -- [^:\n]{3,60}: context deadline exceeded", "StatusCode=0 -- ")


def classify(text: str) -> Match | None:
    """The cause that a comparable text tells of; None when no rule knows it."""
    ours = any(word in text for word in _OURS)
    match = first(_BEFORE_STATUS, text) or entra_number(text) or first(MESSAGES, text) or http_status(text, ours)
    if match is None and "error_type=" in text:
        match = first(METRICS, text)
    return match or first(CONFIGURED, text) or _by_the_way(text, ours)


def classify_prose(text: str) -> Match | None:
    """Of a sentence that is no line of a log: also the articles' own numbers, which a log would not write so."""
    return classify(text) or (None if "=" in text or "{" in text else first(PROSE, text))


def _by_the_way(text: str, ours: bool) -> Match | None:
    """The drivers' own frames, the connection, and what the kubelet says when nobody told it more."""
    match = first(FRAME, text) or first(TIMEOUT if _only_timed_out(text) else CONNECTION if ours else (), text)
    return match or first(TIMEOUT, text) or first((_BARE_TIMEOUT,), text) or first(NO_CAUSE, text)


def _only_timed_out(text: str) -> bool:
    """The call of the driver ended, and the provider's own words are not in the text."""
    timed_out = "code = DeadlineExceeded" in text or "code = Canceled" in text
    return timed_out and "objectType:" not in text and "https://" not in text
