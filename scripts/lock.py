"""Make both lock files again from pyproject.toml: hashes, no host, for every platform.

uv is fetched for this alone, into a folder that goes away; nothing else needs it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = (
    "--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links",
    "--no-header", "--no-annotate", "--quiet",
)  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "uv"], check=True)
        uv = Path(folder) / "bin" / "uv"
        for target, extra in (("requirements.lock", ()), ("requirements-dev.lock", ("--extra", "dev"))):
            command = [str(uv), "pip", "compile", "pyproject.toml", *extra, *OPTIONS, "-o", target]
            subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
