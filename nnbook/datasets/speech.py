"""Spoken digits in English and Mandarin, said by a machine: synthetic speech, and labelled so."""

import importlib.util
import json
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnbook.functional import as_whole

DIGITS = {
    "English": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "Mandarin": ("零", "一", "二", "三", "四", "五", "六", "七", "八", "九"),
}
VOICES = {"English": "en-us", "Mandarin": "cmn"}
# Variants of the voice: other throats and other glottal pulses, no whisper and no robots
SPEAKERS = (
    "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5",
    "Andy", "Annie", "Denis", "Jacky", "Lee", "Michael", "belinda", "linda", "steph",
)  # fmt: skip


@dataclass(frozen=True)
class SpokenDigits:
    """Recordings, one entry of each field per recording.

    Attributes:
        waveforms: list of 1-D arrays, sound pressure from -1 to 1.
        digits: (n,) the digit that is said, 0 to 9.
        languages: (n,) "English" or "Mandarin".
        speakers: (n,) the voice; hold out whole voices, not recordings.
        sample_rate: samples per second.
        description: origin, licence, size, and what is not realistic.
    """

    waveforms: list = field(repr=False)
    digits: np.ndarray
    languages: np.ndarray
    speakers: np.ndarray
    sample_rate: int
    description: str

    @property
    def words(self):
        """(n,) the word that is said: "zero" … "九", twenty different ones."""
        pairs = zip(self.languages, self.digits, strict=True)
        return np.array([DIGITS[language][digit] for language, digit in pairs])

    def __repr__(self):
        seconds = sum(map(len, self.waveforms)) / self.sample_rate
        return (
            f"SpokenDigits({len(self.digits)} recordings, {len(set(self.speakers))} synthetic voices, "
            f"{seconds:.0f} seconds)"
        )


def load_spoken_digits(*, speakers=SPEAKERS, takes=2, seed=0):
    """Every voice says the ten digits in both languages, `takes` times, each time in another way.

    Speed (120 to 200 words per minute) and pitch (30 to 70 on espeak-ng's scale of 0 to 100) are drawn anew
    for each take. The same arguments give the same samples on the same machine; another processor may round
    a sample differently.

    Source: the synthesiser espeak-ng 1.52 (GPL-3; called, not copied) from the package espeakng-loader.

    Raises:
        ValueError: a voice that is not one of `SPEAKERS`, or fewer than one take.
        ModuleNotFoundError: the package is not installed.
    """
    unknown = sorted(set(speakers) - set(SPEAKERS))
    if unknown:
        raise ValueError(f"no such voice: {', '.join(unknown)}. The voices are {', '.join(SPEAKERS)}.")
    rng = np.random.default_rng(seed)
    wishes, rows = [], []
    for take in range(as_whole(takes, "takes")):
        for speaker in speakers:
            for language, words in DIGITS.items():
                for digit, word in enumerate(words):
                    speed, pitch = int(rng.integers(120, 201)), int(rng.integers(30, 71))
                    wishes.append([word, f"{VOICES[language]}+{speaker}", speed, pitch])
                    rows.append((digit, language, speaker, take))
    sample_rate, waveforms = _synthesise(wishes)
    digits, languages, names, _ = zip(*rows, strict=True)
    return SpokenDigits(
        waveforms,
        np.array(digits),
        np.array(languages),
        np.array(names),
        sample_rate,
        (
            f"{len(rows)} recordings of the digits 0 to 9 in English and Mandarin by {len(speakers)} voices "
            f"of espeak-ng, {takes} takes each, {sample_rate} samples per second. Synthetic speech, not "
            "realistic: no room, no noise, no accent, one way to say each word; all voices come from one "
            "set of rules, so a new voice is much nearer to the old ones than a new person would be."
        ),
    )


def _synthesise(wishes):
    """(sample rate, list of waveforms) for [[text, voice, speed, pitch], …], always from a fresh process."""
    if importlib.util.find_spec("espeakng_loader") is None:
        raise ModuleNotFoundError(
            "the voices come with the package espeakng-loader. "
            "Install it: pip install espeakng-loader==0.2.4",
            name="espeakng_loader",
        )
    script = Path(__file__).with_name("_espeak.py")
    done = subprocess.run(
        [sys.executable, str(script)], input=json.dumps(wishes).encode(), capture_output=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"the synthesiser stopped: {done.stderr.decode(errors='replace').strip()[-300:]}")
    (sample_rate,), start = struct.unpack_from("<i", done.stdout), 4
    waveforms = []
    for _ in wishes:
        (n_samples,) = struct.unpack_from("<i", done.stdout, start)
        samples = np.frombuffer(done.stdout, "<i2", n_samples, start + 4)
        waveforms.append(samples / 32768)
        start += 4 + 2 * n_samples
    return sample_rate, waveforms
