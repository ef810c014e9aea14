"""Column profiles as JSON and back: `profile.json` of a release."""

from collections.abc import Mapping
from typing import Any

from entaku.model.profile import Bar, Lengths, Profile


def show_profile(profile: Profile) -> dict[str, Any]:
    """A profile as plain values for JSON; what a column of its type can't have is left out."""
    shown: dict[str, Any] = {
        "name": profile.name,
        "type": profile.type,
        "rows": profile.rows,
        "nulls": profile.nulls,
        "distinct": profile.distinct,
        "exact": profile.exact,
    }
    if profile.least is not None:
        shown |= {"min": profile.least, "max": profile.most}
    if profile.quantiles:
        shown["quantiles"] = [{"share": share, "value": value} for share, value in profile.quantiles]
    if profile.histogram:
        shown["histogram"] = [{"low": bar.low, "high": bar.high, "count": bar.count} for bar in profile.histogram]
    if profile.top:
        shown["top"] = [{"value": value, "count": count} for value, count in profile.top]
    if profile.lengths is not None:
        lengths = profile.lengths
        shown["lengths"] = {"min": lengths.least, "max": lengths.most, "mean": lengths.mean}
    return shown


def read_profile(shown: Mapping[str, Any]) -> Profile:
    """What `show_profile` showed.  Raises KeyError or TypeError for anything else."""
    lengths = shown.get("lengths")
    return Profile(
        name=shown["name"],
        type=shown["type"],
        rows=shown["rows"],
        nulls=shown["nulls"],
        distinct=shown["distinct"],
        exact=shown["exact"],
        least=shown.get("min"),
        most=shown.get("max"),
        quantiles=tuple((item["share"], item["value"]) for item in shown.get("quantiles", ())),
        histogram=tuple(Bar(**bar) for bar in shown.get("histogram", ())),
        top=tuple((item["value"], item["count"]) for item in shown.get("top", ())),
        lengths=Lengths(lengths["min"], lengths["max"], lengths["mean"]) if lengths else None,
    )
