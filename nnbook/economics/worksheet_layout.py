"""The worksheet of a plan as data: which cell holds what, and the formulas. Python and the page write it.

In a formula `{name}` is the cell of an input or a result on the sheet Plan, `{r}` this row of the sheet
Months; `{before}` and `{cash_before}` are customers and cash of the row above, or of today in the first row.
"""

import dataclasses

from nnbook.economics.business import Business
from nnbook.economics.futures import MONTHS

FORMAT = "nnbook plan 1"
FIELDS = tuple(field.name for field in dataclasses.fields(Business))
FIRST_INPUT, FIRST_MONTH = 5, 2  # rows
_LIMITED = (
    "IF(OR({m}=0,{c}=0),0,IF({s}=0,MIN({m},{c}),{m}*NORMSDIST((LN({c}/{m})-{s}*{s}/2)/{s})"
    "+{c}*NORMSDIST(-(LN({c}/{m})+{s}*{s}/2)/{s})))"
)


def _limited(cap):
    mean, spread = "{million_tokens_per_customer_month}", "{usage_spread}"
    return _LIMITED.replace("{m}", mean).replace("{s}", spread).replace("{c}", cap)


def _value(amount, change):
    """Part of the lifetime value: amount / (1 - (1 - churn) · growth of a month)."""
    return f"({amount})/({{churn}}+(1-{{churn}})*(1-(1+{change})^(1/12)))"


_LAST = FIRST_MONTH + MONTHS - 1


def _column(letter):
    return f"Months!${letter}${FIRST_MONTH}:${letter}${_LAST}"


# name -> (words, formula); each may use the inputs and the results above it
RESULTS = {
    "used": ("million tokens that a customer uses on average", _limited("{cap_million_tokens}")),
    "billed": (
        "million tokens beyond the included ones",
        "MAX(0,{used}-" + _limited("MIN({included_million_tokens},{cap_million_tokens})") + ")",
    ),
    "revenue": (
        "revenue of a customer in the first month",
        "{price_usd_per_customer_month}+{billed}*{overage_usd_per_million_tokens}",
    ),
    "token_cost": (
        "tokens of a customer, machines full",
        "{used}*({cost_usd_per_million_tokens}+{machine_usd_per_month}/{million_tokens_per_machine_month})",
    ),
    "contribution": (
        "contribution of a customer",
        "{revenue}-{token_cost}-{other_cost_usd_per_customer_month}",
    ),
    "gross_margin": ("contribution as a share of revenue", "IF({revenue}=0,0,{contribution}/{revenue})"),
    "ratio": (
        "price against the reference price",
        "IF({reference_price_usd}=0,1,MIN(4,MAX(0.25,{revenue}/{reference_price_usd})))",
    ),
    "churn": ("churn at this price", "MIN(1,{churn_per_month}*{ratio}^{churn_elasticity})"),
    "winning": (
        "winning one customer at this price",
        "{acquisition_usd_per_customer}/{ratio}^{price_elasticity}",
    ),
    "lifetime_value": (
        "lifetime value along the path of prices",
        _value("{revenue}", "{price_change_per_year}")
        + "-"
        + _value("{token_cost}", "{token_cost_change_per_year}")
        + "-{other_cost_usd_per_customer_month}/{churn}",
    ),
    "ltv_cac": ("LTV/CAC", 'IF({winning}=0,"free to win",{lifetime_value}/{winning})'),
    "fixed": ("fixed costs of company and supply", "{fixed_usd_per_month}+{supply_fixed_usd_per_month}"),
    "machines_to_cover": (
        "machines at that point",
        "IF(OR({contribution}<=0,{used}=0),1,MAX(1,ROUNDUP({fixed}*{used}/({million_tokens_per_machine_month}"
        "*{contribution})-0.000000001,0)))",
    ),
    "customers_to_cover_fixed": (
        "customers who cover fixed costs",
        'IF({contribution}<=0,"never",({fixed}+{machines_to_cover}*{machine_usd_per_month})/({contribution}'
        "+{machine_usd_per_month}*{used}/{million_tokens_per_machine_month}))",
    ),
    "fixed_covered_month": (
        "month from which contribution covers fixed costs",
        f'IF(MAX({_column("Q")})={MONTHS},"not yet",MAX({_column("Q")})+1)',
    ),
    "cash_positive_month": (
        "month from which cash flow is positive, winning included",
        f'IF(MAX({_column("R")})={MONTHS},"not yet",MAX({_column("R")})+1)',
    ),
    "runway_months": (
        "month in which the cash is gone",
        f'IF(MIN({_column("S")})>{MONTHS},"lasts",MIN({_column("S")}))',
    ),
    "lowest_cash": ("lowest cash", f"MIN({_column('O')})"),
    "final_cash": ("cash at the end", f"Months!$O${_LAST}"),
    "burn": ("largest loss of a month", f"MAX(0,-MIN({_column('N')}))"),
}

# column letter -> (words, formula of month t = A - 1)
MONTH_COLUMNS = {
    "A": ("month", "ROW()-1"),
    "B": ("arriving", "{new_customers_per_month}*(1+{growth_per_month})^(A{r}-1)"),
    "C": ("customers", "{before}*(1-{churn})+B{r}*{ratio}^{price_elasticity}"),
    "D": ("revenue", "C{r}*{revenue}*(1+{price_change_per_year})^((A{r}-1)/12)"),
    "E": (
        "machines",
        "IF({machine_usd_per_month}>0,MAX(1,ROUNDUP(C{r}*{used}/{million_tokens_per_machine_month}"
        "-0.000000001,0)),0)",
    ),
    "F": ("rent of machines", "E{r}*{machine_usd_per_month}*(1+{token_cost_change_per_year})^((A{r}-1)/12)"),
    "G": (
        "tokens bought",
        "C{r}*{used}*{cost_usd_per_million_tokens}*(1+{token_cost_change_per_year})^((A{r}-1)/12)",
    ),
    "H": ("other cost to serve", "C{r}*{other_cost_usd_per_customer_month}"),
    "I": ("contribution", "D{r}-F{r}-G{r}-H{r}"),
    "J": ("fixed costs", "{fixed}"),
    "K": ("winning customers", "B{r}*{acquisition_usd_per_customer}"),
    "L": ("paid once", "IF(A{r}=1,{one_off_usd},0)"),
    "M": (
        "rent of idle hours",
        "F{r}-C{r}*{used}/{million_tokens_per_machine_month}*{machine_usd_per_month}"
        "*(1+{token_cost_change_per_year})^((A{r}-1)/12)",
    ),
    "N": ("cash flow", "I{r}-J{r}-K{r}-L{r}"),
    "O": ("cash", "{cash_before}+N{r}"),
    "P": ("gross margin", 'IF(D{r}>0,I{r}/D{r},"")'),
    "Q": ("(fixed costs not covered)", "IF(I{r}<J{r},A{r},0)"),
    "R": ("(cash flow negative)", "IF(N{r}<0,A{r},0)"),
    "S": ("(cash gone)", f"IF(O{{r}}<0,A{{r}},{MONTHS + 1})"),
}
PROJECTION_COLUMNS = {  # columns that a test compares with Projection
    "customers": "C",
    "revenue_usd": "D",
    "contribution_usd": "I",
    "cash_flow_usd": "N",
    "cash_usd": "O",
    "machines": "E",
    "idle_usd": "M",
    "fixed_usd": "J",
}
FIRST_RESULT = FIRST_INPUT + len(FIELDS) + 2
CELLS = {name: f"Plan!$B${FIRST_INPUT + i}" for i, name in enumerate(FIELDS)} | {
    name: f"Plan!$B${FIRST_RESULT + i}" for i, name in enumerate(RESULTS)
}


def plan_formulas():
    """Formula of each result cell of the sheet Plan: {"B31": "…", …}, without the equals sign."""
    return {
        CELLS[name].split("!")[1].replace("$", ""): _filled(formula, 0)
        for name, (_, formula) in RESULTS.items()
    }


def month_formulas():
    """Formula of each cell of the sheet Months below its header: {"A2": "…", …}."""
    return {
        f"{letter}{row}": _filled(formula, row)
        for row in range(FIRST_MONTH, _LAST + 1)
        for letter, (_, formula) in MONTH_COLUMNS.items()
    }


def _filled(formula, row):
    first = row == FIRST_MONTH
    formula = formula.replace("{before}", "{customers}" if first else f"C{row - 1}")
    formula = formula.replace("{cash_before}", "{cash_usd}" if first else f"O{row - 1}")
    formula = formula.replace("{r}", str(row))
    for name, cell in CELLS.items():
        formula = formula.replace(f"{{{name}}}", cell)
    return formula


def layout():
    """All that the page needs to write and to check the same worksheet, as JSON can hold it."""
    return {
        "format": FORMAT,
        "fields": list(FIELDS),
        "first_input": FIRST_INPUT,
        "first_result": FIRST_RESULT,
        "results": {name: words for name, (words, _) in RESULTS.items()},
        "columns": {letter: words for letter, (words, _) in MONTH_COLUMNS.items()},
        "plan": {name: formula for name, (_, formula) in RESULTS.items()},
        "months": {letter: formula for letter, (_, formula) in MONTH_COLUMNS.items()},
        "n_months": MONTHS,
    }
