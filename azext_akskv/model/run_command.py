"""run-command as a way to the API server: what it takes, and why it may not work."""

from __future__ import annotations

from dataclasses import dataclass

ACTIONS = (
    "Microsoft.ContainerService/managedClusters/runcommand/action",
    "Microsoft.ContainerService/managedClusters/commandResults/read",
)
"""The rights in Azure that it takes. [D: resolve az aks command invoke failures]"""

OFF = "run-command-off"
NO_ROOM = "run-command-no-room"
POD_REFUSED = "run-command-pod-refused"
OUT_OF_MEMORY = "run-command-out-of-memory"
CUT = "run-command-output-cut"
FAILED = "run-command-failed"
TROUBLES = frozenset({OFF, NO_ROOM, POD_REFUSED, OUT_OF_MEMORY, CUT, FAILED})
"""Codes of the failures that are run-command's own, and no API server's."""


@dataclass(frozen=True)
class Trouble:
    """Why no command could be run in the cluster: one of TROUBLES, and the words for it."""

    code: str
    text: str
