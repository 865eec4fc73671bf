"""The package as a whole: stubs, types, examples, and that it needs nothing but NumPy."""
import gzip
import os
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

import libneuron as nn

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, "..", "..", "lib", "python")
EXAMPLES = os.path.join(SOURCE, "examples")

needs_source = pytest.mark.skipif(not os.path.isdir(SOURCE), reason="the source is not beside the tests")


def run(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=280, **options)
    assert result.returncode == 0, result.stdout
    return result.stdout


@needs_source
def test_stubs_are_those_of_the_library():
    run(sys.executable, os.path.join(SOURCE, "stubs.py"), "--check")


@needs_source
def test_all_modules_are_in_the_build():
    with open(os.path.join(SOURCE, "libneuron", "meson.build"), encoding="utf-8") as file:
        text = file.read()
    for name in os.listdir(os.path.join(SOURCE, "libneuron")):
        if name.endswith((".py", ".pyi", ".typed")) and name != "_c.py":
            assert f"'{name}'" in text, name


@needs_source
@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_types(checker):
    pytest.importorskip(checker)
    pytest.importorskip("pandas")
    if checker == "pyright" and not os.environ.get("CHECK_TYPES"):
        pytest.skip("CHECK_TYPES is not set: pyright loads itself at its first start")
    files = [os.path.join(SOURCE, "libneuron")] + [os.path.join(EXAMPLES, name) for name in os.listdir(EXAMPLES)
                                                   if name.endswith(".py")]
    options = ["--pythonpath", sys.executable] if checker == "pyright" else []
    run(sys.executable, "-m", checker, *options, *files, cwd=SOURCE, env={**os.environ, "MYPYPATH": SOURCE})


def test_only_numpy_is_needed():
    run(sys.executable, "-c", "import sys; import libneuron; "
        "wrong = {'pandas', 'torch', 'tqdm', 'IPython', 'matplotlib'} & set(sys.modules); sys.exit(str(wrong) if wrong else 0)")


def test_the_version_is_the_librarys():
    assert nn.__version__.count(".") == 2


@needs_source
def test_the_guide_is_a_program(tmp_path):
    with open(os.path.join(HERE, "..", "..", "docs", "python.md"), encoding="utf-8") as file:
        text = file.read().partition("\n## Without the package")[0]
    blocks = re.findall(r"^```(py|python)\n(.*?)^```$", text, re.M | re.S)
    assert len(blocks) > 10
    blocks = [block for block in blocks if "sklearn" not in block[1]]  # see test_sklearn.py
    try:
        import pandas  # noqa: F401
        import torch  # noqa: F401
    except ImportError:
        blocks = [block for block in blocks if block[0] == "python"]
    run(sys.executable, "-W", "error", "-c", "\n".join(code for _, code in blocks), cwd=tmp_path)


def write_idx(path, array):
    with gzip.open(path, "wb") as file:
        file.write(struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(">" + "I" * array.ndim, *array.shape) + array.tobytes())


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The four files of a small data set in the format of MNIST."""
    folder = tmp_path_factory.mktemp("idx")
    for part, count in (("train", 400), ("t10k", 100)):
        data = nn.Dataset.glyphs(count, 28, 28, seed=count)
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", np.round(data.x()[..., 0] * 255).astype(np.uint8))
        write_idx(folder / f"{part}-labels-idx1-ubyte.gz", data.labels().astype(np.uint8))
    return folder


@needs_source
def test_the_committee_of_the_documents_takes_less_than_forty_lines(folder, tmp_path):
    path = os.path.join(EXAMPLES, "fashion_committee.py")
    with open(path, encoding="utf-8") as file:
        assert len(file.readlines()) < 40
    said = run(sys.executable, path, str(folder), "2", cwd=tmp_path)
    assert said.count("committee by") == 4 and "deeper: 0." in said
    assert len(nn.load(tmp_path / "committee.safetensors").predict(np.zeros((1, 28, 28, 1), np.uint8))) == 1


@needs_source
def test_the_other_examples_run(folder, tmp_path):
    said = run(sys.executable, os.path.join(EXAMPLES, "skip_concat.py"), str(folder), cwd=tmp_path)
    assert "macro avg" in said and (tmp_path / "model.safetensors").exists()


@needs_source
def test_the_example_with_a_table_runs(tmp_path):
    pytest.importorskip("pandas")
    said = run(sys.executable, os.path.join(EXAMPLES, "table.py"), cwd=tmp_path)
    assert "yes" in said and float(said.split("accuracy")[1].split()[0]) > 0.8
    assert float(said.split("of a frame")[1]) > 0.8  # a frame is prepared and scaled as the dataset was


@needs_source
def test_the_backend_offers_what_works():
    """A package that is installed from the tree in place would lack what the build makes."""
    import ast
    with open(os.path.join(SOURCE, "backend.py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    names |= {alias.asname or alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert {"build_wheel", "build_sdist"} <= names and not {name for name in names if "editable" in name}
