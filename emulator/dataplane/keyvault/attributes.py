"""The attributes that keys, secrets and certificates have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.dataplane.keyvault import refusals


@dataclass(kw_only=True)
class Attributes:
    """Of one version. Times are seconds since 1970, as in the JSON; `enabled`, `nbf` and `exp` are what people set."""

    created: int
    updated: int
    enabled: bool = True
    nbf: int | None = None
    exp: int | None = None
    tags: dict[str, str] = field(default_factory=dict)

    def change_attributes(self, request: Mapping[str, Any], now: int) -> None:
        """Takes over what a request says of attributes and tags.

        Raises Refusal: 400 for values of the wrong kind.
        """
        attributes = request.get("attributes") or {}
        for name, kind in (("enabled", bool), ("nbf", int), ("exp", int)):
            if attributes.get(name) is not None:
                if not isinstance(attributes[name], kind):
                    raise refusals.bad_parameter(f"Property {name} has invalid value\r\n")
                setattr(self, name, attributes[name])
        if request.get("tags") is not None:
            self.tags = dict(request["tags"])
        self.updated = now

    def shown_attributes(self, recovery: Mapping[str, Any]) -> dict[str, Any]:
        """The `attributes` of the JSON; `recovery` is the vault's recoveryLevel and recoverableDays."""
        window = {"nbf": self.nbf, "exp": self.exp}
        return {
            "enabled": self.enabled,
            **{name: value for name, value in window.items() if value is not None},
            "created": self.created,
            "updated": self.updated,
            **recovery,
        }
