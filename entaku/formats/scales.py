"""Round steps of an axis, for charts and for the intervals that numbers are counted by."""

import math


def find_steps(low: float, high: float, count: int = 4) -> tuple[float, ...]:
    """Return about `count` round numbers, 1, 2 or 5 times a power of ten apart, that span `low` to `high`."""
    if high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-290):  # equal up to rounding
        low, high = (min(low, 0.0), max(high, 0.0)) if abs(low) > 1e-290 else (0.0, 1.0)
    rough = (high - low) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(float(f"{each * step:.10g}") for each in range(first, last + 1))
