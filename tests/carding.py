"""What draws cards in tests: Pillow and the font that `make build/cards` brings; without them tests skip, aloud."""

from importlib import util

import pytest
from projects import ROOT

from entaku.site.cards_pages import choose_fonts

FONTS = choose_fonts({path.name: path.read_bytes() for path in (ROOT / "build/cards").glob("*.ttf")})
needs_cards = pytest.mark.skipif(
    FONTS is None or util.find_spec("PIL") is None, reason="no Pillow, or no font: `make test` brings them where it can"
)
