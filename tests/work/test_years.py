"""A month of an unattended catalogue with all that befalls one; `python tests/years.py` lives 400 days."""

import shutil
from pathlib import Path

import pytest
import years
from years import Trouble, back_up_and_restore, hand_over, live

EVENTS = {
    4: lambda life: life.move(lambda old, new: shutil.move(old, new)),
    6: lambda life: life.retire("ended"),
    8: lambda life: life.rename("stacked", "piled"),
    10: lambda life: life.move(back_up_and_restore),
    14: lambda life: life.upgrade(),
    16: lambda life: life.move(hand_over),
    18: lambda life: life.rename("named", "called"),
}


def test_nothing_is_lost_in_a_month_and_each_bad_thing_is_told_once(tmp_path: Path) -> None:
    """A 503 on day 12 and pages of HTML on days 20 and 26 to 28: each is told on its first day, by exit code 1.  After the
    hand-over, on day 30, a table of all that was ever fetched grows."""
    life = live(32, tmp_path, EVENTS)
    days = [(12, "daily"), (20, "weekly"), (26, "weekly")]
    assert [(day, name) for day, name, *_ in life.failures] == days, life.failures
    assert life.moves == 3 and len(life.seen) > 100


@pytest.mark.sweep
def test_an_error_page_is_not_the_last_word_on_a_file_that_has_become_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of the last seven days are asked for again; what was an error page on the last of these is, too."""
    monkeypatch.setattr(years, "TROUBLES", (Trouble("daily", 9, 11, "html"),))
    monkeypatch.setattr(years, "DATASETS", {"daily": years.DATASETS["daily"]})
    monkeypatch.setattr(years, "check_end", lambda life: None)
    life = live(14, tmp_path, {})
    assert {day for day, *_ in life.failures} == {9, 10, 11}
