"""Response plans from TOML: every fault by its path, nothing half taken, the key sealed."""

import pytest

from narvaro.directory.models import ResponsePlan
from narvaro.situation.signals import find_plan
from narvaro.spine.sealing import open_text
from tests.directory.conftest import Importer

PLAN = """
[[plan]]
site = "S-001"
name = "Lärkan skola"
version = 3
key = "114"
inner_check = true
steps = ["Gå runt huset", "Kontrollera invändigt"]
[[plan.rule]]
on = "intruder"
priority = 2
confirmed_priority = 1
needs = ["guard"]
offer = "auto"
"""


def test_a_plan_comes_in_and_the_newest_version_holds(importer: Importer) -> None:
    """A new version stands beside the old one; the key's number is sealed."""
    assert importer("response-plans", PLAN).written
    assert importer("response-plans", PLAN.replace("version = 3", "version = 4")).written
    assert importer("response-plans", PLAN).written
    first, second = ResponsePlan.objects.order_by("version")
    assert find_plan(first.site_id) == second
    assert second.sealed_key_no != "114"
    assert open_text(second.sealed_key_no) == "114"
    assert second.rules[0]["confirmed_priority"] == 1


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('site = "S-001"', 'site = "S-404"', "site"),
        ('site = "S-001"', 'site = ["S-001"]', "site"),
        ('name = "Lärkan skola"\n', "", "name"),
        ("version = 3", 'version = "3"', "version"),
        ("version = 3", "version = true", "version"),
        ("version = 3", "version = -1", "version"),
        ("inner_check = true", 'inner_check = "ja"', "inner_check"),
        ("inner_check = true", "insidan = true", "insidan"),
        ('steps = ["Gå runt huset", "Kontrollera invändigt"]', "steps = [1]", "steps"),
        ('on = "intruder"', 'on = "inbrott"', "rule[1].on"),
        ('on = "intruder"', 'on = ["intruder"]', "rule[1].on"),
        ("\npriority = 2", "\npriority = 5", "rule[1].priority"),
        ("\npriority = 2", "\npriority = true", "rule[1].priority"),
        ("confirmed_priority = 1", "confirmed_prio = 1", "rule[1].confirmed_prio"),
        ('needs = ["guard"]', 'needs = ["väktare"]', "rule[1].needs"),
        ('needs = ["guard"]', "needs = 5", "rule[1].needs"),
        ('needs = ["guard"]', 'needs = "guard"', "rule[1].needs"),
        ('offer = "auto"', 'offer = "always"', "rule[1].offer"),
        ('offer = "auto"', "offer = []", "rule[1].offer"),
        ('offer = "auto"', "pass_on = true", "rule[1].pass_on"),
        ('offer = "auto"', 'pass_on = " "', "rule[1].pass_on"),
    ],
)
def test_each_fault_is_named_by_its_path(importer: Importer, old: str, new: str, path: str) -> None:
    """A misspelt word in a plan must not lie silent until the night it is needed."""
    assert old in PLAN
    report = importer("response-plans", PLAN.replace(old, new))
    assert not report.written
    assert path in [one.column for one in report.refused[0].reasons]
    assert not ResponsePlan.objects.exists()


def test_a_version_that_stands_twice_is_refused(importer: Importer) -> None:
    """Two entries for one version of one site: which of them holds is for a person to say."""
    report = importer("response-plans", PLAN + PLAN)
    assert [one.line for one in report.refused] == [2]
    assert not ResponsePlan.objects.exists()


@pytest.mark.parametrize("text", ["plan = 5", "[plan]\nsite = 'S-001'", "plan = [1]"])
def test_plans_of_another_shape_are_refused(importer: Importer, text: str) -> None:
    """[plan] instead of [[plan]] is a likely slip."""
    report = importer("response-plans", text)
    assert not report.written
    assert report.refused
    assert "[[plan]]" in repr(report)


def test_good_plans_can_be_kept(importer: Importer) -> None:
    """--keep-good takes the sound entries and counts the others from 1."""
    report = importer("response-plans", PLAN + '[[plan]]\nsite = "S-404"\n', keep_good=True)
    assert (report.kept, report.written, [one.line for one in report.refused]) == (1, True, [2])
    assert ResponsePlan.objects.count() == 1
