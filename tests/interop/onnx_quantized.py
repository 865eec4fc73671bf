"""Imports models that ONNX Runtime has quantised: onnx_quantized.py LIBRARY ONNX-LIBRARY [WORD]

Small networks are quantised by its tool: statically, as operators between QuantizeLinear and DequantizeLinear and as
operators of bytes, with a scale for each tensor and for each channel, with bytes of either sign, and dynamically. Where
values are read by quantised layers alone, what is imported computes what ONNX Runtime does to 1e-5; where values are only
cut off, to a few steps of their bytes. WORD runs what has this in its name. Ends with status 77, which Meson takes as
skipped, where ONNX Runtime is not installed.
"""
import os
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import logging

import onnx_library

TOLERANCE = 1e-5
# Of the largest number of an output, where values are not rounded on the way.
UNROUNDED = 0.03
BATCH = 16

logging.disable(logging.WARNING)


class Network:
    """A model that is written operator by operator; `x` is its input and the last value its output."""

    def __init__(self, *shape):
        self.shape, self.nodes, self.constants = shape, [], []
        self.random = numpy.random.default_rng(1)

    def __call__(self, kind, *inputs, **attributes):
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"n{len(self.nodes)}", **attributes))
        return name

    def weights(self, *shape):
        name = f"w{len(self.constants)}"
        deviation = 1 / numpy.sqrt(max(1, numpy.prod(shape[1:])))
        self.constants.append(numpy_helper.from_array(self.random.normal(0, deviation, shape).astype(numpy.float32), name))
        return name

    def model(self):
        last = self.nodes[-1].output[0]
        graph = helper.make_graph(self.nodes, "network", [helper.make_tensor_value_info("x", 1, ["N", *self.shape])],
                                  [helper.make_tensor_value_info(last, 1, None)], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def vectors():
    n = Network(12)
    h = n("Relu", n("Gemm", "x", n.weights(16, 12), n.weights(16), transB=1))
    h = n("Relu", n("Gemm", h, n.weights(16, 20), n.weights(20)))
    n("Gemm", h, n.weights(4, 20), n.weights(4), transB=1)
    return n


def images():
    n = Network(3, 8, 8)
    h = n("Relu", n("Conv", "x", n.weights(8, 3, 3, 3), n.weights(8), pads=[1, 1, 1, 1]))
    h = n("MaxPool", h, kernel_shape=[2, 2], strides=[2, 2])
    h = n("Relu", n("Conv", h, n.weights(6, 8, 3, 3), n.weights(6), strides=[2, 2], pads=[0, 0, 1, 1]))
    n("Gemm", n("Flatten", h), n.weights(5, 24), n.weights(5), transB=1)
    return n


def residual():
    n = Network(3, 8, 8)
    first = n("Relu", n("Conv", "x", n.weights(8, 3, 3, 3), n.weights(8), pads=[1, 1, 1, 1]))
    h = n("Conv", first, n.weights(8, 1, 3, 3), n.weights(8), pads=[1, 1, 1, 1], group=8)
    h = n("Add", n("LeakyRelu", h, alpha=0.1), first)
    h = n("AveragePool", n("Mul", h, n("Sigmoid", h)), kernel_shape=[2, 2], strides=[2, 2])
    n("Softmax", n("Gemm", n("Flatten", n("GlobalAveragePool", h)), n.weights(5, 8), n.weights(5), transB=1), axis=1)
    return n


def products():
    n = Network(6, 10)
    h = n("Relu", n("Add", n("MatMul", "x", n.weights(10, 8)), n.weights(8)))
    n("MatMul", h, n.weights(8, 3))
    return n


def joined():
    n = Network(3, 8, 8)
    first = n("Relu", n("Conv", "x", n.weights(4, 3, 3, 3), n.weights(4), pads=[1, 1, 1, 1]))
    second = n("Relu", n("Conv", first, n.weights(5, 4, 3, 3), n.weights(5), pads=[1, 1, 1, 1]))
    h = n("Conv", n("Concat", first, second, "x", axis=1), n.weights(6, 12, 3, 3), n.weights(6), strides=[2, 2])
    n("Gemm", n("Flatten", h), n.weights(5, 54), n.weights(5), transB=1)
    return n


# By whether all that becomes bytes is read by layers of bytes.
NETWORKS = {"vectors": (vectors, True), "images": (images, True), "residual": (residual, False), "joined": (joined, False),
            "products": (products, False)}


class Examples(CalibrationDataReader):
    def __init__(self, shape):
        random = numpy.random.default_rng(2)
        self.batches = iter([{"x": random.normal(0, 1, (BATCH, *shape)).astype(numpy.float32)} for _ in range(8)])

    def get_next(self):
        return next(self.batches, None)


def quantized(network, folder):
    """The models that the tool makes, by what they are called."""
    plain = os.path.join(folder, "plain.onnx")
    onnx.save(network.model(), plain)
    made = os.path.join(folder, "made.onnx")
    for form in QuantFormat.QDQ, QuantFormat.QOperator:
        for signed in False, True:
            for channels in False, True:
                quantize_static(plain, made, Examples(network.shape), quant_format=form, per_channel=channels,
                                activation_type=QuantType.QInt8 if signed else QuantType.QUInt8, weight_type=QuantType.QInt8)
                yield f"{form.name}{', signed' * signed}{', by channels' * channels}", onnx.load(made)
    quantize_static(plain, made, Examples(network.shape), activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8)
    yield "QDQ, weights without a sign", onnx.load(made)
    for kind in QuantType.QInt8, QuantType.QUInt8:
        quantize_dynamic(plain, made, weight_type=kind)
        yield f"dynamic, {kind.name}", onnx.load(made)


def before_the_last(model):
    """What the last layer puts out before it becomes bytes, as the output; or the model as it is."""
    output = model.graph.output[0]
    makers = {name: node for node in model.graph.node for name in node.output}
    last = makers[output.name]
    quantizes = makers.get(last.input[0]) if last.op_type == "DequantizeLinear" else None
    if quantizes is not None and quantizes.op_type == "QuantizeLinear":
        output.name = quantizes.input[0]
    return model


def as_written(model, x):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def check(library, name, model, shape, exact):
    """NULL, or what is wrong; and the difference in units of the largest number."""
    model = before_the_last(model) if "QDQ" in name else model
    x = numpy.random.default_rng(3).normal(0, 1, (BATCH, *shape)).astype(numpy.float32)
    theirs = as_written(model, x)
    graph = library.load(model.SerializeToString(), "layout=file")
    ours = library.predict_all(graph, [x])[0].reshape(theirs.shape)
    error = float(numpy.abs(ours - theirs).max() / max(1, numpy.abs(theirs).max()))
    most = TOLERANCE if exact and "QDQ" in name and "without" not in name else UNROUNDED
    layers = [library.neuron_node_layer(library.neuron_graph_node(graph, i)).decode()
              for i in range(library.neuron_graph_node_count(graph))]
    static = "dynamic" not in name and "without" not in name
    if static != any("quantized" in layer for layer in layers):
        return f"has the layers {layers}", error
    return None if error <= most else f"differs by {error:g}, more than {most:g}", error


def main():
    library = onnx_library.Onnx(*sys.argv[1:3])
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    count, worst, problems = 0, {True: 0.0, False: 0.0}, []
    with tempfile.TemporaryDirectory() as folder:
        for title, (make, exact) in NETWORKS.items():
            network = make()
            for form, model in quantized(network, folder):
                name = f"{title}, {form}"
                if word not in name:
                    continue
                count += 1
                try:
                    problem, error = check(library, form, model, network.shape, exact)
                except (RuntimeError, ValueError) as reason:
                    problem, error = str(reason), 0.0
                rounded = exact and "QDQ" in form and "without" not in form
                worst[rounded] = max(worst[rounded], error)
                problems += [f"{name}: {problem}"] if problem else []
    print(f"{count} models; the largest difference is {worst[True]:.1e} where all are layers of bytes, else {worst[False]:.1e}")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or count == 0 else 0)


main()
