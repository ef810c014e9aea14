"""Builds the wheel: the package, and in entaku/shipped what projects get from it (entaku/work/shipped.py)."""

import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = (
    "site_templates/*.*",
    "site_templates/assets/*",
    "build/vendor/*",
    "docs/*.md",
    "docs/*.json",
    "pipelines/requests.yaml",
    "pipelines/showcases.yaml",
)
"""What projects get, by its paths in the repository, which are those in a project."""


class BuildShipped(build_py):
    """Copies what is shipped beside the modules."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # then the program finds it in the clone
            return
        paths = [path for pattern in SHIPPED for path in sorted(Path().glob(pattern))]
        for path in paths:
            target = Path(self.build_lib, "entaku", "shipped", path)
            self.mkpath(str(target.parent))
            self.copy_file(str(path), str(target), preserve_mode=False)
        if not any(path.parts[:2] == ("build", "vendor") for path in paths):
            print(
                "warning: build/vendor is not there (make build/vendor): pages come without sorting and SQL",
                file=sys.stderr,
            )


with tempfile.TemporaryDirectory() as folder:  # not build/, which is the site's
    setup(cmdclass={"build_py": BuildShipped}, options={"build": {"build_base": folder}})
