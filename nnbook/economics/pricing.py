"""What a customer pays: for a seat, for use, for a result, or out of credits."""

from dataclasses import dataclass

from nnbook.economics._checks import above, at_least, is_share
from nnbook.economics.usage import NO_CAP


@dataclass(frozen=True)
class Price:
    """A price list of one line; the field names are those of `Business`, which takes it with `priced`.

    `price_usd_per_customer_month` is paid however little is used, `included_million_tokens` come with it,
    each million beyond costs `overage_usd_per_million_tokens`, and `cap_million_tokens` cannot be exceeded.

    >>> Price.outcome(0.9, million_tokens_per_outcome=0.02, success_share=0.6).overage_usd_per_million_tokens
    27.0
    """

    price_usd_per_customer_month: float
    overage_usd_per_million_tokens: float = 0.0
    included_million_tokens: float = 0.0
    cap_million_tokens: float = NO_CAP

    def __post_init__(self):
        at_least(
            0,
            price_usd_per_customer_month=self.price_usd_per_customer_month,
            overage_usd_per_million_tokens=self.overage_usd_per_million_tokens,
            included_million_tokens=self.included_million_tokens,
        )
        above(0, cap_million_tokens=self.cap_million_tokens)

    @classmethod
    def seat(cls, usd_per_month, *, cap_million_tokens=NO_CAP):
        """One price for a month, with or without a limit."""
        return cls(usd_per_month, cap_million_tokens=cap_million_tokens)

    @classmethod
    def usage(cls, usd_per_million_tokens, *, base_usd_per_month=0.0):
        """Every token is paid, as on an API."""
        return cls(base_usd_per_month, usd_per_million_tokens)

    @classmethod
    def credits(cls, usd_per_month, *, included_million_tokens, usd_per_further_million_tokens):
        """A packet for a month; what is used beyond it is paid."""
        return cls(usd_per_month, usd_per_further_million_tokens, included_million_tokens)

    @classmethod
    def outcome(cls, usd_per_outcome, *, million_tokens_per_outcome, success_share):
        """Paid for what succeeds; the tokens of failures are spent all the same."""
        at_least(0, usd_per_outcome=usd_per_outcome)
        above(0, million_tokens_per_outcome=million_tokens_per_outcome)
        is_share(success_share=success_share)
        return cls(0.0, usd_per_outcome * success_share / million_tokens_per_outcome)
