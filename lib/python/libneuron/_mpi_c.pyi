# The generated low layer of libneuron-mpi, as _c is that of the core.
from typing import Any

def __getattr__(name: str) -> Any: ...
