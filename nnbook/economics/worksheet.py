"""A plan as a file: a worksheet with live formulas (XLSX) or a table (CSV), and back.

The inputs carry a check number. A file whose inputs or formulas are not those that were written is refused
with a sentence, so that nobody takes a number for a plan's that somebody else typed; `changed=True` takes
inputs that were changed on purpose.
"""

import csv
import decimal
import io
import math
import struct
import zipfile
import zlib
from pathlib import Path

from nnbook.economics.business import Business
from nnbook.economics.futures import MONTHS
from nnbook.economics.plans import PLANS, source_of
from nnbook.economics.worksheet_layout import (
    FIELDS,
    FIRST_INPUT,
    FIRST_MONTH,
    FIRST_RESULT,
    FORMAT,
    MONTH_COLUMNS,
    PROJECTION_COLUMNS,
    RESULTS,
    month_formulas,
    plan_formulas,
)

LARGEST_FILE = 2_000_000  # bytes; a plan needs 20 thousand


def check_number(business):
    """CRC-32 of the inputs as eight-byte numbers, big end first, in the order of the fields.

    Each is rounded to 15 digits, halves up: what spreadsheets keep of a number when they save a file.
    """
    digits = decimal.Context(prec=15, rounding=decimal.ROUND_HALF_UP)
    values = [float(digits.create_decimal_from_float(float(getattr(business, name)))) for name in FIELDS]
    return zlib.crc32(struct.pack(f">{len(values)}d", *values))


def to_xlsx(business, path, name="plan"):
    """Write a worksheet that computes the plan: sheets Plan (inputs, results) and Months, formulas live.

    Args:
        business: the plan.
        path: of the file, or a file open for writing bytes.
        name: of the plan, shown in the sheet.
    Raises ImportError with the command to install openpyxl.
    """
    openpyxl = _openpyxl()
    book = openpyxl.Workbook()
    plan, months = book.active, book.create_sheet("Months")
    plan.title = "Plan"
    rows = [
        (FORMAT, "US dollars"),
        ("name", name),
        ("check", check_number(business)),
        ("input", "value", "source"),
    ]
    rows += [(field, float(getattr(business, field)), _source(business, name, field)) for field in FIELDS]
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            _put(plan.cell(number, column), value)
    for number, (words, _) in enumerate(RESULTS.values(), FIRST_RESULT):
        _put(plan.cell(number, 1), words)
    for letter, (words, _) in MONTH_COLUMNS.items():
        _put(months[f"{letter}1"], words)
    for sheet, formulas in ((plan, plan_formulas()), (months, month_formulas())):
        for cell, formula in formulas.items():
            sheet[cell] = f"={formula}"
    _dress(plan, months, openpyxl)
    book.calculation.fullCalcOnLoad = True
    book.save(path)


def from_xlsx(path, *, changed=False):
    """Read a worksheet that `to_xlsx` or the page wrote.

    Args:
        path: of the file, or a file open for reading bytes.
        changed: take inputs that were changed after the file was written. Formulas must be the written ones
            all the same.
    Returns:
        (name, Business).
    Raises:
        ValueError: not such a file, damaged, or changed; the sentence says which.
    """
    openpyxl = _openpyxl()
    try:
        data = Path(path).read_bytes() if isinstance(path, str | Path) else path.read()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        _refuse_large(data)
        book = openpyxl.load_workbook(io.BytesIO(data))
        plan, months = book["Plan"], book["Months"]
    except ValueError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise ValueError("this file is damaged, or no worksheet of a plan.") from error
    if plan["A1"].value != FORMAT:
        raise ValueError(f"this is no worksheet of a plan: cell A1 should say {FORMAT!r}.")
    for sheet, formulas in ((plan, plan_formulas()), (months, month_formulas())):
        for cell, formula in formulas.items():
            if _plain(sheet[cell].value) != _plain(f"={formula}"):
                raise ValueError(
                    f"cell {cell} of the sheet {sheet.title} no longer holds the formula that was written."
                )
    inputs = {}
    for row, field in enumerate(FIELDS, FIRST_INPUT):
        if plan.cell(row, 1).value != field:
            raise ValueError(f"cell A{row} should say {field}; got {plan.cell(row, 1).value!r}.")
        inputs[field] = plan.cell(row, 2).value
    return _plan(str(plan["B2"].value or "plan"), inputs, plan["B3"].value, changed)


def to_csv(business, path, name="plan"):
    """Write inputs and months as a table of text: no formulas, readable by everything."""
    projection = business.project(MONTHS)
    columns = list(PROJECTION_COLUMNS)
    rows = [("what", "name", "value"), ("format", FORMAT, ""), ("plan", _text(name), "")]
    rows.append(("check", str(check_number(business)), ""))
    rows += [("input", field, repr(float(getattr(business, field)))) for field in FIELDS]
    rows.append(("month", "month", *columns))
    for month in range(MONTHS):
        values = (f"{float(getattr(projection, column)[month]):.2f}" for column in columns)
        rows.append(("month", str(month + 1), *values))
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def from_csv(path, *, changed=False):
    """Read what `to_csv` or the page wrote; as `from_xlsx`."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ValueError("this file is damaged, or no table of a plan.") from error
    if len(text) > LARGEST_FILE:
        raise ValueError("this file is too large for a plan.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if len(row) > 1]
    except csv.Error as error:
        raise ValueError("this file is damaged, or no table of a plan.") from error
    found = {
        what: [row[1:] for row in rows if row[0] == what] for what in ("format", "plan", "check", "input")
    }
    if [row[0] for row in found["format"]] != [FORMAT]:
        raise ValueError(f"this is no table of a plan: a row should say format,{FORMAT}.")
    name = found["plan"][0][0].removeprefix("'") if found["plan"] else "plan"
    inputs = {row[0]: row[1] for row in found["input"] if len(row) > 1}
    return _plan(name, inputs, found["check"][0][0] if found["check"] else None, changed)


def _plan(name, inputs, check, changed):
    """The plan of a file, after every number was looked at."""
    values = {}
    for field in FIELDS:
        if field not in inputs:
            raise ValueError(f"the input {field} is missing.")
        try:
            values[field] = float(inputs[field])
        except (TypeError, ValueError):
            raise ValueError(f"the input {field} should be a number; got {inputs[field]!r}.") from None
        if not math.isfinite(values[field]):
            raise ValueError(f"the input {field} should be a finite number; got {inputs[field]!r}.")
    unknown = set(inputs) - set(FIELDS)
    if unknown:
        raise ValueError(f"there is no input called {sorted(unknown)[0]!r}.")
    business = Business(**values)
    if not changed and str(check) != str(check_number(business)):
        raise ValueError(
            "the inputs are not those that were written: the check number does not fit. If you changed them "
            "on purpose, read the file with changed=True."
        )
    return name, business


def _source(business, name, field):
    """Where an input of a reference plan comes from, as long as it has the plan's value."""
    if name not in PLANS or getattr(PLANS[name], field) != getattr(business, field):
        return ""
    return source_of(name, field)


def _put(cell, value):
    """Text stays text: a name that begins with = is no formula. Numbers keep their last bit."""
    number = isinstance(value, float)
    cell.value = repr(value) if number else value  # openpyxl itself writes 16 digits, one too few
    if isinstance(value, float | str):
        cell.data_type = "n" if number else "s"


def _text(value):
    """Text for a CSV file: a spreadsheet must not take it for a formula."""
    return f"'{value}" if value[:1] in "=+-@'\t\r" else value


def _plain(formula):
    return "".join(formula.split()).upper().lstrip("=") if isinstance(formula, str) else formula


def _refuse_large(data):
    if len(data) > LARGEST_FILE:
        raise ValueError("this file is too large for a plan.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > 10 * LARGEST_FILE:
            raise ValueError("this file is too large for a plan.")
        if archive.testzip() is not None:
            raise ValueError("this file is damaged, or no worksheet of a plan.")


def _dress(plan, months, openpyxl):
    bold = openpyxl.styles.Font(bold=True)
    shade = openpyxl.styles.PatternFill("solid", start_color="FFE8EEF6")
    plan.column_dimensions["A"].width, plan.column_dimensions["B"].width = 52, 18
    for cell in (plan["A1"], *plan[FIRST_INPUT - 1], *months[1]):
        cell.font = bold
    for row in range(FIRST_INPUT, FIRST_INPUT + len(FIELDS)):
        plan.cell(row, 2).fill = shade  # what one may change
    for row in months.iter_rows(min_row=FIRST_MONTH, min_col=2, max_col=15):
        for cell in row:
            cell.number_format = "#,##0.00"
    months.freeze_panes = "B2"


def _openpyxl():
    try:
        import openpyxl
        import openpyxl.styles
    except ImportError as error:
        raise ImportError("worksheets need openpyxl: pip install openpyxl==3.1.5") from error
    return openpyxl
