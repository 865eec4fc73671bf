"""ONNX Runtime: a prediction."""
import os

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import peer_rows

VERSION = onnxruntime.__version__


class Builder:
    """Nodes one behind the other, with parameters by chance."""

    def __init__(self):
        self.random = numpy.random.default_rng(1)
        self.nodes, self.arrays, self.last = [], [], 'x'

    def array(self, *shape, positive=False):
        values = self.random.uniform(0.5 if positive else -0.05, 1 if positive else 0.05, shape)
        name = f'a{len(self.arrays)}'
        self.arrays.append(numpy_helper.from_array(values.astype(numpy.float32), name))
        return name

    def add(self, kind, *arrays, **attributes):
        output = f'y{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, [self.last, *arrays], [output], **attributes))
        self.last = output

    def layer(self, layer, before):
        kind = layer[0]
        if kind == 'dense':
            self.add('Gemm', self.array(before[0], layer[1]), self.array(layer[1]))
        elif kind == 'conv':
            self.add('Conv', self.array(layer[1], before[0], 3, 3), self.array(layer[1]),
                     pads=[1 if layer[2] == 'same' else 0] * 4, kernel_shape=[3, 3])
        elif kind == 'batch_norm':
            self.add('BatchNormalization', *(self.array(before[0], positive=True)
                                             for _ in range(4)), epsilon=peer_rows.EPSILON)
        elif kind == 'max_pool':
            self.add('MaxPool', kernel_shape=[2, 2], strides=[2, 2])
        elif kind != 'dropout':
            self.add({'relu': 'Relu', 'tanh': 'Tanh', 'flatten': 'Flatten'}[kind])


def make_model(row, batch):
    builder = Builder()
    for layer, before, _ in peer_rows.shapes(row):
        builder.layer(layer, before)
    builder.add('Softmax', axis=1)
    x = helper.make_tensor_value_info('x', TensorProto.FLOAT, [batch, *peer_rows.ROWS[row][0]])
    y = helper.make_tensor_value_info(builder.last, TensorProto.FLOAT, [batch, 10])
    graph = helper.make_graph(builder.nodes, row, [x], [y], builder.arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)])
    model.ir_version = 8  # old enough for any runtime that knows opset 17
    onnx.checker.check_model(model)
    return model, builder.last


def settings(_row, _training, _compiled):
    cores = len(os.sched_getaffinity(0))
    return [{'threads': threads} for threads in sorted({1, min(2, cores), cores})]


def prepare(row, _training, batch, setting):
    """A function that predicts once, from and into memory that is bound beforehand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = setting['threads']
    options.inter_op_num_threads = 1
    model, output = make_model(row, batch)
    session = onnxruntime.InferenceSession(model.SerializeToString(), options,
                                           providers=['CPUExecutionProvider'])
    images = numpy.random.default_rng(2).random((batch, *peer_rows.ROWS[row][0]),
                                                dtype=numpy.float32)
    value = onnxruntime.OrtValue.ortvalue_from_numpy(images)
    result = onnxruntime.OrtValue.ortvalue_from_shape_and_type([batch, 10], numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input('x', value)
    binding.bind_ortvalue_output(output, result)
    return lambda: session.run_with_iobinding(binding)
