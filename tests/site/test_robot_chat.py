"""RobotChat in a real browser: it answers without a kernel, in both language, and shows what changed."""

import pytest
from explore_page import Opener, as_anywidget, serious_violations, sideways, state

from nnbook.widgets import RobotChat
from nnbook.widgets._stored import stored_script

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(browser, tmp_path):
    # a widget's script looks for its model in ../models, beside the folder of the page
    page_folder = tmp_path / "page"
    (tmp_path / "models").mkdir()
    page_folder.mkdir()
    (tmp_path / "models" / "robots.js").write_text(stored_script("robots"), encoding="utf-8")
    with Opener(browser, page_folder) as opener:
        yield opener


def ready(page, number=0):
    page.locator(".rch-log").nth(number).wait_for()
    return page.locator(".rch").nth(number)


def say(page, text, number=0):
    """Say something and return the robot's reply."""
    chat = ready(page, number)
    field = chat.get_by_label("Say something, in English or 中文")
    field.fill(text)
    field.press("Enter")
    return replies(chat)[-1]


def replies(chat):
    return [text.removeprefix("Robot: ") for text in chat.locator(".rch-log .rch-robot").all_inner_texts()]


def row(chat, name):
    return (
        chat.locator(".rch-table tr", has=chat.page.locator("th", has_text=name))
        .first.locator("td")
        .inner_text()
    )


def test_it_begins_with_something_to_see(open_page):
    chat = ready(open_page(RobotChat()))
    assert replies(chat)[0].endswith("The light in the kitchen is on.")
    assert "light" in row(chat, "kitchen")
    assert "switch on" in chat.locator(".rch-bars li").first.inner_text()


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["turn on the fan", "in the study", "turn it off", "Water the flowers", "What is your age?"]),
        ("zh", ["打开前门", "是的", "把卧室调到21度", "放点爵士乐", "给花浇水"]),
    ],
)
def test_the_page_says_what_python_says(open_page, language, sentences):
    widget = RobotChat(opening="")
    page, now = open_page(widget), None
    for text in sentences:
        turn = widget.answer(text, now)
        now = turn.state
        assert say(page, text).endswith(turn.reply)
    assert state(page)["language"] == language, "who speaks Chinese reads Chinese"
    assert not page.problems


def test_the_shop_by_keyboard_alone(open_page):
    page = open_page(RobotChat())
    chat = ready(page)
    chat.get_by_role("radio", name="Home").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.rch-table caption').textContent === 'Your orders'")
    assert replies(chat) == []
    assert "really cancel" in say(page, "Cancel order 4711")
    assert "packed" in row(chat, "4711")
    assert "is cancelled" in say(page, "yes")
    assert "cancelled" in row(chat, "4711")
    assert "new" in row(chat, "4711"), "what changed is marked, and not by colour alone"
    chat.get_by_role("button", name="Start again").press("Enter")
    assert "packed" in row(chat, "4711")


def test_an_example_can_be_clicked_and_the_answer_is_spoken(open_page):
    page = open_page(RobotChat(language="zh"))
    chat = ready(page)
    chat.get_by_role("button", name="打开前门").click()
    assert "确定要给前门解锁吗" in replies(chat)[-1]
    page.wait_for_function(
        "[...document.querySelectorAll('.rch [aria-live]')]"
        ".some((e) => e.textContent.includes('确定要给前门解锁'))"
    )


def test_the_bars_show_the_probabilities(open_page):
    page = open_page(RobotChat())
    first = ready(page).locator(".rch-bars li").first
    share = first.locator(".rch-bar").evaluate("(e) => getComputedStyle(e).getPropertyValue('--share')")
    assert round(float(share.strip().removesuffix("%"))) == int(
        first.locator(".rch-p").inner_text().split()[0]
    )


def test_the_threshold_decides(open_page):
    page = open_page(RobotChat(opening=""))
    chat = ready(page)
    say(page, "Water the flowers")
    assert "refused" in chat.locator(".rch-verdict").inner_text()
    field = chat.get_by_label("Refuse below")
    field.focus()
    page.keyboard.press("Home")
    page.wait_for_function("Number(document.querySelector('.rch input[type=range]').value) < 0.1")
    assert state(page)["threshold"] == 0.05
    chat.get_by_role("button", name="As chosen").click()
    assert state(page)["threshold"] == 0


def test_what_is_said_stays_text(open_page):
    page = open_page(RobotChat(opening=""))
    say(page, "<img src=x onerror=alert(1)> <b>lamp</b>")
    assert page.locator(".rch-log :is(img, b)").count() == 0
    chat = ready(page)
    chat.get_by_label("Say something, in English or 中文").fill("   ")
    chat.get_by_role("button", name="Say", exact=True).click()
    assert "Type a wish first" in chat.inner_text()


def test_an_address_brings_the_robot_back(open_page):
    page = open_page(RobotChat(), hash="#robot=%5B%22service%22%2C%22zh%22%2C0.5%5D")
    ready(page)
    page.wait_for_function("document.querySelector('.rch-table caption').textContent === '您的订单'")
    assert state(page)["threshold"] == 0.5
    page = open_page(RobotChat(), hash="#robot=%5B%22garden%22%2C%22zh%22%2C0.5%5D")
    ready(page)
    assert state(page)["robot"] == "home"


def test_two_on_a_page_do_not_clash(open_page):
    page = open_page(RobotChat(opening=""), RobotChat("service", opening=""))
    ready(page, 1)
    say(page, "Where is my lamp?", 1)
    assert replies(page.locator(".rch").nth(0)) == []
    assert "4711" in replies(ready(page, 1))[-1]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("robot", ["home", "service"])
def test_everybody_can_use_it(open_page, theme, robot):
    page = open_page(RobotChat(robot), theme=theme, width=390)
    ready(page)
    assert sideways(page) <= 0
    assert not serious_violations(page)


def test_a_model_with_a_kernel_is_told_and_tells(open_page):
    widget = RobotChat()
    page = open_page()
    # JupyterLab hands over the data that a page loads from its own file
    widget.source = ""
    as_anywidget(page, widget)
    ready(page)
    page.evaluate("window.kernel.set('robot', 'service')")
    page.wait_for_function("document.querySelector('.rch-table caption').textContent === 'Your orders'")
    page.get_by_role("radio", name="中文").check(force=True)
    assert page.evaluate("window.kernel.state.language") == "zh"
    page.evaluate("window.cleanup()")
    assert page.evaluate("window.left()") == 0
