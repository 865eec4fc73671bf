"""Imports random models of other operators: onnx_random.py LIBRARY ONNX-LIBRARY [COUNT [FIRST]]

Each is a chain of up to six operators with attributes and constants at random, of any set that is imported, as files have
them: constants as initializers, as Constant, behind Identity; axes from either end; shapes that are computed. ONNX Runtime,
operator by operator, says what it predicts. It is imported in both orders of axes, exported, and imported again, and predicts
the same to 2e-5. What is not imported must be one of REFUSED, and few. COUNT models (200) from the seed FIRST (0) on. Ends
with status 77, which Meson takes as skipped, where ONNX Runtime is not installed.
"""
import sys

try:
    import numpy
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import onnx_library

TOLERANCE = 2e-5
BATCH = 3
VERSIONS = 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 20, 21, 22

# What chance makes that is no network: the batch among other axes; kernels that do not meet.
REFUSED = "(Reshape): has a shape that joins the batch", "(ConvTranspose) that makes", "attribute output_padding goes beyond"
MOST_REFUSED = 0.05


class Chain:
    """A model that grows."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.version = int(self.random.choice(VERSIONS))
        self.nodes, self.constants, self.count = [], [], 0

    # ---- Pieces ----

    def name(self):
        self.count += 1
        return f"t{self.count}"

    def op(self, kind, inputs, outputs=1, **attributes):
        made = [self.name() for _ in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(kind, inputs, made, **given))
        return made[0] if outputs == 1 else made

    def constant(self, values):
        """In one of the ways in which files have them."""
        values, name = numpy.asarray(values), self.name()
        way = self.random.integers(5)
        if way == 0:
            self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(values, name)))
        elif way == 1 and values.dtype == numpy.float32:
            self.constants.append(helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.flatten().tolist()))
        elif way == 2:
            self.constants.append(numpy_helper.from_array(values, name + "i"))
            self.nodes.append(helper.make_node("Identity", [name + "i"], [name]))
        else:
            self.constants.append(numpy_helper.from_array(values, name))
        return name

    def integers(self, *values):
        return self.constant(numpy.array(values, numpy.int64))

    def normal(self, *shape):
        return self.constant((self.random.normal(size=shape) * 0.7).astype(numpy.float32))

    def positive(self, *shape):
        return self.constant(self.random.uniform(0.5, 1.5, size=shape).astype(numpy.float32))

    def number(self, value):
        return self.constant(numpy.float32(value))

    def between(self, least, most):
        return int(self.random.integers(least, most + 1))

    def maybe(self, share=0.5):
        return self.random.random() < share

    def one_of(self, *values):
        return values[self.random.integers(len(values))]

    def axis(self, axis, rank):
        return axis - rank if self.maybe() else axis

    def divisor(self, number):
        return self.one_of(*[d for d in range(1, number + 1) if number % d == 0])

    def with_axes(self, kind, x, axes, since, **attributes):
        """Axes are an input from one set of operators on, and an attribute before."""
        if self.version >= since:
            return self.op(kind, [x, self.integers(*axes)], **attributes)
        return self.op(kind, [x], axes=axes, **attributes)

    def model(self, output, batch):
        graph = helper.make_graph(
            self.nodes, "random", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, *self.shape[1:]])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], self.constants)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.version)], ir_version=8).SerializeToString()

    # ---- Operators: each takes a value of a shape ----

    def activation(self, x, shape):
        kinds = ["Relu", "LeakyRelu", "Elu", "Selu", "Sigmoid", "HardSigmoid", "Tanh", "Softplus", "Softsign", "Exp", "Neg"]
        kinds += [kind for kind, since in (("Celu", 12), ("HardSwish", 14), ("Mish", 18), ("Gelu", 20)) if self.version >= since]
        kind = self.one_of(*kinds)
        attributes = {}
        if kind in ("LeakyRelu", "Elu", "Celu", "HardSigmoid") and self.maybe():
            attributes["alpha"] = float(self.random.uniform(0.1, 1))
        if kind == "HardSigmoid" and self.maybe():
            attributes["beta"] = float(self.random.uniform(0.1, 1))
        if kind == "Gelu" and self.maybe():
            attributes["approximate"] = "tanh"
        return self.op(kind, [x], **attributes)

    def values(self, x, shape):
        more = [x, self.op("Tanh", [x]), self.op("Relu", [x])]
        if self.maybe():
            return self.op(self.one_of("Sum", "Mean"), more[:self.between(1, 3)])
        both = more[:2] if self.maybe() else more[1::-1]
        return self.op(self.one_of("Add", "Mul", "Sub"), both)

    def with_constant(self, x, shape):
        kind = self.one_of("Add", "Mul", "Sub", "Div")
        part = [1 if self.maybe() or i == 0 else extent for i, extent in enumerate(shape)]
        extents = self.one_of((), part, shape[-1:] if len(shape) > 1 else (1,), shape[1:])
        if kind == "Mul" and self.maybe(0.3):
            constant = self.constant(self.random.integers(0, 2, size=extents).astype(numpy.float32))
        else:
            constant = self.positive(*extents)
        return self.op(kind, [constant, x] if self.maybe(0.3) and kind != "Div" else [x, constant])

    def bounds(self, x, shape):
        if self.version < 11:
            return self.op("Clip", [x], min=0.0, max=6.0)
        return self.op("Clip", [x, self.one_of("", self.number(-0.5)), self.number(0.6)][:self.between(1, 3)])

    def same(self, x, shape):
        if self.maybe(0.3):
            return self.op("Dropout", [x] if self.version < 12 else [x, self.number(0.3)])
        return self.op("Cast", [x], to=TensorProto.FLOAT) if self.maybe() else self.op("Identity", [x])

    def reshape(self, x, shape):
        count = int(numpy.prod(shape[1:]))
        wanted = self.one_of([0, -1], [-1, count], [])
        if not wanted:
            first = self.divisor(count)
            second = self.divisor(count // first)
            wanted = [self.one_of(-1, 0), first, second, count // first // second]
        return self.op("Reshape", [x, self.integers(*wanted)])

    def computed_shape(self, x, shape):
        batch = self.op("Gather", [self.op("Shape", [x]), self.constant(numpy.int64(0))], axis=0)
        batch = self.with_axes("Unsqueeze", batch, [0], 13)
        return self.op("Reshape", [x, self.op("Concat", [batch, self.integers(-1)], axis=0)])

    def flatten(self, x, shape):
        return self.op("Flatten", [x], axis=self.one_of(1, None))

    def transpose(self, x, shape):
        return self.op("Transpose", [x], perm=[0] + [int(i) + 1 for i in self.random.permutation(len(shape) - 1)])

    def one_more_or_less(self, x, shape):
        single = [i for i in range(1, len(shape)) if shape[i] == 1]
        if single and self.maybe():
            return self.with_axes("Squeeze", x, [self.axis(i, len(shape)) for i in single], 13)
        return self.with_axes("Unsqueeze", x, [self.between(1, len(shape))], 13) if len(shape) < 5 else x

    def concat(self, x, shape):
        axis = self.between(1, len(shape) - 1)
        return self.op("Concat", [x, self.op("Tanh", [x]), x][:self.between(1, 3)], axis=self.axis(axis, len(shape)))

    def slice(self, x, shape):
        axis = self.between(1, len(shape) - 1)
        extent = shape[axis]
        begin = self.between(0, extent - 1)
        end = self.between(begin + 1, extent)
        end = self.one_of(end, 2**31 - 1 if end == extent else end, end - extent if end < extent else end)
        begin = begin - extent if begin > 0 and self.maybe(0.3) else begin
        if self.version < 10:
            return self.op("Slice", [x], starts=[begin], ends=[end], axes=[axis])
        steps = [self.integers(self.between(1, 3))] if self.maybe() else []
        return self.op("Slice", [x, self.integers(begin), self.integers(end), self.integers(self.axis(axis, len(shape))), *steps])

    def split(self, x, shape):
        axis = self.between(1, len(shape) - 1)
        if shape[axis] < 2:
            return x
        first = self.between(1, shape[axis] - 1)
        sizes = [first, shape[axis] - first]
        if self.version < 13:
            a, b = self.op("Split", [x], 2, axis=axis, split=sizes)
        else:
            a, b = self.op("Split", [x, self.integers(*sizes)], 2, axis=self.axis(axis, len(shape)))
        return self.op("Concat", [b, self.op("Relu", [a])], axis=axis)

    def gather(self, x, shape):
        if len(shape) < 3:
            return x
        axis = self.between(1, len(shape) - 1)
        place = self.constant(numpy.int64(self.between(-shape[axis], shape[axis] - 1)))
        return self.op("Gather", [x, place], axis=self.axis(axis, len(shape)))

    def pad(self, x, shape):
        if len(shape) < 3:
            return x
        pads = [self.between(0, 2) if i % len(shape) > 1 else 0 for i in range(2 * len(shape))]
        value = self.one_of(0.0, 0.0, 1.5)
        if self.version < 11:
            return self.op("Pad", [x], pads=pads, value=value)
        return self.op("Pad", [x, self.integers(*pads), self.number(value)], mode=self.one_of("constant", None))

    def reduce(self, x, shape):
        if len(shape) < 3:
            return x
        kind = self.one_of("ReduceMean", "ReduceMax", "ReduceSum")
        axes = sorted({self.between(1, len(shape) - 1) for _ in range(self.between(1, len(shape) - 2))})
        return self.with_axes(kind, x, [self.axis(i, len(shape)) for i in axes], 13 if kind == "ReduceSum" else 18,
                              keepdims=self.one_of(0, 1, None))

    def softmax(self, x, shape):
        axis = 1 if self.version < 13 else self.between(1, len(shape) - 1)
        return self.op(self.one_of("Softmax", "LogSoftmax"), [x], axis=self.axis(axis, len(shape)))

    def gemm(self, x, shape):
        x = x if len(shape) == 2 else self.op("Flatten", [x])
        count, units, turned = int(numpy.prod(shape[1:])), self.between(1, 12), self.between(0, 1)
        scale = numpy.float32(0.7 / count**0.5)
        weights = self.random.normal(size=(units, count) if turned else (count, units)).astype(numpy.float32) * scale
        bias = self.one_of([], [self.normal(units)], [self.normal(1, units)], [self.normal(1)])
        return self.op("Gemm", [x, self.constant(weights), *bias], transB=turned or None, alpha=self.one_of(0.5, None),
                       beta=self.one_of(2.0, None))

    def matmul(self, x, shape):
        units = self.between(1, 8)
        if len(shape) > 2 and self.maybe(0.15):
            return self.op("MatMul", [self.normal(units, shape[-2]), x])
        if self.maybe(0.1):
            return self.op("MatMul", [x, self.normal(shape[-1])])
        y = self.op("MatMul", [x, self.normal(shape[-1], units)])
        return self.op("Add", [y, self.normal(units)] if self.maybe() else [self.normal(units), y]) if self.maybe() else y

    def norm(self, x, shape):
        if self.version >= 17 and self.maybe():
            axis = self.between(1, len(shape) - 1)
            more = [self.normal(*shape[axis:])] if self.maybe() else []
            return self.op("LayerNormalization", [x, self.positive(*shape[axis:]), *more], axis=self.axis(axis, len(shape)),
                           epsilon=0.01)
        c = shape[1]
        return self.op("BatchNormalization", [x, self.positive(c), self.normal(c), self.normal(c), self.positive(c)],
                       epsilon=self.one_of(0.001, None))

    def in_parts(self, x, shape):
        """What is one layer here."""
        which = self.between(0, 4)
        if which == 0:
            raised = self.op("Add", [self.op("Erf", [self.op("Div", [x, self.number(2**0.5)])]), self.number(1)])
            return self.op("Mul", [self.op("Mul", [x, raised]), self.number(0.5)])
        if which == 1:
            return self.op("Mul", [x, self.op("Sigmoid", [x])])
        if which == 2:
            return self.op("Mul", [x, self.op("HardSigmoid", [x], alpha=1 / 6, beta=0.5)])
        if which == 3 and len(shape) > 2:
            centered = self.op("Sub", [x, self.with_axes("ReduceMean", x, [-1], 18)])
            variance = self.with_axes("ReduceMean", self.op("Pow", [centered, self.number(2)]), [-1], 18)
            y = self.op("Div", [centered, self.op("Sqrt", [self.op("Add", [variance, self.number(1e-3)])])])
            return self.op("Add", [self.op("Mul", [y, self.positive(shape[-1])]), self.normal(shape[-1])])
        powers = self.op("Exp", [self.op("Sub", [x, self.with_axes("ReduceMax", x, [1], 18)])])
        return self.op("Div", [powers, self.with_axes("ReduceSum", powers, [1], 13)])

    # ---- Those of images and sequences ----

    def windows(self, shape, pools):
        kernel = [self.between(1, min(3, extent)) for extent in shape[2:]]
        padding = self.one_of({"auto_pad": "SAME_UPPER"}, {"auto_pad": "SAME_LOWER"}, {"auto_pad": "VALID"}, {},
                              {"pads": [self.between(0, min(2, k - 1) if pools else 2) for k in 2 * kernel]})
        strides = {"strides": [self.between(1, 3) for _ in kernel]} if self.maybe(0.6) else {}
        return {"kernel_shape": kernel} | padding | strides

    def conv(self, x, shape):
        attributes, channels = self.windows(shape, False), shape[1]
        groups = self.one_of(1, self.divisor(channels), channels)
        filters = groups * self.between(1, 3)
        if self.maybe(0.3) and "auto_pad" not in attributes:
            attributes["dilations"] = [self.between(1, 2) for _ in shape[2:]]
        kernel = self.normal(filters, channels // groups, *attributes["kernel_shape"])
        if self.maybe():
            del attributes["kernel_shape"]
        y = self.op("Conv", [x, kernel] + ([self.normal(filters)] if self.maybe() else []), group=groups, **attributes)
        return self.op("Add", [y, self.normal(1, filters, *[1 for _ in shape[2:]])]) if self.maybe(0.2) else y

    def conv_transpose(self, x, shape):
        groups, filters = self.divisor(shape[1]), self.between(1, 3)
        strides = [self.between(1, 3) for _ in shape[2:]]
        kernel = [self.between(stride, 3) for stride in strides]
        padding = self.one_of({}, {"pads": [self.between(0, 1) for _ in 2 * kernel]}, {"auto_pad": "SAME_UPPER"},
                              {"auto_pad": "SAME_LOWER"}, {"output_padding": [self.between(0, s - 1) for s in strides]})
        bias = [self.normal(filters * groups)] if self.maybe() else []
        return self.op("ConvTranspose", [x, self.normal(shape[1], filters, *kernel), *bias], group=groups, strides=strides,
                       **padding)

    def pool(self, x, shape):
        if self.maybe(0.2):
            return self.op(self.one_of("GlobalAveragePool", "GlobalMaxPool"), [x])
        attributes = self.windows(shape, True)
        if self.maybe(0.3) and self.version >= 10 and "auto_pad" not in attributes:
            attributes["ceil_mode"] = 1
        if self.maybe():
            return self.op("MaxPool", [x], **attributes)
        return self.op("AveragePool", [x], count_include_pad=self.one_of(0, 1, None), **attributes)

    def slopes(self, x, shape):
        return self.op("PRelu", [x, self.positive(shape[1], *[1 for _ in shape[2:]]) if self.maybe() else self.positive(1)])

    def resize(self, x, shape):
        if len(shape) != 4:
            return x
        scales = [1, 1, self.between(1, 3), self.between(1, 3)]
        floats = self.constant(numpy.array(scales, numpy.float32))
        if self.version < 11:
            return self.op("Upsample" if self.version < 10 else "Resize", [x, floats], mode="nearest")
        mode = {"mode": "linear"}
        if self.maybe():
            mode = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if self.version < 13:
            return self.op("Resize", [x, self.constant(numpy.zeros(0, numpy.float32)), floats], **mode)
        sizes = self.integers(*[extent * scale for extent, scale in zip(shape, scales)])
        return self.op("Resize", [x, "", floats] if self.maybe() else [x, "", "", sizes], **mode)

    def shuffle(self, x, shape):
        if len(shape) != 4 or shape[1] % 2:
            return x
        y = self.op("Reshape", [x, self.integers(0, 2, shape[1] // 2, *shape[2:])])
        return self.op("Reshape", [self.op("Transpose", [y], perm=[0, 2, 1, 3, 4]), self.integers(-1, *shape[1:])])

    ANY = (activation, activation, values, with_constant, with_constant, bounds, same, reshape, computed_shape, flatten, transpose,
           one_more_or_less, concat, slice, split, gather, pad, reduce, softmax, gemm, matmul, norm, in_parts)
    IMAGES = (conv, conv, conv, conv, conv, conv_transpose, pool, pool, pool, pool, slopes, resize, shuffle, norm)

    # ---- All of it ----

    def grow(self):
        """The name of the output, an input and what comes of it; None if nothing has."""
        rank = self.one_of(2, 3, 3, 4, 4, 4, 4)
        extents = [self.between(1, 8)] if rank == 2 else [self.between(1, 4), *[self.between(3, 8) for _ in range(rank - 2)]]
        self.shape = shape = (BATCH, *extents)
        given = result = self.random.normal(size=shape).astype(numpy.float32)
        x = "x"
        for _ in range(self.between(1, 6)):
            kept = list(self.nodes), list(self.constants)
            steps = self.ANY + self.IMAGES if 3 <= len(shape) <= 4 else self.ANY
            step = self.one_of(*steps) if len(shape) > 1 else Chain.flatten
            y = step(self, x, shape)
            made = predict(self.model(y, BATCH), given) if y != x else None
            if made is None or made.size == 0 or made.shape[:1] != (BATCH,) or not numpy.abs(made).max() < 1e4:
                self.nodes, self.constants = kept
            else:
                x, shape, result = y, made.shape, made
        return (x, given, result) if x != "x" else None


def predict(content, given):
    """By ONNX Runtime; None for what it does not run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"]).run(None, {"x": given})[0]
    except Exception:
        return None


def orders(array):
    """As it is, and as an image with its channels last."""
    return [array] + ([numpy.ascontiguousarray(numpy.moveaxis(array, 1, -1))] if array.ndim > 2 else [])


def difference(library, graph, given, expected):
    """The least, of orders that fit: which of them a graph has does not show where extents are equal."""
    shape = library.inputs(graph)[0][1]
    results = [library.predict_all(graph, [array])[0] for array in orders(given) if array.shape[1:] == tuple(shape)]
    wanted = [array for array in orders(expected) if array.size == results[0].size]
    errors = [numpy.abs(array.reshape(result.shape) - result).max() for array in wanted for result in results]
    return min(errors) / max(1, numpy.abs(expected).max())


def main():
    library = onnx_library.Onnx(*sys.argv[1:3])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    first = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    onnxruntime.set_default_logger_severity(4)
    problems, compared, refused, worst = [], 0, 0, 0.0
    for seed in range(first, first + count):
        chain = Chain(seed)
        grown = chain.grow()
        if not grown:
            continue
        output, given, expected = grown
        content = chain.model(output, chain.one_of("N", BATCH))
        title = f"{seed}: {' '.join(node.op_type for node in chain.nodes)}"
        for layout in ("file", "nhwc"):
            try:
                graph = library.load(content, f"layout={layout}")
                again = library.load(library.export(graph), f"layout={layout}")
            except RuntimeError as problem:
                refused += 1
                if not any(words in str(problem) for words in REFUSED):
                    problems.append(f"{title}: {problem}")
                break
            for way, made in (("", graph), (", again", again)):
                compared += 1
                error = difference(library, made, given, expected)
                worst = max(worst, error)
                if not error <= TOLERANCE:
                    problems.append(f"{title}, layout={layout}{way}: differs by {error:g}")
                library.neuron_graph_unref(made)
    if refused > MOST_REFUSED * count:
        problems.append(f"{refused} are refused")
    print(f"{compared} comparisons, largest difference {worst:.1e}; {refused} models are refused")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or compared == 0 else 0)


main()
