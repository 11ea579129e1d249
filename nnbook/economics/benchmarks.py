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
        "median of subscription sites: to companies 5.15 %, to people 6.81 %",
        "recurly2020",
        2019,
    ),
    Benchmark(
        "churn_per_month",
        0.007,
        0.007,
        "software firms of 1 to 5 million dollars: 0.7 % (92 % of revenue kept a year)",
        "highalpha2025",
        2025,
        second_hand=True,
    ),
    Benchmark(
        "churn_per_month",
        0.094,
        0.122,
        "apps paid by the year: 9.4 %, with AI 12.2 % (31 and 21 % kept a year)",
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
        "median 24 months of revenue; worst quarter 34",
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


# How a page names a source in a few words; the keys are those of book/references.bib
SOURCE_NAMES = {
    "benchmarkit2025": "Benchmarkit, data of 2024",
    "bijmolt2005": "Bijmolt and others, 2005",
    "grattafiori2024": "Grattafiori and others, 2024",
    "highalpha2025": "High Alpha 2025, second-hand",
    "iconiq2026": "ICONIQ, January 2026, second-hand",
    "mercatus2026": "Mercatus, May 2026",
    "recurly2020": "Recurly, data of 2019",
    "revenuecat2026": "RevenueCat 2026, second-hand",
}
