"""The kubectl of the tests: the one that `make setup` has unpacked, or the one on the PATH."""

from __future__ import annotations

import os
import platform
import shutil

import pytest

from emulator import environment
from tools import kubectl

FOUND = shutil.which("kubectl", path=environment.complete({})["PATH"]) is not None
UNPACKED = kubectl.fits(platform.system(), platform.machine())
needs_kubectl = pytest.mark.skipif(  # where make unpacks one, and in CI, its absence is a failure
    not (FOUND or UNPACKED or os.environ.get("CI")),
    reason="no kubectl: the one that make unpacks is for Linux on x86-64; put one on the PATH elsewhere",
)
