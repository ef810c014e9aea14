"""Why a version of a dataset exists, and the revisions of its metadata: what people read may be corrected without a copy
of the data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from entaku.model.words import NO_WORDS, Text

Kind = Literal["first", "renamed", "data", "structure", "metadata", "program", "accepted"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""Reasons for a version or a revision: the dataset's first; under another name; other source files gave other rows; the
tables are made in another way, or have other columns; what describes the data was corrected; a newer program made it; it has
what is unusual, which was looked into."""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason for which a version, or a revision of its metadata, was made."""

    kind: Kind
    what: tuple[str, ...] = ()
    """Of data the tables; of structure and metadata what was changed (WORDS); the former name of a renamed dataset; of
    something unusual that was accepted its kind, and the table and column."""
    reason: Text = NO_WORDS
    """Of what was accepted, in its owner's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What a release tells of its revision."""

    revision: int = 1
    revised: str = ""
    """UTC time of the revision; "" of the first."""
    why: tuple[Why, ...] = ()
    """Why this revision, or with the first the version, was made; none for those made before that was recorded."""


WORDS: Mapping[str, Text] = {
    "title": Text(ja="題名", en="title"),
    "description": Text(ja="説明", en="description"),
    "keywords": Text(ja="キーワード", en="keywords"),
    "license": Text(ja="ライセンス", en="licence"),
    "publisher": Text(ja="公開者", en="publisher"),
    "homepage": Text(ja="アドレス", en="address"),
    "sources": Text(ja="出典", en="sources"),
    "breaking": Text(ja="変更の予告", en="an announced change"),
    "tables": Text(ja="表の題名・説明", en="titles and descriptions of tables"),
    "columns": Text(ja="列の題名・説明", en="titles and descriptions of columns"),
    "errata": Text(ja="正誤の説明", en="the words of errata"),
}
"""What may be corrected without a new version, by the word that `why` has for it."""

SENTENCES: Mapping[Kind, Text] = {
    "first": Text(ja="最初の版です。", en="The first version."),
    "renamed": Text(
        ja="データセットの名前を変えました（もとの名前：{what}）。", en="The dataset was renamed (formerly {what})."
    ),
    "data": Text(ja="元のデータが変わりました。", en="The source data changed."),
    "structure": Text(
        ja="表の作り方か、列の定義を変えました。", en="How the tables are made, or their columns, changed."
    ),
    "metadata": Text(ja="説明（メタデータ）を直しました{what}。", en="The metadata was corrected{what}."),
    "program": Text(
        ja="プログラムの新しい版で作り直しました。", en="It was made again by a newer version of the program."
    ),
    "accepted": Text(
        ja="いつもと違うところ（{what}）を確かめて公開しました：{reason}",
        en="What is unusual of it ({what}) was looked into: {reason}",
    ),
}


def tell_why(reasons: Iterable[Why]) -> Text:
    """Return the reasons in sentences, in both languages."""
    told = [_tell_one(why) for why in reasons]
    return Text(ja="".join(each.ja for each in told), en=" ".join(each.en for each in told))


def _tell_one(why: Why) -> Text:
    sentence = SENTENCES[why.kind]
    if why.kind != "metadata":
        ja, en = why.reason.get("ja"), why.reason.get("en")
        return Text(
            ja=sentence.ja.format(what="、".join(why.what), reason=ja if ja.endswith("。") else f"{ja}。"),
            en=sentence.en.format(what=", ".join(why.what), reason=en if en.endswith(".") else f"{en}."),
        )
    named = [WORDS.get(key, Text(ja=key, en=key)) for key in why.what]
    ja, en = "、".join(each.ja for each in named), ", ".join(each.en for each in named)
    return Text(
        ja=sentence.ja.format(what=f"（{ja}）" * bool(ja)), en=sentence.en.format(what=f" ({en})" if en else "")
    )


def show_why(reasons: Iterable[Why]) -> list[dict[str, Any]]:
    """Convert reasons to plain values for JSON."""
    return [
        {"kind": why.kind, **({"what": list(why.what)} if why.what else {}), **_show_reason(why.reason)}
        for why in reasons
    ]


def _show_reason(reason: Text) -> dict[str, Any]:
    words = {lang: text for lang, text in (("ja", reason.ja), ("en", reason.en)) if text}
    return {"reason": words} if words else {}


def read_why(shown: Iterable[Mapping[str, Any]]) -> tuple[Why, ...]:
    """Parse the output of `show_why`; reasons of kinds that a later program may know are passed over."""
    return tuple(
        Why(each["kind"], tuple(map(str, each.get("what", ()))), Text(**each.get("reason", {})))
        for each in shown
        if each["kind"] in KINDS
    )


def show_revisions(versions: Iterable[str], numbers: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return the key `revisions` of a history in JSON: the newest of each version that has more than its first; nothing
    without any."""
    shown = {version: numbers[version] for version in versions if numbers.get(version, 1) > 1}
    return {"revisions": shown} if shown else {}


def read_revisions(shown: Mapping[str, Any]) -> dict[str, int]:
    """Parse the key `revisions` of a history in JSON.  Raises ValueError or TypeError for anything else."""
    return {str(version): int(number) for version, number in dict(shown.get("revisions", {})).items()}
