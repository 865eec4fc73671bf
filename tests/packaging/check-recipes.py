"""Are the recipes of docs/packaging true?  check-recipes.py SOURCE_FOLDER BUILD_FOLDER MESON [LIBRARY]

For Debian, RPM and conda: the version is the library's, and each file that the build installs belongs to just one
package. For Debian also: the symbols file names what the shared LIBRARY exports, with the same versions; the
copyright file has a licence for each file, and the text of LICENSE; every test is listed; and what a packager
copies to debian/ is whole. Nothing is built: tests/packaging/debian and tests/packaging/recipes do that."""
import fnmatch
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE, BUILD, MESON, *LIBRARY = sys.argv[1:]
PACKAGING = os.path.join(SOURCE, "docs", "packaging")
sys.path.insert(0, PACKAGING)
sys.dont_write_bytecode = True
import symbols  # noqa: E402 # pylint: disable=wrong-import-position

problems = []


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
        return file.read()


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def check(holds, problem):
    if not holds:
        problems.append(problem)


def number(version):
    return [int(part) for part in version.split(".")]


def check_versions():
    version = symbols.version_of(SOURCE)
    debian = re.match(r"libneuron \((.*?)-[^-]*\) ", read("docs/packaging/debian/changelog"))
    spec = re.search(r"^Version: +(\S+)$", read("docs/packaging/rpm/libneuron.spec"), re.M)
    log = re.search(r"^%changelog\n\* .* - (\S+)-\S+$", read("docs/packaging/rpm/libneuron.spec"), re.M)
    conda = re.search(r'{% set version = "(.*?)" %}', read("docs/packaging/conda/meta.yaml"))
    for name, found in (("debian/changelog", debian), ("libneuron.spec, Version", spec),
                        ("libneuron.spec, its change log", log), ("meta.yaml", conda)):
        found = found and found.group(1)
        check(found == version, f"{name} has version {found}, the library {version}")
    for name, since, _ in symbols.functions(SOURCE):
        check(number(since) <= number(version), f"{name} is there since {since}, the library has only version {version}")


def check_placeholders():
    """Nobody is invented: the recipes name the holder of LICENSE, and one address that cannot be."""
    holder = re.search(r"^Copyright \(c\) [\d ,-]*(.*)$", read("LICENSE"), re.M).group(1)
    people = {name: re.findall(pattern, read(name), re.M) for name, pattern in (
        ("docs/packaging/debian/control", r"^Maintainer: (.*)$"), ("docs/packaging/debian/changelog", r"^ -- (.*>)  "),
        ("docs/packaging/rpm/libneuron.spec", r"^\* \w+ \w+ \d+ \d+ (.*>) - "))}
    for name, found in people.items():
        check(found == [f"{holder} <packages@libneuron.invalid>"], f"{name} names {found}")
    check(f'authors = [{{name = "{holder}"}}]' in read("pyproject.toml"), f"pyproject.toml does not name {holder}")


def check_symbols():
    """Against the library itself: names and versions of all symbols, no more and no less."""
    dynamic = run("nm", "-D", "--defined-only", "--with-symbol-versions", LIBRARY[0]).stdout
    exported = set(re.findall(r" [A-Z] (neuron_\w+@)@?(\w+)$", dynamic, re.M))
    exported = {name + node for name, node in exported} | set(
        f"{node}@{node}" for node in re.findall(r" A (\w+)$", dynamic, re.M))
    listed = re.findall(r"^ ([^\s(]\S*) \S+( 1)?$", symbols.symbols(SOURCE), re.M)
    names = [name for name, _ in listed]
    check(len(names) > 100, f"only {len(names)} symbols are listed")
    for name in sorted(exported.symmetric_difference(names)):
        problems.append(f"{name} is in {'the library' if name in exported else 'the symbols file'} only")
    check(len(names) == len(set(names)), "a symbol is listed twice")
    for name, dependency in listed:
        check(bool(dependency) == (name.endswith("@NEURON_EXPERIMENTAL") and name.startswith("neuron_")),
              f"{name} asks for the wrong package")


def check_symbols_by_dpkg(folder):
    """dpkg's own word on the copied symbols file."""
    if not shutil.which("dpkg-gensymbols"):
        print("skipped: there is no dpkg-gensymbols")
        return
    said = run("dpkg-gensymbols", "-plibneuron1", f"-v{symbols.version_of(SOURCE)}", "-c4", "-Ptmp",
               "-Idebian/libneuron1.symbols", f"-e{os.path.realpath(LIBRARY[0])}", "-O/dev/null", cwd=folder)
    check(said.returncode == 0, f"dpkg-gensymbols: {said.stdout}")


def check_copy(folder):
    """What a packager gets, with a name of their own; and nothing is written over."""
    environment = {**os.environ, "DEBFULLNAME": "A & B | C", "DEBEMAIL": "packager@libneuron.invalid"}
    made = os.path.join(folder, "debian")
    copy = ["sh", os.path.join(folder, "docs", "packaging", "debian", "copy")]
    for part in ("docs/packaging", "include/libneuron"):
        shutil.copytree(os.path.join(SOURCE, part), os.path.join(folder, part))
    done = run(*copy, env=environment)
    check(done.returncode == 0, f"debian/copy: {done.stdout}")
    wanted = set(os.listdir(os.path.join(PACKAGING, "debian"))) - {"copy"} | {"libneuron1.symbols"}
    check(set(os.listdir(made)) == wanted, f"debian/ has {sorted(os.listdir(made))}, not {sorted(wanted)}")
    for name in ("control", "changelog"):
        with open(os.path.join(made, name), encoding="utf-8") as file:
            check("A & B | C <packager@libneuron.invalid>" in file.read(), f"debian/{name} has no such packager")
    check(os.access(os.path.join(made, "rules"), os.X_OK), "debian/rules cannot be run")
    check(run(*copy).returncode != 0, "a debian/ that is there is written over")


def check_tests():
    folder = os.path.join(PACKAGING, "debian", "tests")
    listed = re.findall(r"^Tests: (\S+)$", read("docs/packaging/debian/tests/control"), re.M)
    check(sorted(listed) == sorted(set(os.listdir(folder)) - {"control"}), "tests/control does not list just the tests")
    for name in listed:
        check(os.access(os.path.join(folder, name), os.X_OK), f"tests/{name} cannot be run")


def check_copyright():
    """The last stanza that a file matches holds for it; one that names another licence itself needs its own."""
    text = read("docs/packaging/debian/copyright")
    stanzas = [dict(re.findall(r"^([A-Z]\S*): *((?:.*)(?:\n .*)*)", part, re.M)) for part in text.split("\n\n")]
    texts = {stanza["License"].split("\n")[0]: stanza["License"].split("\n", 1)[1] for stanza in stanzas
             if "\n" in stanza.get("License", "")}
    plain = re.sub(r"^ \.?", "", texts.get("Expat", ""), flags=re.M)
    check(plain.strip() == read("LICENSE").split("\n\n", 2)[2].strip(), "the text of Expat is not that of LICENSE")
    holder = re.search(r"^Copyright \(c\) (.*)$", read("LICENSE"), re.M).group(1)
    listed = run("git", "-C", SOURCE, "ls-files")
    files = listed.stdout.split("\n")[:-1] if listed.returncode == 0 else [
        os.path.relpath(path, SOURCE) for path in glob.glob(os.path.join(SOURCE, "**"), recursive=True)
        if os.path.isfile(path) and not os.path.relpath(path, SOURCE).startswith("build")]
    check(len(files) > 100, f"there are only {len(files)} files")
    for name in files:
        mine = [stanza for stanza in stanzas if "Files" in stanza
                and any(fnmatch.fnmatchcase(name, pattern) for pattern in stanza["Files"].split())]
        if not mine:
            problems.append(f"{name} has no licence in debian/copyright")
            continue
        licence = mine[-1]["License"].split("\n")[0]
        check(licence in texts, f"debian/copyright has no text of the licence {licence}")
        for said in claims(name):
            check(said in (licence, {"Expat": "MIT"}.get(licence), holder, mine[-1]["Copyright"]),
                  f"{name} says {said}, and debian/copyright {licence}, {mine[-1]['Copyright']}")


def claims(name):
    """The licences and holders that a file names at the begin of a line, after what makes it a comment."""
    try:
        text = read(name)
    except (OSError, UnicodeDecodeError):
        return []
    return re.findall(r"^[#/*; ]*(?:SPDX-License-Identifier:|Copyright (?:\(c\)|\N{COPYRIGHT SIGN})) *(.*?)(?: \*/)?$", text,
                      re.M | re.I)


def introspect(what):
    return json.loads(run(MESON, "introspect", what, BUILD).stdout)


def check_installed():
    """Patterns are of paths below the prefix, with libdir and the place of the Python package by name."""
    options = {option["name"]: option["value"] for option in introspect("--buildoptions")}
    prefix, libraries = options["prefix"].rstrip("/") + "/", options["libdir"].rstrip("/")
    installed = set()
    for path in introspect("--installed").values():
        path = path.removeprefix(prefix)
        path = re.sub(r"^.*/(?:dist|site)-packages/", "@python@/", path)
        installed.add(re.sub(rf"^{re.escape(libraries)}/", "@libdir@/", path))
    for name in ("libneuron.so", "libneuron-committee.so", "libneuron-keras.so", "libneuron-mpi.so", "libneuron-onnx.so", "libneuron-report.so",
                 "libneuron-source.so"):  # introspection names files, no links
        if any(path.startswith("@libdir@/" + name) for path in installed):
            installed |= {f"@libdir@/{name}", f"@libdir@/{name}.1"}
    check(any(path.endswith("libneuron.h") for path in installed), f"no header is installed: {sorted(installed)}")
    for name, packages in (("debian", debian_files()), ("rpm", spec_files()), ("conda", conda_files())):
        for path in sorted(installed):
            owners = [package for package, patterns in packages.items()
                      if any(matches(path, pattern) for pattern in patterns)]
            check(len(owners) == 1, f"{name}: {path} belongs to {owners or 'no package'}")


def matches(path, pattern):
    """Folders stand for all that is in them, and a * for part of one name."""
    words, wanted = path.split("/"), pattern.rstrip("/").split("/")
    return len(words) >= len(wanted) and all(map(fnmatch.fnmatchcase, words, wanted))


def debian_files():
    found = {}
    for path in glob.glob(os.path.join(PACKAGING, "debian", "*.install")):
        lines = read(path).split()
        found[os.path.basename(path)] = [
            line.removeprefix("usr/").replace("lib/*/", "@libdir@/", 1)
            .replace("lib/python3/dist-packages", "@python@") for line in lines if line.startswith("usr/")]
    return found


def spec_files():
    names = {"_libdir": "@libdir@", "_includedir": "include", "_datadir": "share", "_bindir": "bin", "_mandir": "share/man", "python3_sitelib": "@python@"}
    parts = re.findall(r"^%files(.*)\n((?:(?!%(?:files|changelog)).*\n)*)", read("docs/packaging/rpm/libneuron.spec"), re.M)
    return {package.strip(): [re.sub(r"%{(\w+)}", lambda name: names[name.group(1)], line) for line in lines.split("\n")
                              if line.startswith("%{")] for package, lines in parts}


def conda_files():
    found = {}
    for part in read("docs/packaging/conda/meta.yaml").split("\n  - name: ")[1:]:
        lines = re.search(r"\n    files:\n((?:      - .*\n)*)", part).group(1)
        found[part.split("\n")[0]] = [
            line.replace("lib/python*/site-packages", "@python@").replace("lib/", "@libdir@/", 1)
            for line in re.findall(r"- (.*)", lines)]
    return found


check_versions()
check_placeholders()
check_tests()
check_copyright()
check_installed()
with tempfile.TemporaryDirectory() as scratch:
    check_copy(scratch)
    if LIBRARY:
        check_symbols()
        check_symbols_by_dpkg(scratch)
print("\n".join(problems))
sys.exit(bool(problems))
