"""A Python user with nothing but ctypes and NumPy: predict.py LIBRARY FOLDER.

Loads the committee, predicts from a NumPy array without a copy, and compares with what the C program
that made the committee predicted.
"""
import ctypes
import os
import sys

import numpy

F32 = 10  # NEURON_TYPE_F32

neuron = ctypes.CDLL(sys.argv[1])
neuron.neuron_error_last.restype = ctypes.c_char_p
neuron.neuron_tensor_data.restype = ctypes.c_void_p
handle = ctypes.c_void_p


def must(status):
    if status < 0:
        raise RuntimeError(neuron.neuron_error_last().decode())


def wrap(context, array):
    """A tensor over the memory of a NumPy array, which the caller keeps alive."""
    assert array.dtype == numpy.float32 and array.flags.c_contiguous
    tensor, shape = handle(), (ctypes.c_int64 * array.ndim)(*array.shape)
    must(neuron.neuron_tensor_wrap(
        ctypes.byref(tensor), context, F32, shape, array.ndim, handle(array.ctypes.data)))
    assert neuron.neuron_tensor_data(tensor) == array.ctypes.data, 'the array was copied'
    return tensor


def shape_of(function, graph):
    shape, rank = (ctypes.c_int64 * 8)(), ctypes.c_int32()
    must(function(shape, ctypes.byref(rank), graph))
    return tuple(shape[:rank.value])


folder = sys.argv[2]
context, graph = handle(), handle()
must(neuron.neuron_context_create(ctypes.byref(context), None))
must(neuron.neuron_graph_load(ctypes.byref(graph), context,
                              os.path.join(folder, 'committee.safetensors').encode()))

inputs = numpy.fromfile(os.path.join(folder, 'inputs.f32'), numpy.float32)
inputs = inputs.reshape(-1, *shape_of(neuron.neuron_graph_input_shape, graph))
outputs = numpy.empty((len(inputs), *shape_of(neuron.neuron_graph_output_shape, graph)),
                      numpy.float32)
input_tensor, output_tensor = wrap(context, inputs), wrap(context, outputs)
must(neuron.neuron_graph_predict(graph, input_tensor, output_tensor))

wanted = numpy.fromfile(os.path.join(folder, 'outputs.f32'), numpy.float32).reshape(outputs.shape)
assert len(inputs) > 0 and numpy.array_equal(outputs, wanted), abs(outputs - wanted).max()
assert numpy.allclose(outputs.sum(axis=1), 1, atol=1e-5)

# A failure is an answer here, too.
try:
    must(neuron.neuron_graph_load(ctypes.byref(handle()), context, b'/nowhere'))
    sys.exit('a file that is not there was loaded')
except RuntimeError as error:
    assert '/nowhere' in str(error), error

for unref, what in ((neuron.neuron_tensor_unref, input_tensor),
                    (neuron.neuron_tensor_unref, output_tensor),
                    (neuron.neuron_graph_unref, graph), (neuron.neuron_context_unref, context)):
    unref(what)
print(f'{len(inputs)} examples predicted in place, as in C')
