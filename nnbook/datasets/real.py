"""Real data that scikit-learn carries inside its package: nothing is downloaded."""

import numpy as np
import sklearn.datasets

from nnbook.datasets._dataset import Dataset


def load_digits():
    """1797 handwritten digits as 8×8 images, 64 features from 0 to 16.

    Source: Alpaydin & Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998 (CC BY 4.0), the part
    shipped with scikit-learn.

    >>> load_digits()
    Dataset(1797 samples, 64 features, classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    """
    raw = sklearn.datasets.load_digits()
    return Dataset(
        X=raw.data.astype(np.float64),
        y=raw.target.astype(np.int64),
        feature_names=tuple(f"pixel {row},{column}" for row in range(8) for column in range(8)),
        class_names=tuple(map(str, range(10))),
        description=(
            "1797 handwritten digits by 13 people, 8×8 pixels counted 0 to 16 (UCI, CC BY 4.0). Not "
            "realistic: centred, clean, one size. Who wrote which is not told, so the same hands are in "
            "training and in test."
        ),
    )


def load_breast_cancer():
    """569 breast tumours, 30 measurements of cell nuclei; class 1 is malignant.

    scikit-learn codes benign as 1; here 1 is the class one looks for, as everywhere in the book.
    Source: Street, Wolberg & Mangasarian, Nuclear feature extraction for breast tumor diagnosis, 1993 (UCI,
    CC BY 4.0).

    >>> data = load_breast_cancer(); int(data.y.sum())
    212
    """
    raw = sklearn.datasets.load_breast_cancer()
    return Dataset(
        X=raw.data.astype(np.float64),
        y=(1 - raw.target).astype(np.int64),
        feature_names=tuple(map(str, raw.feature_names)),
        class_names=("benign", "malignant"),
        description=(
            "569 fine-needle aspirates from one hospital in Wisconsin, 30 measurements of cell nuclei (UCI, "
            "CC BY 4.0). Not realistic: 37 % malignant is far above a screening population, the features "
            "were drawn by experts, no patient outcome after the diagnosis is known, nor the size or stage "
            "of the tumour: 'radius' and 'area' belong to the nuclei."
        ),
    )
