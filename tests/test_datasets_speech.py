import importlib.util

import numpy as np
import pytest

from nnbook.datasets import speech

pytest.importorskip("espeakng_loader", reason="the voices come with espeakng-loader")


@pytest.fixture(scope="module")
def recordings():
    return speech.load_spoken_digits(speakers=("m1", "f2"), takes=1)


def test_everything_is_said_once(recordings):
    assert len(recordings.waveforms) == 2 * 2 * 10
    assert len(set(zip(recordings.words, recordings.speakers, strict=True))) == 40
    assert recordings.words[recordings.digits == 7].tolist() == ["seven", "七"] * 2
    assert "40 recordings, 2 synthetic voices" in repr(recordings)


def test_it_is_sound(recordings):
    for waveform in recordings.waveforms:
        assert 0.1 < len(waveform) / recordings.sample_rate < 1.5
        assert 0.1 < np.abs(waveform).max() <= 1.0


def test_the_same_call_gives_the_same_samples(recordings):
    again = speech.load_spoken_digits(speakers=("m1", "f2"), takes=1)
    assert all(map(np.array_equal, recordings.waveforms, again.waveforms))


def test_takes_differ():
    two = speech.load_spoken_digits(speakers=("m1",), takes=2)
    assert not any(map(np.array_equal, two.waveforms[:20], two.waveforms[20:]))


def test_all_voices_exist_and_differ():
    everyone = speech.load_spoken_digits(takes=1)
    first = [everyone.waveforms[i] for i in range(0, len(everyone.digits), 20)]
    assert len({waveform.tobytes() for waveform in first}) == len(speech.SPEAKERS)


def test_an_unknown_voice_is_named():
    with pytest.raises(ValueError, match="nobody"):
        speech.load_spoken_digits(speakers=("nobody",))
    with pytest.raises(ValueError, match="takes"):
        speech.load_spoken_digits(takes=0)


def test_a_voice_the_engine_lacks_is_reported():
    with pytest.raises(RuntimeError, match="no voice 'xx-none"):
        speech._synthesise([["one", "xx-none", 150, 50]])


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install espeakng-loader==0\.2\.4"):
        speech.load_spoken_digits()
