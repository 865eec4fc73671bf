"""Communicators: several processes that do one thing together."""
from __future__ import annotations

import ctypes
from typing import Any, Callable, List, Optional

import numpy as np

from . import _c
from ._call import check, integer, options_text, park
from .callbacks import forget, keep
from .context import Context, context as current_context


class Communicator:
    """One of `size` processes, or threads, that do one thing together: `nn.Communicator(rank, size, exchange)`.

    exchange: called as exchange(peer, sent, received) with two memoryviews of bytes, either of which may be empty. It
    sends the one to the rank `peer`, fills the other with what that rank sends at the same time, and returns when both
    are done; what it raises makes that rank count as gone. All calls are made by all ranks in the same order.
    ready: called as ready(peer); tells without waiting whether that rank has begun to send. Searches need it.

        communicator = nn.Communicator(rank, size, exchange)
        total = communicator.sum([len(x)])[0]
    """

    def __init__(self, rank: int, size: int, exchange: Optional[Callable[[int, memoryview, memoryview], Any]] = None, *,
                 ready: Optional[Callable[[int], Any]] = None, context: Optional[Context] = None) -> None:
        for name, function in (("exchange", exchange), ("ready", ready)):
            if function is not None and not callable(function):
                raise TypeError(f"{name} is {function!r}, not a function")
        self._context = context or current_context()
        self._handle = _c.CommunicatorHandle()

        failed: List[BaseException] = []  # what ready() raised, for the exchange that then comes

        def carry(received: Any, received_size: int, peer: int, sent: Any, sent_size: int, _: Any) -> int:
            try:
                assert exchange is not None
                if failed:
                    raise failed.pop()
                exchange(peer, _view(sent, sent_size).toreadonly(), _view(received, received_size))
                return 0
            except BaseException as error:
                return park(error)

        def look(peer: int, _: Any) -> int:
            try:
                assert ready is not None
                return 1 if ready(peer) else 0
            except BaseException as error:
                failed.append(error)
                return 1

        called = _c.neuron_exchange_function_t(carry) if exchange else _c.neuron_exchange_function_t()
        asked = _c.neuron_ready_function_t(look) if ready else _c.neuron_ready_function_t()
        setattr(called, "beside", asked)  # kept as long as that
        key = keep(called)
        status = _c.neuron_communicator_create(self._handle, self._context._handle, integer(rank, "rank"),
                                               integer(size, "size"), called, key, forget)
        if status < 0:
            forget(key)
        check(status)
        check(_c.neuron_communicator_set_ready(self._handle, asked))

    @classmethod
    def from_mpi(cls, comm: Any = None, *, timeout: Optional[float] = None, threads: Optional[str] = None,
                 context: Optional[Context] = None) -> Communicator:
        """The processes of MPI, of which mpirun or Slurm has started several, by libneuron-mpi: see its mpi.h.

        comm: a communicator of mpi4py, MPI.COMM_WORLD by default; all its ranks make this call. mpi4py must be made for the
        same MPI as libneuron-mpi. timeout: after how many seconds without a sign of life a rank counts as gone, 300 by
        default. threads: "main" where MPI was begun for one thread."""
        from . import _mpi_c
        if comm is None:
            from mpi4py import MPI
            comm = MPI.COMM_WORLD
        if not callable(getattr(comm, "py2f", None)):
            raise TypeError(f"comm is {type(comm).__name__}, not a communicator of mpi4py")
        made = cls.__new__(cls)
        made._context = context or current_context()
        made._handle = _c.CommunicatorHandle()
        check(_mpi_c.neuron_mpi_communicator_create_fortran(made._handle, made._context._handle, comm.py2f(), options_text(
            {"timeout": timeout, "threads": threads})))
        return made

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        return _c.neuron_communicator_rank(self._handle)

    @property
    def size(self) -> int:
        """How many there are."""
        return _c.neuron_communicator_size(self._handle)

    def barrier(self) -> None:
        """Waits until all ranks have come here."""
        check(_c.neuron_communicator_barrier(self._handle))

    def broadcast(self, data: Optional[bytes] = None, *, root: int = 0) -> bytes:
        """The bytes that the rank `root` has; what others give plays no part."""
        size = np.array([len(data) if data is not None and self.rank == root else 0], np.int64)
        check(_c.neuron_communicator_broadcast(size.ctypes.data, size.nbytes, self._handle, integer(root, "root")))
        room = (ctypes.c_char * int(size[0]))()
        if self.rank == root and data is not None:
            room[:] = bytes(data)
        check(_c.neuron_communicator_broadcast(room, len(room), self._handle, root))
        return bytes(room)

    def gather(self, array: Any) -> np.ndarray:
        """The arrays of all ranks, which have the same shape and type, as one: [size, ...]."""
        own = np.asarray(array, order="C")
        if own.dtype.hasobject:
            raise TypeError(f"the array is of {own.dtype}; it must be of numbers")
        found = np.empty((self.size, *own.shape), own.dtype)
        check(_c.neuron_communicator_gather(found.ctypes.data, self._handle, own.ctypes.data, own.nbytes))
        return found

    def sum(self, values: Any) -> np.ndarray:
        """The sums of these numbers over all ranks, as float64."""
        sums = np.array(values, np.float64, ndmin=1)
        check(_c.neuron_communicator_sum(sums.ctypes.data_as(ctypes.POINTER(ctypes.c_double)), sums.size, self._handle))
        return sums


def _view(address: Any, size: int) -> memoryview:
    return memoryview((ctypes.c_char * size).from_address(address) if size else bytearray()).cast("B")
