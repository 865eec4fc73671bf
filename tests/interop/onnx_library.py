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
