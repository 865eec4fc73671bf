"""ONNX Runtime: a prediction."""
import os

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

import peer_rows

VERSION = onnxruntime.__version__

PLAIN = {'relu': 'Relu', 'tanh': 'Tanh', 'sigmoid': 'Sigmoid', 'gelu': 'Gelu',
         'hard-swish': 'HardSwish', 'selu': 'Selu', 'softplus': 'Softplus', 'softsign': 'Softsign',
         'exponential': 'Exp', 'flatten': 'Flatten', 'add': 'Add', 'multiply': 'Mul',
         'average': 'Mean'}
NUMBERED = {'leaky-relu': 'LeakyRelu', 'elu': 'Elu'}


class Builder:
    """Nodes with parameters by chance. Values are named by their numbers."""

    def __init__(self, network):
        self.random = numpy.random.default_rng(1)
        self.nodes, self.arrays, self.values = [], [], ['x']
        for layer in network.layers:
            self.add_layer(layer, [self.values[number] for number in layer.inputs])

    def array(self, *shape, positive=False):
        values = self.random.uniform(0.5 if positive else -0.05, 1 if positive else 0.05, shape)
        name = f'a{len(self.arrays)}'
        self.arrays.append(numpy_helper.from_array(values.astype(numpy.float32), name))
        return name

    def add(self, kind, inputs, **attributes):
        output = f'y{len(self.nodes)}'
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def add_layer(self, layer, inputs):
        self.values.append(self.output_of(layer, inputs))

    def window(self, layer, inputs):
        channels = layer.before[0]
        size = {'kernel_shape': [layer.window] * 2, 'strides': [layer.stride] * 2,
                'pads': [layer.pads[0]] * 2 + [layer.pads[1]] * 2}
        if layer.kind == 'max-pool':
            return self.add('MaxPool', inputs, **size)
        if layer.kind == 'average-pool':
            return self.add('AveragePool', inputs, count_include_pad=0, **size)
        group = channels if layer.kind == 'depthwise' else 1
        filters = layer.shape[0]
        kernel = self.array(filters, channels // group, layer.window, layer.window)
        return self.add('Conv', [*inputs, kernel, self.array(filters)], group=group, **size)

    def normalise(self, layer, inputs):
        channels = layer.before[0]
        if layer.kind == 'norm':
            arrays = [self.array(channels, positive=True) for _ in range(4)]
            return self.add('BatchNormalization', inputs + arrays, epsilon=peer_rows.EPSILON)
        arrays = [self.array(channels, positive=True), self.array(channels)]
        if len(layer.before) == 1:
            return self.add('LayerNormalization', inputs + arrays, epsilon=peer_rows.EPSILON)
        last = self.add('Transpose', inputs, perm=[0, 2, 3, 1])
        last = self.add('LayerNormalization', [last, *arrays], epsilon=peer_rows.EPSILON)
        return self.add('Transpose', [last], perm=[0, 3, 1, 2])

    def output_of(self, layer, inputs):
        kind = layer.kind
        if kind in peer_rows.WINDOWED:
            return self.window(layer, inputs)
        if kind in ('norm', 'layer-norm'):
            return self.normalise(layer, inputs)
        if kind == 'dense':
            return self.add('Gemm', [*inputs, self.array(layer.before[0], layer.units),
                                     self.array(layer.units)])
        if kind in ('dropout', 'noise'):
            return inputs[0]
        if kind in ('global-average', 'global-max'):
            pool = 'GlobalAveragePool' if kind == 'global-average' else 'GlobalMaxPool'
            return self.add('Flatten', [self.add(pool, inputs)])
        if kind == 'silu':
            return self.add('Mul', [inputs[0], self.add('Sigmoid', inputs)])
        if kind == 'softmax':
            return self.add('Softmax', inputs, axis=1)
        if kind == 'concat':
            return self.add('Concat', inputs, axis=1)
        if kind == 'prelu':
            return self.add('PRelu', [*inputs, self.array(layer.before[0], 1, 1)
                                      if len(layer.before) == 3 else self.array(layer.before[0])])
        if kind == 'pad':
            self.arrays.append(numpy_helper.from_array(
                numpy.array(2 * [0, 0, layer.units, layer.units], numpy.int64),
                f'a{len(self.arrays)}'))
            return self.add('Pad', [*inputs, self.arrays[-1].name])
        if kind in NUMBERED:
            return self.add(NUMBERED[kind], inputs, alpha=layer.number)
        if kind in ('add', 'multiply') and len(inputs) > 2:
            first = inputs[0]
            for other in inputs[1:]:
                first = self.add(PLAIN[kind], [first, other])
            return first
        return self.add(PLAIN[kind], inputs)


def make_model(network, batch):
    """The model and the name of its output."""
    builder = Builder(network)
    output = builder.values[network.last]
    x = helper.make_tensor_value_info('x', TensorProto.FLOAT, [batch, *network.input])
    y = helper.make_tensor_value_info(output, TensorProto.FLOAT, [batch, *network.output])
    graph = helper.make_graph(builder.nodes, network.name or 'network', [x], [y], builder.arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 20)])
    model.ir_version = 9  # old enough for any runtime that knows opset 20
    onnx.checker.check_model(model)
    return model, output


def settings(_network, _training, _compiled):
    cores = len(os.sched_getaffinity(0))
    return [{'threads': threads} for threads in sorted({1, min(2, cores), cores})]


def make_input(network, batch):
    return numpy.random.default_rng(2).random((batch, *network.input), dtype=numpy.float32)


def bind(model, output, network, batch, setting):
    """A function that predicts once, from and into memory that is bound beforehand."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = setting['threads']
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    value = onnxruntime.OrtValue.ortvalue_from_numpy(make_input(network, batch))
    result = onnxruntime.OrtValue.ortvalue_from_shape_and_type([batch, *network.output],
                                                               numpy.float32)
    binding = session.io_binding()
    binding.bind_ortvalue_input('x', value)
    binding.bind_ortvalue_output(output, result)
    return lambda: session.run_with_iobinding(binding)


def prepare(network, _training, batch, setting):
    model, output = make_model(network, batch)
    return bind(model.SerializeToString(), output, network, batch, setting)
