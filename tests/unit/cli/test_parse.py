"""The arguments as az's own parser takes them: every example of the help, and the values that handlers get."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml
from knack.help_files import helps

from azext_akskv.model.ids import KeyId, ResourceId
from tests.az_parser import loaded_az


def the_parser() -> Any:
    cli, _ = loaded_az()
    cli.invocation.parser.load_command_table(cli.invocation.commands_loader)
    return cli.invocation.parser


PARSER = the_parser()
EXAMPLES = [
    example["text"]
    for name, text in helps.items()
    if name.startswith("aks kv ")
    for example in yaml.safe_load(text).get("examples", ())
]


def parsed(line: str) -> Any:
    return PARSER.parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_parses(example: str) -> None:
    assert parsed(example).command.startswith("aks kv ")


def test_handlers_get_what_was_meant_and_not_its_text() -> None:
    vault = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv1"
    key = "https://kv1.vault.azure.net/keys/kms/0123456789abcdef0123456789abcdef"
    given = parsed(f"az aks kv kms enable -g rg -n c --vault {vault} --key {key} --network-access private")
    assert given.vault == ResourceId.parse(vault) and given.key == KeyId.parse(key)
    assert given.network_access == "Private" and given.key_management == "legacy"
    assert (given.yes, given.dry_run, given.accept) == (False, False, None)


@pytest.mark.parametrize("namespaces", ["--namespace a b", "--namespace a --namespace b"])
def test_namespaces_may_stand_together_or_apart(namespaces: str) -> None:
    given = parsed(f"az aks kv reencrypt -g rg -n c {namespaces} --max-rate 0 --concurrency 4")
    assert (given.namespace, given.max_rate, given.concurrency) == (["a", "b"], 0.0, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("kms enable -g rg -n c --vault kv_1", "--vault"),
        ("kms enable -g rg -n c --key https://kv1.vault.azure.net/secrets/x", "--key"),
        ("kms enable -g rg -n c --network-access Selected", "--network-access"),
        ("kms enable -g rg -n c --key-management ours", "ours"),
        ("kms migrate-encryption -g rg -n c --to legacy", "--to"),
        ("kms migrate-v2 -g rg -n c --kubernetes-version 1.26", "KMS v1"),
        ("kms enable -g rg -n c --accept no-such-finding", "those that may be overruled: "),
        ("kms disable -g rg -n c --accept secret-unreadable", "cannot be overruled"),
        ("kms disable -g rg", "--name"),
        ("reencrypt -g rg -n c --via pigeon", "pigeon"),
        ("operation show --run ../../etc/passwd", "--run"),
    ],
)
def test_what_is_malformed_ends_with_2_while_parsing(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SystemExit) as stop:
        parsed(f"az aks kv {arguments}")
    assert stop.value.code == 2
    assert words in caplog.text + capsys.readouterr().err


def test_no_command_takes_several_clusters_at_once() -> None:
    """az would run them in threads, at the same time."""
    with pytest.raises(SystemExit):
        parsed("az aks kv kms disable --ids /subscriptions/s/resourceGroups/rg/providers/x/y/z")
