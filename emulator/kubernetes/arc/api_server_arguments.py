"""Where a K3s cluster gets the arguments of its API server from, and what follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local"
CONFIG, UNIT = "config", "unit"
"""/etc/rancher/k3s/config.yaml, and the systemd unit."""
_ISSUER, _LONGEST = "service-account-issuer", "service-account-max-token-expiration"


class Arguments:
    """`written` is what the two files say, `running` what the server was started with."""

    def __init__(self, config: Sequence[str], unit: Sequence[str]) -> None:
        self.written: dict[str, tuple[str, ...]] = {CONFIG: tuple(config), UNIT: tuple(unit)}
        self.running: Mapping[str, tuple[str, ...]] = {}
        self.restart()

    def restart(self) -> None:
        """Whatever is written counts now."""
        self.running = dict(self.written)

    @property
    def used(self) -> tuple[str, ...]:
        """[D] A list on the command line takes the place of the file's."""
        return self.running[UNIT] or self.running[CONFIG]

    @property
    def issuer(self) -> str:
        """[D] The first one signs, the others are believed."""
        return next(iter(self._values(_ISSUER)), DEFAULT_ISSUER)

    @property
    def longest_token(self) -> float | None:
        """Seconds; None without a limit. [OWN] Only hours, minutes and seconds by themselves are read."""
        text = next(iter(self._values(_LONGEST)), "")
        factor = {"h": 3600.0, "m": 60.0, "s": 1.0}.get(text[-1:], 0.0)
        return float(text[:-1]) * factor if factor and text[:-1].isdigit() else None

    @property
    def annotation(self) -> str:
        """[3P] `k3s.io/node-args`: both sources, the file first."""
        listed = ["server", "--write-kubeconfig-mode", "644"]
        for one in (*self.running[CONFIG], *self.running[UNIT]):
            listed += ["--kube-apiserver-arg", one]
        return json.dumps(listed, separators=(",", ":"))

    def _values(self, name: str) -> list[str]:
        pairs = (one.removeprefix("--").partition("=") for one in self.used)
        return [value for key, _, value in pairs if key == name]
