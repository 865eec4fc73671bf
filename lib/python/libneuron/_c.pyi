# The generated low layer: functions of C with doc strings, enumerators, and classes of handles, all by their names in C.
from typing import Any

def __getattr__(name: str) -> Any: ...
