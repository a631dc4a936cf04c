"""The picture of a private link, as a tree and as Mermaid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from azext_akskv.flows.fix_privatelink import FIX_PRIVATELINK, draw
from azext_akskv.model.repair import Picture
from azext_akskv.report.diagram import mermaid, quoted
from azext_akskv.report.topology import picture_lines
from tests import link_worlds
from tests.link_worlds import ASKED, REPAIRABLE, seen

Golden = Callable[[str, str], None]


def told(picture: Picture | None) -> str:
    return "".join(f"{line.head}{line.text}".rstrip() + "\n" for line in picture_lines(picture))


@pytest.mark.parametrize("name", ["nothing", "without_link", "disconnected", "grown"])
def test_what_is_missing_is_marked(name: str, tmp_path: Path, golden: Golden) -> None:
    picture = draw(seen(REPAIRABLE[name](tmp_path)))
    golden(f"link-{name}.txt", told(picture))
    golden(f"link-{name}.mmd", mermaid(picture))


def test_what_was_made_is_marked(tmp_path: Path, golden: Golden) -> None:
    result = link_worlds.nothing(tmp_path).drive(FIX_PRIVATELINK, ASKED)
    assert result.picture and not told(result.picture).count("missing")
    golden("link-made.txt", told(result.picture))
    golden("link-made.mmd", mermaid(result.picture))


def test_what_could_not_be_looked_at_is_said(tmp_path: Path) -> None:
    world = link_worlds.well(tmp_path)
    world.hidden.update(world.networks)
    drawn = told(Picture(seen(world).topology.get(), None, ()))  # type: ignore[arg-type]  # it is there
    assert "unknown  └─ nodes of pool1 in nodes: not allowed to read the nodes' network" in drawn


def test_a_quotation_mark_ends_no_label() -> None:
    assert quoted('a "b" ]') == '"a #quot;b#quot; ]"'


def test_without_a_picture_nothing_is_drawn() -> None:
    assert picture_lines(None) == []
