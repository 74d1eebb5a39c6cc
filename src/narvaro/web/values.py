"""Values as people read them. In: a value of a table. Out: its text in the viewer's language."""

from datetime import date
from decimal import Decimal

from django.utils.formats import number_format

Value = str | float | Decimal | date | None


def written(value: Value) -> str:
    """Return a value as people read it; what is not known is a dash."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return str(number_format(round(value, 1), 1, force_grouping=True))
    if isinstance(value, int | Decimal):
        return str(number_format(round(value), 0, force_grouping=True))
    return str(value)
