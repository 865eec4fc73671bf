"""Checks the generated low layer, libneuron._c: check_c.py INCLUDE_FOLDER LIBRARY COMPILER.

It has every function that the library exports and every enumerator that the compiler knows, with the types that the
compiler knows; calls carry 64 bits; the generator refuses what it does not understand; handles release themselves.
Needs neither NumPy nor pytest.
"""
import ctypes
import gc
import os
import re
import subprocess
import sys
import tempfile
import unittest

# The package without its high layer, which needs NumPy.
BARE = """
import importlib.util, sys, types
package = types.ModuleType("libneuron")
package.__path__ = importlib.util.find_spec("libneuron").submodule_search_locations
sys.modules["libneuron"] = package
"""
exec(BARE)
_c = __import__("libneuron._c")._c

INCLUDE, LIBRARY, COMPILER = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
GENERATOR = os.path.join(HERE, "..", "..", "lib", "python", "generate.py")
SIZES = {"int": ctypes.c_int, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64, "uint64_t": ctypes.c_uint64,
         "size_t": ctypes.c_size_t, "float": ctypes.c_float, "double": ctypes.c_double}


def compiled(text):
    """What the compiler says against a C file; nothing if it takes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "check.c")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#include <libneuron/libneuron.h>\n" + text)
        return subprocess.run([*COMPILER.split(), "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-I",
                               os.path.dirname(INCLUDE), path], stderr=subprocess.PIPE, text=True).stderr


def signature(name):
    return getattr(_c, name).__doc__.partition("\n")[0]


def expected(c):
    """The ctypes name of a C type, worked out in another way than the generator does."""
    c = re.sub(r"(?<=[\w*])\s*\b(?!(?:int|char|void|float|double|const)\b|\w+_t\b)\w+$", "", c.strip())
    base = re.sub(r"\bconst\b|\*", "", c).strip()
    stars = c.count("*")
    if base == "char" and stars:
        kind = ctypes.c_char_p if c.startswith("const") else ctypes.POINTER(ctypes.c_char)
        stars -= 1
    elif base == "void":
        kind, stars = (ctypes.c_void_p, stars - 1) if stars else (None, 0)
    elif base in SIZES:
        kind = SIZES[base]
    else:
        kind = getattr(_c, base)
    for _ in range(stars):
        kind = ctypes.POINTER(kind)
    return kind


class Functions(unittest.TestCase):
    def test_all_that_the_library_exports(self):
        listed = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", LIBRARY], check=True, stdout=subprocess.PIPE,
                                text=True).stdout
        # What is private to the libraries of one release is not for Python.
        exported = set(re.findall(r" T (neuron_\w+)@@(?!NEURON_PRIVATE_)", listed))
        self.assertGreater(len(exported), 300)
        self.assertEqual(exported, set(_c.FUNCTIONS))

    def test_signatures_are_those_of_the_compiler(self):
        again = "".join(f"extern {signature(name)};\n" for name in _c.FUNCTIONS)
        self.assertEqual(compiled(again), "")
        self.assertNotEqual(compiled(again.replace("int64_t neuron_tensor_count", "int32_t neuron_tensor_count")), "")

    def test_types_are_those_of_the_signatures(self):
        for name in _c.FUNCTIONS:
            result, inside = re.match(r"(.*?)\b" + name + r"\((.*)\)$", signature(name)).groups()
            arguments = [] if inside == "void" else [expected(item) for item in inside.split(",")]
            function = getattr(_c, name)
            self.assertEqual(list(function.argtypes), arguments, signature(name))
            self.assertEqual(function.restype, expected(result), signature(name))

    def test_sizes_are_those_of_the_compiler(self):
        text = "".join(f'_Static_assert(sizeof({c}) == {ctypes.sizeof(kind)}, "{c}");\n' for c, kind in SIZES.items())
        self.assertEqual(compiled(text), "")

    def test_every_function_says_what_it_does(self):
        for name in _c.FUNCTIONS:
            self.assertRegex(getattr(_c, name).__doc__, r"Since\s+\d+\.\d+", name)

    def test_sixty_four_bits_arrive(self):
        context = _c.ContextHandle()
        self.assertEqual(_c.neuron_context_create(context, b"threads=1"), _c.NEURON_OK)
        self.assertEqual(_c.neuron_context_set_seed(context, 2**64 - 3), _c.NEURON_OK)
        self.assertEqual(_c.neuron_context_seed(context), 2**64 - 3)


class Enumerators(unittest.TestCase):
    def test_all_with_the_values_of_the_compiler(self):
        names = set()
        for header in (name for name in os.listdir(INCLUDE) if name.endswith(".h")):
            with open(os.path.join(INCLUDE, header), encoding="utf-8") as file:
                text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
            for body in re.findall(r"\benum\s*\w*\s*{(.*?)}", text, re.S):
                names |= set(re.findall(r"\b(NEURON_\w+)", body))
        self.assertGreater(len(names), 30)
        text = "".join(f'_Static_assert({name} == ({getattr(_c, name)}), "{name}");\n' for name in sorted(names))
        self.assertEqual(compiled(text), "")


class Handles(unittest.TestCase):
    def test_every_noun_with_an_unref_has_a_class(self):
        for handle in _c.HANDLES:
            noun = "".join(word.capitalize() for word in handle[7:-2].split("_"))
            self.assertEqual(hasattr(_c, noun + "Handle"), handle[:-2] + "_unref" in _c.FUNCTIONS, handle)

    def test_another_kind_is_refused_before_the_library_sees_it(self):
        context, tensor = _c.ContextHandle(), _c.TensorHandle()
        _c.neuron_context_create(context, None)
        _c.neuron_tensor_create(tensor, context, _c.NEURON_TYPE_F32, (ctypes.c_int64 * 1)(3), 1)
        for wrong in (tensor, 5, b"context", 1.5, (ctypes.c_int64 * 1)(3)):
            self.assertRaises(ctypes.ArgumentError, _c.neuron_context_threads, wrong)
        self.assertEqual(_c.neuron_context_threads(None), 0)

    def test_they_release_themselves(self):
        context, gone = _c.ContextHandle(), []
        _c.neuron_context_create(context, None)
        note = _c.neuron_destroy_function_t(gone.append)
        memory = (ctypes.c_float * 3)()
        tensor = _c.TensorHandle()
        _c.neuron_tensor_wrap(tensor, context, _c.NEURON_TYPE_F32, (ctypes.c_int64 * 1)(3), 1,
                              ctypes.addressof(memory))
        _c.neuron_tensor_set_destroy(tensor, 77, note)
        self.assertEqual(gone, [])
        del tensor
        gc.collect()
        self.assertEqual(gone, [77])


class Loading(unittest.TestCase):
    def load(self, **environment):
        return subprocess.run([sys.executable, "-c", BARE + "import libneuron._c"], stderr=subprocess.PIPE, text=True,
                              env={**os.environ, **environment}).stderr

    def test_a_path_that_is_not_there_is_told(self):
        said = self.load(LIBNEURON_LIBRARY="/nowhere/libneuron.so.1")
        self.assertIn("/nowhere/libneuron.so.1: there is no such file", said)
        said = self.load(LIBNEURON_LIBRARY="", LD_LIBRARY_PATH="")
        if said:  # the system has none
            self.assertRegex(said, r"libneuron/libneuron\.so\.1: there is no such file")
            self.assertRegex(said, r"libneuron\.so\.1 \(where the system looks for libraries\)")

    def test_another_library_is_refused(self):
        self.assertIn("another library than libneuron", self.load(LIBNEURON_LIBRARY="libc.so.6"))

    def test_another_version_is_refused(self):
        from libneuron import _load
        major, minor, micro = _c.NEURON_VERSION_MAJOR, _c.NEURON_VERSION_MINOR, _c.NEURON_VERSION_MICRO
        _load.handshake(_c.NEURON_ABI_VERSION, (major, minor, micro))
        self.assertRaisesRegex(ImportError, "ABI 1", _load.handshake, 2, (major, minor, micro))
        self.assertRaisesRegex(ImportError, "or later", _load.handshake, 1, (major, minor, micro + 1))
        if micro or minor:
            _load.handshake(1, (major, max(0, minor - 1), 0))


class Generator(unittest.TestCase):
    def generate(self, declaration):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in (("libneuron.h", "#include <libneuron/a.h>\n"), ("a.h", declaration)):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            return subprocess.run([sys.executable, GENERATOR, folder, os.devnull], stderr=subprocess.PIPE,
                                  text=True).stderr

    def test_what_it_does_not_know_is_an_error_with_its_line(self):
        for declaration in ("NEURON_API long neuron_x(void);", "NEURON_API int neuron_x(unknown_t x);",
                            "struct open { int a; };", "NEURON_API int neuron_x(int32_t a[3]);",
                            "enum neuron_x { NEURON_A = 1 << 2 };", "NEURON_API int neuron_x(int ...);",
                            "NEURON_API int neuron_x(void)"):
            self.assertRegex(self.generate("\n\n" + declaration), r"^generate\.py: a\.h:3: ", declaration)

    def test_the_generated_file_is_up_to_date(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "_c.py")
            subprocess.run([sys.executable, GENERATOR, INCLUDE, path], check=True)
            with open(path, encoding="utf-8") as made, open(_c.__file__, encoding="utf-8") as found:
                self.assertEqual(made.read(), found.read())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
