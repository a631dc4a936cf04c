"""Which context of which files, as kubectl would find it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from azext_akskv.failures import Rejected
from azext_akskv.gateways.kube_context import context_of, kubeconfig_files
from tests.unit.gateways.kube.kubeconfigs import config, put

EDGE = {"edge": {"cluster": "c1", "user": "u1"}}


def test_kubeconfig_names_files_and_without_it_there_is_one(tmp_path: Path) -> None:
    assert kubeconfig_files("", tmp_path) == (tmp_path / ".kube" / "config",)
    named = os.pathsep.join(["", "/a/one", "/b/two", "", "/a/one"])
    assert kubeconfig_files(named, tmp_path) == (Path("/a/one"), Path("/b/two"))


def test_of_several_files_the_first_has_the_whole_of_an_entry(tmp_path: Path) -> None:
    first = put(tmp_path / "a", config(users={"u1": {"token": "first"}}, contexts=EDGE))
    later = put(
        tmp_path / "b",
        config(
            users={"u1": {"token": "later", "client-certificate": "x.crt"}},
            clusters={"c1": {"server": "https://later"}},
            contexts={"edge": {"cluster": "other", "user": "other"}},
        ),
    )
    found = context_of([first, tmp_path / "not-there", later], "edge")
    assert found.user.content == {"token": "first"} and found.cluster.content == {"server": "https://later"}
    assert (found.user.folder, found.cluster.folder) == (tmp_path / "a", tmp_path / "b")
    assert found.cluster.path("ca.crt") == tmp_path / "b" / "ca.crt"
    assert found.cluster.path("/etc/ca.crt") == Path("/etc/ca.crt")


def test_an_empty_file_is_no_mistake(tmp_path: Path) -> None:
    full = put(tmp_path, config(contexts=EDGE, clusters={"c1": {}}, users={"u1": {}}), "full")
    assert context_of([put(tmp_path, "", "empty"), full], "edge").name == "edge"


def test_the_contexts_that_there_are_are_told(tmp_path: Path) -> None:
    path = put(tmp_path, config(contexts={"lab": {}, "edge-2": {}}))
    with pytest.raises(Rejected, match=r"no context 'edge' in .*; there are: edge-2, lab$"):
        context_of([path], "edge")
    many = put(tmp_path, config(contexts={f"c{number:03}": {} for number in range(30)}))
    with pytest.raises(Rejected, match=r"c000, .*c019 and 10 more$"):
        context_of([many], "edge")
    with pytest.raises(Rejected, match=r"there is no context in .*KUBECONFIG"):
        context_of([tmp_path / "not-there"], "edge")


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"user": "u1"}, "names no cluster"),
        ({"cluster": "c1"}, "names no user"),
        ({"cluster": "c2", "user": "u1"}, "names the cluster 'c2', which is not there"),
        ({"cluster": "c1", "user": "u2"}, "names the user 'u2', which is not there"),
    ],
)
def test_a_context_that_leads_nowhere_is_said(tmp_path: Path, context: dict[str, str], told: str) -> None:
    path = put(tmp_path, config(contexts={"edge": context}, clusters={"c1": {}}, users={"u1": {}}))
    with pytest.raises(Rejected, match=told):
        context_of([path], "edge")


@pytest.mark.parametrize(
    "text", ["users: [s3cr3t", "just s3cr3t", "[s3cr3t]", "users: s3cr3t", "\x00s3cr3t", "contexts: [{name: {a: b}}]"]
)
def test_what_is_no_kubeconfig_is_refused_without_being_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(Rejected) as caught:
        context_of([put(tmp_path, text)], "edge")
    assert "s3cr3t" not in str(caught.value) and str(tmp_path) in str(caught.value)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    twice = config(contexts=EDGE)
    twice["contexts"] *= 2
    with pytest.raises(Rejected, match="contexts has the name 'edge' twice"):
        context_of([put(tmp_path, twice)], "edge")


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="cannot be read"):
        context_of([tmp_path], "edge")


def test_nothing_of_a_user_is_in_its_repr(tmp_path: Path) -> None:
    path = put(tmp_path, config(contexts=EDGE, clusters={"c1": {}}, users={"u1": {"token": "s3cr3t"}}))
    assert "s3cr3t" not in repr(context_of([path], "edge"))
