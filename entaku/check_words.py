"""The words of frictionless-py's errors of tables, so that a report is written without loading it (0.4 s).

`tests/test_check_words.py` holds them against its own.
"""

from collections.abc import Mapping

Words = tuple[str, str, str, tuple[str, ...]]
"""Title, description, message template and tags."""

ERRORS: Mapping[str, Words] = {
    "blank-row": (
        "Blank Row",
        "This row is empty. A row should contain at least one value.",
        'Row at position "{rowNumber}" is completely blank',
        ("#table", "#row"),
    ),
    "type-error": (
        "Type Error",
        "The value does not match the schema type and format for this field.",
        (
            'Type error in the cell "{cell}" in row "{rowNumber}" and field "{fieldName}" at position'
            ' "{fieldNumber}": {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "constraint-error": (
        "Constraint Error",
        "A field value does not conform to a constraint.",
        (
            'The cell "{cell}" in row at position "{rowNumber}" and field "{fieldName}" at position '
            '"{fieldNumber}" does not conform to a constraint: {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "extra-cell": (
        "Extra Cell",
        (
            "This row has more values compared to the header row (the first row in the data source). "
            "A key concept is that all the rows in tabular data must have the same number of columns."
        ),
        'Row at position "{rowNumber}" has an extra value in field at position "{fieldNumber}"',
        ("#table", "#row", "#cell"),
    ),
    "missing-cell": (
        "Missing Cell",
        (
            "This row has less values compared to the header row (the first row in the data source). "
            "A key concept is that all the rows in tabular data must have the same number of columns."
        ),
        ('Row at position "{rowNumber}" has a missing cell in field "{fieldName}" at position "{fieldNumber}"'),
        ("#table", "#row", "#cell"),
    ),
    "unique-error": (
        "Unique Error",
        "This field is a unique field but it contains a value that has been used in another row.",
        (
            'Row at position "{rowNumber}" has unique constraint violation in field "{fieldName}" at '
            'position "{fieldNumber}": {note}'
        ),
        ("#table", "#row", "#cell"),
    ),
    "primary-key": (
        "PrimaryKey Error",
        "Values in the primary key fields should be unique for every row",
        'Row at position "{rowNumber}" violates the primary key: {note}',
        ("#table", "#row"),
    ),
    "foreign-key": (
        "ForeignKey Error",
        "Values in the foreign key fields should exist in the reference table",
        'Row at position "{rowNumber}" violates the foreign key: {note}',
        ("#table", "#row"),
    ),
    "row-constraint": (
        "Row Constraint",
        "The value does not conform to the row constraint.",
        "The row at position {rowNumber} has an error: {note}",
        ("#table", "#row"),
    ),
    "missing-label": (
        "Missing Label",
        "Based on the schema there should be a label that is missing in the data's header.",
        'There is a missing label in the header\'s field "{fieldName}" at position "{fieldNumber}"',
        ("#table", "#header", "#label"),
    ),
    "extra-label": (
        "Extra Label",
        "The header of the data source contains label that does not exist in the provided schema.",
        'There is an extra label "{label}" in header at position "{fieldNumber}"',
        ("#table", "#header", "#label"),
    ),
    "blank-label": (
        "Blank Label",
        "A label in the header row is missing a value. Label should be provided and not be blank.",
        'Label in the header in field at position "{fieldNumber}" is blank',
        ("#table", "#header", "#label"),
    ),
    "duplicate-label": (
        "Duplicate Label",
        "Two columns in the header row have the same value. Column names should be unique.",
        ('Label "{label}" in the header at position "{fieldNumber}" is duplicated to a label: {note}'),
        ("#table", "#header", "#label"),
    ),
    "incorrect-label": (
        "Incorrect Label",
        "One of the data source header does not match the field name defined in the schema.",
        (
            'Label "{label}" in field {fieldName} at position "{fieldNumber}" does not match the '
            "field name in the schema"
        ),
        ("#table", "#header", "#label"),
    ),
    "unmatched-header": (
        "Unmatched Header",
        (
            'With "fieldsMatch" set to "partial", the header must contain at least one of the fields '
            "defined in the schema."
        ),
        "None of the fields defined in the schema is present in the header",
        ("#table", "#header"),
    ),
    "source-error": (
        "Source Error",
        "Data reading error because of not supported or inconsistent contents.",
        "The data source has not supported or has inconsistent contents: {note}",
        (),
    ),
    "encoding-error": (
        "Encoding Error",
        "Data reading error because of an encoding problem.",
        "The data source could not be successfully decoded: {note}",
        (),
    ),
    "schema-error": (
        "Schema Error",
        "Provided schema is not valid.",
        "Schema is not valid: {note}",
        (),
    ),
    "resource-error": (
        "Resource Error",
        "A validation cannot be processed.",
        "The data resource has an error: {note}",
        (),
    ),
    "error": ("Error", "Error", "{note}", ()),
}
"""By type."""
