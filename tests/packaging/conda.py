"""Does with the recipe for conda what conda-build does, with this system's compiler: conda.py SOURCE_FOLDER FOLDER

Reads meta.yaml, runs build.sh with a new prefix in FOLDER, shares out what it installed to the outputs, and runs
each output's tests where nothing but its files and those of the outputs that it needs are."""
import glob
import os
import shutil
import subprocess
import sys

import jinja2
import yaml

SOURCE, FOLDER = map(os.path.abspath, sys.argv[1:])
RECIPE = os.path.join(SOURCE, "docs", "packaging", "conda")
PREFIX = os.path.join(FOLDER, "prefix")
SITE = os.path.join("lib", f"python3.{sys.version_info.minor}", "site-packages")


def read_recipe():
    with open(os.path.join(RECIPE, "meta.yaml"), encoding="utf-8") as file:
        template = jinja2.Template(file.read(), undefined=jinja2.StrictUndefined)
    return yaml.safe_load(template.render(compiler=lambda language: f"{language}-compiler",
                                          pin_subpackage=lambda name, **_: name))


def run(command, folder, prefix):
    """A command of the recipe, with conda's variables; its compilers and loader know of the prefix."""
    environment = {**os.environ, "PREFIX": prefix, "SRC_DIR": folder, "SP_DIR": os.path.join(PREFIX, SITE), "CC": "gcc",
                   "CPU_COUNT": "2", "PKG_CONFIG_PATH": os.path.join(prefix, "lib", "pkgconfig"),
                   "LD_LIBRARY_PATH": os.path.join(prefix, "lib"), "PYTHONPATH": os.path.join(prefix, SITE)}
    print("+", command, flush=True)
    subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, check=True)


def files_of(output):
    """Paths from the prefix: those that the globs of `files` name, and all in the folders among them."""
    found = set()
    for pattern in output["files"]:
        named = glob.glob(os.path.join(PREFIX, pattern))
        if not named:
            sys.exit(f"{output['name']}: there is no {pattern}")
        for path in named:
            inner = glob.glob(os.path.join(path, "**"), recursive=True) if os.path.isdir(path) else [path]
            found.update(os.path.relpath(each, PREFIX) for each in inner if not os.path.isdir(each))
    return found


def share_out(outputs):
    files = {output["name"]: files_of(output) for output in outputs}
    installed = {os.path.relpath(os.path.join(folder, name), PREFIX)
                 for folder, _, names in os.walk(PREFIX) for name in names}
    for path in sorted(installed):
        owners = [name for name, mine in files.items() if path in mine]
        if len(owners) != 1:
            sys.exit(f"{path} belongs to {owners or 'no output'}")
    return files


def test(output, files):
    """The prefix is where it was built for, as conda puts it in place there."""
    names = {output["name"], *(word.split()[0] for word in output["requirements"]["run"])} & set(files)
    aside = os.path.join(FOLDER, "aside")
    os.rename(PREFIX, aside)
    for path in set().union(*(files[name] for name in names)):
        os.makedirs(os.path.dirname(os.path.join(PREFIX, path)), exist_ok=True)
        shutil.copy(os.path.join(aside, path), os.path.join(PREFIX, path), follow_symlinks=False)
    place = os.path.join(FOLDER, "test-" + output["name"])
    for path in output["test"].get("source_files", []):
        os.makedirs(os.path.dirname(os.path.join(place, path)), exist_ok=True)
        shutil.copy(os.path.join(SOURCE, path), os.path.join(place, path))
    os.makedirs(os.path.join(place, "bin"))
    os.symlink(sys.executable, os.path.join(place, "bin", "python"))
    for module in output["test"].get("imports", []):
        run(f"bin/python -c 'import {module}'", place, PREFIX)
    for command in output["test"]["commands"]:
        run("PATH=$PWD/bin:$PATH; " + command, place, PREFIX)
    shutil.rmtree(PREFIX)
    os.rename(aside, PREFIX)


def main():
    recipe = read_recipe()
    if os.path.realpath(os.path.join(RECIPE, recipe["source"]["path"])) != os.path.realpath(SOURCE):
        sys.exit(f"the source is {recipe['source']['path']}")
    if not os.path.exists(os.path.join(SOURCE, recipe["about"]["license_file"])):
        sys.exit("there is no such license_file")
    os.makedirs(FOLDER)
    run(f"bash {RECIPE}/build.sh", SOURCE, PREFIX)
    files = share_out(recipe["outputs"])
    for output in recipe["outputs"]:
        test(output, files)


main()
