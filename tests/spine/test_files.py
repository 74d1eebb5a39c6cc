"""A text in the place of another: whole, or not at all."""

from pathlib import Path

import pytest

from narvaro.spine.files import replace_text


def test_the_new_text_stands_in_place_of_the_old(tmp_path: Path) -> None:
    """Also where there was none; nothing lies beside it."""
    file = tmp_path / "one.json"
    for text in ("old", "å"):
        replace_text(file, text)
        assert file.read_text("utf-8") == text
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_written_leaves_the_old_text_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full says so at the write, or when the name changes."""
    file = tmp_path / "one.json"
    replace_text(file, "old")

    def fail(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("write_text", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, name, fail)
            with pytest.raises(OSError, match="No space"):
                replace_text(file, "new")
        assert file.read_text("utf-8") == "old"
        assert list(tmp_path.iterdir()) == [file]
