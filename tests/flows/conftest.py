"""What all flows' tests share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def memory_is_as_good_as_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash here is an exception, which no page in the kernel's cache minds; thousands of journal lines need not wait
    for a disk. That they are synced is shown by tests/e2e/test_kill.py, which kills right after it."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
