"""FounderCalculator in a real browser: cases, typed numbers, ways, gates, files, and what breaks first."""

import dataclasses
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from explore_page import Opener, as_anywidget, serious_violations, slide, state
from spreadsheet import recalculate, sheet, without_results

from nnbook import economics as eco
from nnbook.economics import PLANS, Business
from nnbook.economics.worksheet_layout import FIRST_RESULT, PROJECTION_COLUMNS
from nnbook.widgets import FounderCalculator

pytestmark = pytest.mark.browser

LIBRARY = (
    Path(__file__).resolve().parents[2] / "node_modules" / "@e965" / "xlsx" / "dist" / "xlsx.mini.min.js"
)


@pytest.fixture
def open_page(browser, tmp_path):
    # the widget's script looks for the library in ../vendor, beside the folder of the page
    for folder in ("page", "vendor"):
        (tmp_path / folder).mkdir()
    shutil.copy(LIBRARY, tmp_path / "vendor")
    with Opener(browser, tmp_path / "page") as opener:
        yield opener


def verdict(page):
    return page.locator(".fdc-verdict").inner_text()


def figures(page):
    names = page.locator(".fdc-what").all_inner_texts()
    return dict(zip(names, page.locator(".fdc-figures strong").all_inner_texts(), strict=True))


def said(page):
    return page.locator(".fdc > .nnw-status").inner_text()


def type_into(page, label, text):
    field = page.get_by_label(f"{label}, exact number", exact=True)
    field.fill(text)
    field.press("Tab")
    page.wait_for_timeout(60)


def business(page):
    now = state(page)
    return Business(**{field.name: now[field.name] for field in dataclasses.fields(Business)})


def test_each_case_shows_what_python_computes(open_page):
    page = open_page(FounderCalculator())
    for name, plan in PLANS.items():
        page.get_by_text(name, exact=True).first.click()
        page.wait_for_timeout(60)
        projection = plan.project(36)
        seen = figures(page)
        assert float(seen["gross margin"].rstrip("\u202f%")) == pytest.approx(
            100 * plan.gross_margin, abs=0.06
        )
        assert float(seen["LTV/CAC"]) == pytest.approx(plan.lifetime_value_to_acquisition, rel=0.05)
        assert seen["pays for itself"] == f"month {projection.cash_positive_month}"
        assert int(seen["covers fixed costs"].replace("\u202f", "")) == -(-plan.customers_to_cover_fixed // 1)
        assert "Nothing breaks" in verdict(page)
        assert f"month {projection.cash_positive_month}" in verdict(page)
        decision = eco.which_way(plan, eco.SUPPLIES)
        assert f"Take “{decision.choice}”" in page.locator(".fdc-way").inner_text()
        assert page.locator(".fdc-scroll").first.locator("tbody th").all_inner_texts() == [
            way.supply.name for way in decision.ways
        ]
        gates = page.locator("[aria-label='Five gates'] tbody tr")
        assert gates.count() == 5
        words = [row.split()[-1] for row in gates.all_inner_texts()]
        assert words == ["passes" if gate.passed else "stops" for gate in eco.gates(plan)]


def test_a_slider_by_keys_changes_sentence_and_curve(open_page):
    page = open_page(FounderCalculator(plan="Vertical application"))
    before = page.locator(".fdc-cash").get_attribute("aria-label")
    slide(page, "Churn a month", times=12)
    assert state(page)["churn_per_month"] == pytest.approx(0.14)
    assert page.locator(".fdc-cash").get_attribute("aria-label") != before
    assert "cash" in verdict(page)
    assert page.get_by_text("changed", exact=True).is_visible()
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_text("changed", exact=True).is_hidden()
    assert state(page)["churn_per_month"] == 0.02


def test_every_number_can_be_typed(open_page):
    page = open_page(FounderCalculator())
    for label, text, name, value in (
        ("Price a month", "$39", "price_usd_per_customer_month", 39),
        ("Cash today", "138,000", "cash_usd", 138_000),
        ("Fixed cost a month", "8.3k", "fixed_usd_per_month", 8300),
        ("Churn a month", "4.5 %", "churn_per_month", 0.045),
        ("To win a customer", "1,322", "acquisition_usd_per_customer", 1322),
    ):
        type_into(page, label, text)
        assert state(page)[name] == pytest.approx(value)
    type_into(page, "Price a month", "a lot")
    assert "“a lot” is not a number" in said(page)
    assert state(page)["price_usd_per_customer_month"] == 39
    assert (
        page.get_by_label("Price a month, exact number", exact=True).get_attribute("aria-invalid") == "true"
    )
    type_into(page, "Churn a month", "95")
    assert "churn_per_month must lie between 0.001 and 0.8" in said(page)
    page.get_by_text("More: own machines").click()
    type_into(page, "Most million tokens a month", "5")
    assert state(page)["cap_million_tokens"] == 5
    type_into(page, "Most million tokens a month", "none")
    assert state(page)["cap_million_tokens"] == eco.NO_CAP


def test_yuan_at_the_rate_that_the_reader_sets(open_page):
    page = open_page(FounderCalculator())
    page.get_by_label("Currency").select_option("yuan")
    page.get_by_label("For one dollar").fill("7.2")
    page.get_by_label("For one dollar").press("Tab")
    type_into(page, "Price a month", "¥299")
    assert state(page)["price_usd_per_customer_month"] == pytest.approx(299 / 7.2)
    assert "¥" in verdict(page)
    assert "$" not in page.locator(".fdc-figures").inner_text()
    page.get_by_label("For one dollar").fill("0")
    page.get_by_label("For one dollar").press("Tab")
    assert "must be worth between" in said(page)
    assert state(page)["rate"] == 7.2


def test_a_way_is_taken_into_the_plan(open_page):
    page = open_page(FounderCalculator())
    page.get_by_role("button", name="use").first.click()
    page.wait_for_timeout(60)
    assert business(page) == PLANS["API reseller"].supplied_by(eco.TUNED)
    assert page.locator(".fdc-scroll").first.locator("tbody tr").first.inner_text().endswith("in use")


def test_two_plans_in_the_same_futures(open_page):
    page = open_page(FounderCalculator(plan="Vertical application"))
    page.get_by_label("Beside it").select_option("API reseller")
    page.wait_for_timeout(60)
    text = page.locator(".fdc-pair").inner_text()
    assert re.search(r"difference [−+]\d+ points \(95\s%: ", text)
    assert page.locator(".fdc-other").count() == 1
    page.get_by_label("Beside it").select_option("Vertical application")
    page.wait_for_timeout(60)
    assert "cannot be told" in page.locator(".fdc-pair").inner_text()
    page.get_by_label("Beside it").select_option("no other plan")
    page.wait_for_timeout(60)
    assert page.locator(".fdc-pair").is_hidden()


def test_accidents_make_survival_rarer(open_page):
    page = open_page(FounderCalculator())
    before = float(figures(page)["survives"].rstrip("\u202f%"))
    page.get_by_text("More: own machines").click()
    slide(page, "A rival halves the price", "End")
    page.wait_for_timeout(60)
    assert float(figures(page)["survives"].rstrip("\u202f%")) < before - 10
    assert figures(page)["to raise"] != "nothing"


def test_an_impossible_business_is_refused_with_a_sentence(open_page):
    plan = dataclasses.replace(PLANS["API reseller"], customers=0.0, new_customers_per_month=0.5)
    page = open_page(FounderCalculator(plans={"small": plan}))
    slide(page, "New each month", "Home")
    assert "needs customers" in said(page)
    assert state(page)["new_customers_per_month"] == 0.5


def test_survival_depends_on_the_seed_a_little_and_on_the_spread_a_lot(open_page):
    page = open_page(FounderCalculator())

    def share():
        page.wait_for_timeout(60)
        return float(figures(page)["survives"].rstrip("\u202f%"))

    first = share()
    expected = eco.survival(PLANS["API reseller"], rng=_rng()).share
    assert abs(first - 100 * expected) < 6  # other draws, the same spread and number
    page.get_by_role("button", name="Draw again").click()
    assert abs(share() - first) < 6
    slide(page, "How unsure are you?", "Home")
    assert share() == 100


def _rng():
    import numpy as np

    return np.random.default_rng(0)


def test_the_sensitivity_chart_says_its_numbers(open_page):
    page = open_page(FounderCalculator())
    label = page.locator(".fdc-tornado").get_attribute("aria-label")
    assert "these inputs change cash in month 36 most" in label
    page.get_by_label("Which input moves this most?").select_option("ltv_cac")
    page.wait_for_timeout(60)
    assert "change LTV/CAC most: " in page.locator(".fdc-tornado").get_attribute("aria-label")
    assert page.locator(".fdc-tornado rect").count() == 14


@pytest.mark.parametrize("width", [900, 390])
@pytest.mark.parametrize("unit", ["million tokens", "hour of a field technician"])
def test_no_name_in_the_sensitivity_chart_is_cut_by_its_edge(open_page, width, unit):
    dear = dataclasses.replace(PLANS["API reseller"], cost_usd_per_million_tokens=6.0)
    page = open_page(FounderCalculator(plans={"dear": dear}, usage_unit=unit), width=width)
    page.wait_for_selector(".fdc-name:has-text('cost per')")
    out = page.evaluate(
        """() => {
            const edge = document.querySelector(".fdc-tornado").getBoundingClientRect().left;
            const names = [...document.querySelectorAll(".fdc-tornado .fdc-name")];
            const cut = names.filter((name) => name.getBoundingClientRect().left < edge);
            return cut.map((name) => name.textContent);
        }"""
    )
    assert out == []


def test_words_of_another_trade(open_page):
    screening = Business(10, 2, 0.0, 0.02, 900, 300, 0.4, 120, 4000, 9000, 150_000)
    page = open_page(
        FounderCalculator(plans={"Screening": screening}, customer_name="clinic", usage_unit="patient")
    )
    assert page.get_by_label("Cost per patient", exact=True).is_visible()
    page.get_by_text("More: own machines").click()
    assert page.get_by_label("Clinics today", exact=True).is_visible()


def test_the_sentence_is_spoken(open_page):
    page = open_page(FounderCalculator())
    page.get_by_text("Vertical application", exact=True).first.click()
    page.wait_for_function("document.querySelector('.fdc > .nnw-hidden[role=status]').textContent !== ''")
    assert page.locator(".fdc > .nnw-hidden[role=status]").inner_text().startswith("Nothing breaks")


class TestFiles:
    def saved(self, page, button, path):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        download.value.save_as(path)
        return path

    def test_the_worksheet_of_the_page_is_that_of_python_and_recalculates_to_the_cent(
        self, open_page, tmp_path
    ):
        page = open_page(FounderCalculator(plan="Self-hosted open model"))
        assert page.evaluate("typeof XLSX") == "undefined", "the library comes when it is asked for"
        type_into(page, "Price a month", "99.90")
        path = self.saved(page, "Worksheet (XLSX)", tmp_path / "plan.xlsx")
        name, plan = eco.from_xlsx(path)
        assert (name, plan) == ("Self-hosted open model", business(page))
        shown = openpyxl.load_workbook(path, data_only=True)  # what a preview shows without computing
        without_results(path)
        folder = recalculate(tmp_path, path)
        rows = sheet(folder, "plan", "Months")
        projection = plan.project(36)
        for column, letter in PROJECTION_COLUMNS.items():
            expected = pytest.approx(getattr(projection, column).tolist(), abs=0.005)
            assert [float(row[ord(letter) - ord("A")]) for row in rows[1:37]] == expected, column
            assert [cell.value for (cell,) in shown["Months"][f"{letter}2:{letter}37"]] == expected, column
        for row, line in enumerate(sheet(folder, "plan", "Plan")[FIRST_RESULT - 1 :], FIRST_RESULT):
            value = shown["Plan"].cell(row, 2).value
            assert value == line[1] or value == pytest.approx(float(line[1]), abs=0.005), line

    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_a_plan_of_python_comes_into_the_page(self, open_page, tmp_path, kind):
        plan = dataclasses.replace(PLANS["Vertical application"], cash_usd=123_456.78, usage_spread=0.7)
        {"xlsx": eco.to_xlsx, "csv": eco.to_csv}[kind](
            plan, tmp_path / f"plan.{kind}", "Vertical application"
        )
        page = open_page(FounderCalculator())
        page.locator("input[type=file]").set_input_files(tmp_path / f"plan.{kind}")
        page.wait_for_function("document.querySelector('.fdc > .nnw-status').textContent !== ''")
        assert said(page) == "The plan “Vertical application” is here."
        assert business(page) == plan
        assert state(page)["plan"] == "Vertical application"

    def test_a_table_goes_out_and_python_reads_it(self, open_page, tmp_path):
        page = open_page(FounderCalculator(churn_per_month=0.0321))
        path = self.saved(page, "Table (CSV)", tmp_path / "plan.csv")
        assert eco.from_csv(path) == ("API reseller", business(page))

    def test_a_changed_worksheet_is_refused_and_offered(self, open_page, tmp_path):
        path = tmp_path / "plan.xlsx"
        PLANS["API reseller"].to_xlsx(path, "API reseller")
        book = openpyxl.load_workbook(path)
        book["Plan"]["B9"] = 35
        book.save(path)
        page = open_page(FounderCalculator())
        page.locator("input[type=file]").set_input_files(path)
        page.get_by_role("button", name="Take the changed numbers").wait_for()
        assert "the check number does not fit" in said(page)
        assert state(page)["price_usd_per_customer_month"] == 29
        page.get_by_role("button", name="Take the changed numbers").click()
        page.wait_for_timeout(60)
        assert state(page)["price_usd_per_customer_month"] == 35

    @pytest.mark.parametrize(
        ("name", "data", "words"),
        [
            ("plan.xlsx", b"PK\x03\x04 nothing", "damaged, or no worksheet"),
            ("plan.xlsx", b"what,ever\n1,2\n", "damaged, or no worksheet"),
            ("plan.csv", b"what,ever\n1,2\n", "no table of a plan"),
            ("plan.csv", b"x" * 2_100_000, "too large for a plan"),
        ],
    )
    def test_what_is_no_plan_is_refused_with_a_sentence(self, open_page, tmp_path, name, data, words):
        (tmp_path / name).write_bytes(data)
        page = open_page(FounderCalculator())
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        page.wait_for_function("document.querySelector('.fdc > .nnw-status').textContent !== ''")
        assert words in said(page)
        assert business(page) == PLANS["API reseller"]

    def test_a_worksheet_with_a_changed_formula_is_refused(self, open_page, tmp_path):
        path = tmp_path / "plan.xlsx"
        PLANS["API reseller"].to_xlsx(path)
        book = openpyxl.load_workbook(path)
        book["Months"]["O12"] = 1e6
        book.save(path)
        page = open_page(FounderCalculator())
        page.locator("input[type=file]").set_input_files(path)
        page.wait_for_function("document.querySelector('.fdc > .nnw-status').textContent !== ''")
        assert said(page) == "Cell O12 of the sheet Months no longer holds the formula that was written."

    def test_in_jupyterlab_python_writes_and_reads_the_worksheet(self, open_page, tmp_path):
        path = tmp_path / "plan.xlsx"
        PLANS["API reseller"].to_xlsx(path)
        page = open_page(FounderCalculator())
        as_anywidget(page, FounderCalculator())
        page.get_by_role("button", name="Worksheet (XLSX)").click()
        assert page.evaluate("kernel.sent") == [[{"kind": "export"}, 0]]
        with page.expect_download() as download:
            page.evaluate(
                "(bytes) => kernel.hear({kind: 'worksheet'}, [new DataView(new Uint8Array(bytes).buffer)])",
                list(path.read_bytes()),
            )
        download.value.save_as(tmp_path / "again.xlsx")
        assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()
        page.locator("input[type=file]").set_input_files(path)
        page.wait_for_function("kernel.sent.length === 2")
        assert page.evaluate("kernel.sent[1]") == [{"kind": "import"}, path.stat().st_size]
        page.evaluate(
            "kernel.hear({kind: 'said', text: 'The check number does not fit.', changed: true}, [])"
        )
        page.get_by_role("button", name="Take the changed numbers").click()
        sent = page.evaluate("kernel.sent[2]")
        assert sent == [{"kind": "import", "changed": True}, path.stat().st_size]
        assert page.evaluate("typeof XLSX") == "undefined"

    def test_one_page_for_the_printer(self, open_page, tmp_path):
        hostile = "<b>plan</b> & co"
        page = open_page(FounderCalculator(plans={hostile: PLANS["API reseller"]}))
        page.evaluate("window.print = () => {}")
        page.get_by_role("button", name="Print one page").click()
        page.emulate_media(media="print")
        assert page.locator(".fdc-sheet").is_visible()
        assert page.locator("main").is_hidden()
        assert page.locator(".fdc-sheet h1").inner_text() == hostile
        assert page.locator(".fdc-sheet b").count() == 0
        pdf = page.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "12mm"))
        assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1
        page.emulate_media(media="screen")
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(".fdc-sheet").count() == 0
        assert page.locator("main").is_visible()


def test_a_link_opens_at_the_widget(open_page):
    page = open_page(FounderCalculator())
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text }")
    page.get_by_role("button", name="Copy link").click()
    link = page.wait_for_function("window.copied").json_value()
    page.evaluate("document.querySelector('main').style.paddingTop = '6000px'")
    assert page.evaluate("scrollY") == 0
    page.evaluate("(hash) => { location.hash = hash; }", "#" + link.split("#")[1])
    page.wait_for_timeout(100)
    top = page.locator(".fdc").bounding_box()["y"]
    assert 0 <= top < 150, "the worksheet stands at the top of the screen"


def test_on_a_phone_the_verdict_stays_in_sight(open_page):
    page = open_page(FounderCalculator(), width=390)
    slider = page.get_by_label("Price a month", exact=True)
    slider.scroll_into_view_if_needed()
    page.evaluate("(e) => e.scrollIntoView({block: 'center'})", slider.element_handle())
    page.wait_for_timeout(100)
    box = page.locator(".fdc-verdict").bounding_box()
    assert 0 <= box["y"] < 40
    before = verdict(page)
    slide(page, "Price a month", "ArrowLeft", times=8)
    assert verdict(page) != before
    top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('.fdc-verdict') !== null", [60, box["y"] + 12]
    )
    assert top, "nothing lies over it"


def test_the_open_folds_are_accessible_too(open_page):
    page = open_page(FounderCalculator(other="Vertical application"))
    page.get_by_text("More: own machines").click()
    page.wait_for_timeout(60)
    assert serious_violations(page) == []


def test_on_the_page_of_a_phone_the_verdict_stays_below_the_header(visit):
    page = visit("notebooks/01_background.html", width=390)
    page.locator("[data-nnbook-widget=FounderCalculator]").scroll_into_view_if_needed()
    page.locator(".fdc").get_by_label("Price a month", exact=True).evaluate(
        "(e) => e.scrollIntoView({block: 'center'})"
    )
    page.wait_for_timeout(300)
    box = page.locator(".fdc-verdict").bounding_box()
    header = page.locator(".bd-header-article").bounding_box()
    assert 0 <= box["y"] - (header["y"] + header["height"]) < 20
    assert page.evaluate("typeof XLSX") == "undefined"
    with page.expect_download() as download:
        page.locator(".fdc").get_by_role("button", name="Worksheet (XLSX)").click()
    assert download.value.suggested_filename == "API-reseller.xlsx"
