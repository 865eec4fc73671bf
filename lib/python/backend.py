"""Builds the wheel: meson-python's, which any Python 3 may have as nothing in it is made for one, and into which
auditwheel puts the libraries that a system may lack."""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile

import mesonpy
# No build_editable: the package needs files that the build makes, so that one from the tree could not be imported.
from mesonpy import build_sdist, get_requires_for_build_sdist, get_requires_for_build_wheel  # noqa: F401


# What the processor is called by ELF (machine, bits, byte order) and by the tags of wheels.
PROCESSORS = {
    (3, 32, "<"): ("i686", "i586", "i486", "i386"), (62, 64, "<"): ("x86_64", "amd64"),
    (40, 32, "<"): ("armv7l", "armv6l", "armv8l"), (183, 64, "<"): ("aarch64", "arm64"),
    (21, 64, "<"): ("ppc64le",), (21, 64, ">"): ("ppc64",), (22, 64, ">"): ("s390x",), (243, 64, "<"): ("riscv64",),
    (258, 64, "<"): ("loongarch64",),
}


def processor(elf):
    """The names of the processor that a shared object is for; None of another kind of file, or a processor that is not
    known here."""
    if elf[:4] != b"\x7fELF":
        return None
    order = "<" if elf[5] == 1 else ">"
    machine, = struct.unpack(order + "H", elf[18:20])
    return PROCESSORS.get((machine, 32 * elf[4], order))


def check_processor(wheel):
    """Raises RuntimeError where the library in a wheel is for another processor than its name says: a cross compiler
    made the one, and the Python that builds knows only its own machine."""
    platforms = wheel.name[:-len(".whl")].split("-")[-1].split(".")
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            names = processor(archive.read(name)) if ".so" in name else None
            wrong = [tag for tag in platforms if names and not tag.endswith(names)]
            if wrong:
                raise RuntimeError(
                    f"{name} is for {names[0]}, but the wheel is called {wheel.name}: where a cross compiler builds, "
                    f"the environment has to say _PYTHON_HOST_PLATFORM=linux-{names[0]}")


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
        check_processor(wheel)
        if sys.platform == "linux":
            repaired = os.path.join(folder, "repaired")
            run("auditwheel", "repair", "--wheel-dir", repaired, wheel)
            wheel = only_wheel(repaired)
        target = os.path.join(wheel_directory, wheel.name)
        pathlib.Path(target).write_bytes(wheel.read_bytes())
        return wheel.name
