"""Networks of the documents as C source: trained for a moment by the programs of examples/documents, and compared on test
images.

usage: documents.py COMPARE_MODEL FOLDER_OF_EXAMPLES [all]

One or two networks of each document, or all of them on real images: compiling takes as long as there are numbers, and
a deep network makes much of roundings if an image is unlike those that it has learnt.
The images are those of NEURON_DATA or Debian's packages where they are there, else those that the library draws are
learnt and bytes predicted of which most are 0, as those of digits are. Ends with 1 if a model predicts otherwise as C."""
import gzip
import os
import random
import subprocess
import sys
import tempfile

COMPARE, EXAMPLES = map(os.path.abspath, sys.argv[1:3])
RUNS = {"mnist_mlp": "M1", "digits_fashion_cnn": "D4", "fashion_committee": "F1,F4,F4-vote",
        "fashion_skip_concat": "F7", "kmnist_mlp_cnn": "K1,K7", "cifar_cnn": "C1,C12"}
MORE = {"mnist_mlp": "M4,M6", "digits_fashion_cnn": "D1", "fashion_committee": "F2,F3", "fashion_skip_concat": "F5",
        "kmnist_mlp_cnn": "K5", "cifar_cnn": "C19"}
if sys.argv[3:] == ["all"]:
    RUNS = {program: f"{runs},{MORE[program]}" for program, runs in RUNS.items()}
    if "NEURON_DATA" not in os.environ:
        sys.exit("NEURON_DATA says where the images are")
DATA = {"mnist_mlp": "mnist", "digits_fashion_cnn": "mnist", "fashion_committee": "fashion-mnist",
        "fashion_skip_concat": "fashion-mnist", "kmnist_mlp_cnn": "kmnist"}
IMAGES = 30


def read(path, begin, size):
    try:
        with gzip.open(path + ".gz") as file:
            return file.read(begin + size)[begin:]
    except FileNotFoundError:
        with open(path, "rb") as file:
            return file.read(begin + size)[begin:]


def images(program):
    """Their bytes, or None."""
    folder = os.environ.get("NEURON_DATA", "/usr/share/datasets")
    try:
        if program != "cifar_cnn":
            return read(os.path.join(folder, DATA[program], "t10k-images-idx3-ubyte"), 16, IMAGES * 784)
        records = read(os.path.join(folder, "cifar-10-batches-bin", "test_batch.bin"), 0, IMAGES * 3073)
    except FileNotFoundError:
        return None
    # Plane by plane becomes pixel by pixel; networks for grey images take as many bytes as they need.
    planes = [records[r * 3073 + 1:(r + 1) * 3073] for r in range(IMAGES)]
    return b"".join(bytes(plane[c * 1024 + p] for p in range(1024) for c in range(3)) for plane in planes)


def drawn():
    """Bytes as dark as digits."""
    draw = random.Random(1)
    return bytes(draw.randrange(256) if draw.random() < 0.2 else 0 for _ in range(IMAGES * 3072))


def train(program, runs, out):
    command = [os.path.join(EXAMPLES, program), "--quick", "--threads", "1", "--out", out, "--run", runs]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        subprocess.run(command + ["--data", "generated"], check=True, stdout=subprocess.DEVNULL)
    return sorted(name for name in os.listdir(out) if name.endswith(".safetensors"))


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as work:
        for program, runs in RUNS.items():
            data, given = os.path.join(work, "images"), images(program)
            with open(data, "wb") as file:
                file.write(given or drawn())
            out = os.path.join(work, program)
            found = train(program, runs, out)
            if len(found) < len(runs.split(",")):
                print(f"{program} saved only {found}")
                wrong += 1
            for name in found:
                # All compilers see one of each program: they take as long as the numbers are many.
                everywhere = ["everywhere"] if name == found[0] else []
                done = subprocess.run([COMPARE, os.path.join(out, name), data, *everywhere], stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, check=False)
                kind = "test images" if given else "drawn bytes"
                said = [line for line in done.stdout.splitlines() if line.startswith("largest")]
                print(f"{program} {name[:-12]}, {kind}:", said[0] if done.returncode == 0 else done.stdout, flush=True)
                wrong += done.returncode != 0
    return 1 if wrong else 0


sys.exit(main())
