# Made by stubs.py from callbacks.py and the library's tables of options.
from typing import Any, Literal, Optional, Tuple, Union
import ctypes
import inspect
from typing import Any, Callable, Dict, List
from . import _c
from ._call import check, park, path_of
from .context import context as current_context
from .elsewhere import POINTS
from .kinds import Settings, about, camel, make_class
from .options import kinds, options
EVENTS: Any
class Callback:

    def on_run_begin(self, training: Any) -> Any:
        ...

    def on_epoch_begin(self, training: Any) -> Any:
        ...

    def on_step_end(self, training: Any) -> Any:
        ...

    def on_validation_step_end(self, training: Any) -> Any:
        ...

    def on_epoch_end(self, training: Any) -> Any:
        ...

    def on_run_end(self, training: Any) -> Any:
        ...
def _check_points(callback: Callback) -> None:
    ...
def _takes_the_training(function: Any) -> Any:
    ...
def functions_of(callback: Any) -> Dict[int, Callable[[Any], Any]]:
    ...
class LibraryCallback(Settings):
    _noun = 'callback'
_CALLBACKS: Any
callbacks: Dict[str, Any]
class Checkpoint(LibraryCallback):
    kind = 'checkpoint'
    _options = options('callback', 'early_stopping')

    def __init__(self, path: Any, **options: Any) -> None:
        ...

    def _create(self, text: Any) -> Any:
        ...

    def __reduce__(self) -> Any:
        ...

    def __copy__(self) -> Any:
        ...
def _checkpoint(path: Any, given: Dict[str, Any]) -> Checkpoint:
    ...
class CSVLog(LibraryCallback):
    kind = 'csv_log'

    def __init__(self, path: Any) -> None:
        ...

    def _create(self, text: Any) -> Any:
        ...

    def __reduce__(self) -> Any:
        ...

    def __copy__(self) -> Any:
        ...
_kept: Dict[int, Any]
@_c.neuron_destroy_function_t
def forget(key: int) -> None:
    ...
def keep(function: Any) -> int:
    ...
class LearningRate(LibraryCallback):
    kind = 'schedule'

    def __init__(self, function: Callable[[int, float], float]) -> None:
        ...

    def _create(self, text: Any) -> Any:
        ...

    def __reduce__(self) -> Any:
        ...

    def __copy__(self) -> Any:
        ...
def list_of(given: Any) -> List[Any]:
    ...
class CosineSchedule(LibraryCallback):
    alpha: float
    length: int
    start: int
    per_step: bool
    restart: bool
    def __init__(self, *, alpha: float = ..., length: int = ..., start: int = ..., per_step: bool = ..., restart: bool = ...) -> None: ...
class EarlyStopping(LibraryCallback):
    monitor: Literal['validation_loss', 'loss', 'accuracy', 'validation_accuracy', 'validation_precision', 'validation_recall', 'validation_f1', 'validation_iou', 'validation_subset_accuracy', 'validation_balanced_accuracy', 'validation_matthews_correlation', 'validation_cohen_kappa', 'validation_top_k_accuracy', 'validation_roc_auc', 'validation_average_precision', 'validation_log_loss', 'validation_brier_score', 'validation_brier_reliability', 'validation_brier_resolution', 'validation_brier_uncertainty', 'validation_expected_calibration_error', 'validation_maximum_calibration_error', 'validation_risk_coverage_area', 'validation_accuracy_at_coverage', 'validation_accuracy_at_confidence', 'validation_coverage_at_confidence', 'validation_mean_absolute_error', 'validation_mean_squared_error', 'validation_root_mean_squared_error', 'validation_r2']
    output: int
    mode: Literal['auto', 'smallest', 'largest']
    patience: int
    min_delta: float
    baseline: float
    start: int
    restore_best: bool
    def __init__(self, *, monitor: Literal['validation_loss', 'loss', 'accuracy', 'validation_accuracy', 'validation_precision', 'validation_recall', 'validation_f1', 'validation_iou', 'validation_subset_accuracy', 'validation_balanced_accuracy', 'validation_matthews_correlation', 'validation_cohen_kappa', 'validation_top_k_accuracy', 'validation_roc_auc', 'validation_average_precision', 'validation_log_loss', 'validation_brier_score', 'validation_brier_reliability', 'validation_brier_resolution', 'validation_brier_uncertainty', 'validation_expected_calibration_error', 'validation_maximum_calibration_error', 'validation_risk_coverage_area', 'validation_accuracy_at_coverage', 'validation_accuracy_at_confidence', 'validation_coverage_at_confidence', 'validation_mean_absolute_error', 'validation_mean_squared_error', 'validation_root_mean_squared_error', 'validation_r2'] = ..., output: int = ..., mode: Literal['auto', 'smallest', 'largest'] = ..., patience: int = ..., min_delta: float = ..., baseline: Optional[float] = ..., start: int = ..., restore_best: bool = ...) -> None: ...
class ExponentialSchedule(LibraryCallback):
    factor: float
    length: int
    start: int
    per_step: bool
    def __init__(self, *, factor: float = ..., length: int = ..., start: int = ..., per_step: bool = ...) -> None: ...
class ReduceOnPlateau(LibraryCallback):
    monitor: Literal['validation_loss', 'loss', 'accuracy', 'validation_accuracy', 'validation_precision', 'validation_recall', 'validation_f1', 'validation_iou', 'validation_subset_accuracy', 'validation_balanced_accuracy', 'validation_matthews_correlation', 'validation_cohen_kappa', 'validation_top_k_accuracy', 'validation_roc_auc', 'validation_average_precision', 'validation_log_loss', 'validation_brier_score', 'validation_brier_reliability', 'validation_brier_resolution', 'validation_brier_uncertainty', 'validation_expected_calibration_error', 'validation_maximum_calibration_error', 'validation_risk_coverage_area', 'validation_accuracy_at_coverage', 'validation_accuracy_at_confidence', 'validation_coverage_at_confidence', 'validation_mean_absolute_error', 'validation_mean_squared_error', 'validation_root_mean_squared_error', 'validation_r2']
    output: int
    mode: Literal['auto', 'smallest', 'largest']
    factor: float
    patience: int
    min_delta: float
    cooldown: int
    min_rate: float
    def __init__(self, *, monitor: Literal['validation_loss', 'loss', 'accuracy', 'validation_accuracy', 'validation_precision', 'validation_recall', 'validation_f1', 'validation_iou', 'validation_subset_accuracy', 'validation_balanced_accuracy', 'validation_matthews_correlation', 'validation_cohen_kappa', 'validation_top_k_accuracy', 'validation_roc_auc', 'validation_average_precision', 'validation_log_loss', 'validation_brier_score', 'validation_brier_reliability', 'validation_brier_resolution', 'validation_brier_uncertainty', 'validation_expected_calibration_error', 'validation_maximum_calibration_error', 'validation_risk_coverage_area', 'validation_accuracy_at_coverage', 'validation_accuracy_at_confidence', 'validation_coverage_at_confidence', 'validation_mean_absolute_error', 'validation_mean_squared_error', 'validation_root_mean_squared_error', 'validation_r2'] = ..., output: int = ..., mode: Literal['auto', 'smallest', 'largest'] = ..., factor: float = ..., patience: int = ..., min_delta: float = ..., cooldown: int = ..., min_rate: float = ...) -> None: ...
class StepSchedule(LibraryCallback):
    factor: float
    length: int
    start: int
    per_step: bool
    def __init__(self, *, factor: float = ..., length: int = ..., start: int = ..., per_step: bool = ...) -> None: ...
class StopOnNaN(LibraryCallback):
    def __init__(self) -> None: ...
class WarmUp(LibraryCallback):
    length: int
    start: int
    per_step: bool
    def __init__(self, *, length: int = ..., start: int = ..., per_step: bool = ...) -> None: ...
class WeightAveraging(LibraryCallback):
    average: Literal['mean', 'exponential']
    decay: float
    length: int
    start: int
    per_step: bool
    renew_statistics: bool
    def __init__(self, *, average: Literal['mean', 'exponential'] = ..., decay: float = ..., length: int = ..., start: int = ..., per_step: bool = ..., renew_statistics: bool = ...) -> None: ...
