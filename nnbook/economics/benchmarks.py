"""What others report, to be laid beside an input: ranges with a source, a date, and their weakness.

None of it is a norm. Surveys hear those who answer, and those who failed answer nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Benchmark:
    """A published range for one input or result, in the unit of that field.

    `citation` is a key in book/references.bib; `year` is that of the data; `second_hand` says that we read a
    page that quotes the source, not the source.
    """

    field: str
    low: float
    high: float
    text: str
    citation: str
    year: int
    second_hand: bool = False


BENCHMARKS = (
    Benchmark(
        "churn_per_month",
        0.0515,
        0.0681,
        "median of subscription sites: 5.15 % sold to companies, 6.81 % to people",
        "recurly2020",
        2019,
    ),
    Benchmark(
        "churn_per_month",
        0.007,
        0.007,
        "software companies with 1 to 5 million dollars a year keep 92 % of revenue a year",
        "highalpha2025",
        2025,
        second_hand=True,
    ),
    Benchmark(
        "churn_per_month",
        0.094,
        0.122,
        "apps on a yearly plan keep 31 % of subscribers a year, those built on AI 21 %",
        "revenuecat2026",
        2025,
        second_hand=True,
    ),
    Benchmark(
        "gross_margin",
        0.41,
        0.52,
        "average of companies that sell AI: 41 % in 2024, 45 % in 2025, 52 % expected for 2026",
        "iconiq2026",
        2025,
        second_hand=True,
    ),
    Benchmark(
        "acquisition_months_of_revenue",
        24,
        33.84,
        "median 2.00 dollars of sales and marketing for a new dollar of yearly revenue, worst quarter 2.82",
        "benchmarkit2025",
        2024,
    ),
    Benchmark(
        "net_retention_per_year",
        1.01,
        1.01,
        "median of what last year's customers pay this year, extensions included",
        "benchmarkit2025",
        2024,
    ),
    Benchmark(
        "price_elasticity",
        -2.62,
        -0.5,
        "mean of 1,851 elasticities in 81 studies is -2.62; the other end is our assumption",
        "bijmolt2005",
        2005,
    ),
    Benchmark(
        "accelerator_usd_per_hour",
        1.99,
        5.0,
        "offers to rent one H100",
        "mercatus2026",
        2026,
    ),
)


def benchmarks_for(field):
    """The benchmarks of one input or result, in the order of the table."""
    return tuple(row for row in BENCHMARKS if row.field == field)
