"""TrainingMonitor, DigitPad and TextSampler in a real browser: pointer, keys, themes, phone, cleanup."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnbook import losses, optimizers, training
from nnbook.datasets.toys import make_moons
from nnbook.metrics import accuracy
from nnbook.mlp import MLP
from nnbook.tokenizers import CharTokenizer
from nnbook.transformer import Transformer
from nnbook.widgets import DigitPad, TextSampler, TrainingMonitor, _stored, classic_script

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
STATIC = ROOT / "book" / "_static"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def monitor():
    rng = np.random.default_rng(0)
    X, y = make_moons(200, noise=0.1, rng=rng)
    monitor = TrainingMonitor(data=(X, y))
    training.fit(
        MLP([2, 12, 12, 1], rng=rng),
        X,
        y[:, None].astype(float),
        loss=losses.binary_cross_entropy,
        optimizer=optimizers.Adam(0.02),
        epochs=40,
        batch_size=20,
        rng=rng,
        validation=(X[:50], y[:50, None].astype(float)),
        metrics={"accuracy": lambda t, p: accuracy(t[:, 0].astype(int), (p[:, 0] > 0).astype(int))},
        callbacks=[monitor.callback()],
    )
    return monitor


@pytest.fixture(scope="module")
def sampler():
    if "shakespeare" in _stored.stored_names():
        return TextSampler()
    alphabet = CharTokenizer("\n abcdefghijklmnopqrstuvwxyzROME.,")
    model = Transformer(alphabet.vocab_size, 32, 4, 2, 32, rng=np.random.default_rng(0))
    return TextSampler(model, alphabet)


@pytest.fixture
def open_widgets(browser, tmp_path):
    """Return ``open_widgets(*widgets, theme="light", width=790)``: a page on file:// with these widgets."""
    pages = []
    static = tmp_path / "_static"
    for folder in ("widgets", "models"):
        (static / folder).mkdir(parents=True)
    for name in ("widget-host.js", "custom.css"):
        (static / name).write_text((STATIC / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in _stored.stored_names():
        (static / "models" / f"{name}.js").write_text(_stored.stored_script(name), encoding="utf-8")
    (tmp_path / "notebooks").mkdir()

    def _open(*widgets, theme="light", width=790, watch=True, **options):
        names = sorted({type(widget).__name__ for widget in widgets})
        for name in names:
            (static / "widgets" / f"{name}.js").write_text(classic_script(name), encoding="utf-8")
        twins = "\n".join(widget.html_twin() for widget in widgets)
        scripts = "".join(f'<script defer src="../_static/widgets/{name}.js?v=1"></script>' for name in names)
        html = (
            f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8"><title>Three</title>'
            '<meta name="viewport" content="width=device-width">'
            '<link rel="stylesheet" href="../_static/custom.css">'
            "<style>body {margin: 16px; background: var(--nn-paper); color: var(--nn-ink);"
            " font-family: var(--nn-sans)}</style><body>"
            f"<main><h1>Widgets</h1>{twins}</main>{scripts}"
            '<script defer src="../_static/widget-host.js"></script></body></html>'
        )
        path = tmp_path / "notebooks" / "page.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, **{"reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.problems = []
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(path.as_uri())
        page.evaluate(
            "document.querySelectorAll('[data-nnbook-widget]').forEach((e) => nnbookWidgetHost.mount(e))"
        )
        page.wait_for_function(
            """() => document.querySelector(".nnw") && [...document.querySelectorAll(".nnw-status")]
                .every((e) => !e.textContent.includes("on its way"))"""
        )
        page.wait_for_timeout(200)
        pages.append((page, context, watch))
        return page

    yield _open
    for page, context, watch in pages:
        problems = page.problems
        context.close()
        assert not (watch and problems)


def state(page, name):
    return page.evaluate(
        f"nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget={name}]')).state"
    )


def pixel(page, selector, x, y):
    """The colour (r, g, b) of a canvas at a share of its width and height."""
    return page.evaluate(
        """([selector, x, y]) => {
            const c = document.querySelector(selector);
            const at = [x * (c.width - 1), y * (c.height - 1), 1, 1];
            return [...c.getContext('2d').getImageData(...at).data].slice(0, 3);
        }""",
        [selector, x, y],
    )


def check_with_axe(page):
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make book` first")
    page.add_script_tag(path=AXE)
    result = page.evaluate("axe.run({resultTypes: ['violations'], preload: false})")
    serious = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
    assert not serious, json.dumps([(v["id"], [n["html"] for n in v["nodes"]][:3]) for v in serious])


class TestEverywhere:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize("width", [790, 390])
    def test_axe_and_no_sideways_scrolling(self, open_widgets, monitor, sampler, theme, width):
        page = open_widgets(monitor, DigitPad(), sampler, TrainingMonitor(), theme=theme, width=width)
        page.get_by_text("The numbers as a table").first.click()
        page.get_by_label("Prompt").fill("a " * 200)  # longer than the context: some tokens are forgotten
        page.wait_for_timeout(600)
        page.get_by_role("button", name="One token").click()
        assert page.locator(".nnw-ts-token.forgotten").count() > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        check_with_axe(page)

    def test_several_on_a_page_do_not_disturb_each_other(self, open_widgets, sampler):
        page = open_widgets(DigitPad(), DigitPad(example=5), sampler, sampler)
        says = page.locator(".nnw-dp-says")
        assert says.count() == 2
        first = says.nth(0).inner_text()
        page.get_by_role("button", name="Next example").nth(1).click()
        page.wait_for_timeout(100)
        assert says.nth(0).inner_text() == first
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))

    def test_unmount_puts_everything_back(self, open_widgets, monitor, sampler):
        page = open_widgets(monitor, DigitPad(), sampler, reduced_motion="no-preference")
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_role("button", name="Write", exact=True).click()
        page.wait_for_timeout(300)
        page.evaluate("""() => {
            document.querySelectorAll('[data-nnbook-widget]').forEach((e) => nnbookWidgetHost.unmount(e));
            window.frames_asked = 0;
            const ask = requestAnimationFrame;
            window.requestAnimationFrame = (f) => { window.frames_asked += 1; return ask(f); };
        }""")
        page.wait_for_timeout(400)
        assert page.locator(".nnw").count() == 0
        assert page.evaluate("window.frames_asked") == 0
        assert "Here you can draw a digit" in page.locator("main").inner_text()

    @pytest.mark.parametrize("name", _stored.stored_names())
    def test_the_site_holds_every_stored_model(self, site_dir, name):
        script = site_dir / "_static" / "models" / f"{name}.js"
        assert script.read_text(encoding="utf-8") == _stored.stored_script(name)

    def test_a_missing_model_is_a_sentence(self, open_widgets):
        pad = DigitPad()
        pad.source = "lost"
        page = open_widgets(pad, watch=False)
        page.wait_for_timeout(300)
        assert "DigitPad cannot be used: the file of the model lost could not be loaded." in (
            page.locator(".nnw-digitpad").inner_text()
        )

    def test_state_cannot_become_markup(self, open_widgets, sampler):
        sampler.prompt = "<img src=x onerror=alert(1)>"
        try:
            page = open_widgets(sampler)
        finally:
            sampler.prompt = "ROMEO.\n"
        assert page.locator(".nnw img").count() == 0


class TestDigitPad:
    def draw(self, page, points):
        box = page.locator(".nnw-dp-pad").bounding_box()
        at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*at[0])
        page.mouse.down()
        for point in at[1:]:
            page.mouse.move(*point, steps=6)
        page.mouse.up()
        page.wait_for_timeout(100)

    def test_it_opens_with_a_held_out_digit_and_its_answer(self, open_widgets):
        page = open_widgets(DigitPad())
        assert "The writer meant" in (says := page.locator(".nnw-dp-says").inner_text()) or "That is" in says
        now = state(page, "DigitPad")
        assert len(now["pixels"]) == 64
        assert sum(now["probabilities"]) == pytest.approx(1, abs=1e-4)

    def test_a_drawn_one_is_read_as_one(self, open_widgets):
        page = open_widgets(DigitPad())
        self.draw(page, [(0.5, 0.1), (0.5, 0.9)])
        assert page.locator(".nnw-dp-says").inner_text().startswith("I read a 1")
        assert page.locator(".nnw-dp-row.best .nnw-dp-digit").inner_text() == "1"
        page.get_by_role("button", name="Undo").click()
        page.wait_for_timeout(100)
        assert "Draw a digit" in page.locator(".nnw-dp-says").inner_text()
        assert state(page, "DigitPad")["pixels"] == []

    def test_two_strokes_make_a_seven_with_a_bar(self, open_widgets):
        page = open_widgets(DigitPad())
        self.draw(page, [(0.25, 0.15), (0.75, 0.15), (0.4, 0.9)])
        assert np.argmax(state(page, "DigitPad")["probabilities"]) == 7
        self.draw(page, [(0.35, 0.5), (0.7, 0.5)])
        assert np.argmax(state(page, "DigitPad")["probabilities"]) == 7

    def test_a_scribble_is_not_taken_for_a_sure_digit(self, open_widgets):
        page = open_widgets(DigitPad())
        self.draw(page, [(0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8), (0.2, 0.2), (0.8, 0.2)])
        assert page.locator(".nnw-digitpad").get_attribute("data-verdict") in ("unsure", "strange")

    def test_keys_draw_undo_and_clear(self, open_widgets):
        page = open_widgets(DigitPad())
        page.locator(".nnw-dp-pad").focus()
        page.keyboard.press("ArrowUp")
        page.keyboard.press(" ")
        for _ in range(12):
            page.keyboard.press("ArrowDown")
        page.keyboard.press(" ")
        page.wait_for_timeout(100)
        assert np.argmax(state(page, "DigitPad")["probabilities"]) == 1
        page.keyboard.press("Backspace")
        page.wait_for_timeout(100)
        assert state(page, "DigitPad")["pixels"] == []

    def test_a_finger_draws_and_does_not_scroll(self, open_widgets):
        page = open_widgets(DigitPad(), width=390, has_touch=True)
        assert page.evaluate("getComputedStyle(document.querySelector('.nnw-dp-pad')).touchAction") == "none"
        box = page.locator(".nnw-dp-pad").bounding_box()
        client = page.context.new_cdp_session(page)
        x = box["x"] + box["width"] / 2
        for kind, share in (("touchStart", 0.1), *(("touchMove", s / 10) for s in range(2, 10))):
            point = {"x": x, "y": box["y"] + share * box["height"]}
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(150)
        assert page.evaluate("scrollY") == 0
        assert np.argmax(state(page, "DigitPad")["probabilities"]) == 1

    def test_examples_go_round_and_python_may_choose_one(self, open_widgets):
        page = open_widgets(DigitPad(example=359))
        assert "360 of 360" in page.locator(".nnw-dp-caption").inner_text()
        page.get_by_role("button", name="Next example").click()
        page.wait_for_timeout(100)
        assert "1 of 360" in page.locator(".nnw-dp-caption").inner_text()
        page.evaluate(
            "nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget]')).set('example', 41)"
        )
        page.wait_for_timeout(100)
        assert "42 of 360" in page.locator(".nnw-dp-caption").inner_text()

    def test_a_neuron_shows_its_value_and_its_weights(self, open_widgets):
        page = open_widgets(DigitPad())
        before = pixel(page, ".nnw-dp-seen", 0.02, 0.02)
        page.locator(".nnw-dp-layer").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert page.locator(".nnw-tooltip").inner_text().startswith("Layer 1, neuron 2: ")
        assert "Weights into neuron 2" in page.locator(".nnw-dp-caption").inner_text()
        assert pixel(page, ".nnw-dp-seen", 0.02, 0.02) != before
        page.keyboard.press("Escape")
        assert page.locator(".nnw-tooltip").is_hidden()

    def test_dark_and_light_change_the_picture_at_once(self, open_widgets):
        page = open_widgets(DigitPad())
        assert sum(pixel(page, ".nnw-dp-pad", 0.02, 0.5)) > 600
        page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.wait_for_timeout(150)
        assert sum(pixel(page, ".nnw-dp-pad", 0.02, 0.5)) < 200


class TestTrainingMonitor:
    def test_it_opens_at_the_end_of_the_run(self, open_widgets, monitor):
        page = open_widgets(monitor)
        assert page.locator(".nnw-value").first.inner_text() == "40 of 40"
        shown = page.locator(".nnw-tm-figures").inner_text()
        assert "train loss" in shown
        assert "accuracy" in shown
        assert page.locator(".nnw-tm-histogram").count() == 3

    def test_on_its_page_each_figure_stands_under_its_name(self, visit):
        page = visit("notebooks/05_2_classifier.html")
        page.locator("[data-nnbook-widget=TrainingMonitor]").scroll_into_view_if_needed()
        page.wait_for_selector(".nnw-tm-figures strong")
        names, values = (
            page.locator(f".nnw-tm-figures {part}").evaluate_all(
                "(parts) => parts.map((part) => part.getBoundingClientRect().left)"
            )
            for part in ("span", "strong")
        )
        assert names == values
        height = page.locator(".nnw-tm-figures").bounding_box()["height"]
        assert height < 60, "they stand in one row"

    def test_keys_scrub(self, open_widgets, monitor):
        page = open_widgets(monitor)
        page.get_by_label("Epoch", exact=True).focus()
        page.keyboard.press("Home")
        assert page.locator(".nnw-value").first.inner_text() == "0 of 40"
        assert "–" in page.locator(".nnw-tm-figures").inner_text(), "nothing was measured before training"
        before = pixel(page, ".nnw-tm-surface", 0.9, 0.3)
        page.keyboard.press("ArrowRight")
        assert page.locator(".nnw-value").first.inner_text() == "1 of 40"
        assert state(page, "TrainingMonitor")["frame"] == 1
        page.keyboard.press("End")
        assert state(page, "TrainingMonitor")["frame"] == -1
        assert pixel(page, ".nnw-tm-surface", 0.9, 0.3) != before

    def test_play_runs_to_the_end_and_stops(self, open_widgets, monitor):
        page = open_widgets(monitor, reduced_motion="no-preference")
        page.get_by_role("button", name="Play", exact=True).click()
        page.wait_for_timeout(1500)
        early = int(page.locator(".nnw-value").first.inner_text().split()[0])
        assert 2 < early < 35
        page.get_by_role("button", name="Pause").click()
        page.wait_for_timeout(300)
        paused = int(page.locator(".nnw-value").first.inner_text().split()[0])
        page.wait_for_timeout(300)
        assert int(page.locator(".nnw-value").first.inner_text().split()[0]) == paused
        page.get_by_role("button", name="Play", exact=True).click()
        page.get_by_role("button", name="Play", exact=True).wait_for(timeout=9000)
        assert page.locator(".nnw-value").first.inner_text() == "40 of 40"

    def test_pressing_in_a_chart_goes_there(self, open_widgets, monitor):
        page = open_widgets(monitor)
        box = page.locator(".nnw-tm-chart").first.bounding_box()
        page.mouse.click(box["x"] + 44 + (box["width"] - 54) / 2, box["y"] + 80)
        assert page.locator(".nnw-value").first.inner_text() == "20 of 40"
        assert "epoch 20" in page.locator(".nnw-tooltip").first.inner_text()

    def test_log_scale_and_table(self, open_widgets, monitor):
        page = open_widgets(monitor)
        before = page.locator(".nnw-tm-chart").first.screenshot()
        page.get_by_label("log scale").check()
        page.wait_for_timeout(100)
        assert page.locator(".nnw-tm-chart").first.screenshot() != before
        page.get_by_text("The numbers as a table").click()
        page.wait_for_timeout(100)
        rows = page.locator(".nnw-tm-table tbody tr")
        assert rows.count() == 41
        loss = float(rows.nth(40).locator("td").first.inner_text().replace("−", "-"))
        assert loss == pytest.approx(monitor.recording["curves"]["train loss"][-1], rel=0.01)

    def test_moments_of_a_running_training_appear(self, open_widgets, monitor):
        page = open_widgets(TrainingMonitor())
        recording = monitor.recording

        def moment(i):
            cut = {
                **recording,
                "epochs": recording["epochs"][i : i + 1],
                "curves": {name: values[i : i + 1] for name, values in recording["curves"].items()},
                "layers": [
                    {**layer, "levels": layer["levels"][40 * i : 40 * i + 40]}
                    for layer in recording["layers"]
                ],
            }
            size = recording["surface"]["size"] ** 2
            levels = recording["surface"]["levels"][size * i : size * i + size]
            return {"moment": {**cut, "surface": {**recording["surface"], "levels": levels}}, "total": 40}

        assert "Nothing is recorded yet" in page.locator("main").inner_text()
        for i in range(5):
            page.evaluate(
                "(m) => nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget]'))"
                ".emit('msg:custom', m, [])",
                moment(i),
            )
        assert page.locator(".nnw-value").first.inner_text() == "4 of 40"
        assert page.locator(".nnw-monitor.live").count() == 1
        page.evaluate(
            "(r) => nnbookWidgetHost.modelOf(document.querySelector('[data-nnbook-widget]'))"
            ".set('recording', r)",
            recording,
        )
        assert page.locator(".nnw-value").first.inner_text() == "40 of 40"
        assert page.locator(".nnw-monitor.live").count() == 0


class TestTextSampler:
    def tokens(self, page):
        return page.locator(".nnw-ts-token").count()

    def test_it_opens_with_a_text_candidates_and_maps(self, open_widgets, sampler):
        page = open_widgets(sampler)
        assert self.tokens(page) > 40
        assert page.locator(".nnw-ts-option:visible").count() == 8
        assert page.locator(".nnw-ts-counter").inner_text() == "40 tokens written"
        shaded = page.evaluate(
            "[...document.querySelectorAll('.nnw-ts-token')].filter((e) => e.style.backgroundColor).length"
        )
        assert shaded > 0

    def test_the_same_seed_writes_the_same_text(self, open_widgets, sampler):
        texts = [state(open_widgets(sampler), "TextSampler")["text"] for _ in range(2)]
        assert texts[0] == texts[1]

    def test_one_token_and_one_of_the_readers_choice(self, open_widgets, sampler):
        page = open_widgets(sampler)
        page.get_by_role("button", name="From the prompt").click()
        n = self.tokens(page)
        page.get_by_role("button", name="One token").click()
        assert self.tokens(page) == n + 1
        third = page.locator(".nnw-ts-option").nth(2)
        piece = third.locator(".nnw-ts-piece").inner_text()
        third.click()
        assert self.tokens(page) == n + 2
        last = page.locator(".nnw-ts-token").last
        assert "chosen" in last.get_attribute("class")
        assert last.text_content().replace(" ", "␣").replace("\n", "⏎") == piece

    @pytest.mark.alone
    def test_write_and_pause(self, open_widgets, sampler):
        page = open_widgets(sampler, reduced_motion="no-preference")
        n = self.tokens(page)
        page.get_by_role("button", name="Write", exact=True).click()
        page.wait_for_timeout(1000)
        page.get_by_role("button", name="Pause").click()
        written = self.tokens(page) - n
        assert 10 <= written <= 40, "thirty tokens a second"
        page.wait_for_timeout(200)
        assert self.tokens(page) - n == written

    @pytest.mark.alone
    def test_it_writes_thirty_tokens_a_second(self, open_widgets, sampler):
        page = open_widgets(sampler, reduced_motion="no-preference")
        page.get_by_label("Speed").focus()
        page.keyboard.press("End")
        page.evaluate("""() => {
            window.written = [];
            const one = () => window.written.push(performance.now());
            const note = (changes) => changes.forEach((change) => change.addedNodes.forEach(one));
            new MutationObserver(note).observe(document.querySelector(".nnw-ts-text"), {childList: true});
        }""")
        page.get_by_role("button", name="Write", exact=True).click()
        page.wait_for_function("window.written.length >= 300", timeout=60_000)
        at = np.array(page.evaluate("window.written"))[:300]
        # the best stretch of 150 tokens: other programs on the machine only ever slow it down
        rate = 150_000 / max((at[150:] - at[:-150]).min(), 1)
        print(f"tokens a second: {rate:.0f} at best, {299_000 / max(at[299] - at[0], 1):.0f} over all")
        assert rate >= 30
        page.wait_for_timeout(100)
        assert "Paused after 300 tokens" in page.locator(".nnw-ts-notices").inner_text()

    def test_keys_walk_through_the_tokens(self, open_widgets, sampler):
        page = open_widgets(sampler)
        page.locator(".nnw-ts-text").focus()
        page.keyboard.press("ArrowLeft")
        assert "What could have stood here instead" in page.locator(".nnw-ts-lower").inner_text()
        assert page.locator(".nnw-ts-token.selected").count() == 1
        assert page.locator(".nnw-ts-option.taken").count() <= 1
        page.keyboard.press("Home")
        assert "first token" in page.locator(".nnw-ts-explain").inner_text() or "sight" in (
            page.locator(".nnw-ts-explain").inner_text()
        )
        page.keyboard.press("Escape")
        assert page.locator(".nnw-ts-token.selected").count() == 0

    def test_another_head_tints_other_tokens(self, open_widgets, sampler):
        page = open_widgets(sampler)
        colours = "[...document.querySelectorAll('.nnw-ts-token')].map((e) => e.style.backgroundColor).join()"
        before = page.evaluate(colours)
        page.get_by_role("radio", name="Layer 1, head 1").check(force=True)
        assert page.evaluate(colours) != before
        assert "layer 1, head 1" in page.locator(".nnw-ts-explain").inner_text()

    def test_whatever_the_reader_types(self, open_widgets, sampler):
        page = open_widgets(sampler)
        prompt, notices = page.get_by_label("Prompt"), page.locator(".nnw-ts-notices")
        for typed, said in (
            ("", "prompt is empty"),
            ("中文", "“中”"),
            ("a " * 300, "sees"),
        ):
            prompt.fill(typed)
            page.wait_for_timeout(500)
            assert said in notices.inner_text()
            n = self.tokens(page)
            page.get_by_role("button", name="One token").click()
            assert self.tokens(page) == n + 1
        prompt.fill("a")
        page.wait_for_timeout(500)
        assert notices.inner_text() == ""

    def test_temperature_zero_takes_the_best(self, open_widgets, sampler):
        page = open_widgets(sampler)
        page.get_by_label("Temperature").focus()
        page.keyboard.press("Home")
        assert "At temperature 0" in page.locator(".nnw-ts-notices").inner_text()
        assert page.locator(".nnw-ts-option:visible").count() == 1
        best = page.locator(".nnw-ts-piece").first.inner_text()
        page.get_by_role("button", name="One token").click()
        last = page.locator(".nnw-ts-token").last.text_content()
        assert last.replace(" ", "␣").replace("\n", "⏎") == best
