"""Has others run what libneuron-onnx writes: onnx_models.py LIBRARY ONNX-LIBRARY [EXAMPLES [WORD]]

Small graphs of each layer, random ones of several, and committees, by the checker of ONNX and then by ONNX Runtime and
OpenVINO in batches of 1 and 7, against what the library predicts. With EXAMPLES, the folder of the example programs,
also networks of the documents: trained by these for a moment, and run on 1,000 test images of NEURON_DATA, as numbers
and as bytes. Each model is imported again, and predicts the same; networks are then trained for an epoch more, by the
test images. WORD runs only what has this in its name. Ends with status 77, which Meson takes as skipped, where ONNX or
ONNX Runtime is not installed; OpenVINO may be missing.
"""
import ctypes
import os
import sys
import tempfile

try:
    import numpy
    import onnx
    import onnxruntime
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
try:
    import openvino
except ImportError:
    openvino = None
import onnx_library
from document_networks import RUNS, scaled, test_images, test_labels, train_briefly

TOLERANCE = 1e-5
BATCHES = 1, 7


class Builder:
    """A graph, and its layers by their names: b("conv2d", x, "filters=4")."""

    def __init__(self, library, name="graph", seed=1):
        self.library = library
        self.graph = library.make("neuron_graph_create", library.context)
        library.must(library.neuron_graph_set_name(self.graph, name.encode()))
        library.must(library.neuron_graph_set_seed(self.graph, seed))

    def __call__(self, layer, inputs, options=""):
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        return self.library.neuron_layer_by_name(
            self.graph, layer.encode(), self.library.nodes(*inputs), len(inputs), options.strip(", ").encode())

    def input(self, *shape):
        return self.library.neuron_input(self.graph, self.library.shape(shape), len(shape))

    def reshape(self, node, *shape):
        return self.library.neuron_reshape(self.graph, node, self.library.shape(shape), len(shape))

    def share(self, layer, *inputs):
        return self.library.neuron_shared_layer(self.graph, layer, self.library.nodes(*inputs), len(inputs))

    def weights(self, *numbers):
        return (ctypes.c_double * len(numbers))(*numbers)

    def finish(self, *outputs):
        self.library.must(self.library.neuron_graph_finish_many(self.graph, self.library.nodes(*outputs), len(outputs)))
        return self.graph


def by_onnxruntime(content, feeds, level=onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL):
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = level
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return [session.run(names, feed) for feed in feeds]


def by_openvino(content, feeds):
    core = openvino.Core()
    model = core.compile_model(core.read_model(content), "CPU", {
        "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1, "EXECUTION_MODE_HINT": "ACCURACY"})
    return [[result[output] for output in model.outputs] for feed in feeds for result in [model(feed)]]


def by_onnxruntime_as_written(content, feeds):
    """Operator by operator."""
    return by_onnxruntime(content, feeds, onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)


def in_double(content, feeds):
    """By ONNX Runtime, in float64: what the model's numbers come to."""
    model = onnx.load_from_string(content)
    double = onnx.TensorProto.DOUBLE
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            wide = onnx.numpy_helper.to_array(tensor).astype(numpy.float64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(wide, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        if value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            value.type.tensor_type.elem_type = double
    for node in model.graph.node:
        if node.op_type == "Cast":
            node.attribute[0].i = double
    wide = [{key: array if array.dtype == numpy.uint8 else array.astype(numpy.float64) for key, array in feed.items()}
            for feed in feeds]
    return by_onnxruntime(model.SerializeToString(), wide)


RUNTIMES = {"ONNX Runtime": by_onnxruntime} | ({"OpenVINO": by_openvino} if openvino else {})


IMPORTED = "the graphs that are imported"


class Comparison:
    def __init__(self, library, word):
        self.library, self.word = library, word
        self.failed, self.count, self.worst = [], 0, {name: 0.0 for name in (*RUNTIMES, IMPORTED)}

    def wants(self, name):
        return self.word in name

    def graph(self, name, graph, examples=None, runtimes=RUNTIMES, tolerance=TOLERANCE, options=""):
        """All that is asked of one graph. `examples` are those of a batch for each input."""
        if not self.wants(name):
            return
        library = self.library
        layout = "nchw" if "nchw" in options else "nhwc"
        content = library.export(graph, options.encode())
        onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
        inputs = library.inputs(graph)
        if examples is None:
            examples = [library.random.normal(0, 1, (max(BATCHES), *shape)).astype(numpy.float32) for _, shape in inputs]
        batches = [[array[:count] for array in examples] for count in BATCHES]
        if len(examples[0]) > max(BATCHES):
            batches.append(examples)
        expected = [[turned(result, layout) for result in library.predict_all(graph, batch)] for batch in batches]
        feeds = [{key: turned(array, layout) for (key, _), array in zip(inputs, batch)} for batch in batches]
        for runtime, run in runtimes.items():
            self.count += 1
            try:
                error = max(difference(ours, theirs)
                            for ours, theirs in zip(sum(expected, []), sum(run(content, feeds), [])))
            except Exception as problem:
                self.failed.append(f"{name} {options} by {runtime}: {problem}")
                continue
            if not error <= tolerance and self.rounds(content, feeds, expected, run):
                continue
            if not error <= tolerance:
                self.failed.append(f"{name} {options} by {runtime}: differs by {error:g}")
            elif tolerance == TOLERANCE and runtime in self.worst:
                self.worst[runtime] = max(self.worst[runtime], error)
        if "u8" not in options:
            self.again(name, graph, content, layout, batches, expected)

    def again(self, name, graph, content, layout, batches, expected):
        """The model becomes a graph that predicts the same, in either order of axes."""
        library = self.library
        self.count += 1
        for order in ("nhwc", "file"):
            try:
                made = library.load(content, f"layout={order}")
            except RuntimeError as problem:
                self.failed.append(f"{name}, imported: {problem}")
                return
            shapes = [shape for _, shape in library.inputs(made)]
            for batch, wanted in zip(batches, expected):
                given = [array if array.shape[1:] == shape else turned(array, layout) for array, shape in zip(batch, shapes)]
                for ours, theirs in zip(library.predict_all(made, given), wanted):
                    either = [theirs, numpy.moveaxis(theirs, 1, -1)] if theirs.ndim > 2 else [theirs]
                    error = min(difference(array, ours) for array in either if array.shape == ours.shape)
                    self.worst[IMPORTED] = max(self.worst[IMPORTED], error)
                    if not error <= TOLERANCE:
                        self.failed.append(f"{name}, {layout}, imported with layout={order}: differs by {error:g}; inputs {shapes}")

    @staticmethod
    def rounds(content, feeds, expected, run):
        """Whether numbers are so large on the way that nobody has more digits, as in a network that has hardly learnt:
        ours are as near to those in float64 as theirs."""
        exact, ours, theirs = (sum(results, []) for results in (in_double(content, feeds), expected, run(content, feeds)))
        errors = [max(map(difference, exact, results)) for results in (ours, theirs)]
        return errors[1] < 1e-3 and errors[0] <= 2 * errors[1]

    def case(self, name, shapes, build, quantize=False):
        """A graph of a few layers behind inputs of these shapes; in both layouts if there are images."""
        if not self.wants(name):
            return
        builder = Builder(self.library)
        outputs = build(builder, *[builder.input(*shape) for shape in shapes])
        graph = builder.finish(*(outputs if isinstance(outputs, (list, tuple)) else [outputs]))
        self.library.randomize(graph)
        if quantize:
            return self.quantized(name, self.quantize(graph, shapes[0]))
        self.graph(name, graph)
        if 3 in map(len, [*shapes, *self.library.outputs(graph)]):
            self.graph(name, graph, options="layout=nchw")

    def quantized(self, name, graph):
        """ONNX Runtime rounds biases to whole numbers where it makes operators of bytes, so some bytes become others."""
        as_written = {name: run for name, run in RUNTIMES.items() if run is not by_onnxruntime}
        self.graph(name, graph, runtimes=as_written | {"ONNX Runtime as written": by_onnxruntime_as_written})
        self.graph(name, graph, runtimes={"ONNX Runtime": by_onnxruntime}, tolerance=BYTE_TOLERANCE)

    def quantize(self, graph, shape):
        examples = self.library.random.normal(0, 1, (64, *shape)).astype(numpy.float32)
        dataset = self.library.dataset(examples, numpy.zeros(64, numpy.int32), 1)
        return self.library.make("neuron_graph_quantize", graph, dataset, None)


def turned(array, layout):
    """An image as the model has it."""
    return numpy.ascontiguousarray(numpy.moveaxis(array, -1, 1)) if layout == "nchw" and array.ndim == 4 else array


def difference(ours, theirs):
    """The largest, of numbers beyond 1 in units of the largest; infinite if one only is a number."""
    if ours.shape != theirs.shape:
        raise ValueError(f"the shape is {theirs.shape}, not {ours.shape}")
    if (numpy.isnan(ours) != numpy.isnan(theirs)).any():
        return numpy.inf
    both = numpy.isfinite(ours)
    if not both.any():
        return 0.0
    return float(numpy.abs(ours[both] - theirs[both]).max() / max(1, numpy.abs(ours[both]).max()))


# ---- Layers ----

ACTIVATIONS = ("clip", "elu", "exponential", "gelu", "hard_swish", "leaky_relu", "log_softmax", "prelu", "relu", "selu",
               "sigmoid", "silu", "softmax", "softplus", "softsign", "tanh")


def single(layer, options=""):
    return lambda b, x: b(layer, x, options)


def windows(comparison):
    image, sequence = [(9, 8, 4)], [(11, 4)]
    for options in ("", "padding=same", "stride=2, padding=same", "stride=2", "dilation=2", "dilation=2, padding=same, stride=2",
                    "padding_top=1, padding_left=2, padding_bottom=3, padding_right=4",
                    "padding_top=3, stride=3, padding=same", "use_bias=no", "padding_bottom=5, stride=4"):
        comparison.case(f"conv2d {options}", image, single("conv2d", f"filters=6, kernel=3, {options}"))
        comparison.case(f"depthwise_conv2d {options}", image, single("depthwise_conv2d", f"kernel=3, {options}"))
        comparison.case(f"depthwise_conv2d by 2 {options}", image,
                        single("depthwise_conv2d", f"kernel_height=2, kernel_width=3, depth_multiplier=2, {options}"))
    for groups in (2, 4):
        comparison.case(f"conv2d groups {groups}", image, single("conv2d", f"filters=8, kernel=3, groups={groups}, padding=same"))
    comparison.case("conv2d 1x1 stride 3 same", image, single("conv2d", "filters=5, kernel=1, stride=3, padding=same"))
    comparison.case("conv2d large same", [(3, 2, 4)], single("conv2d", "filters=5, kernel_height=5, kernel_width=4, padding=same"))
    for options in ("", "padding=same", "stride=2", "dilation=3, padding_before=6", "padding=same, stride=2, groups=2",
                    "padding_behind=4, use_bias=no"):
        comparison.case(f"conv1d {options}", sequence, single("conv1d", f"filters=6, kernel_size=3, {options}"))
    for kernel in (1, 2, 3, 4, 5):
        for stride in (1, 2, 3):
            for padding in ("valid", "same"):
                comparison.case(f"conv2d_transpose {kernel} {stride} {padding}", [(4, 3, 2)], single(
                    "conv2d_transpose", f"filters=3, kernel_height={kernel}, kernel_width={kernel + 1}, stride={stride}, "
                    f"padding={padding}, use_bias={'no' if kernel == 1 else 'yes'}"))
    for pool in ("max_pool", "average_pool"):
        for options in ("padding_top=1, padding_left=1", "padding_bottom=2, padding_right=1, stride=1"):
            comparison.case(f"{pool}2d {options}", image, single(f"{pool}2d", f"kernel_height=3, kernel_width=2, {options}"))
        comparison.case(f"{pool}1d padded", sequence, single(f"{pool}1d", "kernel_size=3, stride=2, padding_before=2"))
        for options in ("stride=1", "stride=2, padding=same", "stride=3", "stride=1, padding=same"):
            comparison.case(f"{pool}2d {options}", image, single(f"{pool}2d", f"kernel_height=3, kernel_width=2, {options}"))
            comparison.case(f"{pool}1d {options}", sequence, single(f"{pool}1d", f"kernel_size=3, {options}"))
        comparison.case(f"global_{pool}2d", image, single(f"global_{pool}2d"))
        comparison.case(f"global_{pool}1d", sequence, single(f"global_{pool}1d"))


def elements(comparison):
    shapes = {"vector": (6,), "sequence": (5, 4), "image": (5, 4, 3), "volume": (2, 3, 4, 5)}
    layers = [(name, "") for name in (*ACTIVATIONS, "batch_norm", "layer_norm", "standardize", "unstandardize")]
    layers += [("gelu", "approximate=yes"), ("clip", "minimum=-0.5, maximum=0.25"), ("elu", "alpha=0.5"), ("leaky_relu", "slope=0.1"), ("rescale", "scale=0.5, offset=-3"),
               ("batch_norm", "epsilon=0.1"), ("layer_norm", "epsilon=1e-5"), ("dropout", "rate=0.5"),
               ("gaussian_noise", "deviation=1")]
    for layer, options in layers:
        for kind, shape in shapes.items():
            comparison.case(f"{layer} {options} of {kind}", [shape], single(layer, options))
        comparison.case(f"{layer} {options} behind a convolution", [(5, 4, 3)],
                        lambda b, x: b("conv2d", b(layer, b("conv2d", x, "filters=4, kernel=2"), options), "filters=2, kernel=1"))
    comparison.case("random_rotation", [(5, 4, 3)], single("random_rotation", "factor=0.1"))
    for axis in (0, 1, 2, -1):
        comparison.case(f"softmax {axis}", [(5, 4, 3)], single("softmax", f"axis={axis}"))
        comparison.case(f"log_softmax {axis}", [(5, 4, 3)], single("log_softmax", f"axis={axis}"))
        comparison.case(f"softmax {axis} behind a convolution", [(5, 4, 3)],
                        lambda b, x: b("softmax", b("conv2d", x, "filters=4, kernel=2"), f"axis={axis}"))
    for layer, options in (("temperature_scaling", ""), ("temperature_scaling", "activation=sigmoid"), ("vector_scaling", ""),
                           ("vector_scaling", "activation=sigmoid"), ("vector_scaling", "activation=sigmoid, normalize=yes"),
                           ("piecewise_linear", "points=1"), ("piecewise_linear", "points=2"),
                           ("piecewise_linear", "points=300")):
        for kind, shape in shapes.items():
            for before in ("softmax", "sigmoid"):
                comparison.case(f"{layer} {options} of {before} of {kind}", [shape],
                                lambda b, x: b(layer, b(before, x), options))
        comparison.case(f"{layer} {options} behind a convolution", [(5, 4, 3)],
                        lambda b, x: b(layer, b("softmax", b("conv2d", x, "filters=4, kernel=2")), options))
        comparison.case(f"{layer} {options} of one value", [(1,)], lambda b, x: b(layer, b("sigmoid", x), options))
    for options in ("", "allow_empty=yes", "method=aps", "method=aps, allow_empty=yes", "method=raps, penalty=0.05, k_reg=2"):
        for kind, shape in shapes.items():
            comparison.case(f"prediction_set {options} of {kind}", [shape],
                            lambda b, x: b("prediction_set", b("softmax", x), options))
    for measure in ("entropy", "expected_entropy", "mutual_information", "variation_ratio", "disagreement", "margin",
                    "confidence", "answers"):
        for count, weights in ((1, None), (3, None), (3, (1.0, 2.0, 0.5))):
            numbers = weights and (ctypes.c_double * count)(*weights)
            options = f"measure={measure}, threshold=0.4".encode()
            for kind, shape, before in (("vector", (6,), "softmax"), ("image", (5, 4, 3), "softmax"), ("one value", (1,), "sigmoid")):
                comparison.case(f"uncertainty {measure} of {count} {kind}{', weighted' * bool(weights)}", [shape] * count,
                                lambda b, *x: b.library.neuron_uncertainty(b.graph, b.library.nodes(*(b(before, one) for one in x)),
                                                                           count, numbers, options))
    comparison.case("piecewise_linear, shares", [(6,)], lambda b, x: b(
        "piecewise_linear", b("softmax", b("piecewise_linear", x, "points=9")), "points=20, normalize=yes"))
    comparison.case("dense", [(6,)], single("dense", "units=5"))
    comparison.case("dense without bias", [(6,)], single("dense", "units=1, use_bias=no"))


def shapes(comparison):
    image = [(4, 6, 3)]
    for name, before in (("", lambda b, x: x), (" behind a convolution", lambda b, x: b("conv2d", x, "filters=3, kernel=1"))):
        comparison.case(f"flatten{name}", image, lambda b, x: b("flatten", before(b, x)))
        comparison.case(f"reshape{name}", image, lambda b, x: b.reshape(before(b, x), 2, 3, 12))
        comparison.case(f"reshape to a volume{name}", image, lambda b, x: b.reshape(before(b, x), 2, 2, 3, 3, 2))
        comparison.case(f"zero_pad2d{name}", image, lambda b, x: b("zero_pad2d", before(b, x), "top=1, bottom=2, left=3, right=0"))
        comparison.case(f"permute{name}", image, lambda b, x: b("permute", before(b, x), "axis_0=2, axis_1=0, axis_2=1"))
        for options in ("axis=0, begin=1, count=2", "axis=1, begin=-3, count=-1", "begin=1, count=1", "begin=-1, count=1"):
            comparison.case(f"slice {options}{name}", image, lambda b, x: b("slice", before(b, x), options))
        for options in ("", "interpolation=bilinear"):
            for factors in ((2, 2), (1, 3), (5, 4)):
                comparison.case(f"upsample2d {factors} {options}{name}", image, lambda b, x: b(
                    "upsample2d", before(b, x), f"factor_height={factors[0]}, factor_width={factors[1]}, {options}"))


def joins(comparison):
    def convolved(b, x):
        return b("conv2d", x, "filters=3, kernel=3, padding=same")

    for axis in (0, 1, 2, -1):
        comparison.case(f"concat {axis}", [(5, 4, 3), (5, 4, 3)], lambda b, x, y: b("concat", [x, convolved(b, y), x], f"axis={axis}"))
    comparison.case("concat of vectors", [(3,), (4,)], lambda b, x, y: b("concat", [x, y]))
    comparison.case("concat of one", [(3,)], lambda b, x: b("concat", [x]))
    for layer in ("add", "multiply"):
        for shapes in ([(3,)], [(3,), (3,)], [(3,), (3,), (3,)], [(5, 4, 3), (3,)], [(3,), (5, 4, 3)], [(5, 4, 3), (4, 3)],
                       [(5, 4, 3), (1, 4, 1), (5, 1, 3)], [(2, 5, 4, 3), (3,), (4, 1), (5, 4, 3)], [(4, 3), (3,)],
                       [(1,), (5, 4, 3), (1, 1)]):
            comparison.case(f"{layer} {shapes}", shapes, lambda b, *x: b(layer, x))
            if len(shapes[0]) == 3:
                comparison.case(f"{layer} {shapes} behind a convolution", shapes, lambda b, x, *y: b(layer, [convolved(b, x), *y]))
    for count in (1, 2, 5):
        shapes = [(5, 4, 3)] * count
        comparison.case(f"average of {count}", shapes, lambda b, *x: b("average", x))
        comparison.case(f"weighted_average of {count}", shapes, lambda b, *x: b.library.neuron_weighted_average(
            b.graph, b.library.nodes(*x), len(x), b.weights(*range(1, len(x) + 1))))
        comparison.case(f"weighted_average of {count} behind a convolution", shapes, lambda b, *x: b.library.neuron_weighted_average(
            b.graph, b.library.nodes(*[convolved(b, y) for y in x]), len(x), b.weights(*range(1, len(x) + 1))))
    comparison.case("squeeze and excitation", [(5, 4, 8)], lambda b, x: b("multiply", [
        b("conv2d", x, "filters=8, kernel=1"),
        b("sigmoid", b("dense", b("relu", b("dense", b("global_average_pool2d", x), "units=2")), "units=8"))]))
    comparison.case("residual", [(6, 6, 4)], lambda b, x: b("relu", b("add", [
        x, b("batch_norm", b("conv2d", b("relu", b("batch_norm", b("conv2d", x, "filters=4, kernel=3, padding=same"))),
                             "filters=4, kernel=3, padding=same"))])))
    comparison.case("skip-concatenation", [(5, 4, 3)], lambda b, x: b("softmax", b("dense", b("concat", [
        b("flatten", x), b("relu", b("dense", b("flatten", x), "units=7"))]), "units=4")))
    comparison.case("several outputs", [(5, 4, 3), (6,)], lambda b, x, y: several(b, convolved(b, x), y))
    comparison.case("one PReLU of two orders", [(5, 4, 3)], two_orders)
    comparison.case("one convolution twice", [(5, 4, 3), (5, 4, 3)], lambda b, x, y: shared_twice(b, x, y))
    comparison.case("an output that is an input", [(5, 4, 3)], lambda b, x: [x, b("relu", x)])
    comparison.case("outputs that are the same", [(5, 4, 3)], lambda b, x: same_outputs(b, convolved(b, x)))


def several(b, image, vector):
    joined = b("concat", [b("global_max_pool2d", image), b("relu", vector)])
    return [image, b("relu", image), joined, b("dense", joined, "units=2"), b("dropout", image, "rate=0.5")]


def two_orders(b, x):
    first = b("prelu", b("conv2d", x, "filters=3, kernel=1"))
    return b("add", [first, b.share(first, x)])


def shared_twice(b, x, y):
    first = b("conv2d", x, "filters=3, kernel=3")
    return b("add", [first, b("tanh", b.share(first, y))])


def same_outputs(b, x):
    first = b("dropout", x, "rate=0.5")
    return [x, first, b("dropout", first, "rate=0.5")]


# ---- Votes and committees ----


def votes(comparison):
    library = comparison.library
    for classes, ballot in ((1, ""), (2, ""), (3, ""), (1, " by rank"), (2, " by rank"), (4, " by rank")):
        for count, weights in ((1, None), (2, None), (3, None), (4, None), (3, (1, 2, 3)), (4, (1, 2, 0, 1))):
            name = f"vote of {count} for {classes} by {weights}{ballot}"
            if not comparison.wants(name):
                continue
            b = Builder(library)
            nodes = [b.input(classes) for _ in range(count)]
            given = b.weights(*weights) if weights else None
            vote = library.neuron_vote(b.graph, library.nodes(*nodes), count, given)
            if ballot:
                assert library.neuron_node_set(vote, b"ballot=borda") == 0
            graph = b.finish(vote)
            # Many values of an input are equal, and none of two inputs; some are none.
            examples = [(library.random.integers(0, 4, (300, classes)) / 4 * (1, 0.937, 0.871, 0.713)[i]).astype(numpy.float32)
                        for i in range(count)]
            for array in examples:
                array[library.random.random(array.shape) < 0.03] = numpy.nan
            comparison.graph(name, graph, examples)
            comparison.decisions(name, graph, examples)
    comparison.case("vote of images", [(4, 3, 5)] * 3, lambda b, *x: b("vote", [b("conv2d", y, "filters=3, kernel=1") for y in x]))


def decisions(self, name, graph, examples):
    """What is decided is the same, not only near."""
    ours, = self.library.predict_all(graph, examples)
    feed = {key: array for (key, _), array in zip(self.library.inputs(graph), examples)}
    content = self.library.export(graph)
    for runtime, run in RUNTIMES.items():
        theirs = run(content, [feed])[0][0]
        choose = (lambda a: a > 0.5) if ours.shape[1] == 1 else (lambda a: numpy.where(numpy.isnan(a), -1, a).argmax(1))
        wrong = int((choose(ours) != choose(theirs)).sum())
        if wrong:
            self.failed.append(f"{name} by {runtime}: {wrong} of {len(ours)} are decided otherwise")


Comparison.decisions = decisions


def member(library, seed):
    b = Builder(library, f"member {seed}", seed)
    x = b("relu", b("conv2d", b.input(6, 6, 2), "filters=4, kernel=3"))
    return b.finish(b("softmax", b("dense", b("flatten", b("max_pool2d", x, "kernel=2, stride=2")), "units=5")))


def committees(comparison):
    library = comparison.library
    members = [member(library, seed) for seed in range(1, 5)]
    for rule in ("mean", "weighted_mean", "majority_vote", "weighted_vote", "borda", "weighted_borda"):
        weights = (ctypes.c_double * 4)(4, 3, 2, 1.5) if "weighted" in rule else None
        committee = library.make("neuron_committee_create", library.context, library.nodes(*members), 4, weights,
                                 f"rule={rule}".encode())
        comparison.graph(f"committee by {rule}", committee)
        comparison.graph(f"committee by {rule}", committee, options="layout=nchw")
        outer = library.make("neuron_committee_create", library.context, library.nodes(committee, members[0]), 2, None, None)
        comparison.graph(f"committee of a committee by {rule}", outer)
    # A weighted one, that tells how sure it is, calibrated, with sets of classes.
    committee = library.make("neuron_committee_create", library.context, library.nodes(*members), 4,
                             (ctypes.c_double * 4)(4, 3, 2, 1.5),
                             b"rule=weighted_mean, uncertainty=entropy mutual_information disagreement, abstain_below=0.3")
    shape, = [shape for _, shape in library.inputs(committee)]
    classes = library.outputs(committee)[0][0]
    held_out = library.dataset(library.random.normal(0, 1, (200, *shape)).astype(numpy.float32),
                               library.random.integers(0, classes, 200).astype(numpy.int32), classes)
    for method in ("temperature", "vector", "platt", "isotonic"):
        calibrated = library.make("neuron_graph_calibrate", committee, held_out, f"method={method}".encode())
        sure = library.make("neuron_graph_add_prediction_sets", calibrated, held_out, b"method=lac")
        comparison.graph(f"committee calibrated by {method}", sure)


# ---- Bytes ----


def bytes_in(comparison):
    library = comparison.library
    for count in (1, 3):
        for options in ("input_type=u8", "input_type=u8, layout=nchw"):
            name = f"bytes scaled by {count}"
            graph = Builder(library)
            x = graph.input(5, 4, 3)
            graph = graph.finish(graph("conv2d", x, "filters=2, kernel=2"))
            scales, offsets = ((ctypes.c_double * count)(*numbers) for numbers in ((0.01, 0.02, 0.03)[:count], (-1, 0, 0.5)[:count]))
            library.must(library.neuron_graph_set_scales(graph, None, scales, offsets, count))
            examples = library.random.integers(0, 256, (7, 5, 4, 3)).astype(numpy.uint8)
            comparison.graph(name, graph, [examples], options=options)


# ---- Quantised graphs ----

BYTE_TOLERANCE = 2e-2


def quantized(comparison):
    comparison.case("quantised dense", [(40,)], lambda b, x: b("dense", b("relu", b("dense", x, "units=30")), "units=5"),
                    quantize=True)
    comparison.case("quantised convolutions", [(8, 8, 3)], lambda b, x: b("dense", b("flatten", b("conv2d", b("max_pool2d", b(
        "relu", b("batch_norm", b("conv2d", x, "filters=8, kernel=3, padding=same"))), "kernel=2, stride=2"),
        "filters=4, kernel=3, stride=2, padding=same, use_bias=no")), "units=5"), quantize=True)


# ---- Random graphs ----


def random_graphs(comparison, count=60):
    """Chains and branches, in which the orders of axes change again and again."""
    library, random = comparison.library, comparison.library.random

    def grow(b, x, depth):
        for _ in range(depth):
            rank = len(library.shape_of(x))
            kind = random.integers(0, 12)
            if kind < 3 and rank == 3:
                x = b("conv2d", x, f"filters={random.integers(1, 5)}, kernel_height={random.integers(1, 4)}, kernel_width=2, "
                      f"padding=same, stride={random.integers(1, 3)}")
            elif kind == 3 and rank == 3:
                x = b("max_pool2d", x, "kernel=2, stride=1, padding=same")
            elif kind == 4:
                x = b("batch_norm", x)
            elif kind == 5:
                x = b("layer_norm", x)
            elif kind == 6:
                x = b("add", [x, grow_same(b, x)])
            elif kind == 7:
                x = b("concat", [x, grow_same(b, x)], f"axis={random.integers(0, rank)}")
            elif kind == 8 and rank == 3:
                x = b("zero_pad2d", x, "top=1, right=2")
            elif kind == 9:
                x = b("slice", x, f"axis={random.integers(0, rank)}, begin=0, count=1")
            elif kind == 10 and rank == 3:
                x = b("upsample2d", x, "factor_height=2, factor_width=1")
            else:
                x = b(random.choice([name for name in ACTIVATIONS if name not in ("exponential", "prelu")]), x)
        return x

    def grow_same(b, x):
        if len(library.shape_of(x)) == 3:
            return b("conv2d", x, f"filters={library.shape_of(x)[2]}, kernel=3, padding=same")
        return b(random.choice(["tanh", "softplus", "layer_norm"]), x)

    for number in range(count):
        shape = [(6, 5, 3), (6, 5, 3), (7, 4), (6,)][number % 4]

        def build(b, x):
            trunk = grow(b, x, 6)
            return [grow(b, trunk, 3), trunk] if number % 3 == 0 else grow(b, trunk, 2)
        comparison.case(f"random {number}", [shape], build)


# ---- Networks of the documents ----

def train(comparison, title, graph, numbers, labels):
    """What is imported learns on."""
    library = comparison.library
    comparison.count += 1
    made = library.load(library.export(graph))
    if not library.train(made, [numbers], numpy.resize(labels, len(numbers))):
        comparison.failed.append(f"{title}, imported: is not trained")


def networks(comparison, examples, work):
    library = comparison.library
    for program in RUNS:
        if comparison.word not in program:
            continue
        out = os.path.join(work, program)
        images, labels = test_images(program), test_labels(program)
        for name in train_briefly(examples, program, out):
            graph = library.make("neuron_graph_load", library.context, os.path.join(out, name).encode())
            title = f"{program} {name[:-len('.safetensors')]}"
            given = images.reshape(-1, *library.inputs(graph)[0][1])
            numbers = scaled(library, graph, given)
            if numbers is None:
                comparison.failed.append(f"{title} does not know its scale")
                continue
            comparison.graph(title, graph, [numbers])
            comparison.graph(title, graph, [given], options="input_type=u8")
            if given.ndim == 4:
                comparison.graph(title, graph, [numbers], options="layout=nchw")
            if "vote" not in name:
                train(comparison, title, graph, numbers, labels)


def main():
    path, onnx_path, *more = sys.argv[1:]
    library = onnx_library.Onnx(path, onnx_path)
    comparison = Comparison(library, more[1] if len(more) > 1 else "")
    for check in (windows, elements, shapes, joins, votes, committees, bytes_in, quantized, random_graphs):
        check(comparison)
    if more and more[0]:
        with tempfile.TemporaryDirectory() as work:
            networks(comparison, more[0], work)
    print(f"{comparison.count} comparisons with", ", ".join(
        f"{name} (largest difference {error:.1e})" for name, error in comparison.worst.items()))
    for problem in comparison.failed:
        print(problem)
    sys.exit(1 if comparison.failed or comparison.count == 0 else 0)


main()
