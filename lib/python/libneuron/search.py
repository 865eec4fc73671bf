"""Searches: trying combinations of settings, all of them or a random part.

    def score(trial):
        model = build(trial["units"], trial["activation"])
        model.fit(x, y, optimizer=nn.Adam(trial["rate"]), seed=trial.seed)
        trial.add_figure("training accuracy", model.evaluate(x, y).accuracy)
        return model.evaluate(x_validation, y_validation).accuracy

    search = nn.Search(score, {"units": [16, 64], "rate": [1e-2, 1e-3], "activation": ["relu", "tanh"]})
    search.random(5, seed=1)
    print(search.best, search.table())
"""
from __future__ import annotations

import ctypes
import math
import numbers
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence

from . import _c
from ._call import check, committee_c, integer, options_text, park, path_of, text_of, texts, utf8
from .callbacks import forget, keep
from .communicator import Communicator
from .context import context as current_context, seed_of
from .training import interrupted_so_far


class Trial(Mapping[str, Any]):
    """One combination: its levels by the names of the factors."""

    def __init__(self, search: "Search", pointer: Any) -> None:
        self._search, self._pointer = search, pointer

    def __getitem__(self, name: str) -> Any:
        levels = self._search.factors[name]
        number = committee_c.neuron_trial_number(self._pointer, name.encode())
        if name in self._search._words:
            return levels[int(number)]
        return next(level for level in levels if float(level) == number)

    def __iter__(self) -> Iterator[str]:
        return iter(self._search.factors)

    def __len__(self) -> int:
        return len(self._search.factors)

    @property
    def index(self) -> int:
        """Which trial it is, from 0."""
        return int(committee_c.neuron_trial_index(self._pointer))

    @property
    def fold(self) -> int:
        """Which fold is to be tried, from 0."""
        return int(committee_c.neuron_trial_fold(self._pointer))

    @property
    def folds(self) -> int:
        return int(committee_c.neuron_trial_fold_count(self._pointer))

    @property
    def seed(self) -> int:
        """A seed for this trial and fold alone."""
        return int(committee_c.neuron_trial_seed(self._pointer))

    @property
    def score(self) -> float:
        """The mean of the scores of all folds."""
        return float(committee_c.neuron_trial_score(self._pointer))

    @property
    def deviation(self) -> float:
        """The deviation of the scores of all folds."""
        return float(committee_c.neuron_trial_deviation(self._pointer))

    @property
    def fold_scores(self) -> List[float]:
        return [float(committee_c.neuron_trial_fold_score(self._pointer, fold)) for fold in range(self.folds)]

    @property
    def seconds(self) -> float:
        return float(committee_c.neuron_trial_seconds(self._pointer))

    def add_figure(self, name: str, value: float) -> None:
        """Keeps a figure beside the score, while the trial is tried: trial.add_figure("training accuracy", 0.98)."""
        check(committee_c.neuron_trial_add_figure(self._pointer, utf8(name), float(value)))

    @property
    def figures(self) -> Dict[str, float]:
        """The figures by name: means over the folds."""
        return {name: float(committee_c.neuron_trial_figure(self._pointer, name.encode())) for name in self._search.figures}

    def __repr__(self) -> str:
        return f"<Trial {self.index}: {', '.join(f'{k}={v!r}' for k, v in self.items())}; score {self.score:.6g}>"


class Search:
    """Tries a function of a Trial, which returns its score, for combinations of levels.

    goal: "largest" or "smallest" scores are better. folds: how many times each trial is tried; its score is the mean.
    log: a file that keeps the results; a search that was interrupted goes on where it was.
    communicator: of this rank, where several processes share the trials; it has `ready`, and all make the same search and
    calls. Rank 0 hands out what is to be tried, and has the log; all have all results. serve: "thread" if rank 0 tries
    trials too, "only" if it does nothing but hand them out. patience: seconds that a fold may take on another rank before
    that counts as gone.
    """

    def __init__(self, function: Callable[[Trial], Optional[float]], factors: Mapping[str, Sequence[Any]], *,
                 goal: str = "largest", folds: int = 1, log: Any = None, communicator: Optional[Communicator] = None,
                 serve: str = "thread", patience: int = 0) -> None:
        if not callable(function):
            raise TypeError(f"the search tries {function!r}, not a function")
        if not isinstance(factors, Mapping):
            raise TypeError(f"the factors are {factors!r}; they must be a dictionary of names and levels")
        self.factors: Dict[str, List[Any]] = {str(name): list(levels) for name, levels in factors.items()}
        self._words = {name for name, levels in self.factors.items()
                       if any(isinstance(level, bool) or not isinstance(level, numbers.Real) for level in levels)}
        self.function = function
        self._handle = committee_c.SearchHandle()
        called = committee_c.neuron_search_function_t(self._called())
        key = keep(called)
        status = committee_c.neuron_search_create(self._handle, current_context()._handle, called, key, forget,
                                                  options_text({"goal": goal, "folds": folds, "serve": serve,
                                                                "patience": patience}))
        if status < 0:
            forget(key)
        check(status)
        for name, levels in self.factors.items():
            if name in self._words:
                labels = [level if isinstance(level, str) else repr(level) for level in levels]
                check(committee_c.neuron_search_add_choice(self._handle, utf8(name), texts(labels, "a level"), len(levels)))
            else:
                array = (ctypes.c_double * len(levels))(*(float(level) for level in levels))
                check(committee_c.neuron_search_add_factor(self._handle, utf8(name), array, len(levels)))
        if log is not None:
            check(committee_c.neuron_search_set_log(self._handle, path_of(log)))
        if communicator is not None:
            check(committee_c.neuron_search_set_communicator(self._handle, communicator._handle))

    def _called(self) -> Callable[..., int]:
        import weakref
        me = weakref.ref(self)

        def call(score: Any, trial: Any, _: Any) -> int:
            try:
                search = me()
                if search is None:
                    return _c.NEURON_STOP
                before = interrupted_so_far()
                found = search.function(Trial(search, trial))
                if interrupted_so_far() != before:
                    raise KeyboardInterrupt("Ctrl-C while a trial was trained")
                score[0] = math.nan if found is None else float(found)
                return 0
            except BaseException as error:
                return park(error)

        return call

    def grid(self) -> "Search":
        """Tries all combinations that are not done yet."""
        check(committee_c.neuron_search_run_grid(self._handle))
        return self

    def random(self, trials: int, seed: int = 0) -> "Search":
        """Tries random combinations, until `trials` are done in all."""
        check(committee_c.neuron_search_run_random(self._handle, integer(trials, "trials"), seed_of(seed)))
        return self

    @property
    def trials(self) -> List[Trial]:
        """The trials that are done."""
        return [Trial(self, committee_c.neuron_search_trial(self._handle, i))
                for i in range(committee_c.neuron_search_trial_count(self._handle))]

    @property
    def best(self) -> Optional[Trial]:
        """The trial with the best score; None if there is none."""
        found = committee_c.neuron_search_best(self._handle)
        return Trial(self, found) if found else None

    @property
    def figures(self) -> List[str]:
        """The names of the figures that trials have kept."""
        return [str(committee_c.neuron_search_figure_name(self._handle, i).decode())
                for i in range(committee_c.neuron_search_figure_count(self._handle))]

    def table(self) -> str:
        """The best and mean score of each level as text."""
        return text_of(committee_c.neuron_search_table, self._handle)

    def frame(self) -> Any:
        """The trials as a frame of pandas."""
        import pandas  # type: ignore[import-untyped,unused-ignore]
        return pandas.DataFrame([{**trial, "score": trial.score, "deviation": trial.deviation,
                                  "seconds": trial.seconds, **trial.figures} for trial in self.trials])

    def __repr__(self) -> str:
        return f"<Search of {', '.join(self.factors)}: {len(self.trials)} trials done>"


__all__ = ["Search", "Trial"]
