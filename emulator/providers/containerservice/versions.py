"""Kubernetes versions that AKS offers in this world, and what a cluster may be upgraded to."""

from __future__ import annotations

from typing import Any

Offered = tuple[str, ...]
"""Patches, oldest first: `1.30.7`."""
DEFAULT = "1.32"


def order(version: str) -> tuple[int, ...]:
    """Versions compare by their numbers."""
    return tuple(int(part) for part in version.split("."))


def upgrades_from(version: str, offered: Offered) -> list[str]:
    """[D] Later patches of the same minor version and all of the next one: no minor version is skipped."""
    major, current, *_ = order(version)
    reachable = ((major, current), (major, current + 1))
    return [one for one in offered if order(one)[:2] in reachable and order(one) > order(version)]


def newest_of(version: str, offered: Offered) -> str:
    """[D] `1.30` stands for its newest patch; a whole version for itself."""
    patches = [one for one in offered if one.startswith(f"{version}.")]
    return patches[-1] if patches and version.count(".") == 1 else version


def _default_of(names: list[str]) -> str:
    """[REC] One of them is the default, the one before the newest where this one is not offered."""
    return DEFAULT if DEFAULT in names else names[-2:][0]


def document(offered: Offered) -> list[dict[str, Any]]:
    """[REC] What `az aks get-versions` lists, newest first."""
    patches: dict[str, dict[str, Any]] = {}
    for one in offered:
        name = one.rpartition(".")[0]
        patches.setdefault(name, {})[one] = {"upgrades": upgrades_from(one, offered)[::-1]}
    return [
        {
            "version": name,
            "capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]},
            **({"isDefault": True} if name == _default_of(list(patches)) else {}),
            "patchVersions": patches[name],
        }
        for name in reversed(patches)
    ]
