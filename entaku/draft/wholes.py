"""Sheets of one layout of which one is the whole: its numbers are the sums of those of all others."""

from collections.abc import Sequence
from decimal import Decimal

from entaku.draft.build import Found
from entaku.draft.plan import Question
from entaku.draft.values import read_number
from entaku.draft.words import is_total, squeeze

MOST_ROWS = 500
"""Rows of a sheet that are compared."""


def find_whole(found: Sequence[Found]) -> Found | None:
    """The sheet of the whole: the one whose name is the word of a total, or else whose numbers are all the sums of the
    others'; None where there is none, or more than one."""
    if len(found) < 3:
        return None
    named = [one for one in found if is_total(one.grid.sheet.name)]
    if named:
        return named[0] if len(named) == 1 else None
    numbers = [_list_numbers(one) for one in found]
    spots = [spot for spot in numbers[0] if all(spot in each for each in numbers)]
    sums = {spot: sum((each[spot] for each in numbers), Decimal(0)) for spot in spots}
    wholes = [
        one
        for one, each in zip(found, numbers, strict=True)
        if len({spot for spot in spots if each[spot]}) > 2 and all(each[spot] * 2 == sums[spot] for spot in spots)
    ]
    return wholes[0] if len(wholes) == 1 else None


def _list_numbers(one: Found) -> dict[tuple[str, int], Decimal]:
    """The numbers of a sheet, by the text that its row begins with and the column."""
    area, made = one.area, {}
    for row in area.body[:MOST_ROWS]:
        cells = one.grid.cells(row, area.left, area.right)
        first = squeeze(cells[min(cells)])
        for at, text in cells.items():
            number = read_number(text)[0] if at != min(cells) else None
            if number is not None:
                made[first, at] = Decimal(number)
    return made


def ask_whole(whole: Found) -> Question:
    """What became of the sheet of the whole."""
    name = whole.grid.sheet.name
    return Question(
        key=f"whole.{name}", ja=f"シート「{name}」はほかのシートの合計です。同じ表に入れると二重に数えられるので、分けました",
        en=f'The sheet "{name}" is the sum of the others. In one table with them it would be counted twice',
        answer="別の表 / a table of its own",
    )  # fmt: skip
