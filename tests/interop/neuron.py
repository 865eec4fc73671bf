"""libneuron through ctypes: functions, their types and the enumerators are read from the headers."""
import ctypes
import glob
import os
import re

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
HEADERS = os.path.join(HERE, "..", "..", "include", "libneuron")
ENUMERATORS = os.path.join(HERE, "..", "abi", "enumerators.txt")
PLAIN = {
    "int": ctypes.c_int,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
    "void": None,
}


def ctype(text):
    words = text.replace("const", "").split()
    if "*" in text or "[" in text or words[0].endswith("_t") and words[0] not in PLAIN:
        return ctypes.c_char_p if words[0] == "char" and text.count("*") == 1 else ctypes.c_void_p
    return PLAIN[words[0]]


def declare(library, headers=os.path.join(HEADERS, "*.h")):
    """Sets the types of every function that the headers declare and the library has."""
    for path in glob.glob(headers):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        for result, name, arguments in re.findall(
            r"NEURON_API(?:_EXPERIMENTAL)?\s+([\w\s]+?\**)\s*(neuron_\w+)\(([^;]*)\);", text
        ):
            function = getattr(library, name)
            function.restype = ctype(result)
            types = [argument.strip() for argument in arguments.split(",")]
            function.argtypes = [ctype(argument) for argument in types if argument != "void"]


def enumerators():
    with open(ENUMERATORS, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {name: int(value) for name, value in rows}


def text(options):
    """Options as the library reads them: "learning_rate=0.1, nesterov=yes"."""
    return ", ".join(f"{name}={value}" for name, value in options.items()).encode()


def beside(path, name):
    """The path of another library of the build that the library of that path is of."""
    return os.path.join(os.path.dirname(path), name, os.path.basename(path).replace("libneuron", "libneuron-" + name))


class Neuron:
    """The library, libneuron-committee of the same build, one context, and what a comparison does with them again and
    again."""

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        declare(self.library)
        self.committee = ctypes.CDLL(beside(path, "committee"))
        declare(self.committee, os.path.join(HEADERS, "..", "libneuron-committee", "*.h"))
        self.enumerators = enumerators()
        self.context = self.make("neuron_context_create", None)

    def __getattr__(self, name):
        if name.startswith("NEURON_"):
            return self.enumerators[name]
        return getattr(self.library, name) if hasattr(self.library, name) else getattr(self.committee, name)

    def must(self, status):
        if status < 0:
            raise RuntimeError(self.library.neuron_error_last().decode())

    def make(self, function, *arguments):
        handle = ctypes.c_void_p()
        self.must(getattr(self, function)(ctypes.byref(handle), *arguments))
        return handle

    def shape(self, extents):
        return (ctypes.c_int64 * len(extents))(*extents)

    def nodes(self, *nodes):
        return (ctypes.c_void_p * len(nodes))(*nodes)

    def tensor(self, array):
        kind = {"float32": self.NEURON_TYPE_F32, "int32": self.NEURON_TYPE_I32, "uint8": self.NEURON_TYPE_U8}
        array = numpy.ascontiguousarray(array)
        return self.make(
            "neuron_tensor_copy", self.context, kind[array.dtype.name], self.shape(array.shape),
            array.ndim, array.ctypes.data,
        )  # fmt: skip

    def dataset(self, examples, labels, classes):
        """Labels are class numbers or shares; targets of any kind if `classes` is 0."""
        tensors = self.tensor(examples), self.tensor(labels)
        if classes == 0:
            return self.make("neuron_dataset_create_with_targets", self.context, *tensors)
        return self.make("neuron_dataset_create", self.context, *tensors, classes)

    def arrays(self, graph):
        """Copies of all parameter arrays by name, flat."""
        found = {}
        for index in range(self.neuron_graph_array_count(graph)):
            needed = ctypes.c_size_t()
            self.must(self.neuron_graph_read_array(None, 0, ctypes.byref(needed), graph, index))
            values = numpy.empty(needed.value, numpy.float32)
            self.must(
                self.neuron_graph_read_array(values.ctypes.data, values.size, None, graph, index)
            )
            found[self.neuron_graph_array_name(graph, index).decode()] = values
        return found

    def write(self, graph, arrays):
        for index in range(self.neuron_graph_array_count(graph)):
            values = arrays[self.neuron_graph_array_name(graph, index).decode()]
            values = numpy.ascontiguousarray(values, numpy.float32)
            self.must(self.neuron_graph_write_array(graph, index, values.ctypes.data, values.size))

    def predict(self, graph, examples, outputs):
        result = numpy.zeros((len(examples), outputs), numpy.float32)
        output = self.make(
            "neuron_tensor_wrap", self.context, self.NEURON_TYPE_F32, self.shape(result.shape), 2,
            result.ctypes.data,
        )  # fmt: skip
        self.must(self.neuron_graph_predict(graph, self.tensor(examples), output))
        return result

    def set(self, noun, handle, **options):
        """Options of a node, loss, optimizer and so on, as text. Returns the handle."""
        self.must(getattr(self, f"neuron_{noun}_set")(handle, text(options)))
        return handle

    def optimizer(self, rule, **options):
        return self.make("neuron_optimizer_create", self.context, rule.encode(), text(options))

    def loss(self, kind, **options):
        return self.make("neuron_loss_create", self.context, kind.encode(), text(options))

    def augmentation(self, **options):
        return self.make("neuron_augmentation_create", self.context, text(options))

    def augment(self, augmentation, dataset, shape, seed, epoch):
        """What becomes of all images of a dataset; `shape` is theirs, their number first."""
        values = numpy.empty(shape, numpy.float32)
        self.must(
            self.neuron_augmentation_apply(
                values.ctypes.data, augmentation, dataset, 0, shape[0], seed, epoch)
        )
        return values

    def set_weights(self, dataset, weights):
        weights = numpy.ascontiguousarray(weights, numpy.float32)
        self.must(
            self.neuron_dataset_set_weights(dataset, weights.ctypes.data, len(weights))
        )

    def evaluate(self, graph, dataset, loss):
        """The loss of a dataset."""
        evaluation = ctypes.c_void_p()
        self.must(
            self.neuron_graph_evaluate(ctypes.byref(evaluation), graph, dataset, loss, None)
        )
        return self.neuron_evaluation_loss(evaluation)

    def train(self, graph, optimizer, dataset, epochs, batch, loss=None, class_weights=None):
        """Whole epochs in the order of the examples; returns the loss of each."""
        trainer = self.make("neuron_trainer_create", graph, optimizer, dataset)
        self.set("trainer", trainer, epochs=epochs, batch_size=batch, shuffle="no")
        if loss:
            self.must(self.neuron_trainer_set_loss(trainer, loss))
        if class_weights is not None:
            weights = numpy.ascontiguousarray(class_weights, numpy.float64)
            self.must(
                self.neuron_trainer_set_class_weights(trainer, weights.ctypes.data, len(weights))
            )
        history = ctypes.c_void_p()
        self.must(self.neuron_trainer_run(ctypes.byref(history), trainer))
        losses = []
        for epoch in range(epochs):
            value = ctypes.c_double()
            self.must(
                self.neuron_history_value(
                    ctypes.byref(value), history, epoch, b"loss")
            )
            losses.append(value.value)
        return losses
