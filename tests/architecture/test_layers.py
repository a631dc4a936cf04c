"""Imports only point down. The two tables are the architecture; docs/adr says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.codebase import imports, python_files, shown

# A layer may import itself and what stands beside it; the standard library goes without saying.
EXTENSION = {
    "model": "",
    "failures": "model",
    "ports": "model failures",
    "read_only": "model ports",
    "checks": "model",
    "engine": "model failures ports read_only",
    "gateways": "model failures ports",
    "observe": "model failures ports engine",
    "report": "model engine",
    "steps": "model failures ports engine",
    "flows": "model failures ports read_only checks engine observe steps",
    "cli": "model failures ports read_only checks engine flows report gateways",
    "loader": "cli report",
}
# `azext_akskv/cli/wiring.py` alone knows which gateway fills which port.
WIRING = "azext_akskv/cli/wiring.py"

# Everybody in the emulator may name the world's type: it is the object through which they meet.
EMULATOR = {
    "core": "world",
    "worlds": "core",
    "entra": "core worlds world",
    "dataplane": "core worlds world entra",
    "programs": "core worlds world entra dataplane",
    "kubernetes": "core worlds world entra dataplane programs",
    "providers": "core worlds world entra kubernetes",
    "real": "core worlds world dataplane kubernetes",
    "world": "core worlds entra dataplane programs kubernetes providers start oracle",
}
# AKS is built from other providers' resources, in Azure too; a private endpoint has its other end at a vault and its
# record in a private zone; machines are given identities.
PROVIDERS = {
    "compute": {"managedidentity"},
    "containerservice": {"compute", "keyvault", "managedidentity", "network", "resources"},
    "kubernetes": {"resources"},
    "kubernetesconfiguration": {"kubernetes", "resources"},
    "network": {"keyvault", "privatedns"},
}
# Libraries that only some layers may touch: whoever else needs one asks a port.
LIBRARIES = {
    "azure": {"cli", "gateways", "loader"},
    "knack": {"cli", "gateways", "loader"},
    "requests": {"gateways"},
    "urllib3": {"gateways"},
    "yaml": {"gateways", "report"},
    "ssl": {"gateways"},
}


def layer_in(program: str, dotted: str, layers: dict[str, str]) -> str | None:
    """The layer of a dotted name of that program; what lies in no folder of the table is the loader."""
    parts = dotted.split(".")
    if parts[0] != program:
        return None
    return parts[1] if len(parts) > 1 and parts[1] in layers else "loader"


def module_of(path: Path) -> str:
    return shown(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@pytest.mark.parametrize("path", python_files("azext_akskv"), ids=shown)
def test_a_module_of_the_extension_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_in("azext_akskv", module_of(path), EXTENSION)
    assert layer
    may = {layer, *EXTENSION[layer].split()}
    reached = {layer_in("azext_akskv", name, EXTENSION) for name in imports(path)} - {None}
    assert reached <= may, f"{shown(path)}: {layer} reaches {reached - may}"
    if "gateways" in reached and layer != "gateways":
        assert shown(path) == WIRING, f"{shown(path)}: only {WIRING} builds gateways"


@pytest.mark.parametrize("path", python_files("azext_akskv"), ids=shown)
def test_a_module_of_the_extension_uses_only_the_libraries_of_its_layer(path: Path) -> None:
    layer = layer_in("azext_akskv", module_of(path), EXTENSION)
    used = {name.partition(".")[0] for name in imports(path)}
    refused = {library for library, layers in LIBRARIES.items() if library in used and layer not in layers}
    assert not refused, f"{shown(path)}: {layer} uses {refused}"


@pytest.mark.parametrize(
    "path", python_files(*(f"emulator/{layer}" for layer in EMULATOR if layer != "world")), ids=shown
)
def test_a_module_of_the_emulator_imports_only_what_its_layer_may(path: Path) -> None:
    layer = layer_in("emulator", module_of(path), EMULATOR)
    assert layer
    may = {layer, *EMULATOR[layer].split()}
    reached = {layer_in("emulator", name, EMULATOR) for name in imports(path)} - {None}
    assert reached <= may, f"{shown(path)}: {layer} reaches {reached - may}"


@pytest.mark.parametrize("path", python_files("emulator/providers"), ids=shown)
def test_a_provider_imports_another_only_where_the_table_says_so(path: Path) -> None:
    folders = {file.parent.name for file in python_files("emulator/providers")} - {"providers"}
    own = path.parent.name
    reached = {name.split(".")[2] for name in imports(path) if name.startswith("emulator.providers.")} & folders
    assert reached - {own} <= PROVIDERS.get(own, set())


@pytest.mark.parametrize(("program", "other"), [("azext_akskv", "emulator"), ("emulator", "azext_akskv")])
def test_the_two_programs_never_import_each_other(program: str, other: str) -> None:
    """Two independent readings of Azure's documents: a shared constant would hide a shared mistake."""
    guilty = [
        shown(path) for path in python_files(program) if any(name.partition(".")[0] == other for name in imports(path))
    ]
    assert not guilty
