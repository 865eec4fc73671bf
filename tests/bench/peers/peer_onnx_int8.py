"""ONNX Runtime: a prediction with bytes, of its float32 model quantised by its own tool: static, as QDQ (each
value and weight as a pair of QuantizeLinear and DequantizeLinear, which the runtime makes integer kernels of),
weights with a scale for each channel."""
import functools
import logging
import os
import tempfile

import numpy
import onnxruntime.quantization as quantization
from onnxruntime.quantization.shape_inference import quant_pre_process

import peer_onnx
import peer_rows

VERSION = peer_onnx.VERSION
logging.getLogger().setLevel(logging.ERROR)  # the tool warns of each array that has one scale only

EXAMPLES = 256  # of the calibration, between 0 and 1 by chance, as all inputs are

settings = peer_onnx.settings


class Examples(quantization.CalibrationDataReader):
    def __init__(self, network, batch):
        self.shape = (batch, *network.input)
        self.left = -(-EXAMPLES // batch)
        self.random = numpy.random.default_rng(3)

    def get_next(self):
        self.left -= 1
        return {'x': self.random.random(self.shape, numpy.float32)} if self.left >= 0 else None


@functools.lru_cache(maxsize=4)
def make_model(text, batch):
    """The quantised model's bytes and the name of its output. Each setting that is tried, and OpenVINO, ask for
    the same again."""
    network = peer_rows.Network(text)
    model, output = peer_onnx.make_model(network, batch)
    with tempfile.TemporaryDirectory() as folder:
        prepared, quantized = (os.path.join(folder, name) for name in ('prepared', 'quantized'))
        # The runtime's advice: normalisations become part of the weights before these are rounded.
        quant_pre_process(model, prepared, skip_symbolic_shape=True)
        quantization.quantize_static(
            prepared, quantized, Examples(network, batch), per_channel=True,
            quant_format=quantization.QuantFormat.QDQ,
            activation_type=quantization.QuantType.QUInt8,
            weight_type=quantization.QuantType.QInt8)
        with open(quantized, 'rb') as file:
            return file.read(), output


def prepare(network, _training, batch, setting):
    return peer_onnx.bind(*make_model(network.text, batch), network, batch, setting)
