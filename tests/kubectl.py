"""The kubectl of the tests: the one that `make setup` has unpacked, or the one on the PATH."""

from __future__ import annotations

import shutil

import pytest

from emulator import environment

FOUND = shutil.which("kubectl", path=environment.complete({})["PATH"]) is not None
needs_kubectl = pytest.mark.skipif(
    not FOUND, reason="no kubectl: the one that make unpacks is for Linux on x86-64; put one on the PATH elsewhere"
)
