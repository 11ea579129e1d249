"""ChatPad: the large model answers in the page, token by token, and can be looked into."""

import traitlets

from nnbook.widgets._base import Widget
from nnbook.widgets._checks import at_most, one_of, within

LONGEST = 4000  # characters; static/chat_pad.js has the same
MODES = ("chat", "text", "shop")
BOUNDS = {
    "temperature": (0, 2),
    "top_k": (0, 1000),
    "top_p": (0.05, 1),
    "repetition_penalty": (1, 2),
    "seed": (0, 1_000_000),
    "max_tokens": (1, 500),
}


class ChatPad(Widget):
    """A real language model of 135 million parameters in the reader's own browser.

    It is fetched only when the reader asks for it, from the site itself, and kept by the browser. On a page
    alone: in JupyterLab, `nnbook.large` runs the same model.

    Args:
        mode: "chat" (turns), "text" (it goes on with a text) or "shop" (tuned to tell a customer's wish).
        prompt: what stands in the field at the beginning, at most 4000 characters.
        temperature, top_k (0: all), top_p, repetition_penalty: how tokens are drawn; see
            `nnbook.large.chat.Sampling`.
        seed: of the draws; the same seed, the same answer.
        max_tokens: how many tokens at most for one answer.
        price: {"name", "read_usd", "written_usd", "as_of"}: US dollars per million tokens of a model that
            can be bought, to say what the answer would cost there; empty: nothing is said.
    Raises:
        TraitError: a value outside these bounds.
    """

    fallback = "Here a language model of 135 million parameters answers in the page. It needs JavaScript."

    mode = traitlets.Unicode("chat").tag(sync=True)
    prompt = traitlets.Unicode("What is the capital of France?").tag(sync=True)
    temperature = traitlets.Float(0.0).tag(sync=True)
    top_k = traitlets.Int(0).tag(sync=True)
    top_p = traitlets.Float(1.0).tag(sync=True)
    repetition_penalty = traitlets.Float(1.0).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    max_tokens = traitlets.Int(120).tag(sync=True)
    price = traitlets.Dict().tag(sync=True)

    @traitlets.validate("mode")
    def _check_mode(self, proposal):
        return one_of(proposal, MODES)

    @traitlets.validate("prompt")
    def _check_prompt(self, proposal):
        return at_most(proposal, LONGEST)

    @traitlets.validate(*BOUNDS)
    def _check_number(self, proposal):
        return within(proposal, *BOUNDS[proposal["trait"].name])

    @traitlets.validate("price")
    def _check_price(self, proposal):
        price = proposal["value"]
        usd = [price.get(name) for name in ("read_usd", "written_usd")]
        if price and not (
            set(price) == {"name", "read_usd", "written_usd", "as_of"}
            and all(isinstance(value, int | float) and 0 <= value < float("inf") for value in usd)
        ):
            raise traitlets.TraitError(
                "price must be {'name': text, 'read_usd': number, 'written_usd': number, 'as_of': date}, "
                f"in dollars per million tokens; got {price!r:.80}."
            )
        return price
