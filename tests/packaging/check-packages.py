"""Is every Debian package that is needed one that gets installed?  check-packages.py SOURCE_FOLDER BUILD_FOLDER

What building, testing and linking statically take is looked up in the database of the system's packages: the
files of pkg-config's modules, the libraries that libneuron.pc names, the programs that scripts call. Each must come with
a package that examples/setup.sh names, and what README.md and docs/packaging.md have programs for with those of
their own lines, so that a machine that happens to have more does not hide what is missing.
Ends with 77 where there is no dpkg."""
import glob
import os
import re
import shutil
import subprocess
import sys

# What is on every Debian that a repository was cloned on.
PRESENT = ["git", "ca-certificates", "apt", "sudo"]

# Programs that the shell has itself, and what awk has that is called as a program of some package.
BUILT_IN = {"kill", "test", "echo", "printf", "pwd", "true", "false", "print"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def read_database():
    """Of each installed package what it depends on; of each virtual one who provides it; and the base system."""
    depends, provides, base = {}, {}, set(PRESENT)
    for line in output("dpkg-query", "-W", "-f", "${Package}|${Provides}|${Pre-Depends}, ${Depends}|${Priority}|${Essential}\n").splitlines():
        package, virtual, needed, priority, essential = line.split("|", 4) if line.count("|") == 4 else split_line(line)
        # Of alternatives the first is the one that is installed where there is none.
        depends.setdefault(package, set()).update(re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9.+-]+)", needed))
        for name in re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9.+-]+)", virtual):
            provides.setdefault(name, set()).add(package)
        if priority == "required" or essential == "yes":
            base.add(package)
    return depends, provides, base


def split_line(line):
    """Alternatives are written with bars, too."""
    package, virtual, rest = line.split("|", 2)
    needed, priority, essential = rest.rsplit("|", 2)
    return package, virtual, needed, priority, essential


DEPENDS, PROVIDES, BASE = read_database()


def depends(package):
    """What a package depends on; of one that is not installed, such as build-essential, apt tells."""
    if package not in DEPENDS and package not in PROVIDES:
        DEPENDS[package] = set(re.findall(r"^  Depends: ([a-z0-9.+-]+)", output("apt-cache", "depends", package), re.M))
    return DEPENDS.get(package, set())


def closure(packages):
    """The packages with all that come with them."""
    found, left = set(), list(packages)
    while left:
        package = left.pop()
        if package in found:
            continue
        found.add(package)
        left += depends(package)
        left += PROVIDES.get(package, ())
    return found


def names_of(path):
    """A file's names for dpkg, which may be those from before /usr was merged."""
    names = {path, os.path.realpath(path)}
    return names | {name.removeprefix("/usr") for name in names} | {"/usr" + name for name in names}


def read_owners(paths):
    """The packages that each file may come from."""
    found = {}
    for line in output("dpkg-query", "-S", *sorted(set().union(*map(names_of, paths)))).splitlines():
        packages, _, name = line.partition(": ")
        if not line.startswith("diversion"):
            found.setdefault(name, set()).update(package.split(":")[0].strip() for package in packages.split(","))
    return {path: set().union(*(found.get(name, ()) for name in names_of(path))) for path in paths}


def modules(source):
    """pkg-config's modules of the build files that are on this system."""
    names = set()
    for path in glob.glob(os.path.join(source, "**", "meson.build"), recursive=True):
        with open(path, encoding="utf-8") as file:
            names |= set(re.findall(r"dependency\('([a-z0-9_-]+)'", file.read()))
    return sorted(name for name in names if subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0)


def libraries(build):
    """The files that a program is linked with, if it links the library statically."""
    flags = output("pkg-config", "--static", "--libs-only-l", os.path.join(build, "meson-private", "libneuron.pc")).split()
    assert "-lneuron" in flags, flags
    for flag in flags:
        name = flag.removeprefix("-l")
        if name == "neuron":
            continue
        for ending in (".a", ".so"):
            path = output("gcc", "-print-file-name=lib" + name + ending).strip()
            if os.path.isabs(path):
                yield path
                break
        else:
            yield "lib" + name  # has no owner


COMMAND = re.compile(r"(?:^|[|;&(`]|\b(?:then|do|else|if|while|until|exec|env|command -v|need [a-z0-9+.-]+|nice -n \d+)\s|!\s)\s*"
                     r"(?:[A-Za-z_]+=\S*\s+)*([a-z][a-z0-9_.+-]*)(?=\s|$|\))", re.M)
QUOTED = re.compile(r"""'[^'\n]*'|"(?:[^"\n$]|\$(?!\())*\"""")
IMPORT = re.compile(r"^\s*(?:import|from) ([a-z0-9_]+)", re.M)
PYTHON = re.compile(r"""(?:run|Popen|check_call|check_output|which|output)\(\[?\s*["']([a-z][a-z0-9_.+-]*)["']""")


def programs(source):
    """The programs that scripts name where a command stands, with the scripts."""
    listed = output("git", "-C", source, "ls-files", "examples", "tests", ".ci").split()
    for path in listed or glob.glob(os.path.join(source, "**", "*"), recursive=True):
        full = os.path.join(source, path)
        if not os.path.isfile(full) or os.path.getsize(full) > 100000:
            continue
        with open(full, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if full.endswith(".py"):
            names = PYTHON.findall(text)
        elif full.endswith(".sh") or text.startswith("#!/bin/sh") or "bash\n" in text[:30]:
            bare = QUOTED.sub("''", re.sub(r"(?m)(^|\s)#.*$", "", text))
            names = [name for name in COMMAND.findall(bare) if not re.search(rf"(?m)^{re.escape(name)}\(\)", text)]
        else:
            continue
        for name in sorted(set(names) - BUILT_IN):
            yield name, path


def imports(source):
    """The files of the modules that the tests' Python programs import, where the system has them."""
    for path in output("git", "-C", source, "ls-files", "tests/*.py").split():
        if "/interop/" in path or "/bench/" in path:  # their own environment has what they compare with
            continue
        with open(os.path.join(source, path), encoding="utf-8") as file:
            names = set(IMPORT.findall(file.read())) - set(sys.stdlib_module_names)
        for name in names:
            module = "/usr/lib/python3/dist-packages/" + name + "/__init__.py"
            if os.path.exists(module):
                yield module, path


def named_in_setup(source):
    with open(os.path.join(source, "examples", "setup.sh"), encoding="utf-8") as file:
        text = file.read()
    return set(re.findall(r"^\s*need ([a-z0-9][a-z0-9.+-]+)", text, re.M)) | set(re.findall(r'missing="\$missing ([a-z0-9.+-]+)"', text))


def named_in_document(source, path):
    with open(os.path.join(source, path), encoding="utf-8") as file:
        text = file.read().replace("\\\n", " ")
    lines = re.findall(r"^    (?:sudo )?apt-get install ([a-z0-9 .+-]+)", text, re.M)
    assert lines, path + " has no line that installs"
    return set(" ".join(lines).split())


def main():
    if not shutil.which("dpkg-query") or not shutil.which("pkg-config"):
        sys.exit(77)
    source = sys.argv[1]
    setup = named_in_setup(source)
    there = closure(BASE)
    places = {
        "examples/setup.sh": closure(setup) | there,
        "README.md": closure(named_in_document(source, "README.md")) | there,
        "docs/packaging.md": closure(named_in_document(source, "docs/packaging.md")) | there,
    }
    everywhere, tests = list(places), ["examples/setup.sh"]
    wanted = []
    for module in modules(source):
        path = output("pkg-config", "--variable=pcfiledir", module).strip() + "/" + module + ".pc"
        who = tests if module in ("check", "openblas") else everywhere  # the library alone needs neither, see below
        wanted.append((path, "pkg-config finds " + module, who))
    # Where it needs a CBLAS, this names it:
    wanted += [(path, "libneuron.pc names it for static linking", everywhere) for path in libraries(sys.argv[2])]
    wanted += [(shutil.which(name), "the build calls it", everywhere) for name in ("gcc", "meson", "ninja", "pkg-config")]
    for name, script in programs(source):
        path = shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin")
        if path:
            wanted.append((path, script + " calls it", tests))
    wanted += [(path, script + " imports it", tests) for path, script in imports(source)]
    missing = set()
    owners = read_owners({path for path, _, _ in wanted if path})
    for path, why, who in wanted:
        packages = owners.get(path)
        for place in who:
            if not packages:
                missing.add(f"no package has {path} ({why})")
            elif not packages & places[place]:
                missing.add(f"{place} names no package that brings {' or '.join(sorted(packages))}: {why} ({path})")
    if len(wanted) < 30:
        missing.add(f"only {len(wanted)} files were looked up")
    sys.exit("\n".join(sorted(missing)) or 0)


main()
