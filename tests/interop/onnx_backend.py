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
    # Cases of ONNX 1.12, which Debian has, call types as NumPy did before 1.24.
    for own in (bool, float, int, object):
        if own.__name__ not in vars(numpy):
            setattr(numpy, own.__name__, own)
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
OPERATORS = set("""Add AveragePool BatchNormalization Celu Clip Concat Constant Conv ConvTranspose Dropout Elu Exp Flatten Gelu
    Gemm GlobalAveragePool GlobalMaxPool HardSigmoid HardSwish Identity LayerNormalization LeakyRelu LogSoftmax MatMul MaxPool
    Mean Mish Mul PRelu Pad Relu Reshape Selu Sigmoid Softmax Softplus Softsign Sub Sum Swish Tanh Transpose""".split())
OTHERS = set("""Div Neg ReduceMax ReduceMean ReduceSum Resize Slice Split Squeeze Unsqueeze Upsample""".split())
# What others are made of where a case has them in parts.
WITHIN = set("""CastLike Erf Log Max Min Pow Sqrt""".split())

# Operators all of whose inputs are values; of the others the first is.
JOINS = {"Concat", "Sum", "Mean"}

VALUES = {1, 10, 11, 16}  # float, float16, double, bfloat16
SHARE = 0.95

# ---- What does not pass, and why ----

REASONS = {
    "its values are integers, truth values, a sequence or an optional, and a graph has floats": """
        add_int8 add_int16 add_uint8 add_uint16 add_uint32 add_uint64 clip_default_int8_min clip_default_int8_max
        clip_default_int8_inbounds clip_default_int8_inbounds_expanded div_int8 div_int16 div_int32_trunc div_uint8
        div_uint16 div_uint32 div_uint64 identity_sequence identity_opt maxpool_2d_uint8 mul_int8 mul_int16 mul_uint8
        mul_uint16 mul_uint32 mul_uint64 edge_pad reflect_pad wrap_pad reduce_max_bool_inputs
        reduce_max_empty_set_bool sub_int8 sub_int16 sub_uint8 sub_uint16 sub_uint32 sub_uint64
    """,
    "it computes the statistics of its batch, as in training, where a graph predicts by the moving ones": """
        batchnorm_example_training_mode batchnorm_epsilon_training_mode
    """,
    "it has no input": """
        constant
    """,
    "there is no layer for transposed convolutions of volumes": """
        convtranspose_3d
    """,
    "it drops values, as in training, where a graph predicts with all": """
        training_dropout_default training_dropout_default_mask training_dropout training_dropout_mask
    """,
    "it has an axis of extent 0": """
        reduce_log_sum_empty_set_expanded reduce_max_empty_set reduce_sum_empty_set reduce_sum_empty_set_non_reduced_axis_zero
        reduce_sum_square_empty_set_expanded reshape_allowzero_reordered slice_start_out_of_bounds
        split_zero_size_splits_opset13 split_zero_size_splits_opset18
    """,
    "it resizes by parts, or by another rule than nearest, and linear of half pixels": """
        resize_downsample_scales_nearest resize_upsample_sizes_nearest resize_downsample_sizes_nearest
        resize_upsample_scales_linear_align_corners resize_downsample_scales_linear
        resize_downsample_scales_linear_align_corners resize_upsample_scales_cubic
        resize_upsample_scales_cubic_align_corners resize_downsample_scales_cubic
        resize_downsample_scales_cubic_align_corners resize_upsample_sizes_cubic resize_downsample_sizes_cubic
        resize_upsample_scales_cubic_A_n0p5_exclude_outside resize_downsample_scales_cubic_A_n0p5_exclude_outside
        resize_upsample_scales_cubic_asymmetric resize_tf_crop_and_resize
        resize_tf_crop_and_resize_extrapolation_value resize_downsample_sizes_linear_pytorch_half_pixel
        resize_upsample_sizes_nearest_floor_align_corners resize_upsample_sizes_nearest_round_prefer_ceil_asymmetric
        resize_upsample_sizes_nearest_ceil_half_pixel resize_downsample_scales_linear_antialias
        resize_downsample_sizes_linear_antialias resize_downsample_scales_cubic_antialias
        resize_downsample_sizes_cubic_antialias resize_upsample_scales_nearest_axes_2_3
        resize_upsample_scales_nearest_axes_3_2 resize_upsample_sizes_nearest_axes_2_3
        resize_upsample_sizes_nearest_axes_3_2 resize_tf_crop_and_resize_axes_2_3 resize_tf_crop_and_resize_axes_3_2
        resize_upsample_sizes_nearest_not_larger resize_upsample_sizes_nearest_not_smaller
        resize_downsample_sizes_nearest_not_larger resize_downsample_sizes_nearest_not_smaller
        resize_downsample_scales_linear_half_pixel_symmetric resize_upsample_scales_linear_half_pixel_symmetric
    """,
    "it takes the logarithm of a value": """
        reduce_log_sum_desc_axes_expanded reduce_log_sum_asc_axes_expanded reduce_log_sum_default_expanded
        reduce_log_sum_negative_axes_expanded softplus_example_expanded_ver18 softplus_expanded_ver18
    """,
    "it goes along the batch": """
        mvn_expanded mvn_expanded_ver18
    """,
    "it goes backwards": """
        slice_neg_steps
    """,
}
LISTED = {"test_" + name: reason for reason, names in REASONS.items() for name in names.split()}
# Of ONNX before this set there are fewer cases, and another one.
LISTED_SET = 26
OLDER = {"test_split_zero_size_splits": "it has an axis of extent 0"}


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


def is_wanted(case):
    return is_of(case, OPERATORS | OTHERS | WITHIN) and not is_of(case, WITHIN)


def counts(case):
    """Whether it is one of those of which a share must pass: of operators of networks, and of floats."""
    values = list(case.model.graph.input)[:1] + list(case.model.graph.output)[:1]
    return is_of(case, OPERATORS) and all(value.type.tensor_type.elem_type in VALUES for value in values)


def main():
    word = sys.argv[3] if len(sys.argv) > 3 else ""
    library = onnx_library.Onnx(*sys.argv[1:3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [case for case in collect_testcases(None) if is_wanted(case) and word in case.name]
    problems, passed, floats, floats_passed = [], 0, 0, 0
    for case in cases:
        why = attempt(library, case)
        passed += why is None
        floats += counts(case)
        floats_passed += counts(case) and why is None
        if why is None and case.name in LISTED:
            problems.append(f"{case.name} passes, but is listed: {LISTED[case.name]}")
        if why is not None and case.name not in LISTED and case.name not in OLDER:
            problems.append(f"{case.name}: {why}")
    if not word and onnx.defs.onnx_opset_version() >= LISTED_SET:
        names = {case.name for case in cases}
        problems += [f"{name} is listed, but no case" for name in LISTED if name not in names]
    if not word and floats_passed < SHARE * floats:
        problems.append("too few pass")
    print(f"{passed} of {len(cases)} cases pass, {floats_passed} of {floats} of networks' operators in floats")
    for problem in problems:
        print(problem)
    sys.exit(1 if problems or not (cases or word) else 0)


main()
