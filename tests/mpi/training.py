"""Ranks of mpi4py train together: training.py, by mpirun; without it, a training of the same parts by one process alone.

Each tells its rank, 0, and a sum of what it predicts, as ranks.c does.
"""
import hashlib
import os
import sys

import numpy as np

import libneuron as nn


def train(communicator):
    x = np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32)
    y = (x.sum(1) > 0).astype(int)
    with nn.Context(threads=2, seed=4):
        i = nn.Input(6)
        h = nn.Dropout(0.2)(nn.BatchNorm()(nn.Dense(7, activation="relu")(i)))
        model = nn.Model(i, nn.Dense(2, activation="softmax")(h))
        nn.Trainer(model, nn.Adam(0.01), communicator=communicator).fit(x, y, epochs=3, batch_size=16, parts=8,
                                                                       progress=False)
        return hashlib.sha256(model.predict(x).tobytes()).hexdigest()


def refused(what, *arguments, **more):
    try:
        nn.Communicator.from_mpi(*arguments, **more)
    except what as error:
        return str(error)
    sys.exit(f"{arguments}, {more} are taken")


def main():
    if sys.argv[1:] == ["alone"]:
        print(0, 0, train(None))
        return
    from mpi4py import MPI
    refused(TypeError, 3)
    assert "timeout" in refused(ValueError, timeout=-1)
    communicator = nn.Communicator.from_mpi(timeout=100)
    assert (communicator.rank, communicator.size) == (MPI.COMM_WORLD.rank, MPI.COMM_WORLD.size)
    half = nn.Communicator.from_mpi(MPI.COMM_WORLD.Split(communicator.rank % 2))
    assert half.sum([1])[0] == half.size == (communicator.size + 1 - communicator.rank % 2) // 2
    os.write(1, f"{communicator.rank} 0 {train(communicator)}\n".encode())


main()
