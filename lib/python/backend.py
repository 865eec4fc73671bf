"""Builds the wheel: meson-python's, which any Python 3 may have as nothing in it is made for one, and into which
auditwheel puts the libraries that a system may lack."""
import os
import pathlib
import subprocess
import sys
import tempfile

import mesonpy
# No build_editable: the package needs files that the build makes, so that one from the tree could not be imported.
from mesonpy import build_sdist, get_requires_for_build_sdist, get_requires_for_build_wheel  # noqa: F401


def only_wheel(folder):
    wheel, = pathlib.Path(folder).glob("*.whl")
    return wheel


def run(*arguments):
    """A tool of this Python, which finds the programs that were installed for the build."""
    folder = os.path.dirname(sys.executable)
    path = os.pathsep.join([folder, os.environ.get("PATH", os.defpath)])
    done = subprocess.run([sys.executable, "-m", *arguments], env={**os.environ, "PATH": path}, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, arguments))}:\n{done.stdout}")


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Makes libneuron-VERSION-py3-none-PLATFORM.whl."""
    with tempfile.TemporaryDirectory() as folder:
        mesonpy.build_wheel(folder, config_settings, metadata_directory)
        run("wheel", "tags", "--remove", "--python-tag", "py3", "--abi-tag", "none", only_wheel(folder))
        wheel = only_wheel(folder)
        if sys.platform == "linux":
            repaired = os.path.join(folder, "repaired")
            run("auditwheel", "repair", "--wheel-dir", repaired, wheel)
            wheel = only_wheel(repaired)
        target = os.path.join(wheel_directory, wheel.name)
        pathlib.Path(target).write_bytes(wheel.read_bytes())
        return wheel.name
