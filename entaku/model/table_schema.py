"""`schema:` of a resource: Table Schema v2 (datapackage.org/standard/table-schema/) word for word, with titles and
descriptions that may be bilingual and a `unit`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from entaku.model.words import (
    CODES_NAME,
    FIELD_NAME,
    NO_WORDS,
    STRICT,
    Count,
    FieldName,
    Names,
    OrName,
    Scalar,
    Text,
    Words,
    no_items,
)

FieldType = Literal[
    "string", "integer", "number", "boolean", "date", "time", "datetime", "year", "yearmonth",
    "duration", "object", "array", "list", "geopoint", "geojson", "any",
]  # fmt: skip


Values = Annotated[tuple[Scalar, ...], Field(min_length=1), OrName(CODES_NAME)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """`constraints` of a field (Table Schema v2, "Field constraints")."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    required: Annotated[bool, Field(description="空を許さない / no empty cell")] = False
    unique: Annotated[bool, Field(description="重複を許さない / no value twice")] = False
    enum: Annotated[
        Values,
        Field(
            description="許す値の一覧。コード表の名前（codes）か、codes/ の CSV でもよい（そのコードが許す値） / "
            "the values allowed; or a name under codes or a CSV of codes/, whose codes they are"
        ),
    ] = ()
    pattern: Annotated[str, Field(description="全体が一致すべき正規表現 / a regular expression for the whole")] = ""
    minimum: Annotated[
        int | float | str | None, Field(description="最小値（列の書式で）/ least value, in the field's format")
    ] = None
    maximum: Annotated[
        int | float | str | None, Field(description="最大値（列の書式で）/ greatest value, in the field's format")
    ] = None
    exclusiveMinimum: Annotated[int | float | str | None, Field(description="より大きい / above")] = None
    exclusiveMaximum: Annotated[int | float | str | None, Field(description="より小さい / below")] = None
    minLength: Annotated[Count | None, Field(description="最小の長さ / least length")] = None
    maxLength: Annotated[Count | None, Field(description="最大の長さ / greatest length")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaField:
    """One column of a table (Table Schema v2, "Field Descriptors")."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    name: Annotated[FieldName, Field(description="列の名前（英数字と _）/ the column's name")]
    type: Annotated[FieldType, Field(description="型 / type")] = "string"
    title: Annotated[Words, Field(description="列の見出し / label")] = NO_WORDS
    description: Annotated[Words, Field(description="意味 / meaning")] = NO_WORDS
    unit: Annotated[str, Field(description="単位（kg、円、人など）/ unit of measurement")] = ""
    format: Annotated[
        str,
        Field(
            description="書式（日付なら %Y/%m/%d など。全国地方公共団体コードや電話番号などは docs/types.md の名前）/ format; those of offices are in docs/types.md"
        ),
    ] = "default"
    example: Annotated[Scalar | None, Field(description="例 / an example")] = None
    constraints: Annotated[Constraints, Field(description="制約 / constraints")] = Constraints()
    missingValues: Annotated[tuple[str, ...] | None, Field(description="値なしの記号 / marks for no value")] = None
    trueValues: Annotated[tuple[str, ...], Field(description="真の書き方 / spellings of true")] = ()
    falseValues: Annotated[tuple[str, ...], Field(description="偽の書き方 / spellings of false")] = ()
    decimalChar: Annotated[str, Field(description="小数点 / decimal mark", max_length=1)] = ""
    groupChar: Annotated[str, Field(description="桁区切り / thousands mark", max_length=1)] = ""
    bareNumber: Annotated[bool, Field(description="数字だけか / digits only")] = True
    arrayItem: Annotated[Mapping[str, Any], Field(description="array の要素 / items of an array")] = field(
        default_factory=no_items
    )
    categories: Annotated[tuple[Scalar, ...], Field(description="分類の一覧 / categories")] = ()


Column = Annotated[SchemaField, OrName(FIELD_NAME)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    resource: Annotated[
        str, Field(description="参照先の表（同じ表なら空）/ the other resource, empty for this one")
    ] = ""
    fields: Annotated[Names, Field(description="参照先の列 / its columns")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    fields: Annotated[Names, Field(description="この表の列 / columns here")]
    reference: Annotated[Reference, Field(description="参照先 / what they refer to")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnStandard:
    """What a schema must know of a standard that is a file of its project, as it was when the pipeline was read."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    number: str = ""
    columns: tuple[tuple[str, str, Literal["value", "column", "former", ""]], ...]
    """The name, heading and need (`StandardColumn.must`) of each column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """`schema` of a resource: Table Schema v2 without `fieldsMatch`, on whose shape its readers disagree."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT
    standard: Annotated[
        str,
        Field(
            description="自治体標準オープンデータセットか、standards/ の CSV の名前（docs/standards-jp.md）。その列が fields の前に書かれたことになる / "
            "the name of a municipal standard dataset or of a CSV of standards/ (docs/standards-jp.md), whose columns "
            "come before those of fields"
        ),
    ] = ""
    edition: SkipJsonSchema[OwnStandard | None] = None
    """Written out for a standard of the project's own; owners don't write it."""
    without: Annotated[
        Names,
        Field(description="standard の列のうち、この表にないもの / columns of the standard that the table leaves out"),
    ] = ()
    fields: Annotated[
        tuple[Column, ...],
        Field(
            description="列。共有の列（fields）は名前だけでよい。standard があれば、独自の列だけ / "
            "columns; a shared one by its name; beside standard only those of the table's own",
            min_length=1,
        ),
    ]
    primaryKey: Annotated[Names, Field(description="主キー / primary key")] = ()
    uniqueKeys: Annotated[tuple[Names, ...], Field(description="一意な列の組 / other unique keys")] = ()
    foreignKeys: Annotated[tuple[ForeignKey, ...], Field(description="外部キー / foreign keys")] = ()
    missingValues: Annotated[tuple[str, ...], Field(description="値なしの記号 / marks for no value")] = ("",)


def put_words(descriptor: dict[str, Any], key: str, words: Text) -> None:
    """Set `title` in Japanese and `title@en` in English (Frictionless's "Language support" pattern)."""
    if words.get("ja"):
        descriptor[key] = words.get("ja")
    if words.ja and words.en:
        descriptor[f"{key}@en"] = words.en
