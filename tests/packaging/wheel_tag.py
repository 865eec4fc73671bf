"""Does a wheel that a cross compiler made say for which processor it is?  wheel_tag.py BACKEND

Wheels with the first bytes of libraries for each processor, and with right and wrong names, are shown to the check that
the build of a wheel ends with."""
import importlib.util
import os
import pathlib
import struct
import sys
import tempfile
import types
import zipfile

# Of meson-python, which building takes and this does not, only the names.
sys.modules["mesonpy"] = types.SimpleNamespace(build_sdist=None, get_requires_for_build_sdist=None,
                                               get_requires_for_build_wheel=None)
sys.dont_write_bytecode = True
specification = importlib.util.spec_from_file_location("backend", sys.argv[1])
backend = importlib.util.module_from_spec(specification)
specification.loader.exec_module(backend)

X86_64, I386, ARM64, S390X = (62, 2, 1), (3, 1, 1), (183, 2, 1), (22, 2, 2)


def elf(machine, bits, order):
    return b"\x7fELF" + bytes([bits, order, 1]) + bytes(9) + struct.pack("<HH" if order == 1 else ">HH", 3, machine)


def refusal(kind, platform, name="libneuron/libneuron.so.1"):
    """What is said of a wheel; None if it is let through."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = pathlib.Path(folder, f"libneuron-0.1.0-py3-none-{platform}.whl")
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("libneuron/__init__.py", "")
            archive.writestr(name, kind if isinstance(kind, bytes) else elf(*kind))
        try:
            return backend.check_processor(wheel)
        except RuntimeError as error:
            return str(error)


for kind, platform in ((X86_64, "linux_x86_64"), (X86_64, "manylinux_2_34_x86_64.manylinux2014_x86_64"),
                       (X86_64, "musllinux_1_2_x86_64"), (I386, "linux_i686"), (ARM64, "linux_aarch64"),
                       (S390X, "linux_s390x"), ((9999, 2, 1), "linux_other"), (b"text", "linux_x86_64")):
    assert refusal(kind, platform) is None, (kind, platform, refusal(kind, platform))
for kind, platform, wanted in ((ARM64, "linux_x86_64", "_PYTHON_HOST_PLATFORM=linux-aarch64"),
                               (X86_64, "linux_aarch64", "linux-x86_64"), (I386, "linux_x86_64", "linux-i686"),
                               (S390X, "manylinux_2_34_x86_64", "s390x"), (X86_64, "linux_i686", "x86_64")):
    said = refusal(kind, platform)
    assert said and wanted in said and platform in said, (kind, platform, said)
own = backend.processor(pathlib.Path(os.path.realpath(f"/proc/{os.getpid()}/exe")).read_bytes()[:64])
assert own is None or os.uname().machine in own or sys.maxsize < 2**32, (own, os.uname().machine)
