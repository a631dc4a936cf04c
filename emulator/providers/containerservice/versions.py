"""Kubernetes versions that AKS offers here, and what a cluster may be upgraded to."""

from __future__ import annotations

from typing import Any

from emulator.providers.containerservice.bodies import minor

PATCHES = {
    "1.25": ("1.25.15",),
    "1.26": ("1.26.12",),
    "1.27": ("1.27.9", "1.27.16"),
    "1.28": ("1.28.12", "1.28.15"),
    "1.29": ("1.29.9", "1.29.13"),
    "1.30": ("1.30.7", "1.30.9"),
    "1.31": ("1.31.5", "1.31.8"),
    "1.32": ("1.32.5", "1.32.7"),
    "1.33": ("1.33.1", "1.33.3"),
}
DEFAULT = "1.32"


def upgrades_from(version: str) -> list[str]:
    """[D] Later patches of the same minor version and all of the next one: no minor version is skipped."""
    major, current = minor(version)
    reachable = [*PATCHES.get(f"{major}.{current}", ()), *PATCHES.get(f"{major}.{current + 1}", ())]
    return [one for one in reachable if _order(one) > _order(version)]


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def newest_of(version: str) -> str:
    """[D] `1.30` stands for its newest patch; a whole version for itself."""
    return PATCHES[version][-1] if version in PATCHES else version


def is_known(version: str) -> bool:
    """Whether AKS offers this patch."""
    return any(version in patches for patches in PATCHES.values())


def offered() -> list[dict[str, Any]]:
    """[REC] What `az aks get-versions` lists, newest first."""
    return [
        {
            "version": name,
            "capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]},
            **({"isDefault": True} if name == DEFAULT else {}),
            "patchVersions": {patch: {"upgrades": upgrades_from(patch)[::-1]} for patch in patches},
        }
        for name, patches in reversed(PATCHES.items())
    ]
