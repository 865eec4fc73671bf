"""Imports ONNX' own node tests: onnx_backend.py LIBRARY ONNX-LIBRARY [WORD]

Each case of onnx.backend.test whose operators are imported is a model of one node, with inputs and what comes of them. What
a network has as parameters become initializers; the other inputs stay. A model is imported with its first axis as the
batch, or, where the node works along that axis, as one example (batch=none), and its first output is compared by the
tolerance of the case. Cases that cannot pass are listed below with the reason: one that passes, and one that fails and is
not listed, is a failure. Of those in float32, 95 of 100 must pass. WORD runs what has this in its name. Ends with status
77, which Meson takes as skipped, where ONNX is not installed.
"""
import sys
import warnings

try:
    import numpy
    import onnx
    from onnx import numpy_helper
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import onnx_library

# Those of ordinary networks, of whose cases a share must pass, and others.
OPERATORS = set("""Add AveragePool BatchNormalization Clip Concat Constant Conv ConvTranspose Dropout Elu Exp Flatten Gelu Gemm
    GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity LayerNormalization LeakyRelu LogSoftmax MatMul MaxPool
    Mean Mul PRelu Pad Relu Reshape Selu Sigmoid Softmax Softplus Softsign Sub Sum Tanh Transpose""".split())
OTHERS = set("""Celu Div Mish Neg ReduceMax ReduceMean ReduceSum Resize Slice Split Squeeze Swish Unsqueeze Upsample""".split())

# Operators all of whose inputs are values; of the others the first is.
JOINS = {"Concat", "Sum", "Mean"}

VALUES = {1, 10, 11, 16}  # float, float16, double, bfloat16
SHARE = 0.95

# ---- What does not pass, and why ----

REASONS = {
}
LISTED = {name: reason for reason, names in REASONS.items() for name in names.split()}


def array_of(value):
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else numpy.asarray(value)


def prepared(case):
    """A model with constants in place of inputs, the arrays of the others, and what is expected."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    given, expected = case.data_sets[0]
    arrays, kept = [], []
    joins = any(node.op_type in JOINS for node in model.graph.node)
    for i, (value, array) in enumerate(zip(list(model.graph.input), given)):
        array = array_of(array)
        if i == 0 or joins:
            kept.append(value)
            arrays.append(array.astype(numpy.float32))
        else:
            model.graph.initializer.append(numpy_helper.from_array(array, value.name))
    del model.graph.input[:]
    model.graph.input.extend(kept)
    return model, arrays, array_of(expected[0])


def run(library, model, arrays, options):
    graph = library.load(model.SerializeToString(), options)
    given = arrays if "batch=first" in options else [array[None] for array in arrays]
    given = [array.reshape(len(array), *shape) for array, (_, shape) in zip(given, library.inputs(graph))]
    return library.predict_all(graph, given)[0]


def attempt(library, case):
    """NULL, or why the case does not pass."""
    model, arrays, expected = prepared(case)
    problems = []
    for batch in ("first", "none"):
        try:
            result = run(library, model, arrays, f"layout=file, batch={batch}, outputs={model.graph.output[0].name}")
            result = result.reshape(expected.shape).astype(expected.dtype)
            numpy.testing.assert_allclose(result.astype(numpy.float32), expected.astype(numpy.float32), case.rtol, case.atol)
            return None
        except (RuntimeError, ValueError, AssertionError) as problem:
            problems.append(f"batch={batch}: " + " ".join(str(problem).split())[:300])
    return "; ".join(problems)


def is_of(case, operators):
    return all(node.op_type in operators and node.domain in ("", "ai.onnx") for node in case.model.graph.node)


def counts(case):
    """Whether it is one of those of which a share must pass: of operators of networks, and of floats."""
    values = list(case.model.graph.input)[:1] + list(case.model.graph.output)[:1]
    return is_of(case, OPERATORS) and all(value.type.tensor_type.elem_type in VALUES for value in values)


def main():
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    library = onnx_library.Onnx(*sys.argv[1:3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for case in collect_testcases(None) if is_of(case, OPERATORS | OTHERS) and word in case.name]
    problems, passed, floats, floats_passed = [], 0, 0, 0
    for case in cases:
        why = attempt(library, case)
        passed += why is None
        floats += counts(case)
        floats_passed += counts(case) and why is None
        if why is None and case.name in LISTED:
            problems.append(f"{case.name} passes, but is listed: {LISTED[case.name]}")
        if why is not None and case.name not in LISTED:
            problems.append(f"{case.name}: {why}")
    if not word:
        names = {case.name for case in cases}
        problems += [f"{name} is listed, but no case" for name in LISTED if name not in names]
        if floats_passed < SHARE * floats:
            problems.append("too few pass")
    print(f"{passed} of {len(cases)} cases pass, {floats_passed} of {floats} of networks' operators in floats")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or not cases else 0)


main()
