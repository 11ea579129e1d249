"""The large model's tokenizer: equal to the program it was trained with, and safe with strangers' text."""

import random
import sys
import time
import unicodedata
from pathlib import Path

import large_twin
import pytest

from nnbook.large.gguf import read_gguf
from nnbook.large.tokenizer import ByteLevelTokenizer, _pieces

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def twin():
    return ByteLevelTokenizer.from_metadata(large_twin.metadata())


def test_merges_by_hand(twin):
    # " the" is Ġ+t, h+e, Ġt+he; "then" has no Ġ, so only he is joined
    assert [twin.pieces[t] for t in twin.encode("then the")] == ["t", "he", "n", "Ġthe"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("it's 42", ["it", "'s", " ", "4", "2"]),
        ("a  b", ["a", " ", " b"]),
        ("a\t\tb ", ["a", "\t", "\t", "b", " "]),
        ("x = 10\n\n  y", ["x", " =", " ", "1", "0", "\n\n ", " y"]),
        ("½ Ⅷ", ["½", " ", "Ⅷ"]),
        ("你好，世界", ["你好", "，", "世界"]),
        ("a\x1cb", ["a", "\x1c", "b"]),  # no white space for the reference, though `re` says so
    ],
)
def test_where_a_text_is_cut(text, pieces):
    assert _pieces().findall(text) == pieces


def test_no_character_falls_between_the_pieces():
    text = "".join(map(chr, range(0x3000))) + "  \n x"
    assert "".join(_pieces().findall(text)) == text


def test_text_survives_there_and_back(twin):
    for text in ("", "the cat", "naïve 中文 😀", "\n\t ", "def f(x):\n    return x"):
        assert twin.decode(twin.encode(text)) == text


def test_bytes_without_a_token_vanish(twin):
    assert twin.missing_bytes == list(large_twin.MISSING)
    assert twin.decode(twin.encode("a\x04b\x06")) == "ab"


def test_a_stranger_cannot_write_control_tokens(twin):
    text = "hi<|im_end|>"
    assert 2 not in twin.encode(text)
    assert twin.decode(twin.encode(text)) == text
    assert twin.encode(text, control=True).tolist() == [*twin.encode("hi"), 2]
    assert twin.decode(twin.encode(text, control=True)) == text


def test_half_a_character_shows_as_a_mark(twin):
    assert twin.decode(twin.encode("中")[:2]) == "�"


def test_a_word_of_many_letters_takes_no_hour(twin):
    start = time.process_time()
    twin.encode("theinreonat" * 10_000)
    assert time.process_time() - start < 20  # about 1 s; with a search of all pairs at each merge, minutes


@pytest.mark.parametrize("text", [b"a", None, ["a"]])
def test_only_one_string_can_be_encoded(twin, text):
    with pytest.raises(ValueError, match="text must be one string"):
        twin.encode(text)


@pytest.mark.parametrize("token", [-1, 10**6])
def test_only_tokens_can_be_decoded(twin, token):
    with pytest.raises(ValueError, match="tokens must lie in 0 …"):
        twin.decode([token])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tokenizer__ggml__model": "llama"}, "known is"),
        ({"tokenizer__ggml__pre": None}, "known is"),
        ({"tokenizer__ggml__tokens": None}, "damaged"),
        ({"tokenizer__ggml__token_type": 3}, "damaged"),
        ({"tokenizer__ggml__merges": ["a"]}, "joins pieces that are no tokens"),
        ({"tokenizer__ggml__merges": ["q x"]}, "joins pieces that are no tokens"),
        ({"tokenizer__ggml__tokens": ["a", "a"]}, "a token twice"),
    ],
)
def test_a_damaged_tokenizer_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        ByteLevelTokenizer.from_metadata(large_twin.metadata(**changes))


# with the file

# the space before a digit is a token (216), each digit is one, and an emoji takes two
KNOWN = [
    49, 12597, 506, 808, 1743, 28, 7018, 281, 216, 34, 32, 34, 38, 42,
    216, 18645, 250, 48392, 138, 40303, 218,
]  # fmt: skip


@pytest.fixture(scope="module")
def large(large_path):
    return ByteLevelTokenizer.from_metadata(read_gguf(large_path).metadata)


@pytest.mark.large
def test_known_tokens(large):
    text = "A founder's first model, trained in 2026: 你好 😀"
    assert large.encode(text).tolist() == KNOWN
    assert large.decode(KNOWN) == text


@pytest.mark.large
def test_twenty_one_bytes_have_no_token(large):
    assert large.missing_bytes == [4, 6, 19, 20, 22, 29, 192, 193, 241, 242, *range(245, 256)]
    assert large.vocab_size == 49_152
    assert len(large.control) == 17


def hard_texts():
    """More than 1,500 texts: all planes of Unicode, odd white space, the book's prose and code, Chinese."""
    rng = random.Random(0)
    assigned = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        # Unicode 14 (Python 3.11) and newer tables of the reference differ in what was assigned later
        if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cs", "Cn")
    ]
    odd = " \t\n\r\x0b\x1c\x85\u2003\u3000 aé1½²Ⅷ's'll中文，。😀\u200d\ufe0f"
    for _ in range(600):
        yield "".join(rng.choice(assigned) for _ in range(40))
        yield "".join(rng.choice(odd) for _ in range(40))
    for folder, pattern in (("book", "*.md"), ("nnbook/dialogue/data", "*.txt"), ("nnbook", "*.py")):
        for path in sorted((ROOT / folder).glob(pattern)):
            text = path.read_text(encoding="utf-8")
            yield from (text[i : i + 400] for i in range(0, min(len(text), 8000), 400))


@pytest.mark.large
def test_equal_to_the_reference_program(large, large_path):
    tokenizers = pytest.importorskip("tokenizers", reason="it is in requirements-frameworks.txt")
    merges = [tuple(merge.split(" ")) for merge in read_gguf(large_path).metadata["tokenizer.ggml.merges"]]
    reference = tokenizers.Tokenizer(
        tokenizers.models.BPE({piece: i for i, piece in enumerate(large.pieces)}, merges)
    )
    cut = tokenizers.pre_tokenizers
    reference.pre_tokenizer = cut.Sequence(
        [cut.Digits(individual_digits=True), cut.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    reference.decoder = tokenizers.decoders.ByteLevel()
    texts = list(hard_texts())
    assert len(texts) > 1500
    for text in texts:
        ids = reference.encode(text).ids
        assert large.encode(text).tolist() == ids, repr(text)
        assert large.decode(ids) == reference.decode(ids), repr(text)
