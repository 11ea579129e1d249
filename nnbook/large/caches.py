"""What a model remembers of the places already read, for many conversations at once."""

import numpy as np


class KeyValueCaches:
    """Keys and values of all blocks, for conversations of different lengths.

    Attributes:
        lengths: (B,) places that each conversation has read; lower it to go back.
        capacity: the most places that there is room for.

    `caches[2:5]` are the same caches seen through three conversations.
    """

    def __init__(self, settings, batch_size, capacity, dtype):
        shape = (settings.n_layers, batch_size, settings.n_groups, capacity, settings.d_head)
        try:  # np.zeros asks for memory only where something is written
            self.keys, self.values = np.zeros(shape, dtype), np.zeros(shape, dtype)
        except MemoryError:
            need = 2 * np.prod(shape, dtype=float) * np.dtype(dtype).itemsize / 1e9
            raise MemoryError(
                f"{batch_size} caches of {capacity} places need {need:.1f} GB, which is not there. "
                "Take fewer conversations or a smaller capacity."
            ) from None
        self.lengths = np.zeros(batch_size, int)

    @property
    def capacity(self):
        """The most places that a conversation may have."""
        return self.keys.shape[3]

    @property
    def bytes_per_token(self):
        """What one place of one conversation costs in memory."""
        L, _, G, _, D = self.keys.shape
        return 2 * L * G * D * self.keys.itemsize

    def __len__(self):
        return len(self.lengths)

    def __getitem__(self, rows):
        part = object.__new__(KeyValueCaches)
        part.keys, part.values, part.lengths = self.keys[:, rows], self.values[:, rows], self.lengths[rows]
        return part

    def of_block(self, i):
        """Function that adds the new keys and values (B, G, T, D) of block `i` and returns all so far."""

        def append(keys, values):
            T, stop = keys.shape[2], self.lengths.max() + keys.shape[2]
            for own, new in ((self.keys[i], keys), (self.values[i], values)):
                for row, start in enumerate(self.lengths):
                    own[row, :, start : start + T] = new[row]
            return self.keys[i, :, :, :stop], self.values[i, :, :, :stop]

        return append

    def move(self, source, target):
        """Copy conversation `source` over conversation `target`: a finished one makes room for the last."""
        n = self.lengths[target] = self.lengths[source]
        self.keys[:, target, :, :n] = self.keys[:, source, :, :n]
        self.values[:, target, :, :n] = self.values[:, source, :, :n]


def pad(sequences):
    """Put sequences of tokens side by side, filled up at the right: (tokens (B, T), counts (B,)).

    >>> pad([[5, 6, 7], [8]])
    (array([[5, 6, 7],
           [8, 0, 0]]), array([3, 1]))
    """
    counts = np.array([len(sequence) for sequence in sequences])
    if not len(counts) or counts.min() < 1:
        raise ValueError("every conversation needs at least one token.")
    tokens = np.zeros((len(counts), counts.max()), int)
    for row, sequence in zip(tokens, sequences, strict=True):
        row[: len(sequence)] = sequence
    return tokens, counts
