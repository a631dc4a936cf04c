"""Texts as provider, driver and kubelet write them, for the tests."""

from __future__ import annotations

RULER = "-" * 80
EVENT = (
    'MountVolume.SetUp failed for volume "kv" : rpc error: code = Unknown desc = failed to mount secrets store objects '
    "for pod team-a/api-0, err: rpc error: code = Unknown desc = failed to mount objects, error: "
)
ASKED = "failed to get objectType:secret, objectName:db-pass, objectVersion:: "
TIMED_OUT = (
    'Get "https://kv-shop.vault.azure.net/secrets/db-pass/?api-version=7.4": dial tcp 20.53.17.41:443: i/o timeout'
)
HEAD = "E1122 09:14:05.713202       1 server.go:60] "


def refused(code: str, status: str = "403: 403 Forbidden", vault: str = "kv-shop", name: str = "db-pass") -> str:
    """A vault's answer as providers from 1.8 on print it."""
    return (
        f"failed to get objectType:secret, objectName:{name}, objectVersion:: GET https://{vault}.vault.azure.net/"
        f'secrets/{name}/\n{RULER}\nRESPONSE {status}\nERROR CODE: Forbidden\n{RULER}\n{{\n  "error": {{\n'
        f'    "code": "Forbidden",\n    "innererror": {{\n      "code": "{code}"\n    }}\n  }}\n}}\n{RULER}'
    )


def block(error: str, clock: str = "09:14:05", tail: str = "") -> str:
    """A log entry of several lines, as klog from 2.40 on writes it."""
    body = "".join(f"\t{line}\n" for line in error.split("\n"))
    return f'E1122 {clock}.713202       1 server.go:60] "failed to process mount request" err=<\n{body} >{tail}\n'


def quoted(error: str, clock: str = "09:14:05") -> str:
    """The same before klog 2.40."""
    text = error.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'E1122 {clock}.713202       1 server.go:58] "failed to process mount request" err="{text}"\n'


def mounted(pod: str, clock: str) -> str:
    return (
        f'I1122 {clock}.713202       1 nodeserver.go:268] "node publish volume complete" targetPath="/x" pod="{pod}"\n'
    )
