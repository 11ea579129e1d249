"""Train the networks of chapter 6.2, drive them, and write down what happened (ten minutes of one core).

Usage: python tools/train_driving_model.py [reader] [stack] [weather] [memory] [imitation] [clones]

All parts run when none is named.

Stores nnbook/models/driving/*.npz and one part each of results.json beside them. All training uses the
track "racetrack"; "oval" and "large" are only driven on. Test drives have the seeds 0 to 9, training drives
others.
"""

import json
import sys

import numpy as np

from nnbook import losses, mlp, optimizers, schedules, serialization, training
from nnbook.driving.imitation import Imitator, Lessons, clone, dagger, watch_expert
from nnbook.driving.perception import (
    CLEAR,
    STORM,
    RoadReader,
    by_blur,
    by_threshold,
    iou,
    pictures,
    weather,
    windows,
)
from nnbook.driving.stack import Stack, drive
from nnbook.driving.stored import FOLDER, load_reader
from nnbook.driving.world import TRACKS, World

RESULTS = FOLDER / "results.json"
TEST_SEEDS = range(10)
TRAINING_SEEDS = range(3)
READER = {"sizes": [81, 32, 1], "pictures": 400, "epochs": 10, "batch_size": 128, "learning_rate": 2e-3}
IMITATION = {"expert_laps": 2, "rounds": 6, "laps_per_round": 4, "test_laps": 3}


def store(model, name):
    """Round the weights to float32, write them, and leave the rounded weights in `model`."""
    model.parameters[...] = model.parameters.astype(np.float32)
    header = {
        "format": serialization.FORMAT,
        "version": serialization.VERSION,
        "kind": "MLP",
        "sizes": model.sizes,
        "activation": model.activation.__name__,
        "output_activation": "Identity",
        "dtype": "float64",
        "metadata": {},
    }
    path = FOLDER / f"{name}.npz"
    serialization.write_arrays(path, header, parameters=model.parameters.astype(np.float32))


def save(part, results):
    """Replace one part of the file of results."""
    everything = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    everything[part] = results
    text = json.dumps(everything, indent=1, sort_keys=True)
    RESULTS.write_text(text + "\n", encoding="utf-8")


def roads():
    """The three roads as geometry."""
    worlds = {track: World(track) for track in TRACKS}
    for world in worlds.values():
        world.reset(0)
    return {track: world.road for track, world in worlds.items()}


def train_reader(road, sensors, seed):
    """A road reader trained on pictures of all `sensors`, the same number of each."""
    rng = np.random.default_rng(seed)
    parts = [pictures(road, READER["pictures"] // len(sensors), sensor, rng) for sensor in sensors]
    X = np.concatenate([windows(picture) for readings, _ in parts for picture in readings]) - 0.5
    y = np.concatenate([truths.reshape(-1, 1) for _, truths in parts])
    model = mlp.MLP(READER["sizes"], rng=rng)
    steps = READER["epochs"] * -(-len(X) // READER["batch_size"])
    training.fit(
        model,
        X,
        y,
        loss=losses.binary_cross_entropy,
        optimizer=optimizers.Adam(READER["learning_rate"]),
        epochs=READER["epochs"],
        batch_size=READER["batch_size"],
        rng=rng,
        schedule=schedules.cosine(steps),
    )
    return model


def reader():
    """Train the readers, and measure IoU on places that no training has seen."""
    places = roads()
    readers = {"threshold": [by_threshold], "blur": [by_blur]}
    for name, file, sensors in (
        ("network", "reader", [CLEAR]),
        ("all-weather", "reader-all-weather", [CLEAR, STORM]),
    ):
        models = [train_reader(places["racetrack"], sensors, seed) for seed in TRAINING_SEEDS]
        store(models[0], file)
        readers[name] = [RoadReader(model) for model in models]
    table = {}
    for track, road in places.items():
        for sky, sensor in (("clear", CLEAR), ("storm", STORM)):
            test = pictures(road, 100, sensor, np.random.default_rng(777))
            for name, candidates in readers.items():
                table[f"{track}/{sky}/{name}"] = [
                    round(float(np.mean([iou(read(p) >= 0.5, t) for p, t in zip(*test, strict=True)])), 4)
                    for read in candidates
                ]
    save("iou", {"settings": READER, "table": table})
    for name, values in table.items():
        print(f"{name:32}", values)


def ten_drives(track, driver, *, sensor=CLEAR, laps=1):
    """Outcome, progress, seconds and IoU of one drive for each test seed."""
    world = World(track)
    drives = [drive(world, driver, s, sensor=sensor, laps=laps, limit_s=150 * laps) for s in TEST_SEEDS]
    return {
        "outcomes": [d.outcome for d in drives],
        "progress": [round(d.progress, 1) for d in drives],
        "seconds": [round(d.seconds, 1) for d in drives],
        "iou": None if np.isnan(drives[0].iou) else round(float(np.mean([d.iou for d in drives])), 4),
    }


def stack():
    """Drive the assembled stack on all tracks, in the storm, and without radar."""
    network, all_weather = load_reader(), load_reader("all-weather")
    readers = {"perfect": None, "network": network, "blur": by_blur, "threshold": by_threshold}
    plans = [
        (f"{track}/{name}", track, Stack(read), CLEAR) for track in TRACKS for name, read in readers.items()
    ]
    storm = {"network": network, "blur": by_blur, "threshold": by_threshold, "all-weather": all_weather}
    plans += [(f"racetrack/storm/{name}", "racetrack", Stack(read), STORM) for name, read in storm.items()]
    plans += [(f"{t}/no radar", t, Stack(network, use_radar=False), CLEAR) for t in TRACKS]
    plans += [("racetrack/all-weather", "racetrack", Stack(all_weather), CLEAR)]
    results = {}
    for name, track, driver, sensor in plans:
        results[name] = ten_drives(track, driver, sensor=sensor)
        outcomes = results[name]["outcomes"]
        print(
            f"{name:28}",
            {o: outcomes.count(o) for o in sorted(set(outcomes))},
            results[name]["iou"],
            flush=True,
        )
        save("stack", results)


def worse():
    """Drive in weather between clear and storm."""
    results = {}
    readers = {"network": load_reader(), "blur": by_blur, "threshold": by_threshold}
    for severity in (0.25, 0.5, 0.75):
        for name, read in readers.items():
            drives = results[f"{severity}/{name}"] = ten_drives(
                "racetrack", Stack(read), sensor=weather(severity)
            )
            print(severity, name, drives["outcomes"].count("finished"), drives["iou"], flush=True)
            save("weather", results)


def memory():
    """Drive in the storm with the last eight pictures averaged."""
    results = {}
    for name, read in (("network", load_reader()), ("all-weather", load_reader("all-weather"))):
        results[name] = ten_drives("racetrack", Stack(read, remember=8), sensor=STORM)
        print(f"memory {name:12}", results[name]["outcomes"], results[name]["iou"], flush=True)
        save("memory", results)


def imitation():
    """Clone the expert, let the clone practise, and compare at the same number of expert answers."""
    results = {"settings": IMITATION, "seeds": []}
    laps = IMITATION["test_laps"]
    for seed in TRAINING_SEEDS:
        world, rounds = World("racetrack"), []
        first = 1000 + 100 * seed
        lessons = watch_expert(world, range(first, first + IMITATION["expert_laps"]), Lessons())

        def measure(number, pupil, lessons, rounds=rounds, seed=seed):
            pupil.model.parameters[...] = pupil.model.parameters.astype(np.float32)
            if seed == 0 and number in (0, IMITATION["rounds"]):
                store(pupil.model, "dagger" if number else "clone")
            if number % 2 == 0:
                rounds.append({"answers": len(lessons), **ten_drives("racetrack", pupil, laps=laps)})
                print(
                    seed,
                    number,
                    len(lessons),
                    np.mean(rounds[-1]["progress"]),
                    rounds[-1]["outcomes"],
                    flush=True,
                )

        pupil = dagger(
            world,
            lessons,
            rng=np.random.default_rng(seed),
            rounds=IMITATION["rounds"],
            laps_per_round=IMITATION["laps_per_round"],
            first_seed=2000 + 100 * seed,
            watch=measure,
        )
        entry = {"dagger": rounds}
        if seed == 0:
            entry["elsewhere"] = {track: ten_drives(track, pupil) for track in ("oval", "large")}
            assert isinstance(pupil, Imitator)
        results["seeds"].append(entry)
        save("imitation", results)


def clones():
    """Fair rivals of DAgger: clones that only watched, for as many moments as the expert answered."""
    runs = json.loads(RESULTS.read_text(encoding="utf-8"))["imitation"]["seeds"]
    results = []
    for seed, run in enumerate(runs):
        results.append([])
        for answers in [entry["answers"] for entry in run["dagger"][1:]]:
            laps = range(1000 + 100 * seed, 1060 + 100 * seed)
            lessons = watch_expert(World("racetrack"), laps, Lessons(), most=answers)
            pupil = clone(lessons, rng=np.random.default_rng(seed))
            drives = ten_drives("racetrack", pupil, laps=IMITATION["test_laps"])
            results[-1].append({"answers": len(lessons), **drives})
            print(seed, "clone", len(lessons), np.mean(drives["progress"]), drives["outcomes"], flush=True)
            save("clones", results)


if __name__ == "__main__":
    parts = {
        "reader": reader,
        "stack": stack,
        "weather": worse,
        "memory": memory,
        "imitation": imitation,
        "clones": clones,
    }
    for part in sys.argv[1:] or parts:
        parts[part]()
