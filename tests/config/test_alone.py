"""Being the only one, and being modest about memory."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from narvaro.config.alone import NotAloneError, alone
from tests.core.workbooks import change_entry, make_xlsx

READ_IT = """
import sys
from narvaro.config.alone import be_modest
from narvaro.core.sheets import read_sheets
be_modest(float(sys.argv[2]))
print("begun", flush=True)
read_sheets(open(sys.argv[1], "rb").read())
print("read")
"""
GIB = 1 << 30
COUNT = """
import sys
from narvaro.config.alone import be_modest
be_modest(cpu_s=1)
print("begun", flush=True)
while True:
    pass
"""
LIMITS = """
import resource
from narvaro.config.alone import be_modest
resource.setrlimit(resource.RLIMIT_CPU, (900, 900))
be_modest()
print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_CORE)[0])
"""


def test_only_one_holds_a_name(tmp_path: Path) -> None:
    """The second is told which file is held; another name is free."""
    with alone(tmp_path, "work"):
        with pytest.raises(NotAloneError, match=r"work\.lock"), alone(tmp_path, "work"):
            pass
        with alone(tmp_path, "serve"):
            pass
    with alone(tmp_path, "work"):
        pass


@pytest.mark.slow
def test_a_file_that_grows_ends_its_own_process(tmp_path: Path) -> None:
    """A small file whose one long text stands in very many cells: 260,000 × 32 kB is 8 GB."""
    long = "x" * 32_000
    cells = "".join(
        f'<row r="{row}">' + '<c t="s"><v>0</v></c>' * 26 + "</row>" for row in range(1, 10_001)
    )
    small = change_entry(
        make_xlsx({"a": [[long]]}), "xl/worksheets/sheet1.xml",
        lambda xml: xml[: xml.index(b"<sheetData>") + 11] + cells.encode()
        + xml[xml.index(b"</sheetData>") :],
    )  # fmt: skip
    assert len(small) < 1_000_000
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(small)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    done = subprocess.run(
        [sys.executable, "-c", READ_IT, str(bomb), str(GIB / memory)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[:1] == ["begun"]
    assert "read" not in done.stdout.splitlines()
    assert done.returncode != 0


@pytest.mark.slow
def test_a_file_that_is_never_done_ends_its_own_process() -> None:
    """Its CPU time is bounded: the program that started it tells, and the next try begins anew."""
    done = subprocess.run(
        [sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("begun", -signal.SIGXCPU)


def test_a_harder_limit_stands_and_no_core_is_dumped() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITS], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["900", "0"]
