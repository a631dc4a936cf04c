"""A bare cluster for each test of this folder: what one test breaks, no other finds broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.rewriting.bare import BareCluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[BareCluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    with BareCluster(folder) as started:
        yield started
