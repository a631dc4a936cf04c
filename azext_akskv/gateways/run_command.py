"""run-command: a script in a pod of the cluster, sent and answered through ARM. [D: `az aks command invoke`]

For clusters whose API server is not reached from here. What is sent is our script and an order of names and numbers;
what comes back stays in ARM for a while, and is for everybody who may read results of commands there.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azure.mgmt.core.polling.arm_polling import ARMPolling

from azext_akskv.failures import Conflict, GatewayError, LostTrack, Missing, Rejected, TookTooLong
from azext_akskv.gateways.answers import Answer, Json, answer
from azext_akskv.gateways.clients import Clients
from azext_akskv.gateways.errors import asking, one_line
from azext_akskv.gateways.kube_access import SERVER_APPLICATION
from azext_akskv.gateways.operations import WatchedPolling
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.members import child, text, whole
from azext_akskv.model.run_command import FAILED, NO_ROOM, OFF, POD_REFUSED

VERSION = "2024-09-01"
"""[REC] Recorded with it; every cloud that has run-command takes it."""
SCRIPT = "akskv.sh"
ORDER = "akskv.order"
KEPT_BYTES = 512 * 1000
"""Output from about this size on was cut. [D: 512 kB]"""
OUT_OF_MEMORY_EXIT = 137
NO_NODE = "KubernetesPerformanceError"
CLUSTER_REFUSED = "KubernetesOperationError"
"""[ISS] azure-cli#27776 and aks-baseline-automation#37."""
SLOW = "did not start within"
LONGEST_SECONDS = 900.0
"""Our scripts end after half of it at most; what takes longer was lost."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote, stdout and stderr in one."""

    exit_code: int
    logs: str

    @property
    def cut(self) -> bool:
        return len(self.logs.encode()) >= KEPT_BYTES


@dataclass(frozen=True)
class Pace:
    """`poll_seconds` between two looks at a running command; `monotonic` measures; `tell` hears that it still runs."""

    poll_seconds: float
    monotonic: Callable[[], float]
    tell: Callable[[str], None]


class RunCommand:
    def __init__(self, clients: Clients, pace: Pace) -> None:
        self._clients = clients
        self._pace = pace

    def run(self, cluster: Cluster, doing: str, script: str, order: str) -> Ended:
        """Returns when the command has ended, in whatever way. Raises GatewayError; Rejected with one of
        model/run_command.TROUBLES where the cluster does not let it run."""
        if not cluster.run_command:
            raise Rejected(doing, OFF, "run-command is turned off for the cluster")
        payload = {"command": f"bash {SCRIPT}", "context": packed({SCRIPT: script, ORDER: order})}
        if cluster.managed_entra:
            payload["clusterToken"] = self._clients.token_for(SERVER_APPLICATION)
        watch = _Deadline(doing, self._pace)
        try:
            with asking(doing):
                found = self._begun(cluster, payload, WatchedPolling(doing, watch, self._pace.poll_seconds))
        except GatewayError as error:
            raise told_apart(error) from error
        return ended(doing, found)

    def _begun(self, cluster: Cluster, payload: Mapping[str, str], polling: ARMPolling) -> Json:
        clusters = self._clients.clusters(cluster.id.subscription, VERSION)
        poller = clusters.begin_run_command(
            cluster.id.group,
            cluster.id.name,
            payload,
            cls=answer,
            polling=polling,
            logging_enable=False,  # --debug shall not print the caller's token for the cluster
        )
        found: Answer = poller.result()
        return found.json


class _Deadline:
    """A ports.Watch that gives up in time."""

    def __init__(self, doing: str, pace: Pace) -> None:
        self._doing = doing
        self._pace = pace
        self._until = pace.monotonic() + LONGEST_SECONDS

    def accepted(self, operation_url: str) -> None:
        self._pace.tell(f"{self._doing}: the command is on its way into the cluster")

    def status(self, status: str) -> None:
        if self._pace.monotonic() > self._until:
            raise TookTooLong(f"{self._doing}: the command in the cluster has not ended after {LONGEST_SECONDS:.0f} s")
        self._pace.tell(f"{self._doing}: the command in the cluster runs")


def packed(files: Mapping[str, str]) -> str:
    """A zip archive in base64; the same files give the same text, as recordings need it."""
    packing = io.BytesIO()
    with zipfile.ZipFile(packing, "w", zipfile.ZIP_DEFLATED) as archive:
        for file_name, content in files.items():
            archive.writestr(zipfile.ZipInfo(file_name, (1980, 1, 1, 0, 0, 0)), content)
    return base64.b64encode(packing.getvalue()).decode()


def ended(doing: str, found: Json) -> Ended:
    """Raises Rejected when the command never ran, ValueError when the answer is none about a command."""
    with asking(doing):
        properties = child(whole(found), "properties")
        state, exit_code, logs = (
            text(properties, "provisioningState"),
            properties.get("exitCode"),
            properties.get("logs"),
        )
        if state == "Failed":
            why = one_line(text(properties, "reason"), 300)
            raise Rejected(doing, FAILED, f"the command failed: {why}")
        if isinstance(exit_code, bool) or not isinstance(exit_code, int) or not isinstance(logs, str | None):
            raise ValueError("the answer is not the result of a command")
        return Ended(exit_code, logs or "")


def told_apart(error: GatewayError) -> GatewayError:
    """What run-command says when it cannot run a command, in terms of what can be done about it."""
    lost = error.__cause__ if isinstance(error, LostTrack) else None
    if isinstance(lost, Missing) or error.code == NO_NODE or SLOW in error.message:
        why = f"no node took the command's pod within a minute ({error.code}: {one_line(error.message, 200)})"
        return Rejected(error.doing, NO_ROOM, why, error.request_id)
    if error.code == CLUSTER_REFUSED and ("denied" in error.message or "details:" in error.message):
        why = f"the cluster refused the command's pod in the namespace aks-command: {one_line(error.message, 300)}"
        return Rejected(error.doing, POD_REFUSED, why, error.request_id)
    if isinstance(error, Rejected | Conflict) and "disabled" in error.message.lower():
        return Rejected(error.doing, OFF, one_line(error.message, 200), error.request_id)
    return error
