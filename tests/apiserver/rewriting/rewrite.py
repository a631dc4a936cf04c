"""`reencrypt` as the extension carries it out, over a bare cluster; Azure's side of it is in memory.

    python -m tests.apiserver.rewriting.rewrite FOLDER

runs it in a process of its own, which can be killed: FOLDER has `access.json`, and gets the journal and `result.json`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

from azext_akskv.engine.journal import Journal
from azext_akskv.engine.result import Result
from azext_akskv.engine.waiting import SystemClock, Waits
from azext_akskv.flows.drive import Flow, drive
from azext_akskv.flows.reencrypt import REENCRYPT
from azext_akskv.flows.world import Consent, World
from azext_akskv.gateways.kube import KubeSecrets
from azext_akskv.gateways.kube_access import Access, tls_context
from azext_akskv.gateways.kube_server import ApiServer, patient
from azext_akskv.gateways.retries import Retries
from azext_akskv.model.kube import Switch
from azext_akskv.model.snapshot import Wanted
from azext_akskv.ports import Secrets
from tests.builders import KEY, TARGET, cluster_json
from tests.fakes import FakeReporter, FakeWorld, fake_ports

TAG = "20261122-130000-enable"


def note_switch(port: Secrets) -> None:
    """What a change of the key leaves in the cluster: R0, from here on."""
    port.note_switch(Switch(str(KEY), TAG, port.latest_version()))


def carried_out(port: Secrets, folder: Path, flow: Flow = REENCRYPT, **wanted: Any) -> Result:
    """`wanted`: the options of the command."""
    kms = None if flow.name == "enable" else KEY
    azure = FakeWorld(folder, cluster={**cluster_json(kms=kms), "tags": {"akskv-run": TAG}})
    world = World(
        target=TARGET,
        ports=dataclasses.replace(fake_ports(azure), secrets=port),
        journal=Journal(folder / "journal", TARGET, SystemClock()),
        reporter=FakeReporter(),
        clock=SystemClock(),
        waits=Waits(0.05),
        command="az aks kv reencrypt",
    )
    return drive(flow, Wanted(flow.name, **wanted), world, Consent(False, (), lambda _question, _word: True))


def main(folder: Path) -> None:
    told = json.loads((folder / "access.json").read_text())
    access = Access(told["server"], tls_context(told["ca"].encode(), ""), told["token"])
    retries = Retries(SystemClock().sleep, lambda _: None, 0.2)
    port = KubeSecrets(lambda: ApiServer(access, "", patient(retries)), retries)
    result = carried_out(port, folder, max_rate=0.0)
    outcome = {"status": result.status, **dataclasses.asdict(result.rewrite)} if result.rewrite else {}
    fresh = folder / "result.new"
    fresh.write_text(json.dumps(outcome))
    os.replace(fresh, folder / "result.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
