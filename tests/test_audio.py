import numpy as np
import pytest

from nnbook import audio

RATE = 22050


@pytest.fixture(scope="module")
def sound():
    rng = np.random.default_rng(0)
    t = np.arange(RATE // 2) / RATE
    return np.sin(2 * np.pi * 440 * t) + 0.3 * np.sin(2 * np.pi * 3000 * t) + 0.01 * rng.normal(size=len(t))


def test_log_mel_agrees_with_a_library(sound):
    psf = pytest.importorskip("python_speech_features")
    theirs = np.log(psf.fbank(sound, RATE, nfft=1024, winfunc=np.hamming)[0])
    np.testing.assert_allclose(audio.log_mel(sound, RATE), theirs, rtol=1e-9, atol=1e-9)


def test_filterbank_agrees_with_a_library():
    psf = pytest.importorskip("python_speech_features")
    np.testing.assert_allclose(audio.mel_filterbank(26, 512, 16000), psf.get_filterbanks(26, 512, 16000))


def test_a_tone_is_found_in_its_band():
    t = np.arange(RATE // 4) / RATE
    centres = audio.mel_to_hz(np.linspace(0, audio.hz_to_mel(RATE / 2), 28))[1:-1]
    for band in (5, 12, 20):
        tone = np.sin(2 * np.pi * centres[band] * t)
        assert audio.log_mel(tone, RATE).mean(axis=0).argmax() == band


def test_mel_and_back():
    hz = np.array([0.0, 100.0, 1000.0, 8000.0])
    np.testing.assert_allclose(audio.mel_to_hz(audio.hz_to_mel(hz)), hz, atol=1e-9)


@pytest.mark.parametrize(("n", "n_frames"), [(1, 1), (400, 1), (401, 2), (560, 2), (561, 3)])
def test_every_sample_is_in_a_frame(n, n_frames):
    assert audio.frames(np.ones(n), 400, 160).shape == (n_frames, 400)
    assert audio.frames(np.ones(n), 400, 400).sum() == n


def test_silence_has_a_logarithm():
    assert np.isfinite(audio.log_mel(np.zeros(1000), RATE)).all()


def test_stretch_keeps_both_ends():
    features = np.arange(10.0).reshape(5, 2)
    for n in (2, 5, 9):
        longer = audio.stretch(features, n)
        assert longer.shape == (n, 2)
        np.testing.assert_allclose(longer[[0, -1]], features[[0, -1]])
    assert audio.stretch(features[:1], 3).tolist() == [[0.0, 1.0]] * 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: audio.log_mel(np.zeros((10, 2)), RATE), "Stereo"),
        (lambda: audio.log_mel(np.zeros(0), RATE), "not empty"),
        (lambda: audio.mel_filterbank(200, 256, RATE), "too many"),
        (lambda: audio.stretch(np.zeros((0, 2)), 3), "a frame at least"),
    ],
)
def test_what_cannot_be_done_is_said(call, message):
    with pytest.raises(ValueError, match=message):
        call()
