"""Runs the tests of the Python package with a Python that has NumPy and pytest: run.py FOLDER [ARGUMENT...].

PYTHONPATH or an installation has the package, LIBNEURON_LIBRARY names the library that is not inside of it. NEURON_PYTHON
names a Python to try first, such as one of an environment with scikit-learn. Ends with 77 where no Python has both.
"""
import os
import subprocess
import sys


def main():
    for python in (os.environ.get("NEURON_PYTHON", ""), sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import numpy, pytest"], stderr=subprocess.DEVNULL,
                                                     check=False).returncode == 0:
            command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:]]
            return subprocess.run(command, check=False).returncode
    print("no Python has NumPy and pytest")
    return 77


if __name__ == "__main__":
    sys.exit(main())
