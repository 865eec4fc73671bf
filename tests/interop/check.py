"""Compares libneuron with PyTorch and Keras: check.py LIBRARY [WORD]

Without a WORD the pages for those who come from there are run as well, which compare what networks predict that have
the same parameters. Prints one line for each number compared and ends with status 1 if a relative difference is above
1e-5, or above what the name says where chance is compared; with 77, which Meson takes as skipped,
where PyTorch or Keras is missing. With WORD only what has it in its name is printed.
"""
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
try:
    import keras
    import numpy
    import torch
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import augmentation
import initializers
import layers
import losses
import optimizers
from neuron import Neuron

TOLERANCE = 1e-5
keras.config.set_floatx("float64")
torch.set_num_threads(1)


def difference(ours, theirs):
    theirs = theirs.detach().numpy().reshape(-1)
    ours = numpy.asarray(ours, numpy.float64).reshape(-1)
    assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
    assert numpy.isfinite(ours).all() and numpy.isfinite(theirs).all()
    return abs(ours - theirs).max() / max(abs(theirs).max(), 1e-30)


neuron = Neuron(sys.argv[1])
word = sys.argv[2] if len(sys.argv) > 2 else ""
count, wrong = 0, 0
for module in (layers, initializers, losses, optimizers, augmentation):
    for name, mine, reference, *allowed in module.differences(neuron):
        if word in name:
            relative = difference(mine, reference)
            too_much = relative > (allowed[0] if allowed else TOLERANCE)
            count += 1
            wrong += too_much
            note = f", to {allowed[0]:g}" if allowed else ""
            print(f"{relative:9.1e}  {'TOO MUCH ' if too_much else ''}{name}{note}")


def run_page(page):
    """Whether all of a page's Python runs to its end, with what it asserts."""
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    library = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as work:
        done = subprocess.run(
            [sys.executable, os.path.join(top, "tests", "packaging", "python_document.py"), os.path.join(top, "docs", page),
             os.path.join(top, "tests", "abi", "enumerators.txt"), "all"], cwd=work, stdout=subprocess.DEVNULL,
            env=dict(os.environ, LIBNEURON_LIBRARY=library, PYTHONPATH=os.path.join(os.path.dirname(library), "python")))
    print(f"{page}: {'runs' if done.returncode == 0 else 'FAILED'}")
    return done.returncode == 0


for page in () if word else ("from-keras.md", "from-pytorch.md"):
    wrong += not run_page(page)
print(f"{count} compared, {wrong} differ by more than {TOLERANCE:g} or what is said")
sys.exit(1 if wrong else 0)
