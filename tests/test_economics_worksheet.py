"""A plan as XLSX and CSV: LibreOffice computes what Python does, and only what was written comes back."""

import dataclasses
import io
import math
import random
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spreadsheet import recalculate, sheet

from nnbook import economics as eco
from nnbook.economics.worksheet import check_number
from nnbook.economics.worksheet_layout import (
    CELLS,
    FIELDS,
    FIRST_RESULT,
    PROJECTION_COLUMNS,
    RESULTS,
    month_formulas,
)

HARD = {
    "everything at once": dataclasses.replace(
        eco.PLANS["Self-hosted open model"],
        price_usd_per_customer_month=90.0,
        reference_price_usd=120.0,
        overage_usd_per_million_tokens=1.5,
        included_million_tokens=30.0,
        cap_million_tokens=120.0,
        cost_usd_per_million_tokens=0.2,
        price_change_per_year=-0.2,
        token_cost_change_per_year=-0.3,
        customers=17.0,
    ),
    "out of money": dataclasses.replace(
        eco.PLANS["API reseller"], cash_usd=20_000.0, fixed_usd_per_month=60_000.0
    ),
    "loses with each": dataclasses.replace(eco.PLANS["API reseller"], price_usd_per_customer_month=8.0),
    "free to win": dataclasses.replace(eco.PLANS["Vertical application"], acquisition_usd_per_customer=0.0),
}
ALL = {**eco.PLANS, **HARD}


@pytest.fixture(scope="module")
def recalculated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sheets")
    paths = []
    for number, (name, plan) in enumerate(ALL.items()):
        paths.append(folder / f"plan{number}.xlsx")
        plan.to_xlsx(paths[-1], name)
    return recalculate(folder, *paths)


@pytest.mark.parametrize("number", range(len(ALL)))
def test_every_month_is_the_same_to_the_cent(recalculated, number):
    plan = list(ALL.values())[number]
    rows, projection = sheet(recalculated, f"plan{number}", "Months"), plan.project(36)
    for column, letter in PROJECTION_COLUMNS.items():
        seen = [float(row[ord(letter) - ord("A")]) for row in rows[1:37]]
        assert seen == pytest.approx(getattr(projection, column).tolist(), abs=0.005), column


@pytest.mark.parametrize("number", range(len(ALL)))
def test_every_result_is_the_same_to_the_cent(recalculated, number):
    plan = list(ALL.values())[number]
    p = plan.project(36)
    rows = sheet(recalculated, f"plan{number}", "Plan")[FIRST_RESULT - 1 :]
    seen = dict(zip(RESULTS, (row[1] for row in rows), strict=True))
    winning = plan.acquisition_at_price
    expected = {
        "used": plan.used_million_tokens,
        "billed": plan.billed_million_tokens,
        "revenue": plan.revenue_usd_per_customer_month,
        "contribution": plan.contribution_usd_per_customer_month,
        "gross_margin": plan.gross_margin,
        "churn": plan.churn_at_price,
        "lifetime_value": plan.lifetime_value_usd,
        "ltv_cac": plan.lifetime_value_to_acquisition if winning else "free to win",
        "customers_to_cover_fixed": (
            "never" if math.isinf(plan.customers_to_cover_fixed) else plan.customers_to_cover_fixed
        ),
        "fixed_covered_month": p.fixed_covered_month or "not yet",
        "cash_positive_month": p.cash_positive_month or "not yet",
        "runway_months": p.runway_months or "lasts",
        "lowest_cash": p.lowest_cash_usd,
        "final_cash": p.cash_usd[-1],
        "burn": p.burn_usd_per_month,
    }
    for name, value in expected.items():
        if isinstance(value, str):
            assert seen[name] == value, name
        else:
            assert float(seen[name]) == pytest.approx(value, abs=0.005), name


def test_a_changed_input_changes_the_result_in_the_spreadsheet(tmp_path):
    plan = eco.PLANS["API reseller"]
    path = tmp_path / "plan.xlsx"
    plan.to_xlsx(path)
    book = openpyxl.load_workbook(path)
    book["Plan"][CELLS["churn_per_month"].split("!")[1].replace("$", "")] = 0.2
    book.save(path)
    rows = sheet(recalculate(tmp_path, path), "plan", "Months")
    expected = dataclasses.replace(plan, churn_per_month=0.2).project(36).cash_usd[-1]
    assert float(rows[36][14]) == pytest.approx(expected, abs=0.005)


def test_a_file_that_a_spreadsheet_saved_again_is_still_the_plan(tmp_path):
    path = tmp_path / "plan.xlsx"
    ALL["everything at once"].to_xlsx(path, "mine")
    again = recalculate(tmp_path, path, to="xlsx") / "plan.xlsx"
    name, plan = eco.from_xlsx(again)
    assert name == "mine"
    assert dataclasses.astuple(plan) == pytest.approx(
        dataclasses.astuple(ALL["everything at once"]), rel=1e-14
    )


WAYS = {"xlsx": (eco.to_xlsx, eco.from_xlsx), "csv": (eco.to_csv, eco.from_csv)}


@pytest.mark.parametrize("kind", WAYS)
@pytest.mark.parametrize("name", ALL)
def test_a_plan_comes_back_to_the_last_bit(tmp_path, kind, name):
    write, read = WAYS[kind]
    path = tmp_path / f"plan.{kind}"
    write(ALL[name], path, name)
    assert read(path) == (name, ALL[name])
    if kind == "xlsx":
        assert eco.Business.from_xlsx(path) == ALL[name]


@settings(max_examples=25, deadline=None)
@given(cash=st.floats(0, 1e9), churn=st.floats(0.001, 1), price=st.floats(0, 1e5))
def test_any_number_comes_back(tmp_path_factory, cash, churn, price):
    plan = dataclasses.replace(
        eco.PLANS["API reseller"], cash_usd=cash, churn_per_month=churn, price_usd_per_customer_month=price
    )
    folder = tmp_path_factory.mktemp("any")
    for kind, (write, read) in WAYS.items():
        write(plan, folder / f"plan.{kind}")
        assert read(folder / f"plan.{kind}")[1] == plan


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "-2", "'quoted", 'a "b", <b>'])
def test_a_name_is_never_a_formula(tmp_path, name):
    plan = eco.PLANS["API reseller"]
    eco.to_xlsx(plan, tmp_path / "p.xlsx", name)
    eco.to_csv(plan, tmp_path / "p.csv", name)
    assert openpyxl.load_workbook(tmp_path / "p.xlsx")["Plan"]["B2"].data_type == "s"
    assert not any(
        field[:1] in ("=", "@")
        for line in (tmp_path / "p.csv").read_text().splitlines()[:4]
        for field in line.split(",")
    )
    assert eco.from_xlsx(tmp_path / "p.xlsx")[0] == eco.from_csv(tmp_path / "p.csv")[0] == name


class TestRefusals:
    @pytest.fixture
    def path(self, tmp_path):
        eco.PLANS["API reseller"].to_xlsx(tmp_path / "plan.xlsx")
        return tmp_path / "plan.xlsx"

    def edit(self, path, sheet, cell, value):
        book = openpyxl.load_workbook(path)
        book[sheet][cell] = value
        book.save(path)

    @pytest.mark.parametrize("field", FIELDS)
    def test_a_changed_input(self, path, field):
        cell = CELLS[field].split("!")[1].replace("$", "")
        value = openpyxl.load_workbook(path)["Plan"][cell].value
        self.edit(path, "Plan", cell, value * 0.9 if value else 0.5)
        if field == "price_elasticity":
            self.edit(path, "Plan", cell, -2)
        with pytest.raises(ValueError, match="the check number does not fit"):
            eco.from_xlsx(path)
        assert isinstance(eco.from_xlsx(path, changed=True)[1], eco.Business)

    def test_a_changed_formula_even_when_changes_are_welcome(self, path):
        for cell in random.Random(0).sample(sorted(month_formulas()), 5):
            copy = path.with_name("copy.xlsx")
            copy.write_bytes(path.read_bytes())
            self.edit(copy, "Months", cell, 1e6)
            with pytest.raises(ValueError, match=f"cell {cell} of the sheet Months no longer holds"):
                eco.from_xlsx(copy, changed=True)

    @pytest.mark.parametrize(
        ("cell", "value", "words"),
        [
            ("A1", "something else", "this is no worksheet of a plan: cell A1"),
            ("A5", "clients", "cell A5 should say customers; got 'clients'"),
            ("B5", "many", "the input customers should be a number; got 'many'"),
            ("B8", 3, "churn_per_month is a share"),
            ("B31", 12, "cell B31 of the sheet Plan no longer holds the formula"),
        ],
    )
    def test_cells(self, path, cell, value, words):
        self.edit(path, "Plan", cell, value)
        with pytest.raises(ValueError, match=words):
            eco.from_xlsx(path, changed=True)

    def test_damaged_bytes(self, path):
        data = path.read_bytes()
        for cut in (b"", b"PK", data[: len(data) // 2], data[:100] + b"x" * 50 + data[150:]):
            path.write_bytes(cut)
            with pytest.raises(ValueError, match="damaged, or no worksheet"):
                eco.from_xlsx(path)

    def test_another_worksheet_and_a_bomb(self, tmp_path):
        other = openpyxl.Workbook()
        other.save(tmp_path / "other.xlsx")
        with pytest.raises(ValueError, match="damaged, or no worksheet"):
            eco.from_xlsx(tmp_path / "other.xlsx")
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
        with pytest.raises(ValueError, match="too large for a plan"):
            eco.from_xlsx(io.BytesIO(buffer.getvalue()))

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("input,churn_per_month,0.09", "input,churn_per_month,0.19", "the check number does not fit"),
            ("input,churn_per_month,0.09", "input,churn_per_month,nan", "should be a finite number"),
            ("input,churn_per_month,0.09\n", "", "the input churn_per_month is missing"),
            (
                "input,churn_per_month",
                "input,glory,1\ninput,churn_per_month",
                "there is no input called 'glory'",
            ),
            ("format,nnbook plan 1", "format,else", "this is no table of a plan"),
        ],
    )
    def test_tables(self, tmp_path, old, new, words):
        path = tmp_path / "plan.csv"
        eco.to_csv(eco.PLANS["API reseller"], path)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(ValueError, match=words):
            eco.from_csv(path)

    def test_a_file_that_is_not_there(self, tmp_path):
        for read, kind in ((eco.from_xlsx, "xlsx"), (eco.from_csv, "csv")):
            with pytest.raises(ValueError, match="cannot be read: No such file"):
                read(tmp_path / f"nothing.{kind}")


def test_the_check_number_notices_a_change_that_a_spreadsheet_would_keep():
    plan = eco.PLANS["API reseller"]
    almost = dataclasses.replace(plan, cash_usd=plan.cash_usd * (1 + 3e-15))
    assert check_number(almost) != check_number(plan)
