"""The file of the diagram."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

import pytest
from azure.cli.core.azclierror import FileOperationError

from azext_akskv.cli.privatelink import write_diagram
from azext_akskv.cli.validators import file_to_write, private_endpoint
from azext_akskv.flows.fix_privatelink import draw
from tests import link_worlds
from tests.builders import VAULT
from tests.link_worlds import seen
from tests.network_builders import ENDPOINT


def test_the_diagram_is_its_owners_alone_and_replaces_an_older_one(tmp_path: Path) -> None:
    target = tmp_path / "vault.mmd"
    target.write_text("old")
    write_diagram(target, draw(seen(link_worlds.well(tmp_path / "world"))))
    assert target.read_text().startswith("flowchart LR\n") and target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["vault.mmd"]


def test_without_a_picture_no_file_is_made(tmp_path: Path) -> None:
    write_diagram(tmp_path / "vault.mmd", None)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_went_away_is_told(tmp_path: Path) -> None:
    picture = draw(seen(link_worlds.well(tmp_path / "world")))
    with pytest.raises(FileOperationError, match="could not be written to"):
        write_diagram(tmp_path / "gone" / "vault.mmd", picture)


def test_where_a_file_can_be_written_is_asked_while_parsing(tmp_path: Path) -> None:
    assert file_to_write(str(tmp_path / "a.mmd")) == str(tmp_path / "a.mmd")
    for bad in ("", str(tmp_path), str(tmp_path / "gone" / "a.mmd")):
        with pytest.raises(ArgumentTypeError):
            file_to_write(bad)


def test_a_private_endpoint_is_a_name_or_an_id() -> None:
    assert private_endpoint("kv1-pe") == "kv1-pe" and private_endpoint(str(ENDPOINT)) == ENDPOINT
    for bad in ("", "-pe", "a b", "x" * 81, str(VAULT)):
        with pytest.raises(ArgumentTypeError):
            private_endpoint(bad)
