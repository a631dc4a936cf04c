"""Errors in the logs of driver and provider that tell of no cause: they come in healthy clusters, too. [source]"""

from __future__ import annotations

_WORDS = (
    "reflector.go",
    "leaderelection.go",
    '"failed to get pod"',
    "Failed to watch",
    "failed to list *",
    "pod status already exists",
    "certificate chain is not complete",
    "could not find last modification time",
    "construct pem chain feature enabled",
    "terminating the server",
    "unmounting target path as node publish volume failed",
    "error retrieving resource lock",
    "the object has been modified",
    "TLS handshake error from",
    "client connection lost",
    "Use tokens from the TokenRequest API",
)


def is_noise(entry: str) -> bool:
    """Whether an entry of a log is one of these; the name of the file that wrote it belongs to it."""
    return any(word in entry for word in _WORDS)
