"""Run by `nnbook.datasets.speech` in a process of its own: wishes on stdin as JSON, samples on stdout.

The library keeps counters between two words (the phase of the voice, its flutter), so the same word sounds a
little different the second time. A fresh process that says the same list in the same order gives the same
samples.
"""

import ctypes
import json
import struct
import sys

SYNCHRONOUS, CHARACTER_POSITION, UTF8 = 2, 1, 1
DO_NOT_EXIT = 0x8000
RATE, PITCH = 1, 3
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def main():
    """Speak the list [[text, voice, words per minute, pitch 0 … 100], …].

    Writes the sample rate, then for each wish its number of samples and the samples: little-endian 32-bit
    numbers, 16-bit samples.
    """
    wishes = json.load(sys.stdin)
    import espeakng_loader

    engine = ctypes.CDLL(espeakng_loader.get_library_path())
    engine.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        *[ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint],
        *[ctypes.c_void_p] * 2,
    ]
    sample_rate = engine.espeak_Initialize(
        SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), DO_NOT_EXIT
    )
    if sample_rate <= 0:
        raise RuntimeError("espeak-ng could not read its voices")
    engine.espeak_ng_SetRandSeed(ctypes.c_long(1))  # the noise of s and f
    heard = []

    def listen(samples, n_samples, _events):
        if samples and n_samples > 0:
            heard.append(ctypes.string_at(samples, 2 * n_samples))
        return 0

    callback = CALLBACK(listen)  # a name keeps it alive while C holds its address
    engine.espeak_SetSynthCallback(callback)
    out = sys.stdout.buffer
    out.write(struct.pack("<i", sample_rate))
    for text, voice, rate, pitch in wishes:
        heard.clear()
        if engine.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")
        engine.espeak_SetParameter(RATE, rate, 0)
        engine.espeak_SetParameter(PITCH, pitch, 0)
        encoded = text.encode()
        engine.espeak_Synth(encoded, len(encoded) + 1, 0, CHARACTER_POSITION, 0, UTF8, None, None)
        engine.espeak_Synchronize()
        samples = b"".join(heard)
        out.write(struct.pack("<i", len(samples) // 2) + samples)


if __name__ == "__main__":
    main()
