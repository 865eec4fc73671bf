"""OpenVINO: a prediction, of the model that ONNX Runtime has too, in 32-bit floats."""
import io
import os

import openvino

import peer_onnx

VERSION = openvino.__version__.split('-')[0]


def settings(_network, _training, _compiled):
    cores = len(os.sched_getaffinity(0))
    one = [{'threads': threads, 'hint': 'LATENCY'} for threads in sorted({1, min(2, cores), cores})]
    return one + ([{'threads': cores, 'hint': 'THROUGHPUT'}] if cores > 1 else [])


def compile_model(model, threads, hint):
    core = openvino.Core()
    model = core.read_model(io.BytesIO(model))
    return core.compile_model(model, 'CPU', {
        'PERFORMANCE_HINT': hint, 'INFERENCE_PRECISION_HINT': 'f32',
        'INFERENCE_NUM_THREADS': str(threads)})


def make_request(compiled, network, batch):
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(peer_onnx.make_input(network, batch)))
    return request


def prepare_model(make, network, batch, setting):
    """A function that predicts a batch once: in one request, or for throughput in as many parts as
    there are threads, which run side by side. `make` gives the bytes of the ONNX model for a batch."""
    threads, hint = setting['threads'], setting['hint']
    if hint == 'LATENCY':
        request = make_request(compile_model(make(batch), threads, hint), network, batch)
        return request.infer
    if batch % threads:
        raise RuntimeError(f'a batch of {batch} does not split in {threads}')
    part = batch // threads
    compiled = compile_model(make(part), threads, hint)
    requests = [make_request(compiled, network, part) for _ in range(threads)]

    def step():
        for request in requests:
            request.start_async()
        for request in requests:
            request.wait()
    return step


def prepare(network, _training, batch, setting):
    return prepare_model(lambda part: peer_onnx.make_model(network, part)[0].SerializeToString(),
                         network, batch, setting)
