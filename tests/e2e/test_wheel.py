"""The wheel as a user takes it and gives it back."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

VENV = Path(__file__).resolve().parents[2] / ".venv"


def test_az_takes_the_wheel_and_gives_it_back_without_a_trace(tmp_path: Path) -> None:
    [wheel] = (VENV / "wheel").glob("akskv-*.whl")
    environment = {
        **os.environ,
        "AZURE_CONFIG_DIR": str(tmp_path / "config"),
        "AZURE_EXTENSION_DIR": str(tmp_path / "extensions"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        "PIP_NO_INDEX": "1",  # the wheel depends on nothing
        "PIP_COMPILE": "0",
    }

    def az(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [VENV / "bin" / "az", *arguments], env=environment, capture_output=True, text=True, check=False
        )

    def listed() -> str:
        query = ("--query", "[].[name, version, preview]", "--output", "tsv")
        return az("extension", "list", *query).stdout

    assert az("extension", "add", "--source", str(wheel), "--yes").returncode == 0
    assert az("aks", "kv", "kms", "enable", "--help").returncode == 0
    assert listed() == f"akskv\t{wheel.name.split('-')[1]}\tTrue\n"

    assert az("extension", "remove", "--name", "akskv").returncode == 0
    assert listed() == ""
    assert not list((tmp_path / "extensions").iterdir())
    left = [path for path in (tmp_path / "config").glob("*.json") if "akskv" in path.read_text(encoding="utf-8")]
    assert not left
