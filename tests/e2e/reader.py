"""Somebody who follows the AKS document: bash, stock az, a real kubectl, a person's login in an emulation."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from emulator import environment
from emulator.emulation import Emulation
from emulator.worlds import catalogue
from emulator.worlds.spec import CALLER, Cluster, Delays, Grant, Key, Vault
from tests.e2e.document import scripts
from tests.e2e.warm_az import WarmAz

GROUP, CLUSTER, VAULT, KEY, IDENTITY = "MyResourceGroup", "myAKSCluster", "MyKeyVault", "MyKeyName", "MyIdentity"
OWNER = Grant(CALLER, "Owner", "subscription")
IN_USE = (
    OWNER,
    Grant(CALLER, "Key Vault Crypto Officer", f"vault/{VAULT}"),
    Grant(IDENTITY, "Key Vault Crypto User", f"vault/{VAULT}"),
)
LIMIT_SECONDS = 120
PRELOAD = (
    "azure.cli.command_modules.acs.custom",
    "azure.cli.command_modules.acs.managed_cluster_decorator",
    "azure.cli.command_modules.acs.commands",
    "azure.cli.command_modules.acs._params",
    "azure.cli.command_modules.keyvault.custom",
    "azure.cli.command_modules.keyvault._params",
    "azure.cli.command_modules.role.custom",
    "azure.mgmt.containerservice",
    "azure.mgmt.keyvault",
    "azure.mgmt.authorization",
    "azure.mgmt.msi",
    "azure.cli.core.auth.identity",
    "azure.cli.core.commands.command_operation",
    "azure.cli.core.parser",
    "azure.keyvault.keys",
    "msrest",
    "yaml",
)


class Reader:
    """One person on one machine: a login, a home folder, a terminal. Each story finds another subscription."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        environment.write_files(folder)
        own = {
            "AZURE_CONFIG_DIR": str(folder / "azure"),
            "AZURE_EXTENSION_DIR": str(folder / "none"),
            "FORK_AZ_PRELOAD": " ".join(PRELOAD),
        }
        self.az = WarmAz(folder, environment.complete(own))
        self._emulation: Emulation | None = None

    def arrive(self, cluster: Cluster | None = None, *, in_use: bool = False, **overrides: Any) -> Emulation:
        """In a subscription with the document's resource group and, when told, a cluster whose identity is there too;
        `in_use`: with the vault, its key and the grants of a cluster that has KMS on."""
        self.leave()
        spec = catalogue.load(
            "public-rbac",
            group=GROUP,
            clusters=() if cluster is None else (replace(cluster, name=CLUSTER, identity=IDENTITY),),
            identities=() if cluster is None else (IDENTITY,),
            vaults=(Vault(VAULT, keys=(Key(KEY),)),) if in_use else (),
            grants=IN_USE if in_use else (OWNER,),
            delays=Delays(update=0.1, grant=0.0, retry_after=0.05),
            **overrides,
        )
        self._emulation = Emulation(spec)
        self._emulation.__enter__()
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        environment.log_in_person(self._emulation, self.folder)
        return self._emulation

    @property
    def emulation(self) -> Emulation:
        assert self._emulation, "arrive first"
        return self._emulation

    def leave(self) -> None:
        if self._emulation:
            self._emulation.__exit__(None, None, None)
            self._emulation = None

    def close(self) -> None:
        self.leave()
        self.az.close()

    def follow(self, story: str) -> str:
        """Runs a script to its end; returns what was printed on standard output."""
        done = self._script(story)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {call["code"] for call in self.az.calls()} == {0}
        return done.stdout

    def fail(self, story: str) -> str:
        """Runs a script whose last command fails, and only that; returns what was printed on standard error."""
        done = self._script(story)
        *before, last = [call["code"] for call in self.az.calls()]
        assert done.returncode == last != 0 and set(before) == {0}, done.stdout + done.stderr
        return done.stderr

    def run(self, command: str) -> str:
        """A command that is not the document's; returns what it printed on standard output."""
        done = self._bash("-eu", "-c", command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _script(self, story: str) -> subprocess.CompletedProcess[str]:
        self.az.forget()
        return self._bash("-eu", "-o", "pipefail", str(scripts.FOLDER / f"{story}.sh"))

    def _bash(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = environment.variables(self.emulation, self.folder)
        variables |= {"AZURE_EXTENSION_DIR": str(self.folder / "none"), "HOME": str(self.home)}
        whole = environment.complete(variables)
        whole["PATH"] = f"{self.az.programs}{os.pathsep}{whole['PATH']}"
        terminal, its_side = pty.openpty()
        os.write(terminal, b"y\n" * 2)  # az asks twice before an upgrade
        try:
            return subprocess.run(
                ["bash", *arguments],
                env=whole,
                cwd=self.home,
                stdin=its_side,
                capture_output=True,
                text=True,
                timeout=LIMIT_SECONDS,
                check=False,
            )
        finally:
            os.close(its_side)
            os.close(terminal)
