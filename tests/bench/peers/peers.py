"""Other libraries at work on networks in the words of neuron-bench, for compare.py.

usage: peers.py                                 answers requests on stdin, a line of JSON each
       peers.py --memory NETWORK BATCH SETTING  memory of training with PyTorch, once

Requests:
    {"do": "hello"}                             {"peers": {name: version}, "missing": {name: why}}
    {"do": "settings", peer, network, pass, compile}    {"settings": [...]}: what can be tried
    {"do": "time", peer, network, pass, batch, setting, seconds}    {"seconds": of a step}
With the pass "infer" the peers onnxruntime-int8 and openvino-int8 predict with a quantised network.
PyTorch also has the peer "kernels": single operations, forward, or with the pass "train" forward and
backward, or one step of an optimizer.
An answer {"error": text} stands for any other. When it comes, all threads are asleep.
"""
import gc
import importlib
import json
import os
import statistics
import sys
import time

import peer_rows

MODULES = {'torch': 'peer_torch', 'onnxruntime': 'peer_onnx', 'openvino': 'peer_openvino',
           'jax': 'peer_jax', 'onnxruntime-int8': 'peer_onnx_int8',
           'openvino-int8': 'peer_openvino_int8'}


def load():
    peers, missing = {}, {}
    for name, module in MODULES.items():
        try:
            peers[name] = importlib.import_module(module)
        except ImportError as error:
            missing[name] = str(error)
    if 'torch' in peers:
        peers['kernels'] = importlib.import_module('peer_kernels')
    return peers, missing


def time_step(step, seconds):
    """Median of windows of several steps, after some to warm up; as sampler.c does it."""
    start = time.perf_counter()
    step()
    steps, first = 0, time.perf_counter()
    while steps < 2 or time.perf_counter() - start < 0.25 * seconds:
        step()
        steps += 1
    one = (time.perf_counter() - first) / steps
    window = max(1, int(seconds / 15 / one))
    samples, start = [], time.perf_counter()
    while len(samples) < 3 or time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        for _ in range(window):
            step()
        samples.append((time.perf_counter() - begin) / window)
    return statistics.median(samples)


def fall_asleep():
    """Returns when the threads of this process, which look for work for a while, have given up."""
    for _ in range(200):
        used = time.process_time()
        time.sleep(0.02)
        if time.process_time() - used < 0.001:
            return


class Server:
    def __init__(self):
        self.peers, self.missing = load()
        self.keys, self.steps = {}, {}

    def hello(self, _request):
        return {'peers': {name: peer.VERSION for name, peer in self.peers.items()
                          if name != 'kernels'},
                'missing': self.missing}

    def settings(self, request):
        peer, network = self.peers[request['peer']], peer_rows.Network(request['network'])
        if request['peer'] == 'kernels':
            return {'settings': peer.settings(network)}
        return {'settings': peer.settings(network, request['pass'] == 'train',
                                          request['compile'])}

    def time(self, request):
        """What was prepared last for a peer is kept: pairs ask for it again and again."""
        peer = request['peer']
        key = [request[name] for name in ('network', 'pass', 'batch', 'setting')]
        if self.keys.get(peer) != key:
            self.keys[peer] = self.steps[peer] = None
            gc.collect()
            self.steps[peer] = self.peers[peer].prepare(
                peer_rows.Network(request['network']), request['pass'] == 'train',
                request['batch'], request['setting'])
            self.keys[peer] = key
        return {'seconds': time_step(self.steps[peer], request['seconds'])}

    def answer(self, line):
        try:
            request = json.loads(line)
            answer = {'hello': self.hello, 'settings': self.settings,
                      'time': self.time}[request['do']](request)
        except Exception as error:  # whatever a library throws is for compare.py to tell
            answer = {'error': f'{type(error).__name__}: {error}'}
        fall_asleep()
        return answer


def resident(field):
    with open('/proc/self/status', encoding='ascii') as file:
        for line in file:
            if line.startswith(field + ':'):
                return 1024 * int(line.split()[1])
    raise RuntimeError(f'no {field} in /proc/self/status')


def training_memory(network, batch, setting):
    """By how much this process grows at most in a few steps. A tiny network is trained first, so
    that the library's own code is in memory already."""
    torch = load()[0]['torch']
    step = torch.prepare(peer_rows.Network(peer_rows.TINY), True, 2, setting)
    for _ in range(3):
        step()
    del step
    gc.collect()
    with open('/proc/self/clear_refs', 'w', encoding='ascii') as file:
        file.write('5')  # the peak begins anew
    before = resident('VmRSS')
    step = torch.prepare(peer_rows.Network(network), True, batch, setting)
    for _ in range(5):
        step()
    return resident('VmHWM') - before


def main():
    # What libraries print must not get between the answers.
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)
    if sys.argv[1:2] == ['--memory']:
        network, batch, setting = sys.argv[2:]
        size = training_memory(network, int(batch), json.loads(setting))
        print(json.dumps({'bytes': size}), file=answers, flush=True)
        return
    server = Server()
    for line in sys.stdin:
        print(json.dumps(server.answer(line)), file=answers, flush=True)


if __name__ == '__main__':
    main()
