"""Models: what layers make, what learns, predicts, and is saved."""
from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from threading import get_ident
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

import numpy as np

from . import _c
from ._call import (bytes_of, check, committee_c, integer, options_text, out, path_of, pointers, shape_of, text_of, texts,
                    utf8)
from .context import Context, context as current_context, seed_of
from .data import Dataset, Preparation, frame_matrix
from .elsewhere import MODEL, hint
from .errors import ShapeError, StateError
from .evaluation import Evaluation
from .history import History
from .kinds import loss_of
from .labels import is_frame
from .layers import Layer, Node, build
from .parts import Arrays, LayerOfModel, Metadata, Text
from .state_dict import state_bytes, state_of
from .targets import by_output, dataset_for, floats_for
from .tensor import FLOAT, as_array, as_float, ready, wrap
from .training import Trainer

# Few examples at a time are copied into memory that is a tensor already: up to so many of them, and numbers.
_FEW, _FEW_NUMBERS = 32, 65536

_predict = _c.neuron_graph_predict

# What the initial parameters of models follow from that are made without a seed: see committee.py.
default_seed: "contextvars.ContextVar[Optional[int]]" = contextvars.ContextVar("libneuron.seed", default=None)


class Model:
    """A network from inputs to outputs: `nn.Model(x, y)`, or lists of several.

    name: for messages and the file. seed: of its initial parameters; else that of the context.
    """

    def __init__(self, inputs: Union[Node, Sequence[Node]], outputs: Union[Node, Sequence[Node]], *,
                 name: Optional[str] = None, seed: Optional[int] = None, context: Optional[Context] = None) -> None:
        lists: List[List[Node]] = []
        for given, what in ((inputs, "inputs"), (outputs, "outputs")):
            nodes: List[Any] = list(given) if isinstance(given, (list, tuple)) else [given]
            for node in nodes:
                if not isinstance(node, Node):
                    raise TypeError(f"the {what} of a model are nodes, which nn.Input() and layers give, not "
                                    f"{type(node).__name__}")
            if not nodes:
                raise ValueError(f"a model without {what}")
            lists.append(nodes)
        for node in lists[0]:
            if node.layer is not None:
                raise ValueError(f"{node!r} is no input: nn.Input() makes one")
        context = context or current_context()
        seed = default_seed.get() if seed is None else seed
        self._take(build(context, lists[0], lists[1], name, None if seed is None else seed_of(seed)), context)

    # ---- What a model is made of ----

    def _take(self, graph: Any, context: Context) -> None:
        self._graph, self.context = graph, context
        self._name = _c.neuron_graph_name(graph).decode()  # a copy: C's is gone once another is set
        self.history: Optional[History] = None
        self._inputs = [_c.neuron_graph_input(graph, i) for i in range(_c.neuron_graph_input_count(graph))]
        self._outputs = [_c.neuron_graph_output(graph, i) for i in range(_c.neuron_graph_output_count(graph))]
        self.input_shapes = [shape_of(_c.neuron_node_shape, node) for node in self._inputs]
        self.output_shapes = [shape_of(_c.neuron_node_shape, node) for node in self._outputs]
        self._alone = len(self._inputs) == 1 and len(self._outputs) == 1
        self._shape = self.input_shapes[0] if self._alone else None
        self._few = min(_FEW, _FEW_NUMBERS // max(1, int(np.prod(self.input_shapes[0]))))
        # Whether the time of a step follows from the number of parameters.
        self._dense = all(layer.kind == "input" or len(layer.shape) == 1 and
                          not _c.neuron_node_custom_kind(layer._node) for layer in self.layers)
        self._local = threading.local()
        self._readers: List[int] = []
        self._writer: Optional[int] = None
        self._depth = 0
        self._lock = threading.Lock()
        if context._custom:
            self._know_custom_layers()

    def _know_custom_layers(self) -> None:
        from .custom import know_arrays
        names = list(self.arrays)
        for layer in self.layers:
            if _c.neuron_node_custom_kind(layer._node):
                prefix = layer.name + "."
                know_arrays(self.context, layer.kind, tuple(name[len(prefix):] for name in names
                                                            if name.startswith(prefix)))

    @classmethod
    def _of(cls, graph: Any, context: Context) -> "Model":
        made = Model.__new__(Model)
        made._take(graph, context)
        return made

    # ---- Threads: many read, or one changes ----

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        self._begin_reading()
        try:
            yield
        finally:
            self._readers.remove(get_ident())

    def _begin_reading(self) -> None:
        self._readers.append(get_ident())
        writer = self._writer
        if writer is not None and writer != get_ident():
            self._readers.remove(get_ident())
            raise StateError("the model is being trained or changed in another thread; a copy, copy.copy(model), can "
                             "predict meanwhile", _c.NEURON_E_STATE)

    @contextlib.contextmanager
    def _changing(self, alone: bool = False) -> Iterator[None]:
        me = get_ident()
        with self._lock:
            if self._writer is not None and (self._writer != me or alone):
                raise StateError("the model is being trained or changed" + (" already" if self._writer == me else
                                 " in another thread"), _c.NEURON_E_STATE)
            if self._writer is None and me in self._readers:
                raise StateError("the model is changed by a function that it is running", _c.NEURON_E_STATE)
            self._writer = me
            self._depth += 1
        try:
            while self._depth == 1 and self._readers:  # predictions that have begun
                time.sleep(0.0005)
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if self._depth == 0:
                    self._writer = None

    # ---- Learning ----

    def fit(self, x: Any, y: Any = None, *, epochs: int = 1, batch_size: int = 32, validation_split: float = 0.0,
            validation_data: Any = None, optimizer: Any = "adam", loss: Any = None, callbacks: Any = (),
            loss_weights: Any = None, class_weight: Any = None, sample_weight: Any = None, augmentation: Any = None,
            seed: Optional[int] = None, progress: Optional[bool] = None, **options: Any) -> History:
        """Trains the model and returns the History; Ctrl-C ends it behind a step and keeps what was learnt.

        x: an array [n, ...], a frame, a Dataset; a list or a dictionary of arrays for several inputs.
        y: class numbers or words [n], or targets [n, ...]; several as x. None with a Dataset.
        loss: a name, nn.Huber(...), a function, or a list or dictionary of them. None chooses by the model's end:
            cross-entropy behind a softmax, binary cross-entropy behind a sigmoid, else the mean squared error.
        callbacks: of the library, Callback objects, or functions that are called after each epoch.
        class_weight: a list, a dictionary by number or name, or "balanced".
        progress: True or False; None shows it where a person looks.
        metrics: figures of the validation data after each epoch beside loss and accuracy, by the names of
            nn.Evaluation.metric_names(): ["roc_auc"] is history["validation_roc_auc"], and monitor="validation_roc_auc".
        Further options are those of a trainer: shuffle, micro_batch_size, workers.
        """
        trainer = Trainer(self, optimizer, loss, callbacks=callbacks, loss_weights=loss_weights,
                          class_weight=class_weight, augmentation=augmentation, seed=seed)
        return trainer.fit(x, y, validation_data=validation_data, sample_weight=sample_weight, progress=progress,
                           epochs=epochs, batch_size=batch_size, validation_split=validation_split or None, **options)

    def evaluate(self, x: Any, y: Any = None, *, loss: Any = None, **options: Any) -> Evaluation:
        """How well it does on examples. Options: kind, threshold, channels, output, scores, as nn.options("evaluation")."""
        losses = [loss_of(loss)] * len(self._outputs)
        dataset = dataset_for(self, x, y, losses)
        handle = _c.EvaluationHandle()
        chosen = losses[0]._handle if losses[0] is not None else None
        with self._reading():
            check(_c.neuron_graph_evaluate(handle, self._graph, dataset._handle, chosen, options_text(options)))
        return Evaluation(handle)

    # ---- Predicting ----

    def predict(self, x: Any) -> Any:
        """What the model puts out for examples: an array [n, ...]; a list of them if it has several outputs.

        x: as for fit(). Bytes are scaled as in training; other numbers are taken as they are. Any number of threads
        may predict with one model at a time.
        """
        if type(x) is np.ndarray and x.dtype is FLOAT and self._shape is not None and x.ndim:
            count = x.shape[0]
            if 0 < count <= self._few and x.shape[1:] == self._shape:
                return self._predict_few(x, count)
            if x.flags.carray:
                return self._predict_in_place(x, count)
        try:
            return self._predict_many(x)
        except ShapeError as error:
            raise self._explained(error, x) from None

    def _explained(self, error: ShapeError, x: Any) -> ShapeError:
        """Says what is missing where one example is given alone."""
        if self._alone and np.shape(x) == self._shape:
            return ShapeError(f"{error}; one example is x[None]", error.code)
        return error

    def _predict_few(self, x: np.ndarray, count: int) -> np.ndarray:
        try:
            slots = self._local.slots
        except AttributeError:
            slots = self._local.slots = {}
        slot = slots.pop(count, None) or self._slot(count)
        given, taken, arguments = slot
        given[...] = x
        me, readers = get_ident(), self._readers
        readers.append(me)
        try:
            if self._writer is not None and self._writer != me:
                raise StateError("the model is being trained or changed in another thread; a copy, copy.copy(model), "
                                 "can predict meanwhile", _c.NEURON_E_STATE)
            status = _predict(*arguments)
        finally:
            readers.remove(me)
        if status < 0:
            check(status)
        slots[count] = slot
        return taken.copy()

    def _slot(self, count: int) -> Tuple[np.ndarray, np.ndarray, Tuple[Any, Any, Any]]:
        given = np.empty((count, *self.input_shapes[0]), np.float32)
        taken = np.empty((count, *self.output_shapes[0]), np.float32)
        return given, taken, (self._graph, wrap(given, self.context), wrap(taken, self.context))

    def _predict_in_place(self, x: np.ndarray, count: int) -> np.ndarray:
        """As _predict_many(), of one array as it lies."""
        slot = self._local.__dict__.pop("output", None)  # of the last call, as the next is likely of as many
        if slot is None or slot[0].shape[0] != count:
            output = np.empty((count, *self.output_shapes[0]), np.float32)
            slot = output, wrap(output, self.context)
        self._begin_reading()
        try:
            status = _predict(self._graph, wrap(x, self.context), slot[1])
        finally:
            self._readers.remove(get_ident())
        if status < 0:
            try:
                check(status)
            except ShapeError as error:
                raise self._explained(error, x) from None
        if slot[0].size > _FEW_NUMBERS:  # rather than a copy
            return slot[0]
        self._local.output = slot
        return slot[0].copy()

    def _predict_many(self, x: Any) -> Any:
        if isinstance(x, Dataset):
            return self._predict_dataset(x)
        with self._reading():  # what prepares a frame and what predicts are of one state
            arrays = self._given(x)
            count = len(arrays[0]) if arrays[0].ndim else 0
            outputs = [np.empty((count, *shape), np.float32) for shape in self.output_shapes]
            given = [wrap(array, self.context) for array in arrays]
            taken = [wrap(array, self.context) for array in outputs]
            check(_c.neuron_graph_predict_many(self._graph, pointers(_c.neuron_tensor_p, given), len(given),
                                               pointers(_c.neuron_tensor_p, taken), len(taken)))
        return outputs[0] if len(outputs) == 1 else outputs

    def _given(self, x: Any) -> List[np.ndarray]:
        """Arrays as the library predicts from them."""
        if is_frame(x):
            with self._reading():
                preparation = self.preparation
                return [preparation.matrix(x, self.context, self._graph) if preparation is not None else
                        frame_matrix(x, self.context)[0]]
        given = by_output(x, self.input_names, "the inputs")
        return [ready(array) if array.dtype == np.uint8 else as_float(array) for array in
                (as_array(each, "the examples") for each in given)]

    def _predict_dataset(self, dataset: Dataset) -> Any:
        outputs = [np.empty((len(dataset), *shape), np.float32) for shape in self.output_shapes]
        taken = [wrap(array, self.context) for array in outputs]
        with self._reading():
            if self._alone:
                check(_c.neuron_graph_predict_dataset(self._graph, dataset._handle, taken[0]))
            else:
                check(_c.neuron_graph_predict_dataset_many(self._graph, dataset._handle,
                                                           pointers(_c.neuron_tensor_p, taken), len(taken)))
        return outputs[0] if len(outputs) == 1 else outputs

    def classify(self, x: Any) -> np.ndarray:
        """The likeliest class of each example: its name if the classes have names, else its number."""
        if not self._alone and len(self._outputs) != 1:
            raise StateError("the model has several outputs: take the largest of each that predict() gives")
        with self._reading():  # names and outputs of one state
            outputs, names = self.predict(x), self.class_names
        if outputs.shape[-1] == 1:
            numbers = (outputs[..., 0] > 0.5).astype(np.int64)
        else:
            numbers = outputs.argmax(axis=-1)
        return np.asarray(names)[numbers] if names else numbers

    def gradient(self, x: Any, output_gradients: Any = None, *, by: Optional[Sequence[str]] = None,
                 training: bool = False, seed: int = 0) -> Any:
        """Gradients of the sum of outputs times `output_gradients` (1 everywhere if None).

        by: names of layers or parameter arrays, ["conv2d", "dense.kernel"]; None for the inputs. An array for each.
        """
        names = list(self.input_names) if by is None else [by] if isinstance(by, str) else list(by)
        for name in names:
            utf8(name, "a name of by")
        arrays = floats_for(self, x)
        count = len(arrays[0])
        given = [np.ones((count, *shape), np.float32) for shape in self.output_shapes] if output_gradients is None else \
            [None if each is None else as_float(each, "the gradients of an output")
             for each in by_output(output_gradients, self.output_names, "output_gradients")]
        shapes = [shape_of(_c.neuron_graph_array_shape, self._graph, self.arrays._index(name)) if "." in name else
                  (count, *self.layer(name).shape) for name in names]
        found = [np.zeros(shape, np.float32) for shape in shapes]
        handle = _c.GradientHandle()
        with self._reading():
            check(_c.neuron_gradient_create(handle, self._graph,
                                            options_text({"training": bool(training), "seed": integer(seed, "seed")})))
            for name in names:
                check(_c.neuron_gradient_add(handle, utf8(name)))
            tensors = [wrap(each, self.context) for each in arrays]
            check(_c.neuron_gradient_forward(handle, pointers(_c.neuron_tensor_p, tensors), len(tensors), None, 0))
            check(_c.neuron_gradient_backward(
                handle, pointers(_c.neuron_tensor_p, [each if each is None else wrap(each, self.context)
                                                      for each in given]), len(given),
                pointers(_c.neuron_tensor_p, [wrap(each, self.context) for each in found]), len(found)))
        return found[0] if by is None and len(found) == 1 or isinstance(by, str) else found

    # ---- What it is ----

    @property
    def name(self) -> str:
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        with self._changing():
            check(_c.neuron_graph_set_name(self._graph, utf8(name, "the name")))
            self._name = _c.neuron_graph_name(self._graph).decode()

    @property
    def input_names(self) -> List[str]:
        return [_c.neuron_node_name(node).decode() for node in self._inputs]

    @property
    def _target_names(self) -> List[str]:
        """Of the outputs that have targets: all but those at the end that tell how sure others are."""
        names = self.output_names
        while len(names) > 1 and self._end(len(names) - 1) in ("uncertainty", "prediction_set"):
            names.pop()
        return names

    @property
    def output_names(self) -> List[str]:
        return [_c.neuron_node_name(node).decode() for node in self._outputs]

    @property
    def layers(self) -> List[LayerOfModel]:
        """Its layers in the order in which they are computed."""
        return [LayerOfModel(self, _c.neuron_graph_node(self._graph, i))
                for i in range(_c.neuron_graph_node_count(self._graph))]

    def layer(self, name: str) -> LayerOfModel:
        """The layer of that name."""
        node = _c.neuron_graph_find_node(self._graph, utf8(name, "the name"))
        if not node:
            raise KeyError(_c.neuron_error_last().decode())
        return LayerOfModel(self, node)

    @property
    def arrays(self) -> Arrays:
        """The parameters by name."""
        return Arrays(self)

    @property
    def parameters(self) -> int:
        """How many parameters there are."""
        return int(_c.neuron_graph_parameter_count(self._graph))

    @property
    def trainable_parameters(self) -> int:
        """How many of them training changes."""
        return int(_c.neuron_graph_trainable_parameter_count(self._graph))

    def summary(self, batch_size: int = 32) -> Text:
        """A table of the layers, their parameters, and what memory the model takes."""
        with self._reading():
            return Text(text_of(_c.neuron_graph_summary, self._graph, integer(batch_size, "batch_size")))

    @property
    def metadata(self) -> Metadata:
        """Texts that are kept with the model."""
        return Metadata(self)

    def _names_of(self, index: int) -> Optional[List[str]]:
        output = utf8(self.output_names[index])
        size = self.output_shapes[index][-1] if self.output_shapes[index] else 1
        names = []
        with self._reading():  # the names are the model's until they are copies
            for k in range(max(2, size) if size == 1 else size):
                name = _c.neuron_graph_class_name(self._graph, output, k)
                if name is None:
                    return None
                names.append(name.decode())
        return names

    def _end(self, index: int) -> str:
        return _c.neuron_node_layer(self._outputs[index]).decode()

    @property
    def class_names(self) -> Optional[List[str]]:
        """What the classes of the first output are called; a training on words sets it."""
        return self._names_of(0)

    @class_names.setter
    def class_names(self, names: Optional[Sequence[str]]) -> None:
        self.set_class_names(names, self.output_names[0])

    def set_class_names(self, names: Optional[Sequence[str]], output: Optional[str] = None) -> None:
        """Names the classes of an output."""
        where = None if output is None else utf8(output, "the output")
        with self._changing():
            if names is None:
                check(_c.neuron_graph_set_class_names(self._graph, where, None, 0))
            else:
                check(_c.neuron_graph_set_class_names(self._graph, where, texts(names, "a class name"), len(names)))

    @property
    def preparation(self) -> Optional[Preparation]:
        """What was learnt of the columns of the table that it was trained on."""
        handle = _c.PreparationHandle()
        with self._reading():
            status = _c.neuron_graph_preparation(handle, self._graph)
        if status == _c.NEURON_E_DATA:
            return None
        check(status)
        return Preparation(handle)

    if not TYPE_CHECKING:  # which is to find what there is not
        def __getattr__(self, name: str) -> Any:
            raise AttributeError(f"a {type(self).__name__} has no {name!r}" + hint(name, MODEL))

    # ---- Files and copies ----

    def save(self, path: Any, *, storage: str = "f32") -> None:
        """Saves structure and parameters in one file in the safetensors layout. storage: "f32", or half as large,
        "f16" or "bf16"."""
        with self._stored(storage):
            check(_c.neuron_graph_save(self._graph, path_of(path)))

    def save_npz(self, path: Any) -> None:
        """Writes the parameters alone, by their names, as an archive for numpy.load()."""
        with self._reading():
            check(_c.neuron_graph_save_npz(self._graph, path_of(path)))

    def to_bytes(self, *, storage: str = "f32") -> bytes:
        """The bytes that save() would write."""
        with self._stored(storage):
            return bytes_of(_c.neuron_graph_save_memory, self._graph)

    def export(self, path: Any, **options: Any) -> None:
        """Writes the model as a file for other programs, of the kind that its name ends in, by a library beside the core,
        which must be installed.

        ".onnx", for ONNX Runtime, OpenVINO and others, by libneuron-onnx. layout: of images, "nhwc" as here, the default,
            or "nchw". input_type: "f32", or "u8" for inputs that are bytes, which the file then scales as the model does.
        ".keras", ".h5" and ".weights.h5", for Keras, by libneuron-keras.
        ".c", one file of C that predicts without any library, by libneuron-source. name: what all names in it begin with.
            header: True writes one beside it. workspace: "static", or "caller". linkage: "external", or "static".
        """
        from .exports import export
        with self._stored("f32"):
            export(self._graph, path, options)

    def to_onnx(self, **options: Any) -> bytes:
        """The bytes that export() would write into a file whose name ends in .onnx."""
        from . import _onnx_c
        given = options_text(options)
        with self._stored("f32"):
            return bytes_of(_onnx_c.neuron_onnx_export_memory, self._graph, given)

    @contextlib.contextmanager
    def _stored(self, storage: str) -> Iterator[None]:
        if storage == "f32":
            with self._reading() if self._writer != get_ident() else contextlib.nullcontext():
                yield
            return
        with self._changing():
            check(_c.neuron_graph_set_storage(self._graph, utf8(storage, "storage")))
            try:
                yield
            finally:
                check(_c.neuron_graph_set_storage(self._graph, b"f32"))

    @staticmethod
    def from_bytes(content: Any, context: Optional[Context] = None) -> "Model":
        """The model of to_bytes(), or of the bytes of a file."""
        context = context or current_context()
        graph = _c.GraphHandle()
        content = bytes(content)
        check(_c.neuron_graph_load_memory(graph, context._handle, content, len(content)))
        return Model._of(graph, context)

    def load_arrays(self, path: Any, *, prefix: str = "", source_prefix: str = "") -> int:
        """Takes parameters from a safetensors file of any program, or a NumPy archive (.npz), by their names; tells how
        many."""
        loaded = out(_c.neuron_graph_load_arrays, 0)
        with self._changing():
            check(_c.neuron_graph_load_arrays(loaded, self._graph, path_of(path), utf8(prefix), utf8(source_prefix)))
        return int(loaded.value)

    def load_keras_weights(self, path: Any, *, match: str = "auto") -> int:
        """Takes parameters from a .weights.h5, .h5 or .keras file of Keras; tells how many arrays. match: "name" or
        "order" of the layers; "auto" by name if the file has all names. By libneuron-keras, which must be installed."""
        from . import _keras_c
        loaded = out(_keras_c.neuron_keras_load_weights, 0)
        with self._changing():
            check(_keras_c.neuron_keras_load_weights(loaded, self._graph, path_of(path), options_text({"match": match})))
        return int(loaded.value)

    def load_state_dict(self, source: Any, *, prefix: str = "", source_prefix: str = "") -> int:
        """Takes parameters from a state dict of PyTorch; tells how many arrays were loaded.

        source: a dictionary, `module.state_dict()`, or the path of a safetensors file with one. Axes are put in the
        order that they have here. Layers are found by their names if there is one that is called as here, else in
        order, each kind by itself.
        """
        loaded = out(_c.neuron_graph_load_state_dict, 0)
        prefixes = utf8(prefix), utf8(source_prefix)
        with self._changing():
            if hasattr(source, "items"):
                content = state_bytes(source)
                check(_c.neuron_graph_load_state_dict_memory(loaded, self._graph, content, len(content), *prefixes))
            else:
                check(_c.neuron_graph_load_state_dict(loaded, self._graph, path_of(source), *prefixes))
        return int(loaded.value)

    def save_state_dict(self, path: Any) -> None:
        """Writes the parameters as a state dict of PyTorch in the safetensors layout, for
        `module.load_state_dict(safetensors.torch.load_file(path))`."""
        with self._reading():
            check(_c.neuron_graph_save_state_dict(self._graph, path_of(path)))

    def state_dict(self) -> Dict[str, np.ndarray]:
        """The parameters under the names and in the order of axes that PyTorch has:
        `module.load_state_dict({name: torch.from_numpy(array) for name, array in model.state_dict().items()})`."""
        with self._reading():
            return state_of(bytes_of(_c.neuron_graph_save_state_dict_memory, self._graph))

    def copy_arrays(self, source: "Model", *, prefix: str = "", source_prefix: str = "") -> int:
        """Takes parameters from another model by their names; tells how many."""
        if not isinstance(source, Model):
            raise TypeError(f"parameters are copied from a model, not from {type(source).__name__}")
        copied = out(_c.neuron_graph_copy_arrays, 0)
        with self._changing():
            check(_c.neuron_graph_copy_arrays(copied, self._graph, source._graph, utf8(prefix), utf8(source_prefix)))
        return int(copied.value)

    def with_outputs(self, *names: str) -> "Model":
        """A model that puts out other layers of this one, inner ones too: features."""
        nodes = [self.layer(name)._node for name in names]
        graph = _c.GraphHandle()
        with self._reading():
            check(_c.neuron_graph_with_outputs(graph, self._graph, pointers(_c.neuron_node_p, nodes), len(nodes)))
        return Model._of(graph, self.context)

    def calibrate(self, x: Any, y: Any = None, **options: Any) -> "Model":
        """A copy whose probabilities are calibrated by examples that it was not trained with: x and y as for
        evaluate(), or a Dataset. Options: method ("temperature", "vector", "platt" or "isotonic"), output, multi_label,
        as nn.options("calibration")."""
        dataset = dataset_for(self, x, y, [None] * len(self._outputs))
        graph = _c.GraphHandle()
        with self._reading():
            check(committee_c.neuron_graph_calibrate(graph, self._graph, dataset._handle, options_text(options)))
        return Model._of(graph, self.context)

    def add_prediction_sets(self, x: Any, y: Any = None, **options: Any) -> "Model":
        """A copy with one more output: 1 for each class of a set that has the true class with a promised probability, else
        0. x and y are examples that the model was not trained or calibrated with, as for evaluate(), or a Dataset. Options:
        method ("lac", "aps" or "raps"), coverage, penalty, k_reg, allow_empty, output, as nn.options("prediction_sets").
        predict() then gives a list."""
        dataset = dataset_for(self, x, y, [None] * len(self._outputs))
        graph = _c.GraphHandle()
        with self._reading():
            check(committee_c.neuron_graph_add_prediction_sets(graph, self._graph, dataset._handle, options_text(options)))
        return Model._of(graph, self.context)

    def quantize(self, x: Any, **options: Any) -> "Model":
        """A copy with weights of 8 bits, calibrated by examples or a Dataset. Options: range, percentile, examples,
        symmetric, as nn.options("quantization")."""
        dataset = x if isinstance(x, Dataset) else Dataset(self._given(x)[0])
        graph = _c.GraphHandle()
        with self._reading():
            check(_c.neuron_graph_quantize(graph, self._graph, dataset._handle, options_text(options)))
        return Model._of(graph, self.context)

    def _clone(self) -> "Model":
        graph = _c.GraphHandle()
        with self._reading():
            check(_c.neuron_graph_clone(graph, self.context._handle, self._graph))
        made = type(self).__new__(type(self))
        made._take(graph, self.context)
        return made

    def __copy__(self) -> "Model":
        return self._clone()

    def __deepcopy__(self, memo: Any) -> "Model":
        return self._clone()

    def __reduce__(self) -> Any:
        kinds = {layer.kind for layer in self.layers if _c.neuron_node_custom_kind(layer._node)}
        return _unpickled, (type(self), self.to_bytes(), [self.context._custom[kind][0] for kind in sorted(kinds)
                                                          if kind in self.context._custom])

    def __repr__(self) -> str:
        shapes = [" and ".join("x".join(map(str, shape)) or "1" for shape in each)
                  for each in (self.input_shapes, self.output_shapes)]
        return f"<{type(self).__name__} {self.name!r}: {shapes[0]} to {shapes[1]}, {self.parameters:,} parameters>"


def _unpickled(cls: Any, content: bytes, custom: List[Any]) -> Model:
    from .custom import register
    context = current_context()
    for layer in custom:
        register(context, layer)
    graph = _c.GraphHandle()
    check(_c.neuron_graph_load_memory(graph, context._handle, content, len(content)))
    made = cls.__new__(cls)
    made._take(graph, context)
    return made


class Sequential(Model):
    """Layers one behind the other: `nn.Sequential([nn.Input(784), nn.Dense(10, activation="softmax")])`."""

    def __init__(self, layers: Sequence[Union[Node, Layer]], *, name: Optional[str] = None,
                 seed: Optional[int] = None, context: Optional[Context] = None) -> None:
        given = list(layers)
        if not given or not isinstance(given[0], Node) or given[0].layer is not None:
            raise TypeError("a Sequential begins with nn.Input(shape), the shape of one example")
        node = given[0]
        for layer in given[1:]:
            if not isinstance(layer, Layer):
                raise TypeError(f"a Sequential is a list of layers, not of {type(layer).__name__} {layer!r}")
            node = layer(node)
        super().__init__(given[0], node, name=name, seed=seed, context=context)


def load(path: Any, context: Optional[Context] = None, **options: Any) -> Model:
    """The model of a file of Model.save(), or, whatever it is called, of an ONNX file, by libneuron-onnx, or one of Keras
    (.keras or .h5), by libneuron-keras, which are libraries beside the core. Nothing in the file is trusted before it is
    checked.

    Of ONNX files there are options. layout: "nhwc", the default, for images with their channels last, or "file" for inputs
    and outputs whose axes are in the order of the file. batch: "first", or "none" if inputs have no axis for the batch.
    outputs: the names of those that are wanted, "features, logits".
    """
    from .exports import is_keras, is_onnx, load_keras, load_onnx
    context = context or current_context()
    if is_onnx(path):
        return Model._of(load_onnx(context._handle, path, options), context)
    if options:
        raise TypeError(f"only ONNX files have options, such as {next(iter(options))!r}")
    if is_keras(path):
        return Model._of(load_keras(context._handle, path), context)
    graph = _c.GraphHandle()
    check(_c.neuron_graph_load(graph, context._handle, path_of(path)))
    return Model._of(graph, context)


def from_onnx(content: bytes, context: Optional[Context] = None, **options: Any) -> Model:
    """The model of the bytes of an ONNX file, with the options of load()."""
    from .exports import load_onnx_bytes
    context = context or current_context()
    return Model._of(load_onnx_bytes(context._handle, content, options), context)


__all__ = ["Model", "Sequential", "from_onnx", "load"]
