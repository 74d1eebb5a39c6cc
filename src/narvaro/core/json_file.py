"""JSON as others write it. In: bytes. Out: what they hold, without what no database keeps; or why not."""

import json
import re
from typing import Any

from narvaro.core.said import Said

_NEVER_KEPT = re.compile("[\0\ud800-\udfff]")


class JsonError(ValueError):
    """A file that cannot be read as JSON, and `why`."""

    def __init__(self, why: Said) -> None:
        super().__init__(why)
        self.why = why


def read_json(data: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return what a JSON file in UTF-8 holds; NUL and halves of characters are taken out of its texts.

    Raises JsonError, also for what lies too deep and for numbers of thousands of digits.
    """
    try:
        given = json.loads(data.decode("utf-8-sig"))
        return _clean(given) if b"\\u" in data else given  # only escapes bring such characters
    except json.JSONDecodeError as fault:
        raise JsonError(Said("the file is no JSON: line %(line)s", line=fault.lineno)) from fault
    except UnicodeDecodeError as fault:
        raise JsonError(Said("the file is no JSON")) from fault
    except (ValueError, RecursionError) as fault:
        why = Said("the file holds a number that is too long, or lists too deep in each other")
        raise JsonError(why) from fault


def _clean(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, str):
        return _NEVER_KEPT.sub("", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value
