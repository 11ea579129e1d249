"""FounderCalculator in a real browser: cases, sliders, charts, and the sentence that says what breaks."""

import dataclasses

import pytest
from explore_page import slide, state

from nnbook.economics import Business
from nnbook.widgets import FounderCalculator
from nnbook.widgets.founder_calculator import PLANS

pytestmark = pytest.mark.browser


def verdict(page):
    return page.locator(".fdc-verdict").inner_text()


def figures(page):
    names = page.locator(".fdc-what").all_inner_texts()
    return dict(zip(names, page.locator(".fdc-figures strong").all_inner_texts(), strict=True))


def test_each_case_shows_what_python_computes(open_page):
    page = open_page(FounderCalculator())
    for name, plan in PLANS.items():
        page.get_by_text(name, exact=True).click()
        page.wait_for_timeout(50)
        projection = plan.project(36)
        seen = figures(page)
        assert float(seen["gross margin"].rstrip("\u202f%")) == pytest.approx(
            100 * plan.gross_margin, abs=0.06
        )
        assert float(seen["LTV/CAC"]) == pytest.approx(plan.lifetime_value_to_acquisition, rel=0.05)
        even, runway = projection.break_even_month, projection.runway_months
        assert seen["break-even"] == (f"month {even}" if even else "never")
        assert seen["runway"] == (str(runway) if runway else "lasts")
        if runway:
            assert f"First to break: the cash, in month {runway}" in verdict(page)
        else:
            assert "Nothing breaks" in verdict(page)


def test_a_slider_by_keys_changes_sentence_and_curve(open_page):
    page = open_page(FounderCalculator(plan="Vertical application"))
    before = page.locator(".fdc-cash").get_attribute("aria-label")
    slide(page, "Churn a month", times=12)
    assert state(page)["churn_per_month"] == pytest.approx(0.14)
    assert page.locator(".fdc-cash").get_attribute("aria-label") != before
    slide(page, "Price a month", "ArrowLeft", times=9)
    assert "margin" in verdict(page)
    assert page.get_by_text("changed", exact=True).is_visible()
    page.get_by_role("button", name="Reset").click()
    assert page.get_by_text("changed", exact=True).is_hidden()
    assert state(page)["churn_per_month"] == 0.02


def test_an_impossible_business_is_refused_with_a_sentence(open_page):
    plan = dataclasses.replace(PLANS["API reseller"], customers=0.0, new_customers_per_month=0.5)
    page = open_page(FounderCalculator(plans={"small": plan}))
    slide(page, "New each month", "Home")
    assert "needs customers" in page.locator(".fdc > .nnw-status").inner_text()
    assert state(page)["new_customers_per_month"] == 0.5
    slide(page, "Customers today")
    assert page.locator(".fdc > .nnw-status").inner_text() == ""


def test_survival_depends_on_the_seed_a_little_and_on_the_spread_a_lot(open_page):
    page = open_page(FounderCalculator(plan="Vertical application"))

    def share():
        page.wait_for_timeout(30)
        return float(figures(page)["survives"].rstrip("\u202f%"))

    first = share()
    assert 50 < first < 95
    page.get_by_role("button", name="Draw again").click()
    assert abs(share() - first) < 12
    slide(page, "How unsure are you?", "Home")
    assert share() == 100
    assert page.locator(".fdc-figures").inner_text().endswith("95\u202f%: 99–100\u202f%")


def test_the_sensitivity_chart_says_its_numbers(open_page):
    page = open_page(FounderCalculator())
    label = page.locator(".fdc-tornado").get_attribute("aria-label")
    assert "these inputs change cash in month 36 most" in label
    page.get_by_label("Which input moves this most?").select_option("ltv_cac")
    page.wait_for_timeout(30)
    label = page.locator(".fdc-tornado").get_attribute("aria-label")
    assert "change LTV/CAC most: price" in label
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
    assert page.get_by_label("Cost per patient").is_visible()
    assert page.get_by_label("Clinics today").is_visible()
    assert "tokens" not in page.locator(".fdc").inner_text().lower()


def test_the_sentence_is_spoken(open_page):
    page = open_page(FounderCalculator())
    page.get_by_text("Vertical application", exact=True).click()
    page.wait_for_function("document.querySelector('.fdc > .nnw-hidden[role=status]').textContent !== ''")
    assert page.locator(".fdc > .nnw-hidden[role=status]").inner_text().startswith("Nothing breaks")
