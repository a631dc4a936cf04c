"""A bare cluster for the tests of a file, emptied before each: what one test broke, no other finds broken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apiserver.rewriting.bare import BareCluster


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCluster]:
    with BareCluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def cluster(started: BareCluster) -> BareCluster:
    started.empty()
    return started
