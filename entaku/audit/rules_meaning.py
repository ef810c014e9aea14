"""Decide the rules on what tables mean, and whether they can be joined with other data (L3-02…09)."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from entaku.audit.grids import Grid, GridSpot
from entaku.audit.known import PASSED, Decision, RawFile, exempt, tell, undecided
from entaku.audit.rulebook import tells_unit
from entaku.audit.tables import RuleColumn, is_any_number, is_plain, plain
from entaku.formats.heavy import late_compile
from entaku.formats.text import to_half_width
from entaku.model.messages import MASK

# ---- codes, symbols, units --------------------------------------------------------------------------------------

CODE_LIKE = late_compile(r"[0-9]{1,3}|[A-Z]{1,3}[0-9]{0,2}")
CODE_HEADING = late_compile(r"コード|区分|種別|分類|フラグ|code|type|flag|class", re.IGNORECASE)


def judge_codes(file: RawFile) -> Decision:
    """Decide L3-02: each code's meaning is there."""
    coded = [column for column in file.columns if holds_codes(column)]
    if not coded:
        return exempt("no-codes")
    if file.known.pipeline is None:
        return undecided("no-spec")
    return tell(column.spot() for column in coded if not _explains(column, file))


def holds_codes(column: RuleColumn) -> bool:
    """Test whether a column holds a few codes that mean something else."""
    if (
        not CODE_HEADING.search(column.heading)
        or AREA_CODES.search(column.heading)
        or not 2 <= len(column.values) <= 30
    ):
        return False
    return (
        column.filled >= 2 * len(column.values) and column.share(lambda text: CODE_LIKE.fullmatch(text.strip())) >= 0.9
    )


def _explains(column: RuleColumn, file: RawFile) -> bool:
    field = file.known.field(column)
    if field is None:
        return False
    words = field.description.ja + field.description.en
    told = sum(
        re.search(rf"(?<![0-9A-Za-z]){re.escape(text)}(?![0-9A-Za-z])", words) is not None for text in column.values
    )
    return bool(field.categories) or file.known.refers(column) or told >= 0.9 * len(column.values)


def judge_symbols(file: RawFile) -> Decision:
    """Decide L3-03: what X, … and - mean in columns of numbers is said."""
    marked = {column: marks for column in file.columns if (marks := find_marks(column))}
    if not marked:
        return exempt("no-marks")
    if file.known.pipeline is None:
        return undecided("no-spec")

    def spots() -> Iterator[GridSpot]:
        for column, marks in marked.items():
            listed = file.known.marks(column)
            masked = to_half_width(MASK) in listed  # a published spec doesn't repeat its marks
            told = {m for m in marks if (masked or to_half_width(m) in listed) and file.known.explains(m)}
            yield from column.at_texts(marks - told)

    return tell(spots())


def find_marks(column: RuleColumn) -> frozenset[str]:
    """Find what stands for no value in a column of numbers."""
    if not column.numeric:
        return frozenset()
    return frozenset(text for text in column.words if len(text.strip()) <= 4 and not re.search("[0-9０-９]", text))


def judge_units(file: RawFile) -> Decision:
    """Decide L3-04: the unit of every number is known."""

    def spots() -> Iterator[GridSpot]:
        for column in file.columns:
            field = file.known.field(column)
            if is_amount(column) and not (field and field.unit) and not tells_unit(column.heading):
                yield column.spot()

    return tell(spots())


def is_amount(column: RuleColumn) -> bool:
    """Test whether the first 30 filled cells are numbers."""
    first = list(islice((text for text in column.cells if text.strip()), 30))
    return bool(first) and sum(map(is_any_number, first)) >= 0.7 * len(first)


# ---- times ------------------------------------------------------------------------------------------------------

TIME = late_compile(r"年|月|日|年度|時期|期間|時点|date|year|month|period", re.IGNORECASE)
NOT_TIME = late_compile(
    r"年齢|年代|年収|月額|日額|日本|月給|休日|曜日|平日|祝日|日数|月数|年数|時間|生年|日曜|土曜|人口|件数|人数"
)
ERA = "明治|大正|昭和|平成|令和"
WAREKI = late_compile(
    rf"({ERA})\s*([0-9０-９]{{1,2}}|元)\s*(年|\.|-|/|$)|^[MTSHR]\s*[0-9]{{1,2}}\s*(年|/|$|[.-][0-9]{{1,2}}$)"
)
LETTER = late_compile("[MTSHR][0-9]{1,2}")
"""A year of an era, or else the code of a station or the like."""
SHORT_YEAR = late_compile(r"^'?[0-9]{2}/[0-9]{1,2}/[0-9]{1,2}$")
WESTERN = late_compile(r"(?<![0-9])(19|20)[0-9]{2}(?![0-9])")
FORMS = {
    "iso": late_compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"),
    "jis": late_compile(r"[MTSHR][0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}(T.*)?"),
    "nendo": late_compile(r"(19|20)[0-9]{2}\s*年度.*"),
    "year": late_compile(r"(19|20)[0-9]{2}年?"),
    "kanji": late_compile(r"(19|20)[0-9]{2}年[0-9]{1,2}月([0-9]{1,2}日)?"),
    "slash": late_compile(r"(19|20)[0-9]{2}/[0-9]{1,2}(/[0-9]{1,2})?"),
    "dash": late_compile(r"(19|20)[0-9]{2}-[0-9]{1,2}(-[0-9]{1,2})?"),
    "code": late_compile(r"(19|20)[0-9]{8}"),
}  # fmt: skip
"""Ways to write a time that the rule allows; `code` is e-Stat's."""


def is_time(column: RuleColumn) -> bool:
    """Test whether a column's heading is that of a time."""
    return TIME.search(column.heading) is not None and not NOT_TIME.search(column.heading)


def find_form(text: str) -> str:
    """Name the way in which a time is written; "" if it is none of those allowed."""
    text = text.strip()
    return next((name for name, form in FORMS.items() if form.fullmatch(text)), "")


def is_period(text: str) -> bool:
    """Test whether a text is a time, allowed or not; a bare four-digit number is not sure to be one."""
    if is_plain(text) or not re.search("[0-9０-９元]", text):
        return False
    return find_form(text) != "" or WAREKI.search(text.strip()) is not None


def _is_sure(text: str) -> bool:
    """Test whether a text is a time whatever its heading is: S1 may be a station."""
    return is_period(text) and not LETTER.fullmatch(text.strip())


def judge_times(file: RawFile) -> Decision:
    """Decide L3-05: times in one of the forms that anyone can read, the same in all of a column."""
    timed = [
        column
        for column in file.columns
        if (is_time(column) or column.share(_is_sure, of_plain=False) >= 0.5) and column.filled
    ]
    if not timed:
        return exempt("no-times")

    def spots() -> Iterator[GridSpot]:
        for column in timed:
            beside = any(_tells_western(other) for other in column.area.columns if other is not column)
            yield from column.where(lambda text, beside=beside: is_unclear_time(text, beside))  # type: ignore[misc]
            forms: Counter[str] = Counter()
            for text, count in column.values.items():
                forms[find_form(text)] += count
            forms.pop("", None)
            usual = max(sorted(forms), key=forms.__getitem__, default="")
            yield from column.at_texts({text for text in column.values if find_form(text) not in ("", usual)})

    return tell(spots())


def is_unclear_time(text: str, beside: bool = False) -> bool:
    """Test whether a time is in 和暦 without the Western year (`beside`: another column has it), or its year cut short."""
    text = text.strip()
    if SHORT_YEAR.match(text):
        return True
    return WAREKI.search(text) is not None and not WESTERN.search(text) and not beside


def _tells_western(column: RuleColumn) -> bool:
    return "西暦" in column.heading or (
        is_time(column) and column.share(lambda text: WESTERN.match(text.strip())) >= 0.9
    )


# ---- areas ------------------------------------------------------------------------------------------------------

AREA_NAMES = late_compile(r"都道府県|地域|地区|市区町村|区市町村|市町村|自治体|所在地|住所|団体名")
AREA_CODES = late_compile(
    r"(都道府県|市区町村|区市町村|市町村|自治体|団体|地域|標準地域)(名)?コード|全国地方公共団体コード|(pref|city|area|municipality)_?code",
    re.IGNORECASE,
)
PREFECTURES = (
    "北海道", "青森県", "岩手県", "宮城県", "秋田県", "山形県", "福島県", "茨城県", "栃木県", "群馬県",
    "埼玉県", "千葉県", "東京都", "神奈川県", "新潟県", "富山県", "石川県", "福井県", "山梨県", "長野県",
    "岐阜県", "静岡県", "愛知県", "三重県", "滋賀県", "京都府", "大阪府", "兵庫県", "奈良県", "和歌山県",
    "鳥取県", "島根県", "岡山県", "広島県", "山口県", "徳島県", "香川県", "愛媛県", "高知県", "福岡県",
    "佐賀県", "長崎県", "熊本県", "大分県", "宮崎県", "鹿児島県", "沖縄県",
)  # fmt: skip
SHORT = frozenset(name[:-1] for name in PREFECTURES[1:])
CITY_HEADING = late_compile(r"^(市区町村|区市町村|市町村|自治体)(名)?$")
CITY = late_compile(r"[都道府県市区町村郡島]$|^(全国|総数|計|合計|小計|総計|.*部|.*以外|その他.*|不明|不詳|.*計)$")


def judge_areas(file: RawFile) -> Decision:
    """Decide L3-06: areas by their code or official name.

    The text is content with official names; the agency's checker also fails a table without a column of codes.
    """
    named = [
        column for column in file.columns if AREA_NAMES.search(column.heading) and not AREA_CODES.search(column.heading)
    ]
    coded = [column for column in file.columns if AREA_CODES.search(column.heading)]
    if not named and not coded:
        return exempt("no-areas")

    def spots() -> Iterator[GridSpot]:
        for column in named:
            city = CITY_HEADING.match(plain(column.heading)) is not None
            yield from column.where(
                lambda text, city=city: text.strip() in SHORT or (city and not CITY.search(text.strip()))  # type: ignore[misc]
            )
        for column in coded:
            yield from column.at_texts({text for text in column.values if not is_area_code(text.strip())})

    return tell(spots())


def is_area_code(text: str) -> bool:
    """Test whether a text is a code of JIS X 0401 (two digits), JIS X 0402 (five), or that with a check digit (six)."""
    if re.fullmatch("[0-9]{2}", text):
        return 1 <= int(text) <= 47
    if re.fullmatch("[0-9]{5}", text):
        return 1 <= int(text[:2]) <= 47
    if not re.fullmatch("[0-9]{6}", text) or not 1 <= int(text[:2]) <= 47:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, (6, 5, 4, 3, 2), strict=False))
    check = 11 - total if total < 11 else 11 - total % 11
    return text[5] == str(check % 10)


# ---- form and definitions ---------------------------------------------------------------------------------------

PERIOD_NAME = late_compile(
    r"(19|20)[0-9]{2}\s*(年|年度)?|[0-9]{1,2}\s*月|(第?[0-9]+[期回]|(上|下|前|後)半期?|[1-4]Q|Q[1-4]|[上下]期)"
    r"|(平成|令和|昭和)([0-9]{1,2}|元)\s*(年|年度)?|[RHS][0-9]{1,2}"
)
MOST_COLUMNS = 100
FIELD_NAME = late_compile(r"[A-Za-z][A-Za-z0-9_]*")
SAME_FORM = 0.8


def compare_forms(headings: Sequence[Sequence[str]]) -> Decision:
    """Decide L3-07 by the column names of several files of one table, oldest first: they stay, and in the same order.

    Each file is compared with the one before it, so that a change is told once.
    """
    if len(headings) < 2:
        return exempt("one-file")
    changes = 0
    for before, after in pairwise(headings):
        one, two = [plain(name) for name in before if name], [plain(name) for name in after if name]
        both = set(one) & set(two)
        every = set(one) | set(two)
        alike = len(both) / len(every) if every else 1.0
        moved = [name for name in one if name in both] != [name for name in two if name in both]
        changes += alike < SAME_FORM or moved
    return Decision("failed", changes, why="form-changed") if changes else PASSED


def judge_form(_file: RawFile) -> Decision:
    """Leave L3-07 to `compare_forms`, which needs more than one file."""
    return exempt("one-file")


def judge_definitions(file: RawFile) -> Decision:
    """Decide L3-08: what each column means is said; source, history and encoding are told by every release here."""
    if file.known.pipeline is None:
        return undecided("no-spec")
    columns = {id(field): column for column in file.columns if (field := file.known.field(column))}
    grid = file.tables[0].grid if file.tables else Grid("", False, (), ())
    lacking = [
        columns[id(field)].spot() if id(field) in columns else GridSpot(grid, None, None, field.title.ja or field.name)
        for resource in file.known.resources
        for field in resource.schema.fields
        if not (field.title.ja and field.description.ja and FIELD_NAME.fullmatch(field.name))
    ]
    return tell(lacking, "no-definition")


def judge_long(file: RawFile) -> Decision:
    """Decide L3-09: one observation a row."""

    def spots() -> Iterator[GridSpot]:
        for area in file.tables:
            wide = find_wide([column.heading for column in area.columns])
            yield from (area.columns[n].spot() for n in wide)

    return tell(spots())


def find_wide(headings: Sequence[str]) -> list[int]:
    """Find the columns that are values of one variable laid side by side."""
    names = [[plain(part) for part in heading.split("_")] for heading in headings]
    periods = [n for n, parts in enumerate(names) if any(PERIOD_NAME.fullmatch(part) for part in parts)]
    if len(headings) >= 4 and len(periods) >= 3:
        return periods
    if len(headings) >= 5:
        stems: dict[str, list[int]] = {}
        for n, heading in enumerate(headings):
            if match := re.fullmatch(r"(.*?\D)[ _]?([0-9]+)", plain(heading)):
                stems.setdefault(match[1], []).append(n)
        numbered = max(stems.values(), key=len, default=[])
        if len(numbered) >= 4:
            return numbered
    return list(range(len(headings))) if len(headings) > MOST_COLUMNS else []
