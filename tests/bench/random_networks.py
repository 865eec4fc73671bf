"""Networks by chance, in the words of neuron-bench: the same for the same seed and number, so that
no row can be tuned to. usage: random_networks.py COUNT [SEED] prints some."""
import random
import sys

from peers import peer_rows

# What one training step may take: multiply-adds forward, values of all layers, parameters.
WORK = (2e6, 1.5e10)
VALUES_MAX, PARAMETERS_MAX = 4e7, 3e7

ACTIVATIONS = ['relu'] * 8 + ['tanh', 'tanh', 'gelu', 'silu', 'sigmoid', 'hard-swish',
                              'leaky-relu 0.1', 'elu 1', 'prelu', 'softplus']
WINDOWS = [1, 3, 3, 3, 3, 5, 5, 7]


def about(chance, least, most):
    """A whole number; each doubling is as likely as any other. Half of them are multiples of 8, if
    they are large enough, as people choose them."""
    number = round(least * (most / least) ** chance.random())
    return max(8, number // 8 * 8) if chance.random() < 0.5 and number >= 8 <= most else number


class Drawing:
    def __init__(self, chance):
        self.chance, self.words, self.names = chance, [], 0
        self.activation = chance.choice(ACTIVATIONS)
        self.normalised = chance.random() < 0.5
        self.before = chance.random() < 0.7  # the normalisation is before the activation

    def happens(self, share):
        return self.chance.random() < share

    def add(self, *statements):
        self.words += statements

    def activate(self):
        both = ['norm', self.activation] if self.normalised else [self.activation]
        self.add(*(both if self.before else reversed(both)))

    def keep(self):
        self.names += 1
        self.add(f'keep v{self.names}')
        return f'v{self.names}'

    # ---- Dense layers ----

    def dense(self):
        chance = self.chance
        width = about(chance, 3, 3000)
        self.add(f'input {width}')
        widest = about(chance, 16, 4096)
        for _ in range(chance.randint(1, 5)):
            width = about(chance, max(4, widest // 8), widest)
            self.add(f'dense {width}')
            self.activate()
            kind = chance.random()
            if kind < 0.15:
                name = self.keep()
                self.add(f'dense {width}')
                self.activate()
                self.add(f'add {name}')
            elif kind < 0.25:
                name = self.keep()
                self.add(f'dense {about(chance, 4, widest)}')
                self.activate()
                self.add(f'concat {name}')
            if self.happens(0.25):
                self.add(f'dropout {chance.choice([0.1, 0.2, 0.5])}')

    # ---- Images ----

    def convolution(self, filters, window, stride=1, same=True):
        self.add(f'conv {filters} {window} {stride}' + ' same' * same)

    def plain(self, filters):
        for _ in range(self.chance.randint(1, 2)):
            self.convolution(filters, self.chance.choice(WINDOWS), same=self.happens(0.75))
            self.activate()

    def residual(self, filters):
        window = self.chance.choice([1, 3, 3, 3, 5])
        self.convolution(filters, self.chance.choice([1, 3]))
        self.activate()
        for _ in range(self.chance.randint(1, 3)):
            name = self.keep()
            self.convolution(filters, window)
            self.activate()
            self.convolution(filters, window)
            self.add(*['norm'] * self.normalised, f'add {name}', self.activation)

    def separable(self, filters):
        for _ in range(self.chance.randint(1, 3)):
            self.add(f'depthwise {self.chance.choice([3, 3, 3, 5, 7])} same')
            self.activate()
            self.convolution(filters, 1)
            self.activate()

    def branches(self, filters):
        """Two convolutions side by side, then joined."""
        first = self.keep()
        self.convolution(max(1, filters // 2), self.chance.choice([1, 3]))
        self.activate()
        second = self.keep()
        self.add(f'from {first}')
        self.convolution(max(1, filters // 2), self.chance.choice([3, 5]))
        self.activate()
        self.add(f'concat {second}')

    def smaller(self, filters):
        kind = self.chance.randrange(6)
        if kind < 2:
            self.add('max-pool 2')
        elif kind == 2:
            self.add('average-pool 2')
        elif kind == 3:
            self.add(f'{self.chance.choice(["max", "average"])}-pool 3 2 same')
        else:
            self.convolution(filters, self.chance.choice([1, 3, 3, 5]), 2)
            self.activate()

    def images(self):
        chance = self.chance
        size = chance.choice([8, 12, 16, 20, 24, 27, 28, 28, 32, 32, 32, 33, 40, 48, 56, 64, 96])
        self.add(f'input {size} {size} {chance.choice([1, 1, 3, 3, 3, 2, 4, 6])}')
        filters = about(chance, 4, 64)
        stages = chance.randint(1, 4)
        for stage in range(stages):
            kind = chance.choice([self.plain, self.plain, self.residual, self.separable,
                                  self.branches])
            kind(filters)
            if stage + 1 < stages or self.happens(0.5):
                self.smaller(filters)
            filters = min(512, round(filters * chance.choice([1, 1.5, 2, 2])))
        self.add(chance.choice(['global-average', 'global-average', 'global-max', 'flatten',
                                'flatten']))
        if self.happens(0.4):
            self.add(f'dense {about(chance, 16, 512)}', self.activation)
            if self.happens(0.4):
                self.add('dropout 0.5')

    def draw(self):
        self.add(f'batch {about(self.chance, 1, 256)}')
        squares = self.happens(0.15)
        self.add(*['loss mean-squared-error'] * squares)
        if self.happens(0.3):
            self.dense()
        else:
            self.images()
        self.add(f'dense {self.chance.choice([10, 10, 10, 2, 100, 37])}')
        self.add(*['softmax'] * (not squares))
        return '; '.join(self.words)


def fits(text):
    """Whether there is a place left behind every window, and work enough but not too much."""
    network = peer_rows.Network(text)
    shapes = [layer.shape for layer in network.layers]
    if min(min(shape) for shape in shapes) < 1:
        return False
    values = network.batch * sum(peer_rows.count(shape) for shape in shapes)
    work = network.batch * network.multiply_adds()
    return (WORK[0] <= work <= WORK[1] and values <= VALUES_MAX and
            network.parameters() <= PARAMETERS_MAX)


def draw(seed, number):
    chance = random.Random(f'{seed}/{number}')
    while True:
        text = Drawing(chance).draw()
        if fits(text):
            return text


def draw_several(count, seed):
    """Words by name."""
    return {f'random-{seed}-{number}': draw(seed, number) for number in range(1, count + 1)}


if __name__ == '__main__':
    for row, words in draw_several(*map(int, (sys.argv[1:] + ['1'])[:2])).items():
        print(f'{row}\t{words}')
