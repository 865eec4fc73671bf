"""Datasets: examples and their labels.

fit(), evaluate() and predict() take arrays, frames and datasets alike. A Dataset is for what arrays cannot say: files,
tables with words and gaps, streams, weights, several inputs; and for what is split, folded, sampled and scaled by the
library without a copy.
"""
from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._call import (check, committee_c, decoded, extents, integer, options_text, path_of, pointers, shape_of, text_of,
                    texts, utf8)
from .context import Context, context as current_context, seed_of
from .elsewhere import DATASET, hint
from .errors import DataError, FormatError
from .frames import PLAIN, TRAINED, Table, all_numbers, finite, plan_of
from .labels import Labels, is_frame, labels_of
from .tensor import DTYPES, as_array, as_float, as_stored, copied, lend, scales_of

_TEXTS = ("label", "targets", "ignore", "categorical", "na_values", "separator", "comment", "shape")


class Dataset:
    """Examples in memory with labels: `Dataset(x, y)`.

    x: an array [n, ...]; bytes stay bytes in memory and become inputs 0 to 1, other numbers float32. It is not copied
       if it is so already, and must not change then. A list of arrays, one for each input of the model.
    y: class numbers or words [n]; other numbers are targets [n, ...]. A list, one for each output. None for none.
    class_names: what the classes are called. classes: how many there are. weights: of each example's loss.
    """

    _handle: Any
    _context: Context
    _streams: bool = False  # whether a function reads it, which may take any time

    def __init__(self, x: Any, y: Any = None, *, class_names: Optional[Sequence[str]] = None,
                 classes: Optional[int] = None, weights: Any = None) -> None:
        context = current_context()
        made = assemble(x, y, context, class_names=class_names, classes=classes, weights=weights)
        self._handle, self._context = made._handle, context

    @classmethod
    def _of(cls, handle: Any, context: Context) -> "Dataset":
        made = cls.__new__(cls)
        made._handle, made._context = handle, context
        return made

    @classmethod
    def _made(cls, function: Callable[..., int], *arguments: Any, context: Optional[Context] = None) -> "Dataset":
        """What neuron_dataset_<...>(&dataset, context, ...) makes."""
        context = context or current_context()
        handle = _c.DatasetHandle()
        check(function(handle, context._handle, *arguments))
        return cls._of(handle, context)

    def _derived(self, function: Callable[..., int], *arguments: Any) -> "Dataset":
        """What neuron_dataset_<...>(&dataset, dataset, ...) makes."""
        handle = _c.DatasetHandle()
        check(function(handle, self._handle, *arguments))
        made = Dataset._of(handle, self._context)
        made._streams = self._streams
        return made

    # ---- From files ----

    @staticmethod
    def load_csv(path: Any, *, like: Optional["Dataset"] = None, **options: Any) -> "Dataset":
        """A table of text: `load_csv("people.csv", label="income", categories="one_hot", missing="median")`.

        like: a dataset from a table, by whose preparation this one is read: the training set for the test set.
        """
        if like is not None:
            _nothing_else(options, "like")
            return Dataset._made(_c.neuron_dataset_load_csv_like, path_of(path), like._handle)
        return Dataset._made(_c.neuron_dataset_load_csv, path_of(path), table_options(options))

    @staticmethod
    def from_frame(frame: Any, *, like: Optional["Dataset"] = None, **options: Any) -> "Dataset":
        """A frame of pandas, with the options of load_csv(): `from_frame(frame, label="income", missing="median")`.
        Words, categories and gaps are treated as those of a file, and the model keeps how."""
        if like is not None:
            _nothing_else(options, "like")
            learnt = like.preparation
            table = Table(frame, None if learnt is None else learnt._plan, TRAINED)
            return _read(table, _c.neuron_dataset_load_csv_like_memory, like._handle)
        options.setdefault("header", "present")
        return _read(Table(frame), _c.neuron_dataset_load_csv_memory, table_options(options))

    @staticmethod
    def load_npz(path: Any, examples: str = "x_train", labels: str = "y_train", classes: int = 0) -> "Dataset":
        """Two arrays of a .npz archive; classes=0 for targets of any kind."""
        return Dataset._made(_c.neuron_dataset_load_npz, path_of(path), utf8(examples), utf8(labels), integer(classes, "classes"))

    @staticmethod
    def load_npy(examples: Any, labels: Any, classes: int = 0) -> "Dataset":
        """Two .npy files; classes=0 for targets of any kind."""
        return Dataset._made(_c.neuron_dataset_load_npy, path_of(examples), path_of(labels), integer(classes, "classes"))

    @staticmethod
    def load_idx(images: Any, labels: Any, classes: int = 10) -> "Dataset":
        """A pair of IDX files, as those of MNIST, plain or gzip."""
        return Dataset._made(_c.neuron_dataset_load_idx, path_of(images), path_of(labels), integer(classes, "classes"))

    @staticmethod
    def load_cifar10(*paths: Any, pickled: bool = False) -> "Dataset":
        """CIFAR-10 from files of its binary version, or with pickled=True of its Python version."""
        function = _c.neuron_dataset_load_cifar10_pickle if pickled else _c.neuron_dataset_load_cifar10
        names = [path_of(path) for path in paths]
        return Dataset._made(function, (ctypes.c_char_p * len(names))(*names), len(names))

    @staticmethod
    def load_folder(path: Any, *, classes_of: Optional["Dataset"] = None) -> "Dataset":
        """A folder with a sub-folder of images for each class; classes_of: with the classes of another dataset."""
        if classes_of is not None:
            return Dataset._made(_c.neuron_dataset_load_folder_as, path_of(path), classes_of._handle)
        return Dataset._made(_c.neuron_dataset_load_folder, path_of(path))

    @staticmethod
    def glyphs(count: int, height: int = 16, width: int = 16, seed: int = 0) -> "Dataset":
        """Generated images of ten kinds of glyphs, for a first try without a download."""
        return Dataset._made(_c.neuron_dataset_generate_glyphs, integer(count, "count"), integer(height, "height"), integer(width, "width"), seed_of(seed))

    # ---- From functions ----

    @staticmethod
    def stream(read: Callable[[np.ndarray], Any], count: int, *, shape: Any, classes: Optional[int] = None,
               targets: Any = None, dtype: Any = np.float32, labels: Any = None) -> "Dataset":
        """Examples that a function reads each time they are needed, for sets that are larger than memory.

        read(positions) gets positions in the whole set, an array of integers, and returns the examples there,
        [len(positions), *shape], and their labels: (x, y). With `labels`, class numbers or targets of all
        examples, it returns the examples alone. classes: how many there are; or targets: the shape of the targets
        of one example. A training calls it in another thread, one batch ahead.
        """
        from .streams import stream
        return stream(read, integer(count, "count"), shape, classes, targets, np.dtype(dtype), labels)

    # ---- Parts and others ----

    def subset(self, first: int, count: int) -> "Dataset":
        """Examples first to first + count - 1, sharing memory, as do all parts below."""
        return self._derived(_c.neuron_dataset_subset, integer(first, "first"), integer(count, "count"))

    def shard(self, rank: int, size: int) -> "Dataset":
        """The examples of one of several ranks, for a training with data="shard"."""
        return self._derived(_c.neuron_dataset_shard, integer(rank, "rank"), integer(size, "size"))

    def __getitem__(self, places: Any) -> "Dataset":
        """A slice of the examples, or those at some positions, or where a mask is true."""
        if isinstance(places, slice):
            places = np.arange(len(self))[places]
        places = as_array(places, "the positions")
        if places.dtype.kind == "b":
            if places.shape != (len(self),):
                raise IndexError(f"the mask has the shape {places.shape}; there are {len(self)} examples")
            places = np.flatnonzero(places)
        if places.dtype.kind not in "iu" or places.ndim != 1:
            raise TypeError("a dataset is indexed by a slice, by positions, or by a mask; one example is dataset[0:1]")
        places = places.astype(np.int64)
        return self.select(np.where(places < 0, places + len(self), places))

    def select(self, positions: Any) -> "Dataset":
        """The examples at some positions, in that order."""
        given = as_array(positions, "the positions")
        if given.dtype.kind not in "iu" and given.size:
            raise TypeError(f"the positions are {given.dtype}; they must be integers")
        places = np.ascontiguousarray(given, np.int64)
        function = _c.neuron_dataset_select
        return self._derived(function, places.ctypes.data_as(function.argtypes[2]), places.size)

    def split(self, *fractions: float, order: str = "shuffled", seed: int = 0) -> List["Dataset"]:
        """Parts of these sizes: `train, test = dataset.split(0.8, 0.2, order="stratified")`."""
        array = (ctypes.c_double * len(fractions))(*fractions)
        parts = (_c.neuron_dataset_p * max(1, len(fractions)))()
        check(_c.neuron_dataset_split(parts, self._handle, array, len(fractions), seed_of(seed),
                                      options_text({"order": order})))
        made = [Dataset._of(owned(_c.DatasetHandle, part), self._context) for part in parts[:len(fractions)]]
        for part in made:
            part._streams = self._streams
        return made

    def k_fold(self, k: int, fold: int, seed: int = 0) -> Tuple["Dataset", "Dataset"]:
        """A fold to validate with and the others to train with: (train, validation), stratified."""
        train, validation = _c.DatasetHandle(), _c.DatasetHandle()
        check(_c.neuron_dataset_k_fold(train, validation, self._handle, integer(k, "k"), integer(fold, "fold"), seed_of(seed)))
        made = Dataset._of(train, self._context), Dataset._of(validation, self._context)
        made[0]._streams = made[1]._streams = self._streams
        return made

    def shuffle(self, seed: int = 0) -> "Dataset":
        """The same examples in random order."""
        return self._derived(_c.neuron_dataset_shuffle, seed_of(seed))

    def sample(self, count: Optional[int] = None, *, weights: Any = None, seed: int = 0) -> "Dataset":
        """Examples that are drawn at random with replacement: a bootstrap."""
        array = None if weights is None else np.ascontiguousarray(as_array(weights, "the weights"), np.float64).ravel()
        function = _c.neuron_dataset_sample
        return self._derived(function, None if array is None else array.ctypes.data_as(function.argtypes[2]),
                             0 if array is None else array.size, len(self) if count is None else integer(count, "count"),
                             seed_of(seed))

    def filter(self, *classes: Union[int, str], renumber: bool = False) -> "Dataset":
        """The examples of some classes, by number or name; renumber=True numbers them anew."""
        function = _c.neuron_dataset_filter_renumbered if renumber else _c.neuron_dataset_filter
        names = self.class_names or []
        numbers = [names.index(each) if isinstance(each, str) and each in names else each for each in classes]
        for each in numbers:
            if isinstance(each, str):
                raise ValueError(f"there is no class {each!r}; there are {', '.join(map(repr, names)) or 'no names'}")
        array = (function.argtypes[2]._type_ * len(numbers))(*(integer(each, "a class") for each in numbers))
        return self._derived(function, array, len(numbers))

    def one_hot(self) -> "Dataset":
        """The same examples with targets in place of class numbers."""
        return self._derived(_c.neuron_dataset_one_hot)

    def distil(self, teacher: Any, **options: Any) -> "Dataset":
        """The same examples with what a trained model says of them as targets: a smaller one learns from these.

        The model may be a Committee. For classes train with loss=nn.Distillation(). Options are those of
        "distil": soft_share, how much the teacher counts beside the targets that are there.
        """
        return self._derived(committee_c.neuron_dataset_distil, teacher._graph, options_text(options))

    def grayscale(self) -> "Dataset":
        """The same images in grey."""
        return self._derived(_c.neuron_dataset_grayscale)

    @staticmethod
    def join(*datasets: "Dataset") -> "Dataset":
        """A copy of all examples of several datasets, in order."""
        _all_datasets(datasets)
        handle = _c.DatasetHandle()
        check(_c.neuron_dataset_join(handle, pointers(_c.neuron_dataset_p, [each._handle for each in datasets]),
                                     len(datasets)))
        return Dataset._of(handle, datasets[0]._context)

    @staticmethod
    def zip(inputs: Sequence["Dataset"], targets: Sequence["Dataset"] = ()) -> "Dataset":
        """Datasets side by side, for a model with as many inputs and outputs."""
        _all_datasets((*inputs, *targets))
        handle = _c.DatasetHandle()
        lists = [pointers(_c.neuron_dataset_p, [each._handle for each in given]) for given in (inputs, targets)]
        check(_c.neuron_dataset_zip(handle, lists[0], len(inputs), lists[1] if targets else None, len(targets)))
        made = Dataset._of(handle, inputs[0]._context)
        made._streams = any(each._streams for each in (*inputs, *targets))
        return made

    # ---- What is set ----

    def set_scale(self, scale: Any, offset: Any = 0.0) -> "Dataset":
        """How a stored value becomes an input: value * scale + offset; one number each, or one for each channel."""
        scales, offsets = (np.atleast_1d(np.asarray(each, np.float64)) for each in (scale, offset))
        scales, offsets = (each.copy() for each in np.broadcast_arrays(scales, offsets))
        check(_c.neuron_dataset_set_scales(self._handle, np.ctypeslib.as_ctypes(scales.ravel()),
                                           np.ctypeslib.as_ctypes(offsets.ravel()), scales.size))
        return self

    def standardize(self, reference: Optional["Dataset"] = None, *, channels: bool = True) -> "Dataset":
        """Scales so that a reference, the training set, has mean 0 and deviation 1: each column of a table and each
        channel of images by itself, or with channels=False all numbers alike. None for itself as the reference."""
        function = _c.neuron_dataset_standardize_channels if channels else _c.neuron_dataset_standardize
        check(function(self._handle, (reference or self)._handle))
        return self

    def normalize(self, minimum: float = 0.0, maximum: float = 1.0) -> "Dataset":
        """Scales so that inputs lie between two bounds."""
        check(_c.neuron_dataset_normalize(self._handle, float(minimum), float(maximum)))
        return self

    def reshape(self, *shape: int) -> "Dataset":
        """Gives the examples another shape of as many elements."""
        given = extents(shape[0] if len(shape) == 1 else shape)
        check(_c.neuron_dataset_reshape(self._handle, given, len(given)))
        return self

    def set_weights(self, weights: Any) -> "Dataset":
        """Weights by which the losses of the examples are multiplied; None for none."""
        if weights is None:
            check(_c.neuron_dataset_set_weights(self._handle, None, 0))
        else:
            array = as_float(weights, "the weights").ravel()
            function = _c.neuron_dataset_set_weights
            check(function(self._handle, array.ctypes.data_as(function.argtypes[1]), array.size))
        return self

    # ---- What is there ----

    def __len__(self) -> int:
        return int(_c.neuron_dataset_count(self._handle))

    @property
    def shape(self) -> Tuple[int, ...]:
        """The shape of one example."""
        return shape_of(_c.neuron_dataset_shape, self._handle)

    @property
    def dtype(self) -> np.dtype:
        """Of the stored elements: uint8 or float32."""
        return DTYPES[_c.neuron_dataset_type(self._handle)]

    @property
    def classes(self) -> int:
        """How many classes there are; of a regression the number of targets."""
        return int(_c.neuron_dataset_class_count(self._handle))

    @property
    def class_names(self) -> Optional[List[str]]:
        """What the classes are called, if it is known."""
        names = [decoded(_c.neuron_dataset_class_name(self._handle, k)) for k in range(self.classes)]
        return None if any(name is None for name in names) else names  # type: ignore[return-value]

    @class_names.setter
    def class_names(self, names: Optional[Sequence[str]]) -> None:
        if names is None:
            check(_c.neuron_dataset_set_class_names(self._handle, None, 0))
        else:
            check(_c.neuron_dataset_set_class_names(self._handle, texts(names, "a class name"), len(names)))

    @property
    def class_counts(self) -> np.ndarray:
        """How many examples each class has."""
        counts = np.zeros(self.classes, np.int64)
        check(_c.neuron_dataset_class_counts(np.ctypeslib.as_ctypes(counts), len(counts), self._handle))
        return counts

    @property
    def inputs(self) -> int:
        """How many inputs an example has."""
        return int(_c.neuron_dataset_input_count(self._handle))

    @property
    def targets(self) -> int:
        """How many targets an example has, each for an output of a model; 0 without any."""
        return int(_c.neuron_dataset_target_count(self._handle))

    def input(self, index: int) -> "Dataset":
        """One input of several."""
        return self._derived(_c.neuron_dataset_input, integer(index, "index"))

    def target(self, index: int) -> "Dataset":
        """One target of several."""
        return self._derived(_c.neuron_dataset_target, integer(index, "index"))

    def x(self, first: int = 0, count: Optional[int] = None) -> np.ndarray:
        """A copy of examples as a model sees them, scaled, [count, ...]."""
        count = len(self) - first if count is None else count
        values = np.empty((max(0, count), *self.shape), np.float32)
        check(_c.neuron_dataset_read(values.ctypes.data_as(_c.neuron_dataset_read.argtypes[0]), None, self._handle,
                                     integer(first, "first"), integer(count, "count")))
        return values

    def labels(self, first: int = 0, count: Optional[int] = None) -> np.ndarray:
        """A copy of the class numbers."""
        count = len(self) - first if count is None else count
        kind = _c.neuron_dataset_read.argtypes[1]
        values = np.empty(max(0, count), np.dtype(kind._type_))
        check(_c.neuron_dataset_read(None, values.ctypes.data_as(kind), self._handle, integer(first, "first"), integer(count, "count")))
        return values

    def y(self, first: int = 0, count: Optional[int] = None) -> np.ndarray:
        """A copy of the targets, [count, outputs]; a class number is 1 for its class and 0 for the others."""
        count = len(self) - first if count is None else count
        needed = ctypes.c_size_t()
        check(_c.neuron_dataset_read_targets(None, 0, needed, self._handle, integer(first, "first"), integer(count, "count")))
        values = np.empty(needed.value, np.float32)
        check(_c.neuron_dataset_read_targets(np.ctypeslib.as_ctypes(values), values.size, None, self._handle,
                                             integer(first, "first"), integer(count, "count")))
        return values.reshape(count, -1) if count else values

    @property
    def preparation(self) -> Optional["Preparation"]:
        """What was learnt of the columns of the table that it comes from, if it does."""
        found = _c.neuron_dataset_preparation(self._handle)
        return Preparation(owned(_c.PreparationHandle, _c.neuron_preparation_ref(found))) if found else None

    if not TYPE_CHECKING:  # which is to find what there is not
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"a Dataset has no {name!r}" + hint(name, DATASET))

    def __copy__(self) -> "Dataset":
        return self.subset(0, len(self))

    def __reduce__(self) -> Any:
        raise TypeError("a Dataset is not pickled: its arrays are, x() and labels() or y()")

    def __repr__(self) -> str:
        return (f"<Dataset of {len(self)} examples {'x'.join(map(str, self.shape))} {self.dtype}, "
                f"{self.classes} classes>")


class Preparation:
    """What was learnt of the columns of a table: which become inputs, what words and gaps become."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    @property
    def fields(self) -> List[str]:
        """The columns that a row to predict has."""
        count = _c.neuron_preparation_field_count(self._handle)
        return [_c.neuron_preparation_field_name(self._handle, i).decode() for i in range(count)]

    @property
    def inputs(self) -> List[str]:
        """What the inputs are: "age", "city=Bern"."""
        count = _c.neuron_preparation_input_count(self._handle)
        return [text_of(_c.neuron_preparation_input_name, self._handle, i) for i in range(count)]

    def matrix(self, frame: Any, context: Optional[Context] = None, graph: Any = None) -> np.ndarray:
        """The inputs of a frame with these columns, [n, inputs]; scaled as a graph says, if one is given."""
        scales, plan = None if graph is None else scales_of(graph), self._plan
        if scales is None and self._identity(plan) and all_numbers(frame):
            fields, places = self.fields, {str(name): i for i, name in enumerate(frame.columns)}
            if len(places) == len(frame.columns) and set(fields) <= set(places):
                values = finite(frame.iloc[:, [places[name] for name in fields]])
                if values is not None:  # what is missing the library has to judge
                    return values
        made = _read(Table(frame, plan, TRAINED), _c.neuron_dataset_load_csv_prepared_memory, self._handle,
                     context=context)
        return (made if scales is None else made.set_scale(*scales)).x()

    @property
    def _plan(self) -> Dict[str, Any]:
        """All that it is, as data."""
        return plan_of(text_of(_c.neuron_preparation_json, self._handle))

    def _identity(self, plan: Dict[str, Any]) -> bool:
        """Whether numbers become inputs as they are. Equal names of columns and inputs do not tell: gaps may be
        filled, numbers may stand for others, and bytes are scaled."""
        inputs = [each for each in plan["columns"] if "role" not in each]
        return bool(plan["header"] and plan["missing"] == "refuse" and not plan["na_values"] and plan["type"] == "f32"
                    and all(each.keys() == {"name"} for each in inputs) and self.fields == self.inputs)

    def __repr__(self) -> str:
        return f"<Preparation of {', '.join(self.fields)}>"


def owned(kind: Any, pointer: Any) -> Any:
    """A handle that releases itself, from a pointer that is ours to release."""
    return ctypes.cast(pointer, kind)


def _all_datasets(given: Sequence[Any]) -> None:
    for each in given:
        if not isinstance(each, Dataset):
            raise TypeError(f"{type(each).__name__} is no Dataset")


def _nothing_else(options: Dict[str, Any], because: str) -> None:
    if options:
        raise TypeError(f"{', '.join(options)} cannot be given with {because}=, which says it already")


def table_options(options: Dict[str, Any]) -> Optional[bytes]:
    """Options of tables: columns may be several, in a list."""
    given = {}
    for name, value in options.items():
        if name in ("targets", "ignore", "categorical", "na_values") and isinstance(value, (list, tuple)):
            value = "+".join(_column(each) for each in value)
        elif name == "shape" and isinstance(value, (list, tuple)):
            value = "x".join(str(integer(each, "an extent")) for each in value)
        given[name] = value
    return options_text(given, _TEXTS)


def _column(name: Any) -> str:
    text = str(name)
    return '"' + text.replace('"', '""') + '"' if isinstance(name, str) and set(text) & set('+,"') else text


def _read(table: Table, function: Callable[..., int], *arguments: Any, context: Optional[Context] = None) -> Dataset:
    """The dataset that a call makes of the text of a frame."""
    try:
        return Dataset._made(function, table.text, len(table.text), *arguments, context=context)
    except (DataError, FormatError) as error:
        raise table.explain(error) from None


def frame_matrix(frame: Any, context: Context) -> Tuple[np.ndarray, Optional[Preparation]]:
    """The inputs of a frame, and what was learnt of its columns: their names, and what words become."""
    values = finite(frame) if all_numbers(frame) else None
    options = options_text({"label": "none", "categories": "one_hot", "type": "f32", "header": "present"})
    if values is None:
        made = _read(Table(frame, gaps=PLAIN), _c.neuron_dataset_load_csv_memory, options, context=context)
        return made.x(), made.preparation
    names = [str(name) for name in frame.columns]
    learnt = None
    if len(frame) and len(set(names)) == len(names):  # of numbers only the names are learnt, which one row shows
        learnt = _read(Table(frame.iloc[:1]), _c.neuron_dataset_load_csv_memory, options, context=context).preparation
    return values, learnt if learnt is not None and learnt.fields == learnt.inputs == names else None


# ---- Putting datasets together ----

def of_arrays(x: np.ndarray, labels: Optional[Labels], context: Context, classes: Optional[int] = None,
              shares: bool = False) -> Dataset:
    """A dataset over an array, and over targets, which are not copied. Class numbers are: they are read as places in
    memory, and must not change. shares: targets are probabilities of classes."""
    examples = lend(x, context)
    if labels is None:
        made = Dataset._made(_c.neuron_dataset_create_with_targets, examples, None, context=context)
    elif labels.classes is not None:
        if classes is None:
            classes = len(labels.names) if labels.names else min(int(labels.classes.max(initial=0)) + 1, 65536)
        classes = integer(classes, "classes")
        made = Dataset._made(_c.neuron_dataset_create, examples, copied(labels.classes, context), classes,
                             context=context)
    elif shares and labels.targets is not None:
        made = Dataset._made(_c.neuron_dataset_create, examples, lend(labels.targets, context),
                             labels.targets.shape[-1], context=context)
    else:
        made = Dataset._made(_c.neuron_dataset_create_with_targets, examples, lend(labels.array, context),
                             context=context)
    if labels is not None and labels.names and len(labels.names) == made.classes:
        made.class_names = labels.names
    return made


def assemble(x: Any, y: Any, context: Context, *, class_names: Any = None, classes: Optional[int] = None,
             weights: Any = None) -> Dataset:
    """A dataset of what Dataset() is given."""
    inputs = [of_arrays(each, None, context) for each in x_arrays(x, context)]
    if y is None:
        made = inputs[0] if len(inputs) == 1 else Dataset.zip(inputs)
    else:
        given = [labels_of(each, class_names) for each in (y if is_several(y) else [y])]
        first = x_arrays(x, context)[0]
        if len(inputs) == 1 and len(given) == 1:
            made = of_arrays(first, given[0], context, classes)
        else:
            made = Dataset.zip(inputs, [of_arrays(first, each, context, classes) for each in given])
    return made.set_weights(weights) if weights is not None else made


def is_several(x: Any) -> bool:
    """Whether x is a list of arrays, one for each input, and not an array written as a list."""
    return isinstance(x, (list, tuple)) and bool(x) and not np.isscalar(x[0]) and (
        hasattr(x[0], "__array__") or hasattr(x[0], "__dlpack__") or hasattr(x[0], "__array_interface__")) and \
        getattr(x[0], "ndim", 1) > 0


def x_arrays(x: Any, context: Context) -> List[np.ndarray]:
    """The arrays of x, one for each input."""
    if is_several(x):
        return [as_stored(each, f"input {i}") for i, each in enumerate(x)]
    if is_frame(x):
        return [frame_matrix(x, context)[0]]
    return [as_stored(x, "the examples")]


__all__ = ["Dataset", "Preparation"]
