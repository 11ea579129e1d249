import importlib.metadata

import pytest

from nnbook.datasets.translation import load_interface_strings


def test_sizes_and_form():
    pairs = load_interface_strings()
    assert len(pairs) == 1764
    assert len(dict(pairs)) == len(pairs)
    for english, chinese in pairs:
        assert 1 <= len(english.split()) <= 4
        assert "%" not in english
        assert any("\u4e00" <= c <= "\u9fff" for c in chinese)


def test_some_translations():
    pairs = dict(load_interface_strings())
    assert pairs["Search Results"] == "搜索结果"
    assert pairs["Insert Line Break"] == "插入换行符"


def test_longer_strings_contain_the_shorter_ones():
    assert set(load_interface_strings(max_words=2)) < set(load_interface_strings(max_words=3))


def test_the_order_is_fixed_and_mixed():
    pairs = load_interface_strings()
    assert pairs == load_interface_strings()
    assert pairs != sorted(pairs)


def test_a_missing_package_is_named(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ModuleNotFoundError, match=r"jupyterlab-language-pack-zh-CN==4\.5\.post3"):
        load_interface_strings()
