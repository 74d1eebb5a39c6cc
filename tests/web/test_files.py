"""The files' room as a person uses it: forms in, pages out."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from narvaro.access.entry import MEMBER_KEY
from narvaro.access.models import Member, Role
from narvaro.directory.models import Site
from narvaro.sharing.models import FileDraft
from narvaro.sharing.running import run_waiting
from narvaro.sharing.uploads import upload_file
from narvaro.situation.models import Incident
from tests.make import World, make_member, make_site

State = FileDraft.State
CSV = (
    "Kategori;Datum och tid;Var nånstans\n"
    "Klotter;2026-03-02 10:00;Trasten skola\n"
    "Moppebus;2026-03-03 20:00;Trsten skola\n"
    "Brand;2026-03-32 20:00;Trasten skola\n"
)


@pytest.fixture
def client(world: World, settings: Any, tmp_path: Path) -> Client:
    """Return a coordinator's browser; what he puts in lies in the test's folder."""
    (tmp_path / "uploads").mkdir()
    home = settings.HOME
    settings.HOME = type(home)(tmp_path, home.settings, home.django_secret_key, home.seal_key)
    member = make_member(world, Role.COORDINATOR, competences=())
    browser = Client()
    browser.force_login(member.user)
    session = browser.session
    session[MEMBER_KEY] = str(member.pk)
    session.save()
    return browser


def put_in(client: Client, name: str, data: bytes) -> Any:
    """Put a file in, and let it be looked into."""
    answer = client.post("/files/", {"files": SimpleUploadedFile(name, data)})
    run_waiting()
    return answer


def choose(client: Client, **columns: str) -> FileDraft:
    """Choose columns by their header, and let the file be brought in."""
    draft = FileDraft.objects.get()
    headers = draft.header["headers"]
    form = {f"col-{draft.pk}-{n}": draft.mapping.get(one, "") for n, one in enumerate(headers)}
    form |= {f"col-{draft.pk}-{headers.index(one)}": name for one, name in columns.items()}
    answer = client.post("/files/bring-in/", {**form, f"kind-{draft.pk}": "incidents"})
    assert answer.status_code == 303
    draft.refresh_from_db()
    return draft


def test_a_file_is_read_looked_at_asked_about_and_in(client: Client, world: World) -> None:
    """The whole way, with an odd header, an unknown word, a place misspelt and a row that is no row."""
    site = make_site(world)
    assert put_in(client, "händelser.csv", CSV.encode()).status_code == 303
    page = client.get("/files/").content.decode()
    assert "Var nånstans" in page
    assert "Trasten skola" in page  # what stands under the header, for a person to see
    draft = choose(client)
    assert draft.state == State.READ  # nothing says where: it is not brought in
    draft = choose(client, **{"Var nånstans": "place"})
    assert draft.state == State.QUEUED
    assert client.get("/files/state/").status_code == 200
    run_waiting()
    answer = client.get("/files/state/")
    assert (answer.status_code, answer.headers["HX-Refresh"]) == (204, "true")
    page = client.get("/files/").content.decode()
    assert "2026-03-32" in page
    reply(  # of a row whose word is not known, the place is asked in the same round
        client, draft, page, {"Moppebus": "reckless_driving", "Trsten skola": f"site:{site.pk}"}
    )
    assert draft.state == State.DONE, draft.report
    found = Incident.objects.published().order_by("occurred_from")
    assert [(one.category, one.site, one.placed_by) for one in found] == [
        ("graffiti", site, "name"), ("reckless_driving", site, "confirmed")
    ]  # fmt: skip
    page = client.get("/files/").content.decode()
    assert "2026-03-32" in page  # the row that was left out is said, to the end


def test_what_a_word_likely_means_is_chosen_until_a_person_says_otherwise(
    client: Client, world: World
) -> None:
    """“Klotter (fasad)” names graffiti; “Moppebus” names nothing, and `other` keeps its row."""
    make_site(world)
    put_in(client, "h.csv", CSV.replace("Klotter", "Klotter (fasad)").encode())
    choose(client, **{"Var nånstans": "place"})
    run_waiting()
    page = client.get("/files/").content.decode()
    for word, code in (("Klotter (fasad)", "graffiti"), ("Moppebus", "other")):
        select = page.split(f'aria-label="{word}"')[1].split("</select>")[0]
        assert f'<option value="{code}" selected>' in select, word


def test_a_place_like_nothing_known_is_put_up_once_and_then_stays_without(
    client: Client, world: World
) -> None:
    """It holds nothing up: the row comes in, its place is told as it was written."""
    make_site(world)
    put_in(client, "h.csv", CSV.replace("Trsten skola", "Qvxyz").encode())
    draft = choose(client, **{"Var nånstans": "place"})
    run_waiting()
    page = client.get("/files/").content.decode()
    assert "Qvxyz" in page
    reply(client, draft, page, {"Moppebus": "reckless_driving"})
    assert draft.state == State.DONE, draft.report
    assert draft.report["placed"]["none"] == 1
    assert Incident.objects.published().get(category="reckless_driving").place == "Qvxyz"


def reply(client: Client, draft: FileDraft, page: str, answers: dict[str, str]) -> None:
    """Answer what the page asks."""
    names = {asked: name for name, asked in _selects(page).items()}
    form = {names[asked]: said for asked, said in answers.items()}
    client.post("/files/answer/", {**form, f"answered-{draft.pk}": "1"})
    run_waiting()
    draft.refresh_from_db()


def _selects(page: str) -> dict[str, str]:
    """Return each question's name with what it asks about."""
    rows = [one.split('"') for one in page.split('<select name="')[1:]]
    return {one[0]: one[2] for one in rows}


def test_a_site_that_is_none_is_said_and_nothing_is_kept(client: Client, world: World) -> None:
    """A slip in the other column never becomes a place."""
    make_site(world)
    put_in(client, "h.csv", CSV.encode())
    draft = choose(client, **{"Var nånstans": "place"})
    run_waiting()
    reply(client, draft, client.get("/files/").content.decode(), {"Moppebus": "other"})
    page = client.get("/files/").content.decode()
    name = next(n for n, asked in _selects(page).items() if asked == "Trsten skola")
    answer = client.post(
        "/files/answer/", {f"other-{name}": "Ingen skola", f"answered-{draft.pk}": "1"}
    )
    assert answer.status_code == 422
    draft.refresh_from_db()
    assert draft.state == State.ASKS


def test_what_is_not_wanted_is_dropped_with_its_file(client: Client, world: World) -> None:
    """Leaving it out is a choice like any other."""
    put_in(client, "h.csv", CSV.encode())
    draft = FileDraft.objects.get()
    client.post("/files/bring-in/", {f"kind-{draft.pk}": ""})
    draft.refresh_from_db()
    assert draft.state == State.DROPPED
    assert "h.csv" not in client.get("/files/").content.decode()


def test_a_file_that_nobody_has_looked_into_yet_can_be_dropped(client: Client) -> None:
    """It is not wanted after all, or holds the others up."""
    client.post("/files/", {"files": SimpleUploadedFile("h.csv", CSV.encode())})
    draft = FileDraft.objects.get()
    assert draft.state == State.NEW
    assert client.post(f"/files/{draft.pk}/drop/").status_code == 303
    assert run_waiting() == 0
    draft.refresh_from_db()
    assert draft.state == State.DROPPED
    assert not upload_file(draft).exists()


@pytest.mark.parametrize("word", ["Ring 070-123 45 67", "070-123 45 67: klotter"])
def test_a_word_with_a_number_is_asked_about_masked_and_read_by_its_answer(
    client: Client, world: World, word: str
) -> None:
    """Its row is not left out in silence, and who answered stands as the one who let it in."""
    make_site(world)
    put_in(client, "h.csv", CSV.replace("Moppebus", word).encode())
    draft = choose(client, **{"Var nånstans": "place"})
    run_waiting()
    page = client.get("/files/").content.decode()
    masked = word.replace("070-123 45 67", "[telefonnummer]")
    assert masked in page
    assert "070-123" not in page.split('id="asks"')[1]
    reply(client, draft, page, {masked: "reckless_driving", "Trsten skola": ""})
    assert draft.state == State.DONE, draft.report
    found = Incident.objects.published().order_by("occurred_from")
    assert [one.category for one in found] == ["graffiti", "reckless_driving"]
    assert draft.decided_by == Member.objects.get()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.xlsx", b"PK\x03\x04 no", "cannot be opened"),
        ("x.csv", b"\n", "nothing in the file"),
        ("x.toml", b"= 3", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_on_the_page(
    client: Client, world: World, name: str, data: bytes, said: str
) -> None:
    """With its name; the others would still come in."""
    put_in(client, name, data)
    page = client.get("/files/", headers={"accept-language": "en"}).content.decode()
    assert f"<legend>{name}" in page
    assert said in page  # and it can only be left out
    draft = FileDraft.objects.get()
    assert draft.state == State.FAILED
    assert f'name="kind-{draft.pk}"' in page
    assert "Alarm responses" not in page
    client.post("/files/bring-in/", {f"kind-{draft.pk}": ""})
    draft.refresh_from_db()
    assert draft.state == State.DROPPED


def test_another_towns_files_are_not_there(client: Client, world: World) -> None:
    """Not even by their address."""
    put_in(client, "h.csv", CSV.encode())
    draft = FileDraft.objects.get()
    FileDraft.objects.update(tenant=_other_tenant())
    assert client.post(f"/files/{draft.pk}/drop/").status_code == 404
    assert "h.csv" not in client.get("/files/").content.decode()
    assert not Site.objects.exists()


def _other_tenant() -> Any:
    from tests.make import make_world

    return make_world("Annköping").tenant
