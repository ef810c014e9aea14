"""Takes out of a package-lock.json whom authors ask to be paid by, and licences that are addresses: locks name none."""

import json
import sys
from pathlib import Path

path = Path(sys.argv[1])
lock = json.loads(path.read_text("utf-8"))
for package in lock["packages"].values():
    package.pop("funding", None)
    if "://" in json.dumps(package.get("license", "")):
        del package["license"]
path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", "utf-8")
