"""The wheel of this clone, and environments where it is installed, for tests of what pip brings."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from projects import ROOT

PACKED = ("LICENSE", "MANIFEST.in", "README.md", "pyproject.toml", "setup.py")
FOLDERS = ("docs", "entaku", "pipelines", "site_templates", "build/vendor")
OFFLINE = ("--quiet", "--no-index", "--no-deps", "--disable-pip-version-check")


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this clone in `folder`, without a network; the clone stays as it is."""
    clone = folder / "clone"
    for name in FOLDERS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
    for name in PACKED:
        shutil.copy(ROOT / name, clone)
    before = sorted(path for path in clone.rglob("*") if "egg-info" not in str(path))
    run(
        [sys.executable, "-m", "pip", "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", str(folder), "."], clone
    )
    assert sorted(path for path in clone.rglob("*") if "egg-info" not in str(path)) == before
    (made,) = folder.glob("*.whl")
    return made


def run(command: list[str] | str, folder: Path) -> str:
    """Run a command as in a shell of a machine that knows no other entaku; return what it says."""
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "ENTAKU_LANG")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        shell=isinstance(command, str),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout + done.stderr


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel in an environment of its own, with the libraries of this one; return its entaku."""
    run([sys.executable, "-m", "venv", "--without-pip", str(folder)], wheel.parent)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    Path(packages, "libraries.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    run([*pip, *OFFLINE, str(wheel)], wheel.parent)
    return folder / "bin" / "entaku"
