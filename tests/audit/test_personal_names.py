"""Names of people where a kind of user should stand."""

import pytest

from entaku.audit.persons import find_names

NAMES = [
    "山田太郎", "佐藤 花子", "鈴木　一郎", "高橋さん", "佐々木様", "田中先生", "Mr. Smith", "Taro Yamada", "sato hanako",
    "地域で活動する山本さん", "長谷川 のぞみ",
]  # fmt: skip
MAYBE = ["Alan Turing", "夏目 漱石", "与謝野　晶子"]
KINDS = [
    "飲食店を営む人", "記者", "研究者", "車いすを使う人の移動を支える団体", "オープンデータのラウンドテーブルの参加者",
    "視覚障害 当事者", "大学 教員", "山口県民", "福島大学", "お客様", "市民の皆さん", "小児科の医師", "千葉市民", "地域 住民",
    "a journalist", "A group that helps people find their bus", "Participants of an open-data round table", "Students", "",
    "森林組合", "上野動物園の来園者", "石川県 職員",
]  # fmt: skip


def find(values):
    return {value: severity for severity, _, found in find_names(values) for value in found}


@pytest.mark.parametrize("name", NAMES)
def test_common_surnames_and_titles_are_errors(name):
    assert find([name, "記者"]) == {name: "error"}


@pytest.mark.parametrize("name", MAYBE)
def test_the_form_of_a_name_is_a_warning(name):
    assert find([name]) == {name: "warning"}


def test_kinds_of_users_are_neither():
    assert find(KINDS) == {}
