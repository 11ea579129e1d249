"""What the words change: a small home, and the orders of a small shop. All state is plain data."""

import copy
import json
from functools import cache

from nnbook.dialogue.slots import DATA, gazetteer

LONGEST_TIMER = 24 * 60  # minutes
_THE = ("room", "device", "door")  # English names of these take an article


@cache
def rules() -> dict:
    """Return what a dialogue needs: slots, checks, dangers, first worlds, replies."""
    return json.loads((DATA / "dialogue.json").read_text(encoding="utf-8"))


def first_world(robot: str) -> dict:
    """Return the home or the shop as it is at the beginning."""
    gazetteer(robot)  # refuses an unknown robot
    return copy.deepcopy(rules()["worlds"][robot])


def say(key: str, language: str, robot: str, values: dict) -> str:
    """Return a reply with its blanks filled; names are in the language of the reply.

    >>> say("lock_door", "en", "home", {"door": "front"}), say("lock_door", "en", "home", {"door": "all"})
    ('The front door is locked.', 'All doors are locked.')
    >>> say("set_timer", "zh", "home", {"duration": 0.5})
    '好的，30 秒后提醒您。'
    """
    return fill(rules()["replies"][key][language], language, robot, values)


def wish(intent: str, language: str, robot: str, slots: dict) -> str:
    """Return a wish in words: "switch on the light in the kitchen"."""
    key = {"set_temperature": "change_temperature"}.get(intent, intent) if "change" in slots else intent
    key = "play_style" if intent == "play_music" and "style" in slots else key
    return fill(rules()["wishes"][key][language], language, robot, slots)


def fill(text: str, language: str, robot: str, values: dict) -> str:
    """Return a text with its blanks filled by names, numbers and durations; English begins with a capital."""
    blank = text.startswith("{")
    if "{is}" in text:
        subject = values.get("door" if "{door}" in text else "device")
        text = text.replace("{is}", "are" if subject == "all" or isinstance(subject, list) else "is")
    for slot, value in values.items():
        text = text.replace("{" + slot + "}", in_words(slot, value, language, robot))
    return text[:1].upper() + text[1:] if blank and language == "en" else text


def in_words(slot: str, value, language: str, robot: str) -> str:
    """Return a value as it is said: a name, a list of names, a number, a duration."""
    if slot == "readings":  # [[room, degrees], …]
        told = [f"{gazetteer(robot)['room'][room][language][0]} {plain_number(heat)}" for room, heat in value]
        return "，".join(f"{one} 度" for one in told) if language == "zh" else ", ".join(told)
    if isinstance(value, list):
        names = [in_words(slot, one, language, robot) for one in value]
        comma, last = ("、", "和") if language == "zh" else (", ", " and ")
        return comma.join(names[:-1]) + (last if len(names) > 1 else "") + names[-1]
    known = gazetteer(robot).get(slot, {})
    if value in known:
        name = known[value][language][0]
        name = name.capitalize() if slot == "city" else name
        return f"the {name}" if language == "en" and slot in _THE and value != "all" else name
    if slot == "duration":
        return duration_in_words(value, language)
    if slot == "change":
        size, more = plain_number(abs(value)), value > 0
        if language == "zh":
            return f"调{'高' if more else '低'} {size} 度"
        return f"{size} degree{'' if abs(value) == 1 else 's'} {'warmer' if more else 'cooler'}"
    return plain_number(value)


def plain_number(value) -> str:
    """Return a number without needless digits; a text as it is."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def duration_in_words(minutes: float, language: str) -> str:
    """Return hours, minutes and seconds in words.

    >>> [duration_in_words(m, "en") for m in (1, 90, 0.5)], duration_in_words(90, "zh")
    (['1 minute', '1 hour 30 minutes', '30 seconds'], '1 小时 30 分钟')
    """
    seconds = int(minutes * 60 + 0.5)
    parts = (seconds // 3600, seconds // 60 % 60, seconds % 60)
    units = ("小时", "分钟", "秒") if language == "zh" else ("hour", "minute", "second")
    told = []
    for count, unit in zip(parts, units, strict=True):
        if count:
            told.append(f"{count} {unit}" + ("s" if language == "en" and count != 1 else ""))
    return " ".join(told) or f"0 {units[2]}"


def act(robot: str, world: dict, intent: str, slots: dict) -> tuple[dict, str, dict]:
    """Do what is wished: return (new world, key of the reply, its values); `world` stays as it was."""
    world = copy.deepcopy(world)
    key, more = (_home if robot == "home" else _service)(world, intent, slots)
    return world, key, {**slots, **more}


def _each(slots, name):
    """The values of a slot as a list; "all" becomes every value that the robot knows."""
    value = slots.get(name)
    if value == "all":
        return [known for known in gazetteer("home")[name] if known != "all"]
    return value if isinstance(value, list) else [] if value is None else [value]


def _home(world, intent, slots):
    places = [f"{room}/{device}" for room in _each(slots, "room") for device in _each(slots, "device")]
    if intent == "turn_on":
        world["on"] = sorted({*world["on"], *places})
    elif intent == "turn_off":
        world["on"] = [other for other in world["on"] if other not in places]
    elif intent == "set_temperature":
        return _temperature(world, slots)
    elif intent == "play_music":
        world["music"] = slots.get("style", "any")
        return ("play_style" if "style" in slots else "play_music"), {}
    elif intent == "stop_music":
        world["music"] = ""
    elif intent == "set_timer":
        if not 0 < slots["duration"] <= LONGEST_TIMER:
            return "too_long", {}
        world["timer"] = slots["duration"]
    elif intent in ("lock_door", "unlock_door"):
        world["locked"] |= dict.fromkeys(_each(slots, "door"), intent == "lock_door")
    elif intent == "clean_room":
        world["cleaning"] = _each(slots, "room")
    elif intent == "ask_state":
        return _home_state(world, slots)
    return intent, {}


def _temperature(world, slots):
    now, rooms = world["temperature"], _each(slots, "room")
    new = {room: now[room] + slots["change"] if "change" in slots else slots["degrees"] for room in rooms}
    if not all(10 <= degrees <= 30 for degrees in new.values()):
        return "out_of_range", {}
    now |= new
    return ("change_temperature" if "change" in slots else "set_temperature"), {}


def _home_state(world, slots):
    """The answer to a question; several rooms or doors are told as those that are on, or open."""
    if "door" in slots:
        doors = _each(slots, "door")
        free = [door for door in doors if not world["locked"][door]]
        if free:
            return "state_unlocked", {"door": free[0] if len(free) == 1 else free}
        return "state_locked", {}
    if "device" in slots:
        devices = _each(slots, "device")
        rooms = _each(slots, "room") or _each({"room": "all"}, "room")
        on = [room for room in rooms for device in devices if f"{room}/{device}" in world["on"]]
        if on:
            on = list(dict.fromkeys(on))
            return "state_on", {"room": on[0] if len(on) == 1 else on}
        return ("state_off" if "room" in slots else "state_device_off"), {}
    rooms = _each(slots, "room")
    if len(rooms) == 1:
        return "state_room", {"degrees": world["temperature"][rooms[0]]}
    if rooms:
        return "state_rooms", {"readings": [[room, world["temperature"][room]] for room in rooms]}
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
            return f"too_late_{status}" if status in ("on_the_way", "delivered") else f"status_{status}"
        if intent == "cancel_order":
            order["status"] = "cancelled"
            return "status_cancelled"
        order["city"] = slots["city"]
    else:
        if status != "delivered":
            return "not_delivered" if status in ("packed", "on_the_way") else f"status_{status}"
        order["status"] = "returning" if intent == "return_item" else "replaced"
    return intent
