"""libneuron and libneuron-onnx through ctypes, for the tests of ONNX files."""
import ctypes
import os

import numpy

import neuron as interop


class Onnx(interop.Neuron):
    """The library and the one beside it."""

    def __init__(self, path, onnx_path):
        super().__init__(path)
        self.beside = ctypes.CDLL(onnx_path)
        interop.declare(self.beside, os.path.join(interop.HEADERS, "..", "libneuron-onnx", "*.h"))
        self.random = numpy.random.default_rng(1)

    def __getattr__(self, name):
        return getattr(self.beside, name) if name.startswith("neuron_onnx_") else super().__getattr__(name)

    def load(self, content, options=""):
        """The graph of a file, or of the bytes of one."""
        graph = ctypes.c_void_p()
        if isinstance(content, bytes):
            self.must(self.neuron_onnx_import_memory(ctypes.byref(graph), self.context, content, len(content),
                                                     options.encode()))
        else:
            self.must(self.neuron_onnx_import(ctypes.byref(graph), self.context, os.fsencode(content), options.encode()))
        return graph

    def export(self, graph, options=None):
        needed = ctypes.c_size_t()
        self.must(self.neuron_onnx_export_memory(None, 0, ctypes.byref(needed), graph, options))
        content = ctypes.create_string_buffer(needed.value)
        self.must(self.neuron_onnx_export_memory(content, len(content), None, graph, options))
        return content.raw

    def shape_of(self, node):
        extents, rank = (ctypes.c_int64 * 8)(), ctypes.c_int32()
        self.must(self.neuron_node_shape(extents, ctypes.byref(rank), node))
        return tuple(extents[:rank.value])

    def inputs(self, graph):
        nodes = [self.neuron_graph_input(graph, i) for i in range(self.neuron_graph_input_count(graph))]
        return [(self.neuron_node_name(node).decode(), self.shape_of(node)) for node in nodes]

    def outputs(self, graph):
        return [self.shape_of(self.neuron_graph_output(graph, i)) for i in range(self.neuron_graph_output_count(graph))]

    def predict_all(self, graph, examples):
        results = [numpy.zeros((len(examples[0]), *shape), numpy.float32) for shape in self.outputs(graph)]
        wrapped = [self.make("neuron_tensor_wrap", self.context, self.NEURON_TYPE_F32, self.shape(result.shape),
                             result.ndim, result.ctypes.data) for result in results]
        given = [self.tensor(array) for array in examples]
        self.must(self.neuron_graph_predict_many(graph, self.nodes(*given), len(given), self.nodes(*wrapped), len(wrapped)))
        return results

    def randomize(self, graph):
        """Parameters of no special value."""
        arrays = {}
        for name, values in self.arrays(graph).items():
            some = self.random.normal(0, 0.5, values.size).astype(numpy.float32)
            positive = name.endswith((".moving_variance", ".deviation", ".temperature", ".threshold"))
            arrays[name] = numpy.abs(some) + 0.2 if positive else some
            if name.startswith("piecewise_linear"):  # a table of each channel, that rises
                extents, rank = (ctypes.c_int64 * 8)(), ctypes.c_int32()
                self.must(self.neuron_graph_array_shape(extents, ctypes.byref(rank), graph,
                                                        self.neuron_graph_find_array(graph, name.encode())))
                rows = some.reshape(-1, extents[1])
                even = numpy.tile(numpy.linspace(-1, 1, extents[1], dtype=numpy.float32), (len(rows), 1))
                arrays[name] = (even if name.endswith(".x") else numpy.sort(rows, axis=1)).ravel()
        self.write(graph, arrays)

    def train(self, graph, examples, targets=None):
        """One epoch, with a loss that each output has; without targets, all examples are of the first class. True if
        parameters change and stay finite, or there are none."""
        before = self.arrays(graph)
        if not before:
            return True
        kinds = {"softmax": "cross_entropy", "log_softmax": "cross_entropy"}
        optimizer = self.optimizer("sgd", learning_rate=1e-4)
        outputs = self.outputs(graph)
        trainer = self.make("neuron_trainer_create", graph, optimizer, self.examples(examples, outputs, targets))
        for i, _ in enumerate(outputs):
            layer = self.neuron_node_layer(self.neuron_graph_output(graph, i)).decode()
            loss = self.loss(kinds.get(layer, "mean_squared_error"))
            self.must(self.neuron_trainer_set_output_loss(trainer, i, loss, 1.0))
        self.must(self.neuron_trainer_set(trainer, f"epochs=1, batch_size={min(len(examples[0]) // 2, 50)}".encode()))
        self.must(self.neuron_trainer_run(None, trainer))
        after = self.arrays(graph)
        finite = all(numpy.isfinite(values).all() for values in after.values())
        return finite and any((after[name] != before[name]).any() for name in before)

    def examples(self, examples, outputs, targets):
        """A dataset of inputs, with a target for each output."""
        made = []
        for shape in outputs:
            if targets is None:
                target = numpy.zeros((len(examples[0]), *shape), numpy.float32)
                target[..., 0] = 1
            else:
                target = numpy.eye(shape[-1], dtype=numpy.float32)[targets]
            made.append(self.make("neuron_dataset_create_with_targets", self.context, self.tensor(examples[0]),
                                  self.tensor(target)))
        if len(examples) == 1 and len(made) == 1:
            return made[0]
        inputs = [self.make("neuron_dataset_create_with_targets", self.context, self.tensor(array),
                            self.tensor(numpy.zeros((len(array), 1), numpy.float32))) for array in examples]
        return self.make("neuron_dataset_zip", self.nodes(*inputs), len(inputs), self.nodes(*made), len(made))
