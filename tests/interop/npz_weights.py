"""Parameters as .npz archives, both ways with NumPy itself: npz_weights.py LIBRARY

Ends with status 1 if an array is not what it was, and with 77, which Meson takes as skipped, where there is no NumPy."""
import os
import sys
import tempfile

try:
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

os.environ["LIBNEURON_LIBRARY"] = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(os.path.dirname(os.environ["LIBNEURON_LIBRARY"]), "python"))
import libneuron as nn  # noqa: E402 # pylint: disable=wrong-import-position


def model():
    x = nn.Input((9, 8, 2))
    y = nn.BatchNorm()(nn.Conv2D(3, (3, 2), activation="relu")(x))
    return nn.Model(x, nn.Dense(5, name="head")(nn.Flatten()(y)))


def main():
    trained, fresh = model(), model()
    numbers = numpy.random.default_rng(3)
    for name, array in trained.arrays.items():
        trained.arrays[name] = numbers.random(array.shape).astype(numpy.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ours.npz")
        trained.save_npz(path)
        with numpy.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        assert list(arrays) == list(trained.arrays), (list(arrays), list(trained.arrays))
        for name, array in arrays.items():
            assert array.dtype == numpy.float32 and numpy.array_equal(array, trained.arrays[name]), name

        # As NumPy writes them: plain and packed, of other types, in the other order.
        for save in (numpy.savez, numpy.savez_compressed):
            for change in (lambda a: a, lambda a: a.astype(numpy.float64), numpy.asfortranarray,
                           lambda a: a.astype(">f4")):
                path = os.path.join(folder, "theirs.npz")
                save(path, **{name: change(array) for name, array in arrays.items()})
                fresh = model()
                assert fresh.load_arrays(path) == len(arrays)
                for name, array in arrays.items():
                    assert numpy.array_equal(fresh.arrays[name], array), name
        save(path, **{name: (array * 3).astype(numpy.int16) for name, array in arrays.items()})
        fresh.load_arrays(path)
        assert numpy.array_equal(fresh.arrays["head.kernel"], (arrays["head.kernel"] * 3).astype(numpy.int16))
        halves = {name: array.astype(numpy.float16) for name, array in arrays.items()}
        save(path, **halves)
        fresh.load_arrays(path)
        assert numpy.array_equal(fresh.arrays["conv2d.kernel"], halves["conv2d.kernel"].astype(numpy.float32))
    print(f"{len(arrays)} arrays are the same in NumPy {numpy.__version__}")


main()
