import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.tokenizers import PIECES, BPETokenizer, CharTokenizer, tokenizer_from_dict

TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind 你好，世界！ 世界很大。"
BPE = BPETokenizer.train(TEXT * 3, vocab_size=300)
ANY_TEXT = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


def test_characters_are_numbered_in_order():
    tokenizer = CharTokenizer.train("banana")
    assert tokenizer.characters == ["a", "b", "n"]
    assert tokenizer.encode("nab").tolist() == [2, 0, 1]
    assert tokenizer.vocab_size == 3


def test_every_text_of_the_alphabet_comes_back():
    tokenizer = CharTokenizer.train(TEXT)
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_rare_characters_become_the_unknown_one():
    tokenizer = CharTokenizer.train("aabbc", min_count=2, unknown="□")
    assert tokenizer.decode(tokenizer.encode("abcd")) == "ab□□"


def test_strangers_are_named():
    tokenizer = CharTokenizer.train("abc")
    with pytest.raises(ValueError, match="does not know 'z': the text it was made from never had it"):
        tokenizer.encode("abz")
    with pytest.raises(ValueError, match="'3', '4', '5', '6', '7' …"):
        tokenizer.encode("a3456789")


def test_of_no_text_come_no_tokens():
    for tokenizer in (CharTokenizer("ab"), BPE):
        assert tokenizer.encode("").shape == (0,)
        assert tokenizer.decode([]) == ""


@pytest.mark.parametrize(("characters", "unknown"), [("", None), ("aa", None), ("ab", "c"), (["ab"], None)])
def test_alphabets_that_are_none(characters, unknown):
    with pytest.raises(ValueError, match="alphabet"):
        CharTokenizer(characters, unknown=unknown)


def test_the_most_frequent_pair_is_merged_first():
    # pairs: "lo" and "ow" 3 times each, and ties go to the smaller ids: l o comes before o w
    tokenizer = BPETokenizer.train("low low low", vocab_size=258)
    assert tokenizer.pieces[256:] == [b"lo", b"low"]


def test_counting_again_after_each_merge_gives_the_same_merges():
    words = [list(piece.encode()) for piece in PIECES.findall(TEXT)]
    merges = []
    while len(merges) < 44:
        counts = {}
        for word in words:
            for pair in itertools.pairwise(word):
                counts[pair] = counts.get(pair, 0) + 1
        best = max(counts, key=lambda pair: (counts[pair], -pair[0], -pair[1]))
        if counts[best] < 2:
            break
        merges.append(best)
        for word in words:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = [255 + len(merges)]
                i += 1
    assert BPETokenizer.train(TEXT, vocab_size=300).merges == merges


def test_pieces_put_together_give_the_text():
    assert PIECES.findall("It's  two\n\n lines.") == ["It", "'", "s", "  ", "two", "\n\n ", "lines", "."]


@given(ANY_TEXT)
def test_any_text_comes_back(text):
    assert BPE.decode(BPE.encode(text)) == text


@given(ANY_TEXT)
def test_the_pieces_leave_nothing_out(text):
    assert "".join(PIECES.findall(text)) == text


@given(st.lists(st.integers(0, BPE.vocab_size - 1), max_size=30))
def test_any_tokens_give_some_text(tokens):
    assert isinstance(BPE.decode(tokens), str)


def test_half_a_character_shows_as_a_replacement():
    first_byte_of_ni = "你".encode()[0]
    assert BPETokenizer([]).decode([ord("a"), first_byte_of_ni]) == "a\ufffd"


def test_merging_makes_texts_shorter():
    assert len(BPE.encode(TEXT)) < 0.8 * len(TEXT.encode())


@pytest.mark.parametrize("tokenizer", [CharTokenizer.train(TEXT, unknown="□"), BPE])
def test_a_tokenizer_from_its_description(tokenizer):
    again = tokenizer_from_dict(json.loads(json.dumps(tokenizer.to_dict())))
    assert type(again) is type(tokenizer)
    np.testing.assert_array_equal(again.encode(TEXT), tokenizer.encode(TEXT))
    assert again.to_dict() == tokenizer.to_dict()


@pytest.mark.parametrize(
    "data", [[], {}, {"kind": "WordTokenizer"}, {"kind": "BPETokenizer"}, {"kind": "CharTokenizer"}]
)
def test_foreign_descriptions_get_a_sentence(data):
    with pytest.raises(ValueError, match="tokenizer"):
        tokenizer_from_dict(data)


def test_a_merge_of_tokens_that_do_not_exist_yet():
    with pytest.raises(ValueError, match="merge 1 joins tokens 258 and 97"):
        BPETokenizer([[97, 98], [258, 97]])


@pytest.mark.parametrize("tokenizer", [CharTokenizer("ab"), BPE])
@pytest.mark.parametrize("token", [-1, 100_000])
def test_ids_out_of_range_are_refused(tokenizer, token):
    with pytest.raises(ValueError, match=f"got {token}"):
        tokenizer.decode([token])


@pytest.mark.parametrize(("text", "size"), [("", 300), ("abc", 255)])
def test_nothing_to_learn(text, size):
    with pytest.raises(ValueError, match=r"empty|at least 256"):
        BPETokenizer.train(text, vocab_size=size)
