"""Debian's list of the symbols of the shared library, with the version that each is there since.

usage: symbols.py SOURCE_FOLDER >debian/libneuron1.symbols

All of it follows from the public headers: the comment of each function says "Since 0.1", and whether it is
experimental. A package whose programs call only what is stable depends on libneuron1 (>= 0.1). One that calls
what is experimental also depends on libneuron1-experimental-VERSION, which only the very version provides; so does
a library that is built beside it and calls what is private to the two (lib/private.map.in).
"""
import os
import re
import sys

STABLE, EXPERIMENTAL, PRIVATE = "NEURON_1", "NEURON_EXPERIMENTAL", "NEURON_PRIVATE_"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def read_headers(source):
    folder = os.path.join(source, "include", "libneuron")
    return "\n".join(read(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".h"))


def version_of(source):
    return re.search(r'NEURON_VERSION_STRING "(.*?)"', read(source, "include", "libneuron", "version.h")).group(1)


def functions(source):
    """Of each function its name, the version it is there since, and the version node of its symbol."""
    pattern = r"/\*\*((?:(?!\*/).)*)\*/\s*(NEURON_API(?:_EXPERIMENTAL)?)\b[^;(]*?\b(neuron_\w+)\s*\("
    found = []
    for comment, mark, name in re.findall(pattern, read_headers(source), re.S):
        since = re.search(r"\bSince (\d+(?:\.\d+)+)", " ".join(re.sub(r"\n \*", " ", comment).split()))
        if not since:
            sys.exit(f"{name}: its comment does not say since when it is there")
        found.append((name, since.group(1), STABLE if mark == "NEURON_API" else EXPERIMENTAL))
    return sorted(found)


def symbols(source):
    found = functions(source)
    lines = ["libneuron.so.1 libneuron1 #MINVER#", f"| libneuron1-experimental-{version_of(source)}",
             "* Build-Depends-Package: libneuron-dev"]
    for node in (EXPERIMENTAL, STABLE):
        lines.append(f" {node}@{node} {oldest(since for _, since, of in found if of == node)}")
    version = version_of(source)
    lines.append(f" (symver){PRIVATE}{version} {version} 1")
    for name, since, node in found:
        lines.append(f" {name}@{node} {since}{' 1' * (node == EXPERIMENTAL)}")
    return "\n".join(lines) + "\n"


def oldest(versions):
    return min(versions, key=lambda version: [int(number) for number in version.split(".")])


if __name__ == "__main__":
    sys.stdout.write(symbols(sys.argv[1]))
