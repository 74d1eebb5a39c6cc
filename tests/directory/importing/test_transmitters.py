"""How paths are supervised: a category and a poll interval that cannot both hold are refused."""

import pytest

from narvaro.core.supervision import ALTERNATIVE_S, REPORTING_S
from narvaro.directory.models import TransmissionPath
from tests.directory.conftest import Importer

HEADERS = "Konto;Objektnummer;Väg;Kategori;Avfrågning s;Reservväg\n"
LIMITS = [
    *((category, "nej", limit_s) for category, limit_s in REPORTING_S.items()),
    *((category, "ja", limit_s) for category, limit_s in ALTERNATIVE_S.items()),
]


@pytest.mark.parametrize(("category", "alternative", "limit_s"), LIMITS)
def test_polls_that_are_no_more_often_than_a_loss_is_reported_are_refused(
    importer: Importer, category: str, alternative: str, limit_s: int
) -> None:
    """Each pause between two polls would be a loss; a second less is taken."""
    report = importer(
        "transmitters", f"{HEADERS}1234;S-001;ip;{category};{limit_s};{alternative}\n"
    )
    assert not report.written
    [reason] = report.refused[0].reasons
    assert (reason.column, reason.value) == ("poll_interval_s", str(limit_s))
    assert f"{limit_s} s after which {category}" in str(reason.why)
    assert ("mark it" in str(reason.todo)) == (category in ALTERNATIVE_S and alternative == "nej")
    text = f"{HEADERS}1234;S-001;ip;{category};{limit_s - 1};{alternative}\n"
    assert importer("transmitters", text).written
    path = TransmissionPath.objects.get()
    assert (path.category, path.poll_interval_s) == (category, limit_s - 1)
    assert path.alternative == (alternative == "ja")


def test_a_category_of_one_path_has_no_alternative_path(importer: Importer) -> None:
    report = importer("transmitters", f"{HEADERS}1234;S-001;ip;SP4;90;ja\n")
    [reason] = report.refused[0].reasons
    assert (reason.column, reason.value) == ("alternative", "ja")


def test_what_a_file_leaves_out_is_as_it_was(importer: Importer) -> None:
    """Neither a list of categories nor one of polling times makes of the two what cannot hold."""
    importer("transmitters", f"{HEADERS}1234;S-001;ip;;18000;\n")
    category = "Konto;Objektnummer;Väg;Kategori\n1234;S-001;ip;DP4\n"
    assert not importer("transmitters", category).written
    assert importer("transmitters", f"{HEADERS}1234;S-001;ip;DP4;9000;ja\n").written
    polls = "Konto;Objektnummer;Väg;Avfrågning s\n1234;S-001;ip;"
    assert not importer("transmitters", f"{polls}18000\n").written
    assert importer("transmitters", f"{polls}6000\n").written
    path = TransmissionPath.objects.get()
    assert (path.category, path.poll_interval_s, path.alternative) == ("DP4", 6000, True)
    assert not importer(
        "transmitters", "Konto;Objektnummer;Väg;Reservväg\n1234;S-001;ip;nej\n"
    ).written
