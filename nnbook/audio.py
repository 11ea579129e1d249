"""From sound to numbers that a network can use: short spectra on the scale of hearing.

A waveform has thousands of numbers a second, and the same word never gives the same ones. What stays is which
frequencies are strong, and when. So: cut into short frames, take the power at each frequency, sum it in bands
that are as wide as the ear's, and take the logarithm.

Source: Davis & Mermelstein, Comparison of parametric representations for monosyllabic word recognition, 1980.
"""

import numpy as np


def frames(signal, length, step):
    """Cut `signal` into overlapping pieces: (n_frames, length); the last one is filled up with zeros.

    >>> frames(np.arange(5.0), length=3, step=2)
    array([[0., 1., 2.],
           [2., 3., 4.]])
    """
    signal = _checked(signal)
    n_frames = 1 + max(0, -(-(len(signal) - length) // step))
    padded = np.zeros((n_frames - 1) * step + length)
    padded[: len(signal)] = signal
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::step].copy()


def hz_to_mel(hz):
    """The mel scale: equal steps sound equally far apart. 1000 Hz is 1000 mel.

    >>> round(float(hz_to_mel(1000.0)))
    1000
    """
    return 2595 * np.log10(1 + np.asarray(hz) / 700)


def mel_to_hz(mel):
    """The inverse of `hz_to_mel`."""
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


def mel_filterbank(n_bands, n_fft, sample_rate):
    """Triangles that overlap by half, equally wide in mel: (n_bands, n_fft // 2 + 1).

    Multiply a power spectrum by the transpose to get the power in each band.
    """
    edges = mel_to_hz(np.linspace(0, hz_to_mel(sample_rate / 2), n_bands + 2))
    edges = np.floor((n_fft + 1) * edges / sample_rate)  # as bins of the spectrum
    if (np.diff(edges) < 1).any():
        raise ValueError(
            f"{n_bands} bands are too many for a spectrum of {n_fft} points: some would be empty. "
            "Use fewer bands or a longer n_fft."
        )
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    bins = np.arange(n_fft // 2 + 1)
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.maximum(0, np.minimum(rising, falling))


def log_mel(signal, sample_rate, *, n_bands=26, window_s=0.025, step_s=0.010, pre_emphasis=0.97):
    """Logarithm of the power in each mel band, frame by frame: (n_frames, n_bands).

    Args:
        signal: 1-D waveform.
        sample_rate: samples per second.
        window_s, step_s: length of a frame and the way to the next one, in seconds.
        pre_emphasis: x[t] - pre_emphasis · x[t-1] lifts the high frequencies, which are weak in speech.
    """
    signal = _checked(signal)
    signal = np.append(signal[0], signal[1:] - pre_emphasis * signal[:-1])
    length, step = int(window_s * sample_rate + 0.5), int(step_s * sample_rate + 0.5)
    n_fft = 1 << (length - 1).bit_length()  # the next power of two
    # a frame that begins and ends abruptly would seem to hold every frequency
    windowed = frames(signal, length, step) * np.hamming(length)
    power = np.abs(np.fft.rfft(windowed, n_fft)) ** 2 / n_fft  # (n_frames, n_fft // 2 + 1)
    bands = power @ mel_filterbank(n_bands, n_fft, sample_rate).T
    return np.log(np.maximum(bands, np.finfo(float).eps))  # silence: log(0) is not a number


def stretch(features, n_frames):
    """Bring (any number of frames, n) to (n_frames, n) by linear interpolation in time.

    Slow and fast speakers then fill the same grid, as a network with a fixed number of inputs needs.

    >>> stretch(np.array([[0.0], [2.0]]), 3).ravel()
    array([0., 1., 2.])
    """
    features = np.asarray(features, dtype=float)
    if features.ndim != 2 or len(features) == 0:
        raise ValueError(f"features must have shape (frames, n) with a frame at least; got {features.shape}.")
    places = np.linspace(0, len(features) - 1, n_frames)
    before = np.minimum(places.astype(int), max(0, len(features) - 2))
    after = np.minimum(before + 1, len(features) - 1)
    share = (places - before)[:, None]
    return (1 - share) * features[before] + share * features[after]


def trim(signal, *, threshold=0.02):
    """Cut off the silence before and after: everything outside the part louder than `threshold` · maximum.

    >>> trim(np.array([0.0, 0.001, 0.5, 0.0, -1.0, 0.0]))
    array([ 0.5,  0. , -1. ])
    """
    signal = _checked(signal)
    loud = np.flatnonzero(np.abs(signal) >= threshold * np.abs(signal).max())
    return signal[loud[0] : loud[-1] + 1]


def _checked(signal):
    signal = np.asarray(signal, dtype=float)
    if signal.ndim != 1 or len(signal) == 0:
        raise ValueError(
            f"signal must be one-dimensional and not empty; got shape {signal.shape}. Stereo? Use x[:, 0]."
        )
    return signal
