"""What the words change: a small home, and the orders of a small shop. All state is plain data."""

import copy
import json
from functools import cache

from nnbook.dialogue.slots import DATA, gazetteer


@cache
def rules() -> dict:
    """Return what a dialogue needs: slots, dangers, words for yes and no, first worlds, replies."""
    return json.loads((DATA / "dialogue.json").read_text(encoding="utf-8"))


def first_world(robot: str) -> dict:
    """Return the home or the shop as it is at the beginning."""
    gazetteer(robot)  # refuses an unknown robot
    return copy.deepcopy(rules()["worlds"][robot])


def say(key: str, language: str, robot: str, values: dict) -> str:
    """Return a reply with its blanks filled; names are in the language of the reply.

    >>> say("lock_door", "en", "home", {"door": "front"})
    'The front door is locked.'
    """
    text = rules()["replies"][key][language]
    for slot, value in values.items():
        known = gazetteer(robot).get(slot, {})
        name = known[value][language][0] if value in known else _number(value)
        name = name.capitalize() if slot == "city" else name
        text = text.replace("{" + slot + "}", name)
    return text


def _number(value):
    return f"{value:g}" if isinstance(value, float) else str(value)


def act(robot: str, world: dict, intent: str, slots: dict) -> tuple[dict, str, dict]:
    """Do what is wished: return (new world, key of the reply, its values); `world` stays as it was."""
    world = copy.deepcopy(world)
    key, more = (_home if robot == "home" else _service)(world, intent, slots)
    return world, key, {**slots, **more}


def _home(world, intent, slots):
    place = f"{slots.get('room')}/{slots.get('device')}"
    if intent == "turn_on":
        world["on"] = sorted({*world["on"], place})
    elif intent == "turn_off":
        world["on"] = [other for other in world["on"] if other != place]
    elif intent == "set_temperature":
        if not 10 <= slots["degrees"] <= 30:
            return "out_of_range", {}
        world["temperature"][slots["room"]] = slots["degrees"]
    elif intent == "play_music":
        world["music"] = slots.get("style", "any")
        return ("play_style" if "style" in slots else "play_music"), {}
    elif intent == "stop_music":
        world["music"] = ""
    elif intent == "set_timer":
        world["timer"] = slots["duration"]
    elif intent in ("lock_door", "unlock_door"):
        world["locked"][slots["door"]] = intent == "lock_door"
    elif intent == "clean_room":
        world["cleaning"] = slots["room"]
    elif intent == "ask_state":
        return _home_state(world, slots, place)
    return intent, {}


def _home_state(world, slots, place):
    if "door" in slots:
        return ("state_locked" if world["locked"][slots["door"]] else "state_unlocked"), {}
    if "device" in slots and "room" in slots:
        return ("state_on" if place in world["on"] else "state_off"), {}
    if "room" in slots:
        return "state_room", {"degrees": world["temperature"][slots["room"]]}
    return "state_home", {"count": len(world["on"])}


def _service(world, intent, slots):
    if intent == "talk_to_person":
        world["person"] = True
        return intent, {}
    if intent == "check_stock":
        count = world["stock"][slots["item"]]
        return ("in_stock" if count else "sold_out"), {"count": count}
    if intent == "delivery_cost":
        return intent, {"price": rules()["prices"][slots["city"]]}
    order = world["orders"].get(slots["order"])
    if order is None:
        return "unknown_order", {}
    key = _order(order, intent, slots)
    return key, {"item": order["item"], "city": order["city"]}


def _order(order, intent, slots):
    """Change one order, or say why not; returns the key of the reply."""
    status = order["status"]
    if intent == "track_order":
        return f"status_{status}"
    if intent == "get_invoice":
        order["invoice"] = True
    elif intent in ("cancel_order", "change_address"):
        if status != "packed":
            return "too_late" if status in ("on_the_way", "delivered") else f"status_{status}"
        if intent == "cancel_order":
            order["status"] = "cancelled"
            return "status_cancelled"
        order["city"] = slots["city"]
    else:
        if status != "delivered":
            return "not_delivered" if status in ("packed", "on_the_way") else f"status_{status}"
        order["status"] = "returning" if intent == "return_item" else "replaced"
    return intent
