"""English and Chinese words of one program: short strings that people have translated."""

import json
import re

import numpy as np

from nnbook.datasets.text import _package_folder


def load_interface_strings(*, max_words=4):
    """What stands on the buttons and in the menus of JupyterLab, in English and in Chinese.

    Kept are strings of one to `max_words` English words made of letters, whose translation has a Chinese
    character; repeated English strings are dropped, and of several translations the first is kept.

    Source: jupyterlab-language-pack-zh-CN 4.5.post3 (BSD-3-Clause), translated by volunteers of Project
    Jupyter.

    Returns:
        list of (english, chinese), in a fixed shuffled order.
    Raises:
        ModuleNotFoundError: the package is not installed.

    >>> pairs = dict(load_interface_strings())
    >>> pairs["Search Results"]
    '搜索结果'
    """
    folder = _package_folder("jupyterlab-language-pack-zh-CN", "4.5.post3", "jupyterlab_language_pack_zh_CN")
    pairs = {}
    for path in sorted((folder / "locale" / "zh_CN" / "LC_MESSAGES").glob("*.json")):
        for key, values in json.loads(path.read_text(encoding="utf-8")).items():
            # a context may stand before the string, divided by EOT; a plural has several translations
            english = key.split("\x04")[-1].strip()
            chinese = (values[0] if isinstance(values, list) else "").strip()
            n_words = len(english.split())
            if 1 <= n_words <= max_words and _PLAIN.fullmatch(english) and _CHINESE.search(chinese):
                pairs.setdefault(english, chinese)
    pairs = sorted(pairs.items())
    order = np.random.default_rng(0).permutation(len(pairs))
    return [pairs[i] for i in order]


_PLAIN = re.compile(r"[A-Za-z][A-Za-z .…:,?!'’()/-]*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
