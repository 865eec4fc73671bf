"""Runs the programs as a person would, on files of every kind, and on bad ones.

usage: test-tools.py MAKE_FILES FOLDER_OF_PROGRAMS WHAT_IS_BUILT...

MAKE_FILES makes models and data. WHAT_IS_BUILT names the libraries beside the core that the programs have: keras, onnx, source,
report."""
import csv
import gzip
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
import zlib

MAKE, PROGRAMS, *BUILT = sys.argv[1:]
problems = []


def check(holds, problem):
    if not holds:
        problems.append(problem)
        print(f"WRONG: {problem}")


def run(program, *words, status=0, columns=None, error=None):
    """What a program prints. It must end so, and say `error` on the standard error, or nothing there."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    environment.pop("COLUMNS", None)
    if columns:
        environment["COLUMNS"] = str(columns)
    done = subprocess.run([os.path.join(PROGRAMS, f"libneuron-{program}"), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False, env=environment, stdin=subprocess.DEVNULL)
    call = f"libneuron-{program} {' '.join(words)}"
    check(done.returncode == status, f"{call} ends with {done.returncode}, not {status}: {done.stderr}")
    check(error in done.stderr if error else not done.stderr, f"{call} says {done.stderr!r}, not {error!r}")
    for line in done.stderr.splitlines():
        check(line.startswith(f"libneuron-{program}: ") or line == f"Try 'libneuron-{program} --help'.",
              f"{call}: whose message is {line!r}?")
    return done.stdout


def has(text, *parts):
    for part in parts:
        check(part in text, f"{part!r} is not in\n{text}")


def width(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in line)


# ---- Files that others write ----

def npy(shape, kind, numbers):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    letters = {"<f4": "f", "<i4": "i", "|u1": "B", "<i8": "q"}[kind]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
            + struct.pack(f"<{len(numbers)}{letters}", *numbers))


def png(rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(b"\0" + r for r in rows)))
            + chunk(b"IEND", b""))


def read_pgm(path):
    with open(path, "rb") as file:
        return file.read()[-144:]


def images():
    """Pixels and classes of all images, in the order of the folder."""
    names = sorted(os.listdir("images"))
    for label, name in enumerate(names):
        for image in sorted(os.listdir(os.path.join("images", name))):
            yield read_pgm(os.path.join("images", name, image)), label


def write_data():
    pixels, labels = zip(*images())
    flat = b"".join(pixels)
    with zipfile.ZipFile("data.npz", "w") as archive:
        archive.writestr("x_test.npy", npy((60, 12, 12), "|u1", flat))
        archive.writestr("y_test.npy", npy((60,), "<i8", labels))
        archive.writestr("x_float.npy", npy((60, 12, 12, 1), "<f4", [byte / 255 for byte in flat]))
    with gzip.open("images.idx.gz", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, 60, 12, 12) + flat)
    with open("labels.idx", "wb") as file:
        file.write(struct.pack(">II", 0x801, 60) + bytes(labels))
    with open("one.npy", "wb") as file:
        file.write(npy((12, 12), "|u1", pixels[0]))
    with open("picture", "wb") as file:  # a name that says nothing
        file.write(png([pixels[0][i:i + 12] for i in range(0, 144, 12)]))


# ---- The programs ----

def test_help():
    for program in ("convert", "inspect", "predict", "evaluate"):
        text = run(program, "--help")
        has(text, f"usage: libneuron-{program} [OPTION...]", "--version", "It ends with 0")
        check(max(map(len, text.splitlines())) <= 79, f"{program} --help is wider than 79 columns")
        has(run(program, "--version"), f"libneuron-{program} (libneuron) ")
        run(program, "--no-such-option", status=2, error="Try 'libneuron-")
        run(program, status=2, error="there ")


def test_inspect():
    model = run("inspect", "glyphs.safetensors")
    has(model, "glyphs.safetensors: a model of libneuron, ", "input input: 12x12x1, of byte * 0.00392157",
        "classes: angle, arrow,", "author: a test ...", "conv2d (conv2d)", "2,090")
    narrow = run("inspect", "glyphs.safetensors", columns=50)
    check(max(map(width, narrow.splitlines())) <= 70, f"too wide for 50 columns:\n{narrow}")
    has(narrow, "parameters: 2,090", "conv2d (conv2d)\n    10x10x8")
    has(run("inspect", "--batch=64", "glyphs.safetensors"), "to predict 64 at a time")
    has(run("inspect", "rents.safetensors"), "columns of a table: size, town")
    has(run("inspect", "x.npy", "y.npy"), "x.npy: an .npy array of NumPy", "64x2, floats, from 0 to 0.875")
    has(run("inspect", "data.npz"), "an .npz archive of NumPy", "x_test.npy:  60x12x12, bytes", "y_test.npy:  60, integers")
    has(run("inspect", "images.idx.gz"), "an IDX array, packed by gzip", "60x12x12, bytes")
    has(run("inspect", "picture"), "picture: a PNG image", "12 columns, 12 rows, grey")
    has(run("inspect", "rents.csv"), "a table of 200 rows, 3 columns", "columns: size, town, rent")
    has(run("inspect", "images"), "60 images of 12x12x1", "angle: 6")
    run("inspect", "nothing", "x.npy", status=1, error="nothing: No such file or directory")
    run("inspect", "--batch=0", "x.npy", status=2, error='--batch is "0"; it must be an integer from 1')


def test_damaged():
    """Any file may be cut or be something else; a program says so and ends."""
    for name in ("glyphs.safetensors", "x.npy", "data.npz", "picture", "images.idx.gz"):
        with open(name, "rb") as file:
            whole = file.read()
        for size in (0, 3, 20, len(whole) // 2, len(whole) - 1):
            with open("cut", "wb") as file:
                file.write(whole[:size])
            for words in (("inspect", "cut"), ("predict", "glyphs.safetensors", "cut"), ("predict", "cut", "x.npy"),
                          ("evaluate", "glyphs.safetensors", "cut"), ("convert", "cut", "out.npz")):
                done = subprocess.run([os.path.join(PROGRAMS, f"libneuron-{words[0]}"), *words[1:]], check=False,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
                check(done.returncode in (0, 1) and (words[0] == "inspect" or done.returncode == 1),
                      f"{words} with {size} bytes of {name} ends with {done.returncode}: {done.stderr}")
                check(words[0] == "inspect" or done.stderr, f"{words} with {size} bytes of {name} says nothing")
    check(not os.path.exists("out.npz"), "a conversion that failed leaves a file")


def test_predict():
    plus = os.path.join("images", "angle", sorted(os.listdir("images/angle"))[0])
    line = run("predict", "glyphs.safetensors", plus)
    check(re.match(rf"{plus}: (\w+ \d+\.\d %, ){{2}}\w+ \d+\.\d %\n$", line), line)
    same = run("predict", "glyphs.safetensors", "picture", "one.npy")
    check([part.split(": ")[1] for part in same.splitlines()] == [line.strip().split(": ")[1]] * 2, same)
    check(run("predict", "-k1", "glyphs.safetensors", "picture").count("%") == 1, "--top=1 is not obeyed")
    rows = list(csv.DictReader(io.StringIO(run("predict", "--csv", "glyphs.safetensors", "images.idx.gz", "picture"))))
    check(len(rows) == 61 and rows[0]["file"] == "images.idx.gz" and rows[59]["example"] == "59", f"{rows[0]}")
    check(abs(sum(float(rows[0][name]) for name in list(rows[0])[2:]) - 1) < 1e-6, "shares do not add up to 1")
    floats = list(csv.DictReader(io.StringIO(run("predict", "--csv", "-x", "x_float", "glyphs.safetensors", "data.npz"))))
    check(max(abs(float(floats[i][k]) - float(rows[i][k])) for i in range(60) for k in list(rows[0])[2:]) < 1e-5,
          "floats are predicted otherwise than bytes")
    has(run("predict", "rents.safetensors", "new.csv"), "new.csv[0]: high ", "new.csv[1]: low ")
    has(run("predict", "line.safetensors", "x.npy"), "x.npy[0]: 1.", "x.npy[63]:")
    long = run("predict", "glyphs.safetensors", "images.idx.gz", columns=40)
    check(max(map(width, long.splitlines())) <= 40, "lines are wider than the terminal")
    check(len(run("predict", "glyphs.safetensors", "images.idx.gz").splitlines()) == 60, "lines of a pipe are broken")

    run("predict", "glyphs.safetensors", "nothing", "picture", status=1, error="nothing: No such file")
    run("predict", "glyphs.safetensors", "x.npy", status=1, error="x.npy: ")
    run("predict", "glyphs.safetensors", "data.npz", status=1, error="--x says which array")
    run("predict", "-x", "z", "glyphs.safetensors", "data.npz", status=1, error='no "z.npy"')
    run("predict", "glyphs.safetensors", "glyphs.safetensors", status=1, error="which has nothing to predict")
    run("predict", "two.safetensors", "x.npy", status=1, error="must have one input and one output")
    run("predict", "x.npy", "x.npy", status=1, error="is an .npy array of NumPy, not a model")
    run("predict", "--scale=maybe", "glyphs.safetensors", "picture", status=2, error="it must be auto, yes or no")
    with open("photo.jpg", "wb") as file:
        file.write(b"\xff\xd8\xff\xe0" + bytes(100))
    run("predict", "glyphs.safetensors", "photo.jpg", status=1, error="is a JPEG image, which is not read")


def accuracy(*words):
    return json.loads(run("evaluate", "--json", *words))


def test_evaluate():
    text = run("evaluate", "glyphs.safetensors", "images")
    has(text, "60 examples, loss 0.", ", accuracy 0.", "precision    recall", "triangle", "weighted avg")
    of_folder = accuracy("glyphs.safetensors", "images")
    check(of_folder["kind"] == "classes" and of_folder["examples"] == 60 and of_folder["accuracy"] > 0.6, f"{of_folder}")
    check(sum(map(sum, of_folder["confusion"])) == 60 and len(of_folder["rows"]) == 10, "the confusion is not whole")
    has(text, f"accuracy {of_folder['accuracy']:.4f}")
    for other in (["data.npz"], ["images.idx.gz", "--labels=labels.idx"], ["data.npz", "-x", "x_float", "-y", "y_test"]):
        of_arrays = accuracy("glyphs.safetensors", *other)
        check(of_arrays["confusion"] == of_folder["confusion"], f"{other} is evaluated otherwise than the folder")
    if "report" in BUILT:
        for columns in (60, 80, 200):
            lines = run("evaluate", "glyphs.safetensors", "images", columns=columns).splitlines()
            check(max(map(width, lines)) <= columns, f"lines are wider than {columns} columns:\n" + "\n".join(lines))
    check(accuracy("rents.safetensors", "rents.csv")["accuracy"] > 0.9, "the table is not predicted")
    line = accuracy("line.safetensors", "x.npy", "-l", "y.npy")
    check(line["kind"] == "regression" and line["averages"]["macro"]["r2"] > 0.9 and "accuracy" not in line, f"{line}")
    check(accuracy("line.safetensors", "x.npy", "-l", "y.npy", "--loss=mean_absolute_error")["loss"] < 0.2, "--loss")

    run("evaluate", "rents.safetensors", "new.csv", status=1, error="new.csv: has no labels")
    run("evaluate", "glyphs.safetensors", "images.idx.gz", status=1, error="--labels says which file")
    run("evaluate", "glyphs.safetensors", "images.idx.gz", "-l", "nothing", status=1, error="nothing: No such file")
    run("evaluate", "glyphs.safetensors", "data.npz", "-y", "z", status=1, error='no "z.npy"')
    run("evaluate", "line.safetensors", "x.npy", "-l", "y.npy", "--loss=loos", status=1, error="loos")
    run("evaluate", "line.safetensors", "x.npy", "-l", "y.npy", "--kind=kind=what", status=1, error="what")
    run("evaluate", "two.safetensors", "x.npy", status=1, error="must have one input and one output")
    os.makedirs("others/cat", exist_ok=True)
    shutil.copy("picture", "others/cat/1.png")
    run("evaluate", "glyphs.safetensors", "others", status=1, error="cat")


def test_convert():
    text = run("convert", "--list")
    has(text, "safetensors  yes    yes", "npz          -w     yes")
    run("convert", "glyphs.safetensors", "half.safetensors", "-o", "storage=f16")
    check(os.path.getsize("half.safetensors") < 0.7 * os.path.getsize("glyphs.safetensors"), "f16 is not smaller")
    run("convert", "glyphs.safetensors", "weights.npz")
    with zipfile.ZipFile("weights.npz") as archive:
        check(archive.testzip() is None and "dense.kernel.npy" in archive.namelist(), f"{archive.namelist()}")
    check(run("inspect", "weights.npz").count("floats") == 4, "the archive has not four arrays")
    # Into a model with other parameters and back.
    run("convert", "glyphs.safetensors", "again", "--to=safetensors", "--weights=weights.npz", "-v",
        error="4 arrays were taken from weights.npz")
    with open("again", "rb") as one, open("glyphs.safetensors", "rb") as other:
        check(one.read() == other.read(), "parameters are others after a way through .npz")
    run("convert", "glyphs.safetensors", "again", "-t", "safetensors", "-w", "half.safetensors")
    run("convert", "glyphs.safetensors", "torch", "--to=state_dict")
    has(run("inspect", "torch"), "a state dict of PyTorch", "conv2d.weight", "8x1x3x3")
    run("convert", "half.safetensors", "again", "--to=safetensors", "--weights=torch", "-v",
        error="4 arrays were taken from torch")
    with open("again", "rb") as one, open("glyphs.safetensors", "rb") as other:
        check(one.read() == other.read(), "parameters are others after a way through a state dict")
    run("convert", "rents.safetensors", "again", "--to=safetensors", "-w", "torch", status=1, error="torch: ")
    if "source" in BUILT:
        run("convert", "glyphs.safetensors", "net.c", "-o", "name=net", "-o", "header=yes")
        with open("net.h", encoding="utf-8") as file:
            has(file.read(), "void net_predict(const float *input, float *output);")
        run("convert", "glyphs.safetensors", "net.c", "-o", "name=1", status=1, error="name is 1")
    if "keras" in BUILT:
        for name in "net.keras", "net.h5", "net.weights.h5":
            run("convert", "glyphs.safetensors", name)
        for name in "net.keras", "net.h5":
            os.rename(name, "file")  # what is in it tells
            has(run("inspect", "file"), "a model of Keras" if name == "net.keras" else "an HDF5 file", "dense")
            run("convert", "file", "back.npz")
            with zipfile.ZipFile("back.npz") as back, zipfile.ZipFile("weights.npz") as archive:
                check(all(back.read(name) == archive.read(name) for name in archive.namelist()), f"{name} has other parameters")
        has(run("inspect", "net.weights.h5"), "no model: net.weights.h5: has weights only")
        run("convert", "glyphs.safetensors", "again", "-t", "safetensors", "-w", "net.weights.h5", "-v",
            error="4 arrays were taken from net.weights.h5")
        run("convert", "net.weights.h5", "net.npz", status=1, error="has weights only")
    if "onnx" in BUILT:
        run("convert", "glyphs.safetensors", "net.onnx", "-o", "layout=nchw")
        has(run("inspect", "net.onnx"), "an ONNX model", "classes: angle, arrow,", "10, 10, 8")
        os.rename("net.onnx", "network")  # whose contents tell what it is
        has(run("evaluate", "network", "images"), *run("evaluate", "glyphs.safetensors", "images").splitlines()[:1])
        run("convert", "network", "back.safetensors")
        check(run("predict", "back.safetensors", "picture") == run("predict", "glyphs.safetensors", "picture"),
              "a model predicts otherwise after a way through ONNX")

    run("convert", "glyphs.safetensors", "net.pt", status=2, error="the ending of the name tells no format")
    run("convert", "glyphs.safetensors", "net", "--to=pt", status=2, error='--to is "pt"')
    run("convert", "glyphs.safetensors", "net.npz", "-o", "a=b", status=2, error="npz has no options")
    run("convert", "glyphs.safetensors", "net.npz", "-o", "a", status=2, error="it must be NAME=VALUE")
    run("convert", "x.npy", "net.npz", status=1, error="is an .npy array of NumPy, not a model")
    run("convert", "nothing", "net.npz", status=1, error="nothing: No such file")
    run("convert", "glyphs.safetensors", "none/net.npz", status=1, error="none/net.npz")
    run("convert", "glyphs.safetensors", "net.npz", "-w", "x.npy", status=1, error="no parameters")
    run("convert", "rents.safetensors", "net.npz", "-w", "weights.npz", status=1, error="dense.kernel")
    check(not os.path.exists("net.npz") and not os.path.exists("net.pt"), "a conversion that failed leaves a file")


def test_full_disk():
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([os.path.join(PROGRAMS, "libneuron-inspect"), "glyphs.safetensors"], stdout=full, check=False,
                              stderr=subprocess.PIPE, text=True)
    check(done.returncode == 1 and "could not be written" in done.stderr, f"a full disk: {done}")


def test_manuals():
    """Each option of --help is in the manual, and the other way round."""
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "man")
    for program in ("convert", "inspect", "predict", "evaluate"):
        with open(os.path.join(folder, f"libneuron-{program}.1"), encoding="utf-8") as file:
            manual = file.read()
        told = set(re.findall(r"--([a-z]+)", run(program, "--help")))
        listed = set(re.findall(r"^\.It .*?Fl -([a-z]+)", manual, re.M)) | set(re.findall(r", Fl -([a-z]+)", manual))
        check(told == listed, f"libneuron-{program}: --help has {sorted(told)}, the manual {sorted(listed)}")
    if shutil.which("mandoc"):
        for name in os.listdir(folder):
            if name.endswith(".1"):
                said = subprocess.run(["mandoc", "-Tlint", "-Wwarning", os.path.join(folder, name)], check=False,
                                      stdout=subprocess.PIPE, text=True).stdout
                check(not said, said)
    else:
        print("skipped: there is no mandoc")


def main():
    with tempfile.TemporaryDirectory() as folder:
        make = os.path.abspath(MAKE)
        os.chdir(folder)
        subprocess.run([make, "."], check=True)
        write_data()
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                before = len(problems)
                test()
                print(f"{name}: {'as it should be' if len(problems) == before else 'WRONG'}", flush=True)
    return 1 if problems else 0


PROGRAMS = os.path.abspath(PROGRAMS)
sys.exit(main())
