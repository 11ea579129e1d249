"""nnbook: the small library behind *From Neuron to Business*.

Everything from one neuron to a small GPT, in plain NumPy. Import what you need from its module:

>>> from nnbook.mlp import MLP
>>> from nnbook.training import fit
"""

__version__ = "0.1.0"
