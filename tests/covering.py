"""Covering arrays: few rows in which every two choices of different factors stand together at least once."""

from collections.abc import Callable, Mapping, Sequence

Row = dict[str, str]
"""The choice of each factor."""
Forbids = Callable[[Mapping[str, str]], str]
"""Says why these choices, of some of the factors, can't stand together, or ""."""


def cover(factors: Mapping[str, Sequence[str]], forbids: Forbids) -> list[Row]:
    """Return rows that hold every pair of choices that isn't forbidden; greedy, and the same for the same factors.

    Earlier factors are chosen first, so those on which others depend stand in front; the first choice of a factor is
    what it has where nothing else is left to be tried.
    """
    items = [(factor, choice) for factor, choices in factors.items() for choice in choices]
    number = {item: n for n, item in enumerate(items)}
    left = [0] * len(items)  # for each item, a bit for every item that it hasn't stood with
    for (a, one), (b, other) in ((x, y) for x in enumerate(items) for y in enumerate(items)):
        if one[0] != other[0] and not forbids(dict((one, other))):
            left[a] |= 1 << b
    rows: list[Row] = []
    while any(left):
        seed = next(n for n, bits in enumerate(left) if bits)
        partner = (left[seed] & -left[seed]).bit_length() - 1
        row = dict((items[seed], items[partner]))
        for factor, choices in factors.items():
            if factor in row:
                continue
            chosen = sum(1 << number[item] for item in row.items())
            fit = [number[factor, one] for one in choices if not forbids({**row, factor: one})]
            assert fit, f"no {factor} goes with {row}: say in `forbids` which two of them exclude each other"
            best = max(fit, key=lambda n: (left[n] & chosen).bit_count())  # the first of several
            row[factor] = items[best][1]
        for a in map(number.__getitem__, row.items()):
            for b in map(number.__getitem__, row.items()):
                left[a] &= ~(1 << b)
        rows.append({factor: row[factor] for factor in factors})
    return rows
