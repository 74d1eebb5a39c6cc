"""Why a cell is not understood. In: a reason and a remedy. Out: the error that carries both."""

from narvaro.core.said import Said


class CellError(ValueError):
    """A cell that is not understood: `code` for programs, `why`, and what `todo`."""

    def __init__(self, code: str, why: Said, todo: Said) -> None:
        super().__init__(f"{why}; {todo}")
        self.code = code
        self.why = why
        self.todo = todo

    @property
    def said(self) -> Said:
        """Return why and what to do as one text."""
        return Said("%(why)s; %(todo)s", why=self.why, todo=self.todo)


class AmbiguousDateError(CellError):
    """A date that can be read in several ways; the whole column may decide which."""
