"""What of a vault is asked for by its name: one secret, key or certificate."""

from __future__ import annotations

from dataclasses import dataclass

from azext_akskv.model.vault_object import ObjectType


@dataclass(frozen=True, repr=False)
class AskedObject:
    """`version`: empty stands for the newest one. `alias`: its file's name in the mount; empty: its own name."""

    type: ObjectType
    name: str
    version: str = ""
    alias: str = ""

    @property
    def key(self) -> str:
        """Names of things in a vault do not differ by letter case alone. [D]"""
        return self.name.lower()

    def __str__(self) -> str:
        return f"{self.type.value} {self.name}"

    def __repr__(self) -> str:
        """As it is asked for, with its type: what a journal keeps."""
        version, alias = f"/{self.version}" if self.version else "", f"={self.alias}" if self.alias else ""
        return f"{self.type.value}:{self.name}{version}{alias}"
