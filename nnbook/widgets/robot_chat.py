"""RobotChat: talk to a home robot or a shop robot, in English or Chinese, and see what it understood."""

import json
from dataclasses import replace

import traitlets

from nnbook.dialogue.manager import Turn, first_state, step
from nnbook.dialogue.phrases import intents
from nnbook.dialogue.slots import DATA, LANGUAGES, ROBOTS, gazetteer, language_of, others
from nnbook.dialogue.smalltalk import SAFE, SmallTalk
from nnbook.dialogue.understand import Understanding, load_robots
from nnbook.dialogue.worlds import rules
from nnbook.widgets._checks import at_most, one_of, within
from nnbook.widgets._stored import StoredModelWidget, stored_arrays, to_base64

LONGEST = 200  # characters; static/robot_chat.js has the same
THRESHOLD = (0.0, 1.0)
_OPENINGS = {
    ("home", "en"): "Could you switch on the lamp in the kitchen?",
    ("home", "zh"): "把厨房的灯打开",
    ("service", "en"): "Where is my lamp?",
    ("service", "zh"): "我的台灯到哪里了？",
}


class RobotChat(StoredModelWidget):
    """A dialogue with one of two robots, computed in the page.

    Args:
        robot: "home" or "service".
        language: "en" or "zh": of examples and labels; the answer comes in the language of the sentence.
        opening: a sentence that is said at the beginning, at most 200 characters; "" for none, None for a
            usual one.
    State (can be set here or in the widget): `robot`, `language`, and `threshold`, the probability below
    which the robot refuses; 0 means the threshold that was chosen on validation phrases.

    >>> RobotChat().answer("Unlock the front door").reply
    'Shall I really unlock the front door? (yes or no)'
    """

    fallback = (
        "Here you can talk to a robot, in English or Chinese, and see what it understood. "
        "It needs JavaScript in the browser."
    )

    robot = traitlets.Unicode("home").tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    threshold = traitlets.Float(0.0).tag(sync=True)
    opening = traitlets.Unicode("").tag(sync=True)

    def __init__(self, robot="home", *, language="en", opening=None, threshold=0.0):
        super().__init__(
            source="robots",
            robot=robot,
            language=language,
            threshold=threshold,
            data=pack_stored("robots"),
            opening=_OPENINGS.get((robot, language), "") if opening is None else opening,
        )
        self._talk = {name: SmallTalk.of(name) for name in LANGUAGES}
        self._models = load_robots()

    def understand(self, text: str) -> Understanding:
        """Return what the page's model makes of a sentence, at the present threshold."""
        model = self._models[self.robot, self._language(text)]
        seen = model.understand(text)
        limit = self.threshold or model.threshold
        sure = seen.confidence >= max(limit, model.sure_from)
        accepted = seen.confidence >= limit
        return replace(seen, accepted=accepted, sure=sure)

    def answer(self, text: str, state: dict | None = None) -> Turn:
        """Return the robot's turn after `text`, from `state` (None: the beginning), as the page gives it."""
        language = self._language(text)
        state = first_state(self.robot) if state is None else state
        chat = self._talk[language].answer(text)
        return step(state, text, self.understand(text), self.robot, language, chat=chat)

    def _language(self, text):
        # "4711" has no language of its own
        return language_of(text) if any(letter.isalpha() for letter in text) else self.language

    @traitlets.validate("robot")
    def _check_robot(self, proposal):
        return one_of(proposal, ROBOTS)

    @traitlets.validate("language")
    def _check_language(self, proposal):
        return one_of(proposal, LANGUAGES)

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal):
        return within(proposal, *THRESHOLD, "It is a probability.")

    @traitlets.validate("opening")
    def _check_opening(self, proposal):
        return at_most(proposal, LONGEST)


def pack_stored(name: str) -> dict:
    """Return the stored robots with their words and small talk as data for the page."""
    header, arrays = stored_arrays(name)
    models = {}
    for key, about in header["models"].items():
        models[key] = {
            **about,
            "weights": to_base64(arrays[f"{key}_weights"], "i1"),
            "scales": to_base64(arrays[f"{key}_scales"], "<f4"),
            "bias": to_base64(arrays[f"{key}_bias"], "<f4"),
        }
    return {
        "n_buckets": len(arrays["home_en_weights"]),
        "models": models,
        "rules": rules(),
        "cues": json.loads((DATA / "cues.json").read_text(encoding="utf-8")),
        "others": {robot: others(robot) for robot in ROBOTS},
        "gazetteers": {robot: gazetteer(robot) for robot in ROBOTS},
        "intents": {robot: list(intents(robot)) for robot in ROBOTS},
        "words": json.loads((DATA / "chat_words.json").read_text(encoding="utf-8")),
        "talk": {language: _pack_talk(SmallTalk.of(language, SAFE)) for language in LANGUAGES},
    }


def _pack_talk(talk):
    return {
        "index": talk.index.to_dict(),
        "answers": [line.answer for line in talk.lines],
        "topics": [line.topic for line in talk.lines],
        "threshold": talk.threshold,
    }
