"""Networks in words, as neuron-bench --describe prints them and drawing.c explains them, for other
libraries: layers with the shapes before and behind them, [values] or [channels, height, width]."""

EPSILON, MOMENTUM = 1e-3, 0.01  # of batch normalisation; 0.01 of the new and 0.99 of the old

# To have everything of a library loaded before memory is measured.
TINY = ('batch 2; input 8 8 1; conv 2 3 same; relu; norm; keep a; depthwise 3 same; norm; tanh; '
        'add a; max-pool 2; dropout 0.1; flatten; dense 4; norm; relu; dense 10; softmax')

WINDOWED = {'conv': 2, 'depthwise': 1, 'max-pool': 1, 'average-pool': 1, 'dilated': 2, 'grouped': 2,
            'transpose': 2, 'conv1d': 2, 'max-pool1d': 1,
            'average-pool1d': 1}  # which word the window is
FILTERING = ('conv', 'dilated', 'grouped', 'transpose', 'conv1d')
JOINS = ('add', 'multiply', 'average', 'weighted-average', 'vote', 'concat')


class Layer:
    def __init__(self, words, inputs, before):
        """`inputs` are numbers of values, 0 for the network's input; `before` are their shapes."""
        self.kind, self.inputs, self.before = words[0], inputs, before[0]
        self.pads = (0, 0)
        self.same = words[-1] == 'same'
        self.numbers = [float(word) for word in words[1:len(words) - self.same]
                        ] if self.kind not in JOINS else []
        if self.kind in WINDOWED:
            self.window, self.stride = self.read_window()
        self.shape = self.infer(before)

    def read_window(self):
        place = WINDOWED[self.kind]
        window = int(self.numbers[place - 1])
        stride = window if 'pool' in self.kind else 1
        self.extra = int(self.numbers[place]) if len(self.numbers) > place else stride
        return window, stride if self.kind in ('dilated', 'grouped') else self.extra

    @property
    def number(self):
        return self.numbers[0]

    @property
    def units(self):
        """Of a dense layer, or filters, or pixels."""
        return int(self.numbers[0])

    @property
    def covered(self):
        """By a window."""
        return (self.window - 1) * (self.extra if self.kind == 'dilated' else 1) + 1

    def extent(self, before):
        if self.kind == 'transpose':
            return before * self.stride + (0 if self.same else max(self.window - self.stride, 0))
        if not self.same:
            return (before - self.covered) // self.stride + 1
        return -(-before // self.stride)

    def infer(self, before):
        shape = before[0]
        if self.kind in WINDOWED:
            extents = tuple(self.extent(extent) for extent in shape[1:])
            if self.same:
                total = max((extents[0] - 1) * self.stride + self.covered - shape[1], 0)
                if self.kind == 'transpose':
                    total = max(self.window - self.stride, 0)
                self.pads = (total // 2, total - total // 2)
            return (self.units if self.kind in FILTERING else shape[0], *extents)
        if self.kind == 'dense':
            return (self.units,)
        if self.kind == 'flatten':
            return (count(shape),)
        if self.kind in ('global-average', 'global-max', 'global-average1d', 'global-max1d'):
            return (shape[0],)
        if self.kind in ('upsample', 'upsample-bilinear'):
            return (shape[0], *(extent * self.units for extent in shape[1:]))
        if self.kind == 'slice':
            return (self.units, *shape[1:])
        if self.kind in ('add', 'multiply'):
            return max(before, key=len)
        if self.kind == 'pad':
            return (shape[0], shape[1] + 2 * self.units, shape[2] + 2 * self.units)
        if self.kind == 'concat':
            return (sum(other[0] for other in before), *shape[1:])
        return shape

    def even_pads(self):
        """Padding that is the same before and behind, for libraries that have no other; None if
        the extents would differ. It may move what a stride looks at by a pixel."""
        if not self.same:
            return 0
        around = self.covered // 2
        if all((extent + 2 * around - self.covered) // self.stride + 1 == out
               for extent, out in zip(self.before[1:], self.shape[1:])):
            return around
        return None

    def multiply_adds(self):
        return self.parameters() * count(self.shape[1:])

    def parameters(self):
        """Of the kernel."""
        if self.kind == 'dense':
            return self.before[0] * self.units
        if self.kind not in ('conv', 'depthwise'):
            return 0
        return self.shape[0] * self.window ** 2 * (self.before[0] if self.kind == 'conv' else 1)


class Network:
    def __init__(self, text):
        self.text = text
        self.name, self.batch, self.loss, self.layers, self.kept = '', 1, 'cross-entropy', [], {}
        self.optimizer = None  # of a kernel that is one
        self.input, self.last = None, 0  # the number of the present value
        for statement in text.replace('\n', ';').split(';'):
            words = statement.split()
            if words:
                self.read(words)
        self.output = self.shape(self.last)

    def shape(self, value):
        return self.layers[value - 1].shape if value else self.input

    def read(self, words):
        kind = words[0]
        if kind in ('name', 'loss', 'optimizer'):
            setattr(self, kind, words[1])
        elif kind == 'batch':
            self.batch = int(words[1])
        elif kind == 'input':
            extents = [int(word) for word in words[1:]]
            self.input = (extents[-1], *extents[:-1])
        elif kind == 'keep':
            self.kept[words[1]] = self.last
        elif kind == 'from':
            self.last = self.kept[words[1]]
        else:
            others = [self.kept[word] for word in words[1:]] if kind in JOINS else []
            inputs = [self.last, *others]
            self.layers.append(Layer(words, inputs, [self.shape(value) for value in inputs]))
            self.last = len(self.layers)

    def without_output(self):
        """The layers that a loss on logits is trained with."""
        ends = {'cross-entropy': 'softmax', 'binary-cross-entropy': 'sigmoid'}.get(self.loss)
        return self.layers[:-1] if ends and self.layers[-1].kind == ends else self.layers

    def multiply_adds(self):
        return sum(layer.multiply_adds() for layer in self.layers)

    def parameters(self):
        return sum(layer.parameters() for layer in self.layers)


def count(shape):
    product = 1
    for extent in shape:
        product *= extent
    return product
