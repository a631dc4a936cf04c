"""Whatever is asked for: the YAML says the same to every parser, and the emulator's provider reads what was meant."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from azext_akskv.gateways.class_objects import read_objects
from azext_akskv.gateways.kube_manifests import parsed
from azext_akskv.model.mounts.asked import AskedObject
from azext_akskv.model.mounts.manifests.bodies import manifests_of
from azext_akskv.model.mounts.manifests.manifest import Kind
from azext_akskv.model.mounts.manifests.objects import object_list
from azext_akskv.model.mounts.manifests.setup import WORKLOADS, Setup
from azext_akskv.model.mounts.manifests.standing import differences
from azext_akskv.model.mounts.worker import Mode, Worker
from azext_akskv.model.vault_object import ObjectType
from azext_akskv.report.manifests import manifests_yaml
from emulator.kubernetes.secrets_store import parameters

TRICKY = ["yes", "no", "on", "null", "true", "y", "0123", "1e3", "0x1F", "0o17", "1-2", "12-30", "-", "a-b", "1_0"]
NAMES = st.sampled_from([each for each in TRICKY if "_" not in each]) | st.from_regex(
    re.compile(r"[0-9A-Za-z-]{1,20}", re.ASCII), fullmatch=True
)
FILES = st.sampled_from([*TRICKY, ".5", "a.b", "..data"[2:]]) | st.from_regex(
    re.compile(r"(?!\.)[A-Za-z0-9._-]{1,20}", re.ASCII), fullmatch=True
)
VERSIONS = st.sampled_from(["", "0123", "1e3", "0" * 32, "12345678901234567890123456789012"])
LABELS = st.sampled_from(["yes", "0123", "1e3", "shop"]) | st.from_regex(
    re.compile(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", re.ASCII), fullmatch=True
)
OBJECTS = st.lists(
    st.builds(AskedObject, st.sampled_from(ObjectType), NAMES, VERSIONS, FILES | st.just("")),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each.alias or each.name,
)
WORKERS = st.sampled_from([Worker(Mode.NODE, "0e1"), Worker(Mode.WORKLOAD, "513e0b82-b1e6-5f70-9cb7-e39a5dc1cb3a")])
SETUPS = st.builds(
    Setup,
    namespace=LABELS,
    class_name=LABELS,
    vault=st.sampled_from(["shop-kv", "yes", "Kv0"]),
    tenant=st.sampled_from(["72f988bf-0000-4000-8000-2d7cd011db47", "00000000-0000-0000-0000-000000000000"]),
    worker=WORKERS,
    objects=OBJECTS.map(tuple),
    service_account=LABELS,
    workload=st.sampled_from(WORKLOADS),
    synced_secret=LABELS | st.just(""),
)


def texts(value: Any) -> list[Any]:
    """All leaves."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inside is None else [each for one in inside for each in texts(one)]


@given(setup=SETUPS, command=st.text())
def test_yaml_says_what_was_meant_to_every_parser(setup: Setup, command: str) -> None:
    made = manifests_of(setup)
    text = manifests_yaml(setup, made, command)
    head, _, documents = text.partition("\n---\n")
    assert all(line.startswith("# ") for line in head.split("\n"))
    assert documents.isascii() and "\t" not in documents and not re.search(r"[&*]id\d", documents)
    assert list(yaml.safe_load_all(text)) == [each.body for each in made]
    as_texts = [leaf for document in yaml.load_all(text, yaml.BaseLoader) for leaf in texts(document)]
    assert as_texts == [
        str(leaf).lower() if isinstance(leaf, bool) else str(leaf) for leaf in texts(list(bodies(made)))
    ]


def bodies(made: Any) -> Any:
    return (each.body for each in made)


@given(setup=SETUPS)
def test_the_provider_reads_what_was_meant(setup: Setup) -> None:
    [one] = [each.body for each in manifests_of(setup) if each.ref.kind is Kind.CLASS]
    given_parameters = one["spec"]["parameters"]
    for version in ((1, 7, 2), (1, 8, 2)):
        read = parameters.read(parameters.Given(given_parameters, tokens=True), version)
        assert (read.vault, read.tenant, read.client_id) == (setup.vault, setup.tenant, setup.worker.client_id)
        wanted = [parameters.checked(each, version) for each in read.objects]
        entries = setup.entries
        assert [(each.name, each.kind, each.version, each.file) for each in wanted] == [
            (each.asked.name, each.type.value, each.asked.version, each.file) for each in entries
        ]


@given(setup=SETUPS)
def test_what_is_written_is_read_back_as_the_same(setup: Setup) -> None:
    [one] = [each.body for each in manifests_of(setup) if each.ref.kind is Kind.CLASS]
    assert read_objects(one["spec"]["parameters"]["objects"]) == object_list(setup.entries)
    for each in manifests_of(setup):
        body = {**each.body, "metadata": {**each.body["metadata"], "resourceVersion": "1"}}
        assert differences(each, parsed(each.ref, body)) == ()
