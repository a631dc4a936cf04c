"""Prints how many texts there are, and precision and recall: by cause, overall, on varied and on held-out texts.

With --mistakes every text that is judged otherwise than it is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.corpus.provider.corpus import HELD_OUT, TUNED, Entry, entries, mistakes, scores, variants


def lines(title: str, chosen: Sequence[Entry], by_cause: bool = False) -> list[str]:
    table = scores(chosen)
    width = max(map(len, table))
    rows = table if by_cause else {"": table[""]}
    told = [
        f"  {name or 'overall':{width}}  precision {score.precision:6.1%}  recall {score.recall:6.1%}  "
        f"{score.right:5} right {score.wrong:3} wrong {score.missed:3} missed\n"
        for name, score in rows.items()
    ]
    return [f"{title}: {len(chosen):,} texts\n", *told]


def main() -> None:
    written = [entry for name in TUNED for entry in entries(name)]
    groups = {"Texts": written, "Variations of them": variants(), "Held out": list(entries(HELD_OUT))}
    languages = sorted({entry.language for chosen in groups.values() for entry in chosen})
    for title, chosen in groups.items():
        sys.stdout.writelines(lines(title, chosen, by_cause=title == "Texts"))
    sys.stdout.write(f"Languages of the frames: {', '.join(languages)}\n")
    if "--mistakes" in sys.argv[1:]:
        for chosen in groups.values():
            for entry, named in mistakes(chosen):
                where = f"{entry.source}, {entry.variation or 'as it is'}"
                sys.stdout.write(
                    f"{where}: meant {sorted(entry.causes)}, found {sorted(named)}\n  {entry.text[:300]!r}\n"
                )


if __name__ == "__main__":
    main()
