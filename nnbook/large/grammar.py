"""Hold an answer to a form: only tokens are allowed after which the form can still be completed.

A form is a small machine that reads bytes: from each state, a byte leads to other states or to none. A token
is allowed if its bytes lead somewhere. So what the model writes is always valid JSON of the given fields;
whether it is *right* is another question.
"""

import json

import numpy as np

ANY = frozenset(range(32, 127)) - {ord('"'), ord("\\")}  # inside a JSON text, without escapes
DIGITS = frozenset(b"0123456789")


class Grammar:
    """A machine over bytes, and which tokens of a tokenizer it allows.

    Args:
        edges: for each state {byte: states it may lead to}; state 0 is the start, the last one the end.
        tokenizer: a `ByteLevelTokenizer`.

    A state of the answer is a frozenset of states of the machine: all in which it may be.
    """

    def __init__(self, edges, tokenizer):
        self.edges, self.start, self.end = edges, frozenset([0]), len(edges) - 1
        self._pieces = [
            b"" if piece in tokenizer.control else tokenizer.token_bytes([i])
            for i, piece in enumerate(tokenizer.pieces)
        ]
        self._by_byte = {}
        for i, piece in enumerate(self._pieces):
            if piece:
                self._by_byte.setdefault(piece[0], []).append(i)
        self._masks = {}

    def step(self, state, data):
        """The state after some bytes; empty when the form forbids them."""
        for byte in data:
            state = frozenset(goal for place in state for goal in self.edges[place].get(byte, ()))
            if not state:
                break
        return state

    def mask(self, state):
        """Which tokens may come next, bool (V,); remembered, because states return."""
        if state not in self._masks:
            allowed = np.zeros(len(self._pieces), bool)
            for byte in {byte for place in state for byte in self.edges[place]}:
                for token in self._by_byte.get(byte, ()):
                    allowed[token] = bool(self.step(state, self._pieces[token]))
            if not allowed.any():
                raise ValueError("no token of the model can continue this form.")
            self._masks[state] = allowed
        return self._masks[state]

    def advance(self, state, token):
        """The state after a token."""
        return self.step(state, self._pieces[token])

    def done(self, state):
        """Whether the answer is complete."""
        return self.end in state


def json_grammar(fields, tokenizer, *, max_characters=40):
    """The form of a flat JSON object whose fields stand in the given order.

    Args:
        fields: {name: list of texts (one of them) | int (a number of up to nine digits) | str (a text of up
            to `max_characters` printable ASCII characters, without escapes)}.
    Raises:
        ValueError: no fields, or a kind that is none of the three.

    >>> from nnbook.large.tokenizer import ByteLevelTokenizer
    >>> grammar = json_grammar({"a": int}, ByteLevelTokenizer(list('{}"a:1x') + ["Ġ"], []))
    >>> state = grammar.step(grammar.start, b'{"a": 1')
    >>> np.flatnonzero(grammar.mask(state)).tolist()  # } ends it, another digit goes on
    [1, 5]
    """
    if not isinstance(fields, dict) or not fields:
        raise ValueError('fields must be a dictionary such as {"intent": ["track", "cancel"], "order": int}.')
    form = _Form()
    places = [0]
    for i, (name, kind) in enumerate(fields.items()):
        places = form.text(places, ("{" if i == 0 else ", ") + json.dumps(name) + ": ")
        if kind is int:  # 0, or a number that does not begin with 0
            rest = form.some(form.one(places, DIGITS - {ord("0")}), DIGITS, 8)
            places = form.text(places, "0") + rest
        elif kind is str:
            places = form.text(form.some(form.text(places, '"'), ANY, max_characters), '"')
        elif isinstance(kind, list | tuple) and kind and all(isinstance(text, str) for text in kind):
            places = [end for text in kind for end in form.text(places, json.dumps(text))]
        else:
            raise ValueError(f"{name} must be a list of texts, int or str; got {kind!r:.60}.")
    form.text(places, "}")
    return Grammar(form.edges, tokenizer)


class _Form:
    """A machine under construction: each method goes on from some states and returns those it ends in."""

    def __init__(self):
        self.edges = [{}]

    def one(self, places, allowed):
        self.edges.append({})
        for place in places:
            for byte in allowed:
                self.edges[place].setdefault(byte, []).append(len(self.edges) - 1)
        return [len(self.edges) - 1]

    def text(self, places, text):
        for byte in text.encode():
            places = self.one(places, [byte])
        return places

    def some(self, places, allowed, most):
        """None to `most` of the allowed bytes."""
        ends, last = list(places), places
        for _ in range(most):
            last = self.one(last, allowed)
            ends += last
        return ends
