"""Makes the low layer of the Python package, libneuron/_c.py, from the public headers.

usage: generate.py INCLUDE_FOLDER OUTPUT [BESIDE]

INCLUDE_FOLDER is include/libneuron. With BESIDE, the headers of a library beside the core, such as
include/libneuron-report, it makes a module of these, which takes the handles of the core from _c, and those of another
library whose headers they include from the module of that one. What it reads is the C of these headers: opaque handles,
types of functions, enumerations, functions, and the numbers and texts of version.h. Anything else is an error with file
and line, so that a header cannot say what the package does not know.
"""
import os
import re
import sys

PLAIN = {
    "int": "c_int",
    "int32_t": "c_int32",
    "uint32_t": "c_uint32",
    "int64_t": "c_int64",
    "uint64_t": "c_uint64",
    "uint8_t": "c_uint8",
    "size_t": "c_size_t",
    "float": "c_float",
    "double": "c_double",
}

# What a comment, a line of the preprocessor, a word, a number, a text or a sign is.
TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<directive>^[ \t]*\#(?:[^\n\\]|\\.)*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<number>-?\d\w*)
      | (?P<text>"[^"\n]*")
      | (?P<sign>[-+*(){}\[\],;=|<>.])
      | (?P<blank>\s+)""",
    re.X | re.S | re.M,
)


class Unreadable(Exception):
    """A declaration of another kind than this script knows."""


class Header:
    """The declarations of one file: lists of (tokens, comment before them, line)."""

    def __init__(self, path):
        self.name = os.path.basename(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        # What only C++ sees opens and closes a brace; what all see is the rest.
        self.text = re.sub(r"^#ifdef __cplusplus\n(?:#if.*?^#endif$|.)*?^#endif$", lambda m: "\n" * m[0].count("\n"), text, flags=re.S | re.M)
        self.defines = []
        self.libraries = set(re.findall(r"^#include <(libneuron-\w+)/", self.text, re.M))
        self.declarations = list(self.read())

    def read(self):
        tokens, comment, depth, first, at = [], None, 0, 0, 0
        while at < len(self.text):
            match = TOKEN.match(self.text, at)
            line = self.text.count("\n", 0, at) + 1
            if not match:
                raise Unreadable(f"{self.name}:{line}: {self.text[at:at + 20]!r} is no C of the headers")
            at, kind, word = match.end(), match.lastgroup, match.group()
            if kind == "comment":
                if not tokens:
                    comment = word
            elif kind == "directive":
                self.defines += re.findall(r'^\s*#\s*define\s+(\w+)\s+(".*"|-?\d+)\s*$', word)
            elif kind != "blank":
                first = first if tokens else line
                tokens.append(word)
                depth += (word in "({") - (word in ")}")
                if word == ";" and depth == 0:
                    yield tokens[:-1], clean(comment), first
                    tokens, comment = [], None
        if tokens:
            raise Unreadable(f"{self.name}:{first}: {' '.join(tokens)} does not end")


def clean(comment):
    """The words of a /** comment */, without its marks."""
    if not comment or not comment.startswith("/**"):
        return ""
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment[3:-2].split("\n")]
    return re.sub(r" {3,}", "   ", "\n".join(lines).strip()) if len(lines) == 1 else "\n".join(lines).strip()


def split(tokens, sign=","):
    """Lists of the tokens between the commas that are in no parentheses."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += (token == "(") - (token == ")")
        if token == sign and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def written(tokens):
    """The tokens as C again."""
    text = " ".join(tokens)
    for pattern, into in ((r"\s*\*\s*", " *"), (r"\* (?=\*)", "*"), (r"\*const", "*const"), (r"\s+([,)\]])", r"\1"),
                          (r"([(\[])\s+", r"\1"), (r"\s+([(\[])", r"\1")):
        text = re.sub(pattern, into, text)
    return re.sub(r"\* \*", "**", text)


class Declarations:
    """All that the headers have, in their order."""

    def __init__(self, folder, core=None):
        self.handles, self.callbacks, self.enumerations, self.functions = {}, {}, [], {}
        self.defines, self.core, self.others = {}, core, {}
        umbrella = os.path.join(folder, "libneuron.h")
        if core:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".h"))
        else:
            with open(umbrella, encoding="utf-8") as file:
                names = re.findall(r"#include <libneuron/([\w-]+\.h)>", file.read())
        headers = [Header(os.path.join(folder, name)) for name in names]
        for header in headers:
            self.defines.update(header.defines)
            for name in header.libraries - {os.path.basename(folder)} - set(self.others):
                self.others[name] = Declarations(os.path.join(os.path.dirname(folder), name), core)
        self.known = [self, *([core] if core else []), *self.others.values()]
        # Handles first: types of functions may name those of a later header.
        readers = (self.read_handle, self.read_enumeration, self.read_callback, self.read_function)
        for reader in readers:
            for header in headers:
                header.declarations = [left for left in header.declarations
                                       if not self.try_reader(reader, header.name, *left)]
        for header in headers:
            for tokens, _, line in header.declarations:
                raise Unreadable(f"{header.name}:{line}: {written(tokens)} is neither handle, function nor enumeration")

    @staticmethod
    def try_reader(reader, name, tokens, comment, line):
        try:
            return reader(tokens, comment)
        except Unreadable as error:
            raise Unreadable(f"{name}:{line}: {error}") from None

    def read_handle(self, tokens, comment):
        if tokens[:2] != ["typedef", "struct"] or len(tokens) != 4:
            return False
        self.handles[tokens[3]] = comment
        return True

    def read_enumeration(self, tokens, comment):
        if tokens[0] != "enum":
            return False
        name = "" if tokens[1] == "{" else tokens[1]
        body = tokens[tokens.index("{") + 1:-1]
        values, last = [], -1
        for item in split(body):
            if item:
                if len(item) == 3 and item[1] == "=" and re.fullmatch(r"-?\d+", item[2]):
                    last = int(item[2])
                elif len(item) == 1:
                    last += 1
                else:
                    raise Unreadable(f"{' '.join(item)}: an enumerator's value is a number")
                values.append((item[0], last))
        self.enumerations.append((name, values, comment))
        return True

    def read_callback(self, tokens, comment):
        if tokens[0] != "typedef" or tokens[-1] != ")":
            return False
        start = next(i for i in range(len(tokens)) if tokens[i:i + 2] == ["(", "*"])
        name = tokens[start + 2]
        result, arguments = tokens[1:start], tokens[start + 5:-1]
        self.callbacks[name] = (self.result(result), self.arguments(arguments), comment,
                                f"{written(result)} (*{name})({written(arguments)})")
        return True

    def read_function(self, tokens, comment):
        if not tokens[0].startswith("NEURON_API"):
            return False
        if "MPI_Comm" in tokens:  # whose size differs from one MPI to another; beside it is one for other languages
            return True
        start = tokens.index("(")
        name, result, arguments = tokens[start - 1], tokens[1:start - 1], tokens[start + 1:-1]
        if name in self.functions:
            raise Unreadable(f"{name} is there twice")
        c = f"{written(result + [name])}({written(arguments)})"
        self.functions[name] = (self.result(result), self.arguments(arguments), comment, c,
                                tokens[0] == "NEURON_API_EXPERIMENTAL")
        return True

    def result(self, tokens):
        return "None" if tokens == ["void"] else self.ctype(tokens)

    def arguments(self, tokens):
        return [] if tokens == ["void"] else [self.ctype(item[:-1]) for item in split(tokens)]

    def ctype(self, tokens):
        """What stands for a C type, without the name of the argument."""
        words = [token for token in tokens if token not in ("const", "*", "struct")]
        stars = tokens.count("*")
        if len(words) != 1 or tokens[-1:] == ["]"]:
            raise Unreadable(f"{written(tokens)} is no type that this script knows")
        name = words[0]
        constant = tokens[0] == "const"
        if name == "char" and stars:
            inner, stars = ("c_char_p", stars - 1) if constant else ("c_char", stars)
        elif name == "void" and stars:
            inner, stars = "c_void_p", stars - 1
        elif any(name in each.handles for each in self.known) and stars:
            inner, stars = pointer(name), stars - 1
        elif any(name in each.callbacks for each in self.known) and not stars:
            inner = name
        elif name in PLAIN:
            inner = PLAIN[name]
        else:
            raise Unreadable(f"{written(tokens)} is no type that this script knows")
        return "POINTER(" * stars + inner + ")" * stars


def pointer(handle):
    return handle[:-2] + "_p"


def class_name(handle):
    return "".join(word.capitalize() for word in handle[len("neuron_"):-2].split("_")) + "Handle"


def quoted(text):
    return '"""' + text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + '"""'


def used_of(other, found):
    """The names of the core, or of another library, that the declarations of one beside it need."""
    words = set(re.findall(r"\w+", str(list(found.functions.values()) + list(found.callbacks.values()))))
    return sorted(words & ({pointer(name) for name in other.handles} | set(other.callbacks)))


def module_of(library):
    return f"_{library[len('libneuron-'):]}_c"


def head_beside(found, name):
    return [
        f'"""The functions of {name} as its headers declare them: made by lib/python/generate.py, not by hand.',
        "",
        "Importing it raises ImportError, with where it was looked for, if that library is not installed.",
        '"""',
        "from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64,",
        "                    c_size_t, c_uint64, c_void_p)",
        "",
        "from ._c import " + ", ".join(used_of(found.core, found)),
        *(f"from .{module_of(name)} import " + ", ".join(used_of(other, found)) for name, other in found.others.items()),
        "from ._load import Owner, beside",
        "",
        f"declare = beside({name[len('lib'):]!r})",
        "",
    ]


def write(found, beside=None):
    """The text of _c.py, or of the module of a library beside the core."""
    if beside:
        return write_body(found, head_beside(found, beside))
    version = found.defines["NEURON_VERSION_STRING"].strip('"')
    lines = [
        f'"""The functions of libneuron {version} as its headers declare them: made by lib/python/generate.py, not by hand.',
        "",
        "`neuron_graph_p` is a `neuron_graph_t *` that somebody else owns, `GraphHandle` one that releases itself.",
        '"""',
        "from ctypes import (CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64,",
        "                    c_size_t, c_uint64, c_void_p)",
        "",
        "from ._load import Owner, declare, handshake",
        "",
    ]
    for name, value in found.defines.items():
        lines.append(f"{name} = {value}")
    lines += ["", "handshake(NEURON_ABI_VERSION, (NEURON_VERSION_MAJOR, NEURON_VERSION_MINOR, NEURON_VERSION_MICRO))", ""]
    return write_body(found, lines)


def write_body(found, lines):
    """All that is behind the head."""
    for name, values, comment in found.enumerations:
        title = f"enum {name}" if name else "enum"
        lines += [f"# {title}: {' '.join(comment.split())}"]
        lines += [f"{item} = {value}" for item, value in values] + [""]
    for name, comment in found.handles.items():
        lines += ["", f"class {name}(Structure):", f"    {quoted(comment)}", "", "", f"{pointer(name)} = POINTER({name})"]
    lines.append("")
    for name, (result, arguments, comment, c) in found.callbacks.items():
        lines += ["", f"# {c}", f"{name} = CFUNCTYPE({', '.join([result] + arguments)})", f"{name}.__doc__ = {quoted(comment)}"]
    lines.append("")
    for name, (result, arguments, comment, c, experimental) in found.functions.items():
        kind = ", experimental=True" if experimental else ""
        lines += ["", f"{name} = declare(", f'    "{name}", {result}, [{", ".join(arguments)}],',
                  f"    {quoted(c + chr(10) + chr(10) + comment)}{kind})"]
    lines.append("")
    for name in found.handles:
        if name[:-2] + "_unref" in found.functions:
            lines += ["", f"class {class_name(name)}(Owner, {pointer(name)}):",
                      f'    """A `{name} *` that releases itself."""',
                      f"    _type_ = {name}", f"    _unref = {name[:-2]}_unref", ""]
    lines += ["", f"FUNCTIONS = {tuple(found.functions)!r}".replace(", '", ",\n    '"),
              f"HANDLES = {tuple(found.handles)!r}".replace(", '", ",\n    '"), ""]
    return "\n".join(line.rstrip() for text in lines for line in text.split("\n"))


def main():
    folder, output, *beside = sys.argv[1:]
    try:
        found = Declarations(folder)
        if beside:
            text = write(Declarations(beside[0], found), os.path.basename(beside[0]))
        else:
            text = write(found)
    except Unreadable as error:
        sys.exit(f"generate.py: {error}")
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
