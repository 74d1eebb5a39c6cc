"""Why a cell is not understood. In: a reason and a remedy. Out: the error that carries both."""


class CellError(ValueError):
    """A cell that is not understood: `code` for translation, `why`, and what `todo`."""

    def __init__(self, code: str, why: str, todo: str) -> None:
        super().__init__(f"{why}; {todo}")
        self.code = code
        self.why = why
        self.todo = todo


class AmbiguousDateError(CellError):
    """A date that can be read in several ways; the whole column may decide which."""
