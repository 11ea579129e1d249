"""The base of the widgets: joining the modules, and the twin that stands in a page."""

import json
import re
from html.parser import HTMLParser

import pytest
import traitlets

from nnbook.widgets import Widget, _modules, classic_script, css_text, esm_text, widget_names


@pytest.fixture
def static(tmp_path, monkeypatch):
    """A folder of JavaScript modules; call it with the file texts."""
    monkeypatch.setattr(_modules, "STATIC", tmp_path)

    def write(**files):
        for stem, text in files.items():
            (tmp_path / f"{stem}.js").write_text(text)
        return tmp_path

    return write


class TestJoin:
    def test_class_names_and_file_names_belong_together(self):
        assert _modules.module_name("Playground") == "playground"
        assert _modules.module_name("BackpropStepper") == "backprop_stepper"

    def test_a_module_comes_after_what_it_imports_and_only_once(self, static):
        static(
            a="export const one = 1;\n",
            b='import { one } from "./a.js";\nexport const two = one + one;\n',
            demo='import { one } from "./a.js";\nimport { two } from "./b.js";\nexport default {};\n',
        )
        assert [path.stem for path in _modules.module_files("Demo")] == ["a", "b", "demo"]

    @pytest.mark.parametrize(
        ("source", "inside"),
        [
            ('import { a, b as c } from "./x.js";', 'const { a, b: c } = modules["x"];'),
            ('import {\n  a,\n  b,\n} from "./x.js";', 'const { a, b } = modules["x"];'),
            ('import * as x from "./x.js";', 'const x = modules["x"];'),
            ("export const a = 1;", "return { a };"),
            ("export async function f() {}", "return { f };"),
            ("export class C {}", "return { C };"),
            ("const a = 1;\nexport { a as b };", "return { b: a };"),
            ('export { a } from "./x.js";', 'return { a: modules["x"].a };'),
            ("export default { render() {} };", "return { default: defaultExport };"),
        ],
    )
    def test_imports_and_exports(self, source, inside):
        assert inside in _modules.wrap_module(source + "\n", "m.js")

    @pytest.mark.parametrize("line", ['import x from "./x.js";', 'import "far-away";', "export var a = 1;"])
    def test_other_forms_are_refused_with_file_and_line(self, line):
        with pytest.raises(ValueError, match=r"m\.js, line 2: cannot join"):
            _modules.wrap_module(f"const ok = 1;\n{line}\n", "m.js")

    def test_a_circle_is_refused(self, static):
        static(a='import { b } from "./b.js";\n', b='import { a } from "./a.js";\n')
        with pytest.raises(ValueError, match="a -> b -> a"):
            _modules.module_files("A")

    def test_a_missing_module_is_named(self, static):
        static(demo='import { a } from "./nowhere.js";\n')
        with pytest.raises(FileNotFoundError, match=r"nowhere\.js is missing"):
            _modules.module_files("Demo")

    @pytest.mark.parametrize("name", widget_names())
    def test_every_widget_joins(self, name):
        assert (
            esm_text(name)
            .rstrip()
            .endswith(f'export default modules["{_modules.module_name(name)}"].default;')
        )
        script = classic_script(name)
        assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
        assert f'registry["{name}"]' in script
        assert ".nnw {" in css_text(name)


class Demo(Widget):
    fallback = "Text & nothing <but> text."
    words = traitlets.Unicode("").tag(sync=True)
    number = traitlets.Float(1.5).tag(sync=True)
    private = traitlets.Int(0)


@pytest.fixture
def demo(static):
    static(demo="export default { render() {} };\n")
    return Demo


class Elements(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


class TestTwin:
    @pytest.mark.parametrize(
        "words",
        [
            "</div><script>alert(1)</script>",
            'it\'s "quoted" & <b>',
            "' onclick='alert(1)",
            "中文 \u2028 \\ \n",
        ],
    )
    def test_whatever_the_state_holds_stays_data(self, demo, words):
        seen = Elements(demo(words=words).html_twin())
        assert [tag for tag, _ in seen.tags] == ["div"]
        attributes = seen.tags[0][1]
        assert set(attributes) == {"class", "data-nnbook-widget", "data-state"}
        assert json.loads(attributes["data-state"]) == {"number": 1.5, "words": words}
        assert seen.text == "Text & nothing <but> text."

    def test_only_the_widgets_own_synchronised_traits_are_in_it(self, demo):
        assert demo().state() == {"number": 1.5, "words": ""}

    def test_equal_states_give_equal_text(self, demo):
        assert demo(words="a").html_twin() == demo(words="a").html_twin()

    def test_what_json_cannot_hold_is_refused(self, demo):
        with pytest.raises(ValueError, match="NaN or infinity"):
            demo(number=float("nan")).html_twin()

    def test_the_output_of_a_cell_has_the_view_the_twin_and_no_address(self, demo):
        data, _ = demo()._repr_mimebundle_()
        assert set(data) == {"text/plain", "text/html", "application/vnd.jupyter.widget-view+json"}
        assert data["text/plain"] == "Demo()"
