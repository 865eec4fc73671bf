"""Communicators: ranks as threads, whose bytes go through queues."""
import queue
import threading

import numpy as np
import pytest

import libneuron as nn


def in_ranks(size, work):
    """What `work` gives of the communicator of each rank."""
    queues = {(i, j): queue.Queue() for i in range(size) for j in range(size)}
    found = [None] * size

    def main(rank):
        def exchange(peer, sent, received):
            if len(sent):
                queues[rank, peer].put(bytes(sent))
            if len(received):
                received[:] = queues[peer, rank].get(timeout=60)

        def ready(peer):
            return not queues[peer, rank].empty()

        found[rank] = work(nn.Communicator(rank, size, exchange, ready=ready, context=nn.Context(threads=1)))

    threads = [threading.Thread(target=main, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_together():
    def work(communicator):
        communicator.barrier()
        text = communicator.broadcast(b"hello" if communicator.rank == 1 else None, root=1)
        arrays = communicator.gather(np.arange(3, dtype=np.int16) + communicator.rank)
        return text, arrays.dtype, arrays.tolist(), communicator.sum([1.5, communicator.rank]).tolist()

    expected = b"hello", np.int16, [[0, 1, 2], [1, 2, 3], [2, 3, 4]], [4.5, 3.0]
    assert in_ranks(3, work) == [expected] * 3


def test_training():
    x = np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32)
    y = (x.sum(1) > 0).astype(int)

    def train(communicator=None):
        with nn.Context(threads=1, seed=4):
            i = nn.Input(6)
            h = nn.Dropout(0.2)(nn.BatchNorm()(nn.Dense(7, activation="relu")(i)))
            model = nn.Model(i, nn.Dense(2, activation="softmax")(h))
            trainer = nn.Trainer(model, nn.Adam(0.01), communicator=communicator)
            history = trainer.fit(x, y, epochs=3, batch_size=16, parts=8, progress=False)
            return history["loss"][-1], model.predict(x).tobytes()

    assert in_ranks(3, train) == [train()] * 3


def test_search(tmp_path):
    def search(communicator=None, **options):
        def score(trial):
            trial.add_figure("twice", 2 * trial["rate"])
            return trial["rate"] + trial.seed % 1000

        with nn.Context(threads=1):
            found = nn.Search(score, {"rate": [1, 2, 3], "kind": ["a", "b"]}, folds=2, communicator=communicator,
                              **options).random(5, seed=3)
            return [(trial.index, trial.fold_scores, trial.figures) for trial in found.trials], found.table()

    log = tmp_path / "log.jsonl"
    assert in_ranks(3, lambda communicator: search(communicator, log=log)) == [search()] * 3
    assert len(log.read_text().splitlines()) == 1 + 2 * 5
    assert in_ranks(2, lambda communicator: search(communicator, serve="only", log=log)) == [search()] * 2
    with pytest.raises(nn.NeuronError, match="neuron_communicator_set_ready"):
        search(nn.Communicator(0, 2, print))


def test_search_that_fails():
    def search(communicator):
        def score(trial):
            raise KeyError("no data")

        with nn.Context(threads=1):
            try:
                nn.Search(score, {"rate": [1, 2]}, communicator=communicator).grid()
            except (KeyError, nn.NeuronError) as error:
                return str(error)

    found = in_ranks(2, search)
    assert "'no data'" in found
    assert all(text == "'no data'" or "the search's function" in text for text in found)


def test_alone():
    communicator = nn.Communicator(0, 1)
    assert (communicator.rank, communicator.size) == (0, 1)
    assert communicator.broadcast(b"") == b""
    assert communicator.gather(2.5).tolist() == [2.5]


def test_gone():
    def exchange(peer, sent, received):
        raise KeyError(f"no line to {peer}")

    communicator = nn.Communicator(0, 2, exchange)
    with pytest.raises(KeyError, match="no line to 1"):
        communicator.barrier()
    with pytest.raises(TypeError, match="not a function"):
        nn.Communicator(0, 2, "exchange")
    with pytest.raises(nn.NeuronError, match="rank is 2"):
        nn.Communicator(2, 2, exchange)
