"""ChatPad in a real browser: nothing before the button, the tokens of NumPy, and what breaks says so."""

import json
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.large]
ROOT = Path(__file__).resolve().parents[2]
PAGE = "book/how-to-read.html"  # any page: the widget is put on it here
STATE = {
    "mode": "chat", "prompt": "What is the capital of France?", "temperature": 0, "top_k": 0, "top_p": 1,
    "repetition_penalty": 1, "seed": 0, "max_tokens": 24, "price": {},
}  # fmt: skip
CHAT = re.compile(
    r"<\|im_start\|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    r"<\|im_end\|>\n"
    r"<\|im_start\|>user\n(.*)<\|im_end\|>\n<\|im_start\|>assistant\n",
    re.DOTALL,
)
MOUNT = """async (state) => {
  const div = document.createElement("div");
  div.dataset.nnbookWidget = "ChatPad";
  div.dataset.state = JSON.stringify(state);
  document.querySelector("article").prepend(div);
  for (const name of ["widgets/ChatPad.js", "widget-host.js"]) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`../_static/${name}`, location.href).href;
      script.onload = resolve;
      script.onerror = reject;
      document.head.append(script);
    });
  }
  await window.nnbookWidgetHost.mount(div);
}"""


@pytest.fixture
def pad(visit, site_dir):
    """``pad(**state)``: a page with the widget; ``page.parts`` lists what was asked of the model's folder."""
    if not (site_dir / "_static" / "large" / "model.json").exists():
        pytest.skip("the site was built without the large model")

    def open_pad(page=None, *, scheme="http", options=None, **state):
        page = page or visit(PAGE, scheme=scheme, **(options or {}))
        page.parts = []
        page.on("request", lambda r: page.parts.append(r.url) if "/_static/large/" in r.url else None)
        page.evaluate(MOUNT, {**STATE, **state})
        page.locator(".chat").wait_for()
        return page

    return open_pad


def load(page):
    page.get_by_role("button", name="Load the real model").click()
    page.get_by_role("button", name="One token").wait_for(timeout=120_000)


def answer(page, words, *, button="Send"):
    page.locator(".chat-input").fill(words)
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(".chat-note", has_text="wrote").wait_for(timeout=120_000)
    return page.locator(".chat-token.drawn").all_inner_texts()


def test_nothing_is_fetched_before_the_button(pad):
    page = pad()
    page.wait_for_timeout(500)
    assert page.parts == []


def test_the_page_writes_what_numpy_writes_and_goes_on_without_a_network(pad):
    page = pad()
    load(page)
    stored = json.loads((ROOT / "tests" / "large_greedy.json").read_text(encoding="utf-8"))
    turns = [(CHAT.fullmatch(case["prompt"]), case["text"]) for case in stored]
    chats = [(turn[1], text) for turn, text in turns if turn]
    texts = [(case["prompt"], case["text"]) for case in stored if "<|" not in case["prompt"]]
    assert len(chats) + len(texts) >= 10
    for mode, button, cases in (("Chat", "Send", chats), ("Go on with a text", "Write", texts)):
        page.get_by_text(mode, exact=True).click()
        for words, text in cases:
            # a widget shows texts; the tokens are compared one by one in tests/js/test_large_js.py
            page.locator(".chat-note").evaluate("note => (note.textContent = '')")
            written = "".join(answer(page, words, button=button))
            assert written[: len(text)] == text[: len(written)], words
            assert len(written) >= min(len(text), 12)
            if mode == "Chat":
                page.get_by_role("button", name="Begin anew").click()
    asked = len(page.parts)
    page.context.set_offline(True)
    page.evaluate("window.nnbookWidgetHost.unmount(document.querySelector('[data-nnbook-widget=ChatPad]'))")
    page.evaluate("document.querySelector('[data-nnbook-widget=ChatPad]').remove()")
    page.problems.clear()
    page.context.set_offline(False)  # the scripts are the page's own
    page.route("**/_static/large/*", lambda route: route.abort())
    pad(page)
    load(page)
    assert not any("model-" in url for url in page.parts), "a part was fetched again"
    assert asked
    page.problems.clear()  # the manifest could not be asked for
    page.get_by_role("button", name="Remove it from this browser").click()
    page.get_by_role("button", name="Load the real model").wait_for()
    assert page.evaluate("caches.has('nnbook-large-model')") is False


def test_a_broken_connection_is_said_and_the_next_try_goes_on(pad):
    page = pad()
    page.route("**/model-2.bin*", lambda route: route.abort())
    page.get_by_role("button", name="Load the real model").click()
    page.get_by_text("The model cannot be used here").wait_for(timeout=60_000)
    page.unroute("**/model-2.bin*")
    page.parts.clear()
    load(page)
    assert not any("model-0.bin" in url or "model-1.bin" in url for url in page.parts)
    page.problems.clear()  # the request that was broken


def test_a_damaged_part_is_refused(pad):
    page = pad()
    size = json.loads((ROOT / "_build/html/_static/large/model.json").read_text())["parts"][0]["bytes"]
    page.route("**/model-0.bin*", lambda route: route.fulfill(body=b"x" * size))
    page.get_by_role("button", name="Load the real model").click()
    page.get_by_text("model-0.bin arrived damaged").wait_for(timeout=60_000)


def test_a_page_from_a_disk_says_how_to_get_it(pad):
    page = pad(scheme="file")
    page.get_by_role("button", name="Load the real model").click()
    page.get_by_text("serve the book (make serve)").wait_for()


def test_with_the_keyboard_on_a_phone_in_the_dark(pad):
    page = pad(options={"width": 390, "height": 844, "theme": "dark"}, max_tokens=10)
    load(page)
    page.locator(".chat-input").focus()
    page.keyboard.press("Enter")
    page.locator(".chat-note", has_text="wrote").wait_for(timeout=60_000)
    page.locator(".chat-text").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert page.locator(".chat-token.selected").count() == 1
    page.locator(".chat-offers", has_text="Instead of").wait_for()
    page.locator("summary", has_text="Look inside").click()
    page.get_by_role("button", name="Look inside before").click()
    page.locator(".chat-lens li").nth(30).wait_for(timeout=60_000)
    page.locator(".chat-option").nth(1).click()  # another token
    page.locator(".chat-token.chosen").wait_for()
    page.locator(".chat-note", has_text="wrote 1 token").wait_for(timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.evaluate((ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('.chat').then((result) => result.violations)")
    found = [(v["id"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found]
    assert found == []


def test_an_order_in_a_passage_is_fenced_and_works_without_the_fence(pad):
    page = pad(max_tokens=12)
    load(page)
    page.get_by_role("button", name="A passage that gives orders").click()
    words = page.locator(".chat-input").input_value()
    fenced = "".join(answer(page, words))
    marks = page.locator(".chat-token.control").count()
    page.get_by_role("button", name="Begin anew").click()
    page.get_by_label("no fence").check()
    page.locator(".chat-note").evaluate("note => (note.textContent = '')")
    opened = "".join(answer(page, words))
    assert page.locator(".chat-token.control").count() > marks  # the stranger's marks are marks now
    assert "Aye" not in fenced
    assert "Aye" in opened
