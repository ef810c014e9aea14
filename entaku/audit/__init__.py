"""Audit raw files and tables: what must not get out (leaks), and how readable a file is (the 30 rules).

In go the bytes of a raw file, or the batches of a tidied table; out come findings without the values that leaked, and
a judgement with a ruling for each rule.  Nothing here touches disk, network or clock.

    find_leaks   bytes of a workbook, or of a zip of them → findings on what it holds beside its tables
    screen_raw   a raw file → findings on all of it, read or not, that must not be public
    screening    a tidied table, whose batches it is given → a Screening; its cells that would run as formulas
    personal     a Screening → findings on values that look personal; masks for findings that quote cells
    rules        bytes of a raw file, and what the spec knows of it (`rules.know`) → its Judgement
    agency       the same → its judgement as the JSON of the Digital Agency's checker
    rulebook     the rules' words and weights, rulings, judgements and their scores
"""

from entaku.audit import agency, personal, rulebook, rules, screening
from entaku.audit.leaks import find_leaks
from entaku.audit.raws import screen_raw

__all__ = ["agency", "find_leaks", "personal", "rulebook", "rules", "screen_raw", "screening"]
