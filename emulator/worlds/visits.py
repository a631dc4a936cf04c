"""What somebody else does in a world, while requests come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Visit:
    """Somebody else, right before the nth request like this comes: gives the cluster another tag (`tag`), or begins an
    update of it that takes ten minutes (`update`)."""

    does: str
    method: str = "PUT"
    path: str = "/managedClusters/"
    nth: int = 1
