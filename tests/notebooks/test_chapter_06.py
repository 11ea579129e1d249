"""What the four sections of chapter 6 and their overview promise beyond the contract of all chapters."""

import ast
import json
import re

import nbformat
import numpy as np
import pytest
from cut_exercises import NOTEBOOKS

from nnbook.datasets import load_pneumonia
from nnbook.driving.stored import load_results

SECTIONS = sorted(NOTEBOOKS.glob("06_[1-9]_*.ipynb"))


def cells(stem):
    return nbformat.read(NOTEBOOKS / f"{stem}.ipynb", as_version=4).cells


def printed(stem):
    outputs = [output for cell in cells(stem) for output in cell.get("outputs", [])]
    return "".join(o.get("text", "") + o.get("data", {}).get("text/markdown", "") for o in outputs)


def glued(stem):
    """The dictionaries that a section glues under names like `headline`."""
    outputs = [output for cell in cells(stem) for output in cell.get("outputs", [])]
    return [
        ast.literal_eval("".join(output["data"]["application/papermill.record/text/plain"]))
        for output in outputs
        if output.get("metadata", {}).get("scrapbook", {}).get("name", "").startswith("headline")
    ]


def kaplan_meier_risk(months, event):
    healthy = 1.0
    for month in range(1, 13):
        at_risk = (months >= month).sum()
        healthy *= 1 - (event & (months == month)).sum() / at_risk
    return 1 - healthy


class TestMedicalDiagnosis:
    text = printed("06_1_medical_diagnosis")

    def test_the_threshold_lies_between_the_two_risks_so_the_order_of_the_simple_rules_turns(self):
        data = load_pneumonia(later=True)
        months = data.X[:, data.feature_names.index("months observed")]
        by_label, corrected = data.y.mean(), kaplan_meier_risk(months, data.y == 1)
        visit, stay, prevented = 40, 6000, 0.30
        assert by_label < visit / (prevented * stay) < corrected
        for risk, word in ((by_label, "by the label"), (corrected, "corrected")):
            for rule, usd in (("nobody", stay * risk), ("everybody", visit + (1 - prevented) * stay * risk)):
                told = re.search(rf"{rule} .*?{word}: visits +\d+%, (\d+\.\d) USD", self.text)[1]
                assert float(told) == pytest.approx(usd, abs=0.1), f"{rule}, {word}"

    def test_the_page_prints_that_no_woman_had_the_glucose_of_diabetes(self):
        found = re.findall(r"highest (\d+) mg/dl, 200 or more: (\d+) women", self.text)
        assert len(found) == 2
        assert all(int(highest) < 200 and count == "0" for highest, count in found)

    def test_a_worthless_test_gains_only_against_the_panel_that_saw_it(self):
        auc = dict(re.findall(r"worthless test against (.*?) *: AUC (\d\.\d+)", self.text))
        assert abs(float(auc["truth"]) - 0.5) < 0.02
        assert abs(float(auc["blind panel"]) - 0.5) < 0.02
        assert float(auc["panel that saw the test"]) > 0.55

    def test_the_data_are_not_called_a_diagnosis_of_the_same_day_and_nuclei_no_tumours(self):
        source = " ".join(cell.source for cell in cells("06_1_medical_diagnosis"))
        for wrong in ("diagnosis of the same", "the same day as the diagnosis", '"Early" tumours'):
            assert wrong not in source.replace("took the class for a diagnosis of the same day", "")


class TestFinancialRisk:
    text = printed("06_3_financial_risk")

    def test_both_references_of_the_regulator_are_computed_beside_the_best_answer(self):
        same = {
            pair: int(share) for pair, share in re.findall(r"same first reason, (.*?): (\d+)%", self.text)
        }
        assert set(same) == {
            "best answer and just passed",
            "best answer and all applicants",
            "just passed and all applicants",
        }
        assert same["just passed and all applicants"] > 20 + max(
            share for pair, share in same.items() if "best answer" in pair
        ), "the text says that the two of the regulator agree with each other, not with the best answer"
        assert "comment 9(b)(2)-5" in " ".join(cell.source for cell in cells("06_3_financial_risk"))

    def test_the_network_is_measured_against_every_rule_and_logistic_regression_in_the_same_worlds(self):
        rivals = re.findall(
            r"network against (\S.*?) *: ([+-][\d.]+) USD per payment \(([+-][\d.]+) to ([+-][\d.]+)\)",
            self.text,
        )
        assert {name for name, *_ in rivals} == {"largest amount", "velocity", "new shop", "logistic"}
        assert all(float(low) < float(middle) < float(high) for _, middle, low, high in rivals)
        usd = {name: float(middle) for name, middle, *_ in rivals}
        assert usd["new shop"] < usd["largest amount"] / 2, "the text says that most of the value is gone"

    def test_no_claim_that_a_random_split_must_flatter(self):
        quiz = (NOTEBOOKS.parent / "nnbook/widgets/quizzes/chapter-06.json").read_text(encoding="utf-8")
        assert "would be too good" not in quiz
        honest, mixed = (re.search(rf"{w} *: AP (\d\.\d+)", self.text)[1] for w in ("honest", "random split"))
        assert honest == mixed, "measured here: it did no harm"


class TestAutonomousDriving:
    text = printed("06_2_autonomous_driving")
    source = " ".join(cell.source for cell in cells("06_2_autonomous_driving"))

    def test_every_reader_is_counted_in_money_with_its_upper_end(self):
        rows = re.findall(
            r"(\w+) *: (\d+) failures in ([\d.]+) km, at most [\d.]+ per km; (\S+) to (\S+) USD", self.text
        )
        results = load_results()["stack"]
        assert [name for name, *_ in rows] == ["network", "blur", "threshold"]
        for name, failures, km, net, at_most in rows:
            drives = [results[f"{track}/{name}"] for track in ("racetrack", "oval", "large")]
            assert int(failures) == sum(o != "finished" for d in drives for o in d["outcomes"])
            driven = sum(sum(d["progress"]) for d in drives) / 1000
            assert float(km) == pytest.approx(driven, abs=0.05)
            earned = 6000 * (2 - 0.1 - 2000 * int(failures) / driven) - 6000
            assert float(net.replace(",", "")) == pytest.approx(earned, abs=1)
            assert float(at_most.replace(",", "")) < earned
        for claim in ("drives were nearly as good", "should not spend it on the network", "removes the risk"):
            assert claim not in self.text + self.source, "the calculator contradicts it"

    def test_with_a_lag_of_the_wheels_the_speed_matters_and_the_longer_look_wins(self):
        rms = {
            (lag, name): [float(v) for v in re.findall(r"m/s (\d\.\d+) m", rest)]
            for lag, name, rest in re.findall(r"lag (\d\.\d) s, (.*?) *: (.*)", self.text)
        }
        short, long = (rms["0.6", f"pure pursuit, {metres} m"] for metres in (4, 8))
        assert short[2] > 3 * short[0], "from 4 to 10 m/s"
        assert short[0] < long[0]
        assert short[2] > long[2]

    def test_the_bicycle_has_a_wheelbase_and_every_level_of_watching_is_named(self):
        assert "For a car of length" not in self.source
        for level in ("**level 2**", "**level 3**", "**level 4**"):
            assert level in self.source


@pytest.mark.parametrize("stem", ["06_2_autonomous_driving", "06_3_financial_risk"])
def test_what_is_not_realistic_names_the_oracle_of_a_simulator(stem):
    """A simulator knows what nobody would know: its radar sees every car, its labels are all true."""
    told = [
        cell.source for cell in cells(stem) if re.search(r"[Ww]hat is (not|\*not\*) realistic", cell.source)
    ]
    assert any("oracle" in source for source in told)


class TestRobotDialogue:
    text = printed("06_4_robot_dialogue")
    source = " ".join(cell.source for cell in cells("06_4_robot_dialogue"))

    def test_the_tuned_large_model_is_priced_from_the_stored_choices_beside_the_linear_one(self):
        """Counted here one by one from the two files; the page says which rule it could not apply."""
        results = NOTEBOOKS.parent / "results"
        tuned, drawn = (
            json.loads((results / f"{name}.json").read_text(encoding="utf-8"))
            for name in ("large_tuning", "large_tuning_sentences")
        )
        names = list(tuned["settings"]["words"]["service"])
        told = dict(re.findall(r"^(n-grams|lora) .*?; (-?\d\.\d\d) USD as stored", self.text, re.MULTILINE))
        ceilings = dict(re.findall(r"^(n-grams|lora) .* ceiling (\d\.\d\d);", self.text, re.MULTILINE))
        for way in ("n-grams", "lora"):
            stored, ceiling = [], []
            for split, sentences in drawn["service"].items():
                run, test = tuned["robots"]["service"][f"{split}/{way}/40"], sentences["test"]
                usd, best = {"wish": [], "near": []}, []
                pairs = [(kind, wish) for kind in usd for _, wish in test[kind]]
                for (kind, wish), chosen, preferred in zip(
                    pairs, run["chosen"], run["chosen_wish"], strict=False
                ):
                    acted = 4 if names[chosen] == wish else -10 if kind == "wish" else -3
                    usd[kind].append(-0.5 if names[chosen] == "other" else acted)
                    if kind == "wish":
                        best.append(4 if names[preferred] == wish else -0.5)
                stored.append(0.8 * np.mean(usd["wish"]) + 0.2 * np.mean(usd["near"]))
                ceiling.append(0.8 * np.mean(best) + 0.2 * -0.5)
            assert float(told[way]) == pytest.approx(np.mean(stored), abs=0.006)
            assert float(ceilings[way]) == pytest.approx(np.mean(ceiling), abs=0.006)
        assert float(told["lora"]) < float(told["n-grams"]) < float(ceilings["lora"])
        assert float(ceilings["lora"]) < float(ceilings["n-grams"]), "as the text under the cell says"
        mean, low, high = map(float, re.search(r"as stored (\S+) USD \((\S+) to (\S+)\)", self.text).groups())
        assert low < mean < high < 0, "the text says that it earns less"
        assert "**cannot be applied to it**" in self.source
        assert "We did not measure it" not in self.source


class TestOverview:
    text = printed("06_applications")
    headlines = tuple(row for path in SECTIONS for row in glued(path.stem))

    def test_every_section_tells_its_applications_with_volumes_intervals_and_a_verdict(self):
        assert [sum(bool(glued(path.stem)) for path in SECTIONS), len(self.headlines)] == [4, 7]
        for row in self.headlines:
            assert row["build"]
            assert "net_usd_per_month" not in row, "one figure without a volume picks the good row"
            for offer in row["money"]:
                assert offer["low"] <= offer["net"] <= offer["high"], (row["task"], offer)
                assert offer["cases_per_month"] > 0

    def test_the_tables_hold_every_offer_with_its_sign_also_those_that_lose(self):
        rows = re.findall(r"\| ([\d,]+) \| ([+−][\d,]+) \(([+−][\d,]+) to ([+−][\d,]+)\) \|", self.text)
        told = sorted(tuple(float(v.replace(",", "").replace("−", "-")) for v in row) for row in rows)
        computed = sorted(
            tuple(float(offer[key]) for key in ("cases_per_month", "net", "low", "high"))
            for row in self.headlines
            for offer in row["money"]
        )
        assert told == computed
        tasks = {row["task"].split(" (")[0].split(":")[0].split(",")[0] for row in self.headlines}
        for word in ("pneumonia", "breast", "diabetes", "driving", "credit", "fraud", "robot"):
            assert any(word in task for task in tasks)
        assert sum(net < 0 for _, net, *_ in told) >= 5, "the losers are shown"

    def test_each_of_the_four_sections_answers_whether_to_build(self):
        source = " ".join(cell.source for cell in cells("06_applications"))
        answer = source.split("Which of the four should be built? No field")[1]
        assert re.findall(r"- \*\*(6\.\d)\*\*", answer) == ["6.1", "6.2", "6.3", "6.4"]
        assert "No model of this chapter is large" in source
        for wrong in (
            "the source's question",
            "The overview cannot say it",
            "never driven in training, 6.3 trains on the past",
        ):
            assert wrong not in source
