"""The quick look that most lines of a log get, and no other."""

from __future__ import annotations

# A line without one of these words tells of no failure of ours and begins no record.
_WORDS = (
    "MountVolume.",
    "FailedMount",
    "SetUpAt",
    "SetupAt",
    "rpc error",
    "StatusCode",
    "RESPONSE ",
    "AADSTS",
    "objectType:",
    "BaseClient",
    "error_description",
    "nnererror",
    "nnerError",
    "ForbiddenBy",
    "is forbidden",
    "nmi ",
    "ecretproviderclass",
    "SecretProviderClass",
    "mount err",
    "mount objects",
    "mount request",
    "secrets store",
    "unmounted volumes",
    "objectName ",
    "objects is not",
    "is not provided",
    "tenantId is not",
    "keyvaultName is",
    "odePublishSecretRef",
    "registered CSI",
    "provider-azure",
    "provider not found",
    "Error: secret",
    "RotationFailed",
    "FailedToCreateSecret",
    "Kubernetes secret",
    "secret object",
    "node publish volume complete",
    "WWW-Authenticate",
    "vault.azure.",
    "_error",
    'error="',
    "grpc_message",
    "level=error",
    '"err"',
    '"error"',
    '"log"',
    "identit",
    '401"',
    '429"',
    *(f"{number}{mark}" for number in (401, 429) for mark in "\u00bb\u00a0\u201d\u202f"),
    "401 \u00bb",
    "429 \u00bb",
)
_GOOD = ("node publish volume complete", "MountVolume.", "FailedMount", "RotationFailed", "FailedToCreateSecret")
"""What an entry of severity I or W may tell that matters."""
_DESCRIBED = ("Name:", "Namespace:", "Node:")


def is_entry(line: str) -> bool:
    """An entry of klog, by its severity and date."""
    return line[:1] in "IWEF" and line[1:5].isdigit()


def may_matter(line: str) -> bool:
    """Whether a line, without what was put before it, is worth a closer look while no record is open."""
    if is_entry(line):
        return line[0] in "EF" or any(word in line for word in _GOOD)
    start = line[:1]
    if start in "{[" and line.rstrip() in ("{", "["):
        return True
    return (start == "N" and line.startswith(_DESCRIBED)) or has_words(line)


def has_words(line: str) -> bool:
    return any(word in line for word in _WORDS)
