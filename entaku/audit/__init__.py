"""Audit raw files and tables: what must not get out (leaks), and how readable a file is (the 30 rules).

In go the bytes of a raw file, or the batches of a tidied table; out come findings without the values that leaked, and
a judgement with a ruling for each rule.  Nothing here touches disk, network or clock.

    leaks        bytes of a workbook, or of a zip of them → findings on what it holds beside its tables
    raws         a raw file → findings on all of it, read or not, that must not be public
    screening    a tidied table, whose batches it is given → a Screening; its cells that would run as formulas
    personal     a Screening → findings on values that look personal; masks for findings that quote cells
    rules        bytes of a raw file, and what the spec knows of it (`rules.know`) → its Judgement
    agency       the same → its judgement as the JSON of the Digital Agency's checker
    rulebook     the rules' words and weights, rulings, judgements and their scores
"""

from typing import TYPE_CHECKING

from entaku.formats.heavy import LateRoom

if TYPE_CHECKING:
    from entaku.audit import agency, leaks, personal, raws, rulebook, rules, screening
else:
    agency = LateRoom("entaku.audit.agency")
    leaks = LateRoom("entaku.audit.leaks")
    personal = LateRoom("entaku.audit.personal")
    raws = LateRoom("entaku.audit.raws")
    rulebook = LateRoom("entaku.audit.rulebook")
    rules = LateRoom("entaku.audit.rules")
    screening = LateRoom("entaku.audit.screening")

__all__ = ["agency", "leaks", "personal", "raws", "rulebook", "rules", "screening"]
