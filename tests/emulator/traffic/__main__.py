"""`make traffic`: prints the figures and writes them into docs/traffic.rst."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.emulator.traffic.comparison import run
from tests.emulator.traffic.figures import DOCS, MARK, NOT_RUN, documented
from tests.emulator.traffic.recordings import FOLDER


def main(folder: Path = FOLDER) -> int:
    if not folder.is_dir():
        sys.stdout.write(f"{NOT_RUN}\n")
        return 0
    text = documented(run())
    DOCS.write_text(text)
    sys.stdout.write(text.partition(MARK)[2].lstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
