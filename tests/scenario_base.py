"""One user story of `az aks kv`, recorded or replayed: what that needs beyond azure-cli-testsdk 0.3.0."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from azure.cli.core._profile import Profile
from azure.cli.testsdk import ScenarioTest
from azure.cli.testsdk import base as testsdk
from azure.cli.testsdk.reverse_dependency import get_dummy_cli
from azure.cli.testsdk.scenario_tests import mock_in_unit_test
from azure.cli.testsdk.scenario_tests.const import MOCKED_SUBSCRIPTION_ID, MOCKED_TENANT_ID
from azure.keyvault.keys._shared import http_challenge_cache

from tests.cassettes import AsRecorded, AsSent, ReadableYaml, about, same
from tests.changes import may_change

NAMES = ("group", "cluster", "vault", "key")
"""What a story is about; the names stand in the first lines of its cassette."""
SECRETS = 4
"""In an emulated cluster: few, so that a cassette stays small."""
NOWHERE = "http://127.0.0.1:9"
"""A proxy that nobody runs: what a replay does not find in its cassette goes nowhere."""
WAIT_FACTORS = {"emulator": "0.005", "azure": "1"}
"""For recording and for replay: how long the extension waits is how often it looks."""


def a_run(journal: Any, flow: str) -> str:
    """The id of a run, the same whenever it is recorded or replayed."""
    wanted, taken = f"20260102-030405-{flow}", {run.run for run in journal.runs()}
    return next(each for each in [wanted, *(f"{wanted}-{n}" for n in range(2, 10))] if each not in taken)


class KmsScenario(ScenarioTest):
    """Recorded from the emulator's `world` where EMULATOR_CONTROL is set, else from the user's own subscription: see
    tools/record.py. The commands of `before_emulated` or `before_live` bring the cluster to where the story begins;
    they are not recorded."""

    world = "public-rbac"
    before_emulated: tuple[str, ...] = ()
    before_live: tuple[str, ...] = ("aks kv kms disable -g {group} -n {cluster} --yes",)

    def __init__(self, method_name: str) -> None:
        super().__init__(method_name)
        self.disguise: dict[str, str] = {}
        self.recording_processors[:0] = [AsRecorded(self.disguise), AsSent()]
        self.replay_processors.append(AsSent())
        self.replay_patches.remove(testsdk.patch_long_run_operation_delay)  # patches a package that az 2.91 has not
        self.replay_patches.remove(testsdk.patch_retrieve_token_for_user)  # gives a credential of an older az
        self.replay_patches.append(patch_credential)
        self.vcr.register_matcher("next", self.is_next)
        self.vcr.match_on = ("method", "path", "next")  # the first two make vcrpy tell what comes close
        self.vcr.register_serializer("readable", ReadableYaml(self.about))
        self.vcr.serializer = "readable"

    def setUp(self) -> None:
        if self.in_recording and not self.is_live:
            self.fail(f"there is no {self.recording_file}; `make record` makes it")
        http_challenge_cache.clear()  # or a story would lean on what vaults said in the one before it
        self.environment = pytest.MonkeyPatch()
        self.environment.setattr("azext_akskv.engine.journal.Journal._new_id", a_run)
        self.addCleanup(self.environment.undo)
        private = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, private)
        if self.in_recording:
            self.source = "emulator" if "EMULATOR_CONTROL" in os.environ else "azure"
            self.kwargs = {name: os.environ[f"AKSKV_{name.upper()}"] for name in NAMES}
            copy_login(private)
        else:
            told = about(Path(self.recording_file))
            self.source = told["recorded-from"]
            self.kwargs = {name: told[name] for name in NAMES}
            self.cut_off()
        self.environment.setenv("AZURE_CONFIG_DIR", str(private))
        self.environment.setenv("AZURE_AKSKV_WAIT_FACTOR", WAIT_FACTORS[self.source])
        self.environment.setenv("AZURE_AKSKV_WORKERS", "1")  # vcrpy loses requests that come from several threads
        if self.in_recording:
            self.set_the_scene()
            shutil.rmtree(private / "akskv", ignore_errors=True)  # the journal: a replay has none
        self.cli_ctx = get_dummy_cli()
        super().setUp()

    def tearDown(self) -> None:
        environment = os.environ
        super().tearDown()
        os.environ = environment  # noqa: B003  # testsdk has put a dict there, which no child process would inherit
        if not (self.in_recording or self.cassette.all_played):
            self.fail(f"only {self.cassette.play_count} of {len(self.cassette)} requests were sent again")

    def cut_off(self) -> None:
        """No way out but the cassette."""
        # What `az` alone would show; each new folder of a configuration lacks it, and making it takes half a second.
        self.environment.setattr("azure.cli.core.MainCommandsLoader._cache_help_index", lambda *_: None)
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            self.environment.setenv(name, NOWHERE)
        for name in ("NO_PROXY", "no_proxy"):
            self.environment.delenv(name, raising=False)

    def set_the_scene(self) -> None:
        account = Profile(cli_ctx=get_dummy_cli()).get_subscription()
        self.disguise |= {account["id"]: MOCKED_SUBSCRIPTION_ID, account["tenantId"]: MOCKED_TENANT_ID}
        if self.source == "emulator":
            body = json.dumps({"world": self.world, "secrets": SECRETS}).encode()
            urllib.request.urlopen(f"{os.environ['EMULATOR_CONTROL']}/reset", body).close()
        az = Path(sys.executable).with_name("az")
        for command in self.before_emulated if self.source == "emulator" else self.before_live:
            subprocess.run([az, *shlex.split(command.format_map(self.kwargs))], check=True)

    def about(self) -> dict[str, str]:
        """For the first lines of a cassette."""
        return {"recorded-from": self.source, **{name: self.kwargs[name] for name in NAMES}}

    def is_next(self, sent: Any, stored: Any) -> None:
        """Only the first request that was not sent again yet matches: a replay proves the order too."""
        place = self.cassette.play_count
        if place == len(self.cassette) or stored is not self.cassette.data[place][0]:
            raise AssertionError("it was not recorded at this place")
        same(sent, stored)

    def ended(self, command: str, code: int) -> Any:
        """What a command prints that ends with another exit code than 0."""
        output = io.StringIO()
        with pytest.raises(SystemExit) as end:
            get_dummy_cli().invoke(shlex.split(command.format_map(self.kwargs)), out_file=output)
        assert end.value.code == code, output.getvalue()
        return json.loads(output.getvalue())

    def proved(self) -> list[Any]:
        """The checks of a change that was carried out, with every secret rewritten and proved."""
        return [self.check("status", "done"), self.check("secrets.proved", True), self.check("secrets.refused", [])]

    def changes(self) -> list[str]:
        """The requests so far that could change something."""
        sent = self.cassette.requests if self.in_recording else self.cassette.requests[: self.cassette.play_count]
        return [f"{each.method} {each.path}" for each in sent if may_change(each.method, each.uri)]


def copy_login(folder: Path) -> None:
    """The files of az's configuration, without its folders: not the user's journal."""
    for file in Path(os.environ["AZURE_CONFIG_DIR"]).iterdir():
        if file.is_file():
            shutil.copy(file, folder)


def patch_credential(test: Any) -> None:
    """A login that asks nobody."""

    class Credential:
        def acquire_token(self, _scopes: Any, **_options: Any) -> dict[str, Any]:
            return {"access_token": "opens-nothing", "token_type": "Bearer", "expires_in": 3600}

    target = "azure.cli.core.auth.identity.Identity.get_user_credential"
    mock_in_unit_test(test, target, lambda *_, **__: Credential())
