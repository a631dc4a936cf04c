"""Prints how many bad inputs are tried, by subject."""

from __future__ import annotations

import sys

from tests.e2e.bad_input import EVERY, SUBJECTS

lines = [f"{len(cases):4} {subject}\n" for subject, cases in SUBJECTS.items()]
sys.stdout.writelines([*lines, f"{len(EVERY):4} bad inputs\n"])
