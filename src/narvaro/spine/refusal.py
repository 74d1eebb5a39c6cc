"""What an action raises when it will not do a thing. In: a code and words. Out: one exception."""


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """An action's no: `code` for programs, `detail` says what, where and what to do."""

    def __init__(self, code: str, detail: str, *, status: int = 409) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


class Missing(Refused):
    """There is no such record for this viewer; hidden and missing are the same answer."""

    def __init__(self) -> None:
        super().__init__("not_found", "There is no such record.", status=404)
