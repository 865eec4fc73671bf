"""A layer of one's own in Python: custom.py LIBRARY.

Registers swish with a slope that is learned, x * sigmoid(slope * x), trains a small network with it,
compares its prediction with NumPy's, and has a callback fail.
"""
import ctypes
import sys

import numpy

F32 = 10  # NEURON_TYPE_F32
E_CALLBACK = -110  # NEURON_E_CALLBACK

neuron = ctypes.CDLL(sys.argv[1])
handle = ctypes.c_void_p
floats = ctypes.POINTER(ctypes.c_float)
callback = ctypes.CFUNCTYPE(ctypes.c_int, handle, handle)
neuron.neuron_error_last.restype = ctypes.c_char_p
for name in ('neuron_input', 'neuron_dense', 'neuron_flatten', 'neuron_softmax', 'neuron_custom_layer'):
    getattr(neuron, name).restype = handle
for name in ('batch', 'input_size', 'output_size', 'array_size'):
    getattr(neuron, 'neuron_custom_run_' + name).restype = ctypes.c_int64
for name in ('input', 'output', 'output_gradient', 'input_gradient', 'array', 'array_gradient'):
    getattr(neuron, 'neuron_custom_run_' + name).restype = floats


def must(status):
    if status < 0:
        raise RuntimeError(neuron.neuron_error_last().decode())


def view(pointer, count):
    """The numbers at a pointer, without a copy; None for NULL."""
    return numpy.ctypeslib.as_array(pointer, (count,)) if pointer else None


def size(run):
    return neuron.neuron_custom_run_batch(run) * neuron.neuron_custom_run_output_size(run)


def sigmoid(x):
    return 1 / (1 + numpy.exp(-x))


fail_with = 0


@callback
def forward(run, _):
    run = handle(run)
    x = view(neuron.neuron_custom_run_input(run, 0), size(run))
    slope = view(neuron.neuron_custom_run_array(run, 0), 1)
    view(neuron.neuron_custom_run_output(run), size(run))[:] = x * sigmoid(slope * x)
    return fail_with


@callback
def backward(run, _):
    run = handle(run)
    x = view(neuron.neuron_custom_run_input(run, 0), size(run))
    slope = view(neuron.neuron_custom_run_array(run, 0), 1)
    dy = view(neuron.neuron_custom_run_output_gradient(run), size(run))
    s = sigmoid(slope * x)
    dx = view(neuron.neuron_custom_run_input_gradient(run, 0), size(run))
    if dx is not None:
        dx[:] = dy * (s + slope * x * s * (1 - s))
    view(neuron.neuron_custom_run_array_gradient(run, 0), 1)[0] = (dy * x * x * s * (1 - s)).sum()
    return 0


def shape(*extents):
    return (ctypes.c_int64 * len(extents))(*extents)


def tensor(array):
    made = handle()
    must(neuron.neuron_tensor_wrap(ctypes.byref(made), context, F32, shape(*array.shape),
                                   array.ndim, handle(array.ctypes.data)))
    return made


def read_array(index):
    needed = ctypes.c_size_t()
    must(neuron.neuron_graph_read_array(None, ctypes.c_size_t(0), ctypes.byref(needed), graph,
                                        index))
    values = numpy.empty(needed.value, numpy.float32)
    must(neuron.neuron_graph_read_array(handle(values.ctypes.data), ctypes.c_size_t(values.size), None,
                                        graph, index))
    return values


def predict(images):
    outputs = numpy.empty((len(images), 10), numpy.float32)
    given, taken = tensor(images), tensor(outputs)
    must(neuron.neuron_graph_predict(graph, given, taken))
    neuron.neuron_tensor_unref(given)
    neuron.neuron_tensor_unref(taken)
    return outputs


context, graph, glyphs, optimizer, trainer = (handle() for _ in range(5))
must(neuron.neuron_context_create(ctypes.byref(context), None))
must(neuron.neuron_custom_layer_register(context, b'slope_swish', forward, backward, None, None, None))
must(neuron.neuron_graph_create(ctypes.byref(graph), context))
x = handle(neuron.neuron_flatten(graph, handle(neuron.neuron_input(graph, shape(8, 8, 1), 3))))
x = handle(neuron.neuron_dense(graph, x, ctypes.c_int64(12), None))
x = handle(neuron.neuron_custom_layer(graph, b'slope_swish', ctypes.byref(x), 1, None, 0))
must(neuron.neuron_custom_layer_add_array(x, b'slope', shape(1), 1, b'constant', ctypes.c_double(1), 1))
x = handle(neuron.neuron_softmax(graph, handle(neuron.neuron_dense(graph, x, ctypes.c_int64(10), None)), None))
must(neuron.neuron_graph_finish(graph, x))

must(neuron.neuron_dataset_generate_glyphs(ctypes.byref(glyphs), context, ctypes.c_int64(200),
                                           8, 8, ctypes.c_uint64(7)))
must(neuron.neuron_optimizer_create(ctypes.byref(optimizer), context, b'adam', None))
must(neuron.neuron_trainer_create(ctypes.byref(trainer), graph, optimizer, glyphs))
must(neuron.neuron_trainer_run(None, trainer))
slope = read_array(2)
assert slope[0] != 1, 'the slope was not learned'

images = numpy.random.default_rng(1).random((5, 8, 8, 1), numpy.float32)
hidden = images.reshape(5, 64) @ read_array(0).reshape(64, 12) + read_array(1)
logits = hidden * sigmoid(slope * hidden) @ read_array(3).reshape(12, 10) + read_array(4)
wanted = numpy.exp(logits) / numpy.exp(logits).sum(axis=1, keepdims=True)
assert numpy.allclose(predict(images), wanted, atol=1e-5), abs(predict(images) - wanted).max()

fail_with = 3
evaluation = handle()
status = neuron.neuron_graph_evaluate(ctypes.byref(evaluation), graph, glyphs, None, None)
assert status == E_CALLBACK and not evaluation, status
assert b'the forward callback returned 3' in neuron.neuron_error_last()

for unref, what in ((neuron.neuron_trainer_unref, trainer),
                    (neuron.neuron_optimizer_unref, optimizer),
                    (neuron.neuron_dataset_unref, glyphs), (neuron.neuron_graph_unref, graph),
                    (neuron.neuron_context_unref, context)):
    unref(what)
print(f'trained with a layer in Python; its slope is {slope[0]:.4f}')
