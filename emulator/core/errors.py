"""The error envelope that ARM, its providers and Key Vault share. Kubernetes has its own."""

from __future__ import annotations

from collections.abc import Mapping

from emulator.core.http import Answer, Refusal


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Refusal:
    """A Refusal to raise: `{"error": {"code": ..., "message": ...}}`."""
    return Refusal(Answer(status, {"error": {"code": code, "message": message}}, dict(headers or {})))
