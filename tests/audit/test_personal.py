"""What in a column's texts is a person's: numbers, addresses and names, one kind after another."""

import pyarrow as pa
import pytest

from entaku.audit.personal import find_personal, withhold, withhold_examples
from entaku.audit.persons import looks_like_name
from entaku.audit.screening import prepare
from entaku.model.nouns import Finding, Place, Violation
from entaku.model.table_schema import Schema, SchemaField
from entaku.model.words import Text

MINE, ALSO, WRONG = "123456789018", "987654321093", "123456789012"
"""Two 個人番号 with their right check digit and one without."""


def look(column: str, *texts: str, kind: str = "string") -> list[tuple[str, str, str, str]]:
    """Code, severity, count and what of each finding on a column of these texts."""
    schema = Schema(fields=(SchemaField(name="x", title=Text(ja=column), type=kind),))  # type: ignore[arg-type]
    batches = pa.table({"x": pa.array(texts, pa.string())}).to_batches()
    screening = prepare(batches, ["x"], schema)
    screening.scan.finish(len(texts))
    found = find_personal(screening, schema, {}, lambda row, name: Place(row=row, column=name))
    return [(f.code, f.severity, f.args["count"], f.args.get("what", "")) for f in found.findings]


MOBILE, FIXED = "携帯電話 / mobile", "固定電話 / landline"
PERSON, OFFICE = "個人かもしれない / perhaps a person's", "役所か窓口 / an office's"


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["x 090-1234-5678 y"], [("error", "1", MOBILE)]),
        (["090-1234-5678", "x", "080(1234)5678"], [("error", "2", MOBILE)]),
        (["+81 90-1234-5678"], [("error", "1", MOBILE)]),
        (["０９０－１２３４－５６７８"], [("error", "1", MOBILE)]),
        (["03-1234-5678"], [("warning", "1", FIXED)]),
        (["050-1234-5678"], [("warning", "1", FIXED)]),
        (["(03)1234-5678 / 070-1111-2222"], [("error", "1", MOBILE)]),
        (["03-1234-5678", "070-1111-2222"], [("error", "1", MOBILE), ("warning", "1", FIXED)]),
        (["070(1111)2222", "080(1111)2222", "090(1111)2222", "(090)1111-2222"], [("error", "4", MOBILE)]),
        (["00-1234-5678"], []), (["03-1234-56789"], []), (["03-123-567"], []), (["1-03-1234-5678"], []),
        (["060-1234-5678"], []), (["2026-04-0100"], []),
        (["09012345678"] * 3, [("error", "3", MOBILE)]),
        (["09012345678", "08012345678"], [("error", "2", MOBILE)]),
        (["09012345678"] * 3 + ["x"], [("error", "3", MOBILE)]),
        (["09012345678"] * 3 + [f"4{n}012345678" for n in range(10, 12)], [("error", "3", MOBILE)]),
        (["09012345678"] * 3 + [f"4{n}12345678" for n in range(10, 13)], []),
        (["09012345678"] * 8 + ["x", "y"], [("error", "8", MOBILE)]), (["09012345678"] * 3 + [""], [("error", "3", MOBILE)]),
        (["09012345678"] * 9 + ["x", "y"], [("error", "9", MOBILE)]),
        (["09012345678"] * 3 + list("abcdefg"), [("error", "3", MOBILE)]),
        (["09112345678"] * 3, []), (["0901234567"] * 3, []),
    ],
)  # fmt: skip
def test_phone_numbers(texts: list[str], told: list[tuple[str, str, str]]) -> None:
    distinct = [
        text[:-2] + f"{n:02}" if len(set(texts)) < len(texts) and text.isdigit() else text
        for n, text in enumerate(texts, 10)
    ]
    assert look("備考", *distinct) == [("phone-number", *each) for each in told]
    assert look("電話番号", *distinct) == look("Tel", *distinct) == []


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["taro.yamada@gmail.com"], [("error", "1", PERSON)]),
        (["x taro＠docomo.ne.jp y", "z"], [("error", "1", PERSON)]),
        (["info@shop.co.jp"], [("warning", "1", OFFICE)]), (["taro@city.minato.tokyo.jp"], [("warning", "1", OFFICE)]),
        (["a@metro.lg.jp"], [("warning", "1", OFFICE)]), (["a@u.ac.jp", "b@x.com"], [("error", "1", PERSON), ("warning", "1", OFFICE)]),
        (["info@a.jp b@x.com"], [("error", "1", PERSON)]),
        (["a@example.com"], []), (["icon@2x.png"], []), (["@x.com"], []), (["a@b"], []), (["x"], []),
        (["info-2@a.jp"], [("warning", "1", OFFICE)]), (["informant@a.jp"], [("warning", "1", OFFICE)]),
    ],
)  # fmt: skip
def test_mail_addresses(texts: list[str], told: list[tuple[str, str, str]]) -> None:
    assert look("備考", *texts) == [("e-mail", *each) for each in told]
    assert look("メール", *texts) == look("E-mail", *texts) == []


@pytest.mark.parametrize(
    ("column", "texts", "count"),
    [
        ("備考", [MINE], 1), ("備考", ["1234-5678-9018"], 1), ("備考", ["１２３４　５６７８　９０１８"], 1),
        ("備考", [WRONG], 0), ("備考", [MINE, WRONG], 0), ("備考", [MINE, ALSO, WRONG], 2), ("備考", ["1" * 12], 0),
        ("備考", [MINE + "0"], 0), ("備考", ["0" + MINE], 0), ("備考", ["1234-56789018"], 0), ("備考", ["1.123456789018"], 0),
        ("備考", [f"x {MINE} y {ALSO}", "z"], 1),
    ],
)  # fmt: skip
def test_numbers_of_persons(column: str, texts: list[str], count: int) -> None:
    assert look(column, *texts) == [("my-number", "error", f"{count}", "")] * (count > 0)


@pytest.mark.parametrize(
    ("column", "texts", "count"),
    [("額", [MINE, ALSO, "111111111109"], 0), ("額", [MINE, ALSO, "222222222208"], 0), ("額", [MINE, ALSO], 0),
     ("個人番号", [MINE], 1), ("額", ["1", "2", MINE], 0)],
)  # fmt: skip
def test_columns_of_numbers_are_amounts_unless_all_of_them_are_right(column: str, texts: list[str], count: int) -> None:
    assert look(column, *texts, kind="integer") == [("my-number", "error", f"{count}", "")] * (count > 0)


@pytest.mark.parametrize("kind", ["string", "integer"])
@pytest.mark.parametrize("column", ["個人番号", "マイナンバー", "My number"])
def test_what_a_title_calls_my_number_is_one(column: str, kind: str) -> None:
    """Those with the right check digit are told apart from the others."""
    told = ("identifier", "error", "1", "個人番号 / My Number")
    assert look(column, MINE, WRONG, kind=kind) == [("my-number", "error", "1", ""), told]
    assert look(column, WRONG, kind=kind) == [told]


def test_moments_are_no_numbers_of_persons() -> None:
    """A tenth of all moments have the right check digit by chance."""
    assert look("備考", "202611230540", "202611230541", "202611230542", "202611230543", "202611230544", "202611230545",
                "202611230546", "202611230547", "202611230548", "202611230549") == []  # fmt: skip


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"x {MINE} y", "x ＊＊＊ y"), (f"x {WRONG} y", f"x {WRONG} y"), ("a 090-1234-5678 b", "a ＊＊＊ b"),
        ("03-1234-5678", "03-1234-5678"), ("09012345678", "＊＊＊"), ("taro@x.com", "＊＊＊"), ("info@x.com", "info@x.com"),
        ("港区", "港区"), ("a@b.jp", "＊＊＊"), ("a@b.j", "a@b.j"),
    ],
)  # fmt: skip
def test_what_is_a_persons_is_masked_in_findings(text: str, masked: str) -> None:
    finding = Finding("type-error", value=text, args={"before": text, "n": "1"})
    assert (withhold(finding).value, withhold(finding).args) == (masked, {"before": masked, "n": "1"})
    violation = Violation("t", "x", "type", 1, ((Place(row=1), text),))
    ((_, cell),) = withhold_examples(violation).examples
    assert cell == masked


@pytest.mark.parametrize(
    ("text", "name"),
    [("与謝野　晶子", True), ("与謝野 あきこ", True), ("担当 職員", False), ("東京 都民", False), ("Jane Doe", True),
     ("Jane Q. Doe", True), ("JANE DOE", False), ("与謝野晶子", False), ("港区", False)],
)  # fmt: skip
def test_the_form_of_a_name(text: str, name: bool) -> None:
    assert looks_like_name(text) is name
