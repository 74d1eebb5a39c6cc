"""Who is signed in by his session alone: many at once, each for himself."""

from narvaro.access.models import Role
from narvaro.access.signed_in import find_signed_in, list_signed_in
from tests.access.scene import client_of
from tests.make import World, make_member, make_viewer


def test_each_session_is_of_its_own_viewer_and_a_made_up_one_of_nobody(world: World) -> None:
    """A cookie of that name alone is nothing."""
    members = [make_member(world, role) for role in (Role.DISPATCHER, Role.GUARD, Role.REPORTER)]
    keys = [client_of(one).cookies["sessionid"].value for one in members]
    found = list_signed_in([*keys, "a" * 32, "", "a\x00b" * 10, "å" * 32, "a" * 10_000])
    assert found == {key: make_viewer(one) for key, one in zip(keys, members, strict=True)}
    assert [find_signed_in(key) for key in keys] == [make_viewer(one) for one in members]
    assert find_signed_in("a" * 32) is None


def test_one_user_with_two_memberships_is_who_he_chose_to_be(world: World) -> None:
    one = make_member(world, Role.DISPATCHER)
    other = make_member(world, Role.GUARD)
    other.user = one.user
    other.save()
    keys = [client_of(member).cookies["sessionid"].value for member in (one, other)]
    assert [find_signed_in(key) for key in keys] == [make_viewer(one), make_viewer(other)]
