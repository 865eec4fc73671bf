"""Finds the shared library, shakes hands with it, and declares its functions."""
import atexit
import ctypes
import os
import sys
import threading
from typing import Any

if sys.platform == "win32":
    NAMES = ("neuron-1.dll", "libneuron-1.dll")
elif sys.platform == "darwin":
    NAMES = ("libneuron.1.dylib",)
else:
    NAMES = ("libneuron.so.1",)


def places():
    """Where the library may be, in the order in which it is looked for."""
    chosen = os.environ.get("LIBNEURON_LIBRARY")
    if chosen:
        return [chosen]
    package = os.path.dirname(os.path.abspath(__file__))
    inside = [os.path.join(package, name) for name in NAMES]
    return inside + list(NAMES)


def find():
    """The library that is loaded; ImportError says where it was looked for, and why not."""
    tried = []
    for place in places():
        if os.path.isabs(place) and not os.path.exists(place):
            tried.append(f"{place}: there is no such file")
            continue
        try:
            return ctypes.CDLL(place), place
        except OSError as error:
            where = "" if os.path.isabs(place) else " (where the system looks for libraries)"
            tried.append(f"{place}{where}: {error}")
    hint = "LIBNEURON_LIBRARY names it" if os.environ.get("LIBNEURON_LIBRARY") else \
        "set LIBNEURON_LIBRARY to the path of another one"
    raise ImportError("the shared library of libneuron is not there; " + hint + ". It was looked for at\n  "
                      + "\n  ".join(tried))


library, path = find()


def handshake(abi, version):
    """Refuses a library of another ABI, or older than the headers that the package was made from."""
    try:
        found, number = library.neuron_version_abi(), library.neuron_version_number()
        library.neuron_version_string.restype = ctypes.c_char_p
        name = library.neuron_version_string().decode()
    except AttributeError as error:
        raise ImportError(f"{path} is another library than libneuron: {error}") from None
    needed = version[0] * 1000000 + version[1] * 1000 + version[2]
    if found != abi:
        raise ImportError(f"{path} has the ABI {found}, this package is for {abi}: update one of them")
    if number < needed:
        raise ImportError(f"{path} is libneuron {name}, this package needs {'.'.join(map(str, version))} or later")


def declare(name, result, arguments, doc, experimental=False, inside=None):
    """The function of that name, with its types; of the core, or inside of a library beside it."""
    function: Any
    try:
        function = getattr(inside or library, name)
    except AttributeError:
        if not experimental:
            raise ImportError(f"{path} does not have {name}()") from None

        def gone(*_):
            raise NotImplementedError(f"{name}() was experimental, and this version of the library no longer has it")

        function = gone
    else:
        function.restype, function.argtypes = result, arguments
    function.__doc__ = doc
    return function


def beside(name):
    """What declares the functions of a library beside the core, such as "neuron-report", which is looked for where
    the core was found, as in a build tree in a folder of its own there, and then where the system looks. ImportError
    says so if it is not there."""
    file = os.path.basename(path).replace("neuron", name, 1) if os.path.isabs(path) else NAMES[-1].replace("neuron", name, 1)
    chosen = os.environ.get(f"LIB{name.upper().replace('-', '_')}_LIBRARY")
    folders = ("", name[len("neuron-"):]) if os.path.isabs(path) else ()
    places_of_it = [chosen] if chosen else [os.path.join(os.path.dirname(path), folder, file) for folder in folders] + [file]
    tried = []
    for place in places_of_it:
        try:
            found = ctypes.CDLL(place)
        except OSError as error:
            tried.append(f"{place}: {error}")
            continue
        return lambda *arguments, **more: declare(*arguments, inside=found, **more)
    raise ImportError(f"lib{name} is not installed, or is of another version than libneuron: it was looked for at\n  "
                      + "\n  ".join(tried))


# Nothing is released once the interpreter ends: the process gives all of it back, and a destroy function
# would find an interpreter that is half gone.
_ending: list = []
atexit.register(_ending.append, True)

# What must not call the library, as the receiver of log lines, has handles that die meanwhile wait here.
quiet = threading.local()
_waiting: list = []


class Owner:
    """A pointer that gives its handle back when Python drops it."""

    __slots__ = ()
    _unref: Any

    def __del__(self, ending=_ending, quiet=quiet, waiting=_waiting):
        if self and not ending:
            if getattr(quiet, "on", False):
                pointer: Any = self
                waiting.append((type(self), ctypes.cast(pointer, ctypes.c_void_p).value))
            else:
                type(self)._unref(self)


def release_waiting():
    """Gives back what could not be at the time."""
    while True:
        try:
            kind, address = _waiting.pop()
        except IndexError:  # another thread may have taken the last one
            return
        kind._unref(ctypes.cast(address, ctypes.POINTER(kind._type_)))
