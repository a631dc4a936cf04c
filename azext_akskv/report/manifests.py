"""Manifests as text to keep, to review and to apply: YAML that every parser reads the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from azext_akskv.model.mounts.manifests.manifest import Manifest
from azext_akskv.model.mounts.manifests.setup import Setup
from azext_akskv.model.mounts.worker import Mode
from azext_akskv.report.plain import plain

WIDE = 10_000
"""No line is broken: names and identities are found again by a search."""


class _Writer(yaml.SafeDumper):
    """In the given order, lists indented, texts of several lines as blocks, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(writer: yaml.SafeDumper, told: str) -> yaml.ScalarNode:
    if "\n" in told:
        return writer.represent_scalar("tag:yaml.org,2002:str", told, style="|")
    style = None if _is_plainly_text(told) else '"'
    return writer.represent_scalar("tag:yaml.org,2002:str", told, style=style)


_Writer.add_representer(str, _text)
_OTHER = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ""})


def _is_plainly_text(told: str) -> bool:
    """1e3, 0x1F, 0o17, 1:30 or .5 may be numbers to one parser, yes and off true or false to another."""
    return told.lower() not in _OTHER and not (told[0].isdigit() or told[0] in ".+-")


def manifests_yaml(setup: Setup, manifests: Sequence[Manifest], command: str) -> str:
    """Several documents in one text, with what a reader has to know above. `command` is the one that made it."""
    documents = (
        yaml.dump(each.body, Dumper=_Writer, sort_keys=False, default_flow_style=False, width=WIDE, allow_unicode=False)
        for each in manifests
    )
    head = "".join(f"# {plain(line)}\n" for line in _about(setup, command))
    return head + "".join(f"---\n{each}" for each in documents)


def _about(setup: Setup, command: str) -> Iterator[str]:
    yield f"Made by: {command}"
    yield f"From the key vault {setup.vault} (tenant {setup.tenant}): names only, no value of a secret is in it."
    if setup.worker.mode is Mode.WORKLOAD:
        yield f"Read with workload identity: pods of the service account {setup.namespace}/{setup.service_account} as "
        yield f"the identity {setup.identity} with the client id {setup.worker.client_id}."
    else:
        yield f"Read as the identity {setup.identity} of the nodes, with the client id {setup.worker.client_id}."
    for each in setup.entries:
        if each.becomes_tls:
            yield f"{each.asked.name} is fetched as a secret: only that has the private key, which {_TLS} needs."
    yield "Apply it with: kubectl apply -f FILE"


_TLS = "the type kubernetes.io/tls"


def manifest_rows(manifests: Sequence[Manifest], steps: Mapping[str, str]) -> list[dict[str, Any]]:
    """As data: what is or would be written. `steps`: the state of each step by its code."""
    return [
        {
            "kind": each.ref.kind.value,
            "namespace": each.ref.namespace,
            "name": each.ref.name,
            "state": steps.get(f"put-{each.ref.kind.value.lower()}"),
            "manifest": each.body,
        }
        for each in manifests
    ]
