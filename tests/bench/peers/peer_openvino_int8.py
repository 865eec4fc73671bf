"""OpenVINO: a prediction with bytes, of the quantised model that ONNX Runtime has too."""
import peer_onnx_int8
import peer_openvino

VERSION = peer_openvino.VERSION

settings = peer_openvino.settings


def prepare(network, _training, batch, setting):
    return peer_openvino.prepare_model(
        lambda part: peer_onnx_int8.make_model(network.text, part)[0], network, batch, setting)
