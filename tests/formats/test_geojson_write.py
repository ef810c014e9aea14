"""What is a position in GeoJSON: two or three numbers that are a place on the earth."""

import pytest

from entaku.formats.geojson_write import is_position


@pytest.mark.parametrize("value", [[139.7, 35.6], [139, 35], [139.7, 35.6, 40.0], [-180, 90]])
def test_two_or_three_numbers_are_a_position(value: object) -> None:
    assert is_position(value)


@pytest.mark.parametrize(
    "value",
    [
        [139.7],
        [1, 2, 3, 4],
        [139.7, "35.6"],
        [True, False],
        "ab",
        None,
        [[1, 2], [3, 4]],
        [181, 0],
        [0, -91],
        [0, float("nan")],
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert not is_position(value)
