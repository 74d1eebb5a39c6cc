"""The way in, where it stays shut."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_who_mistypes_is_told_what_the_fields_are_called_and_whom_to_ask(client: Client) -> None:
    """Neither which of the two was wrong, nor the library's word for a service number."""
    answer = client.post(
        "/login/", {"login": "K101", "password": "wrong"}, headers={"Accept-Language": "en"}
    )
    page = answer.content.decode()
    assert "The service number or the password is not right." in page
    assert "ask your shift leader for a new password" in page
    assert "sername" not in page.replace('autocomplete="username"', "")
