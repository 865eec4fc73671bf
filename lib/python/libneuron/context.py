"""Contexts: where threads, memory, log lines and random numbers come from."""
from __future__ import annotations

import contextvars
import ctypes
import threading
from typing import Any, Callable, List, Optional, Tuple

from . import _c
from ._call import check, decoded, options_text, text_of
from ._load import quiet

_LEVELS = {"warning": _c.NEURON_LOG_WARNING, "info": _c.NEURON_LOG_INFO, "debug": _c.NEURON_LOG_DEBUG}
_NAMES = {number: name for name, number in _LEVELS.items()}

# What the functions of layers of the caller's are, for contexts that a model is loaded into: see custom.py.
_current: "contextvars.ContextVar[Optional[Context]]" = contextvars.ContextVar("libneuron.context", default=None)
# What was current before each `with` block that is open, in this thread or task: several may enter one context.
_before: "contextvars.ContextVar[Tuple[Optional[Context], ...]]" = contextvars.ContextVar("libneuron.contexts", default=())
_default: List["Context"] = []
_lock = threading.Lock()


class Context:
    """Threads, seed and kernels for all that is made with it: `Context(threads=2, seed=7)`.

    What is made in a `with` block of a context is made with it; else there is one for all, context().
    Options are those of neuron_context_create(): threads, seed, kernels, batch_invariant, memory_limit.
    """

    def __init__(self, **options: Any) -> None:
        self._handle = _c.ContextHandle()
        # Any seed of 64 bits will do; as text it would have to be one that a double holds.
        seed = options.pop("seed", None)
        check(_c.neuron_context_create(self._handle, options_text(options)))
        if seed is not None:
            self.seed = seed
        self._custom: dict = {}
        self._sink: Any = None

    def set(self, **options: Any) -> None:
        """Changes options while nothing else uses the context: `context.set(threads=4)`."""
        seed = options.pop("seed", None)
        text = options_text(options)
        if text is not None:
            check(_c.neuron_context_set(self._handle, text))
        if seed is not None:
            self.seed = seed

    @property
    def seed(self) -> int:
        """What all random numbers follow from. Models and trainings take it when they are made."""
        return int(_c.neuron_context_seed(self._handle))

    @seed.setter
    def seed(self, seed: int) -> None:
        check(_c.neuron_context_set_seed(self._handle, seed_of(seed)))

    @property
    def threads(self) -> int:
        """How many threads work on one call at most."""
        return int(_c.neuron_context_threads(self._handle))

    @property
    def kernels(self) -> str:
        """The instruction set that is computed with: "avx2" and the like."""
        return decoded(_c.neuron_context_kernels(self._handle)) or ""

    def log(self, receive: Optional[Callable[[str, str, str], Any]], level: str = "info") -> None:
        """Has `receive(level, category, line)` called for each line of the log; None for no log.

        It is called in whichever thread has something to tell, and must not use libneuron. With the module
        logging: `context.log(lambda level, category, line: logging.getLogger("libneuron." + category).info(line))`.
        """
        if level not in _LEVELS:
            raise ValueError(f"level is {level!r}; it must be one of {', '.join(_LEVELS)}")
        sink = _c.neuron_log_function_t() if receive is None else _c.neuron_log_function_t(_receiver(receive))
        check(_c.neuron_context_set_log(self._handle, _LEVELS[level], sink, None, _c.neuron_destroy_function_t()))
        self._sink = sink
        _sinks.append(sink)  # a graph may keep the context, and so the sink, longer than this object lives

    def __enter__(self) -> "Context":
        _before.set((*_before.get(), _current.get()))
        _current.set(self)
        return self

    def __exit__(self, *_: Any) -> None:
        *before, last = _before.get()
        _before.set(tuple(before))
        _current.set(last)

    def __repr__(self) -> str:
        return f"Context({text_of(_c.neuron_context_get_text, self._handle, None)})"

    def __reduce__(self) -> Any:
        raise TypeError("a context is of one process: it cannot be pickled")


_sinks: list = []


def _receiver(receive: Callable[[str, str, str], Any]) -> Callable[..., None]:
    def sink(level: int, category: bytes, line: bytes, _: Any) -> None:
        quiet.on = True
        try:
            receive(_NAMES.get(level, str(level)), category.decode(), line.decode())
        except BaseException:  # nobody is there to raise it to
            pass
        finally:
            quiet.on = False
    return sink


def context() -> Context:
    """The context that things are made with now: that of the `with` block, or the one for all."""
    found = _current.get()
    if found is not None:
        return found
    with _lock:
        if not _default:
            _default.append(Context())
        return _default[0]


def seed_of(seed: Any) -> Any:
    """A seed as the library takes it."""
    number = int(seed)
    if number != seed or not 0 <= number < 2**64:
        raise ValueError(f"the seed is {seed!r}; it must be an integer from 0 to 2^64 - 1")
    return ctypes.c_uint64(number)
