"""Networks of the documents in Keras and back: keras_networks.py LIBRARY KERAS-LIBRARY EXAMPLES [WORD]

The programs of EXAMPLES train each network for a moment. It is written as .keras and .h5, loaded by Keras, saved by it
and read again: what it says of 1,000 test images of NEURON_DATA is the same to 1e-5 at each step. Then both sides train
it for one more epoch on these images, with dropout off, and what they say after it is compared. WORD does only the
networks that have it in their name. Ends with status 77, which Meson takes as skipped, where Keras is not installed.
"""
import os
import sys
import tempfile

from keras_files import Files, keras, numpy, predict
from document_networks import RUNS, scaled, test_images, test_labels, train_briefly

TOLERANCE = 1e-5
# Of a network that is trained, digits are lost at each step.
TRAINED_TOLERANCE = 1e-3
LOSS_TOLERANCE = 2e-3
RATE, MOMENTUM, BATCH = 0.005, 0.9, 50


def difference(ours, theirs):
    return float(numpy.abs(ours - theirs).max() / max(1, numpy.abs(theirs).max()))


def says(model, images):
    return model.predict(images, batch_size=100, verbose=0)


def digits(model, images):
    """What predictions may differ by: 1e-5, or some units in the last place of the numbers that the softmax is given. In a
    network that has hardly learnt these are so large that nobody has more digits."""
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Softmax):
        return TOLERANCE
    largest = numpy.abs(says(keras.Model(model.inputs, last.input), images)).max()
    return max(TOLERANCE, 4 * float(numpy.spacing(numpy.float32(largest))))


def train_in_keras(model, images, labels):
    """The loss of one epoch. Of the softmax's outputs Keras cuts off what is below 1e-7, and learns nothing of such examples;
    from what the softmax is given, it does not."""
    last = model.layers[-1]
    from_logits = isinstance(last, keras.layers.Softmax)
    trained = keras.Model(model.inputs, last.input) if from_logits else model
    trained.compile(keras.optimizers.SGD(RATE, momentum=MOMENTUM),
                    keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits))
    return trained.fit(images, labels, batch_size=BATCH, epochs=1, shuffle=False, verbose=0).history["loss"][0]


def parts_from_itself(path, images, labels, theirs, loss):
    """How far Keras comes from what it says, and from its loss, when weights are changed in the last digits before it
    trains."""
    worst, worst_loss = 0.0, 0.0
    for seed in range(4):
        model = keras.models.load_model(path, compile=False)
        signs = numpy.random.default_rng(seed)
        model.set_weights([(w * (1 + signs.choice([-1, 1], w.shape) * 2 * numpy.finfo("f").eps)).astype("f")
                           for w in model.get_weights()])
        worst_loss = max(worst_loss, difference(numpy.array(train_in_keras(model, images, labels)), numpy.array(loss)))
        worst = max(worst, difference(says(model, images), theirs))
    return worst, worst_loss


def figures(errors):
    return ", ".join(f"{kind} differ by {error:.1e}" for kind, error in errors.items())


class Networks:
    def __init__(self, library, folder):
        self.library, self.folder = library, folder
        self.worst = {"predictions": 0.0, "after an epoch": 0.0, "losses": 0.0}
        self.latest = {}
        self.failed, self.parted, self.count, self.refused = [], [], 0, []

    def note(self, kind, error):
        """Keeps the largest of all, and of the network at hand."""
        for largest in self.worst, self.latest:
            largest[kind] = max(largest.get(kind, 0.0), error)

    def near(self, what, kind, ours, theirs, tolerance):
        error = difference(ours, theirs)
        self.note(kind, error)
        if not error < tolerance:
            self.failed.append(f"{what}: differs by {error:g}, more than {tolerance:g}")

    def path(self, name):
        return os.path.join(self.folder, name)

    def predict(self, graph, images, theirs):
        return predict(self.library, graph, [images], [theirs.shape])[0]

    def network(self, title, graph, images, labels):
        library, self.count = self.library, self.count + 1
        for end in ".keras", ".h5":
            library.write(graph, self.path("ours" + end))
            model = keras.models.load_model(self.path("ours" + end), compile=False)
            theirs, tolerance = says(model, images), digits(model, images)
            self.near(f"{title}, written as {end}", "predictions", self.predict(graph, images, theirs), theirs, tolerance)
        for layer in model.layers:
            if isinstance(layer, (keras.layers.Dropout, keras.layers.GaussianNoise)):
                setattr(layer, "rate" if hasattr(layer, "rate") else "stddev", 0.0)
        for end in ".h5", ".keras":
            model.save(self.path("theirs" + end))
            try:
                again = library.read(self.path("theirs" + end))
            except RuntimeError as reason:
                if "RandomRotation" not in str(reason):
                    raise
                self.refused.append(f"{title}, read back: {reason}")
                return
            self.near(f"{title}, read from {end}", "predictions", self.predict(again, images, theirs), theirs, tolerance)
        self.train(title, model, again, images, labels)
        library.neuron_graph_unref(again)

    def train(self, title, model, graph, images, labels):
        """A ReLU that rounding opens for an example on one side makes weights part, the more in a network of normalised
        layers that has hardly learnt, and its mean loss with them. Keras then parts as far from itself."""
        library = self.library
        loss = train_in_keras(model, images, labels)
        losses = library.train(graph, library.optimizer("sgd", learning_rate=RATE, momentum=MOMENTUM),
                               library.dataset(images, labels.astype("i"), 10), 1, BATCH)
        theirs = says(model, images)
        error = difference(self.predict(graph, images, theirs), theirs)
        loss_error = difference(numpy.array(losses[0]), numpy.array(loss))
        if error < TRAINED_TOLERANCE and loss_error < LOSS_TOLERANCE:
            self.note("after an epoch", error)
            self.note("losses", loss_error)
            return
        itself, loss_itself = parts_from_itself(self.path("theirs.keras"), images, labels, theirs, loss)
        self.parted.append(f"{title}: {error:.1e}, Keras from itself {itself:.1e}; losses {losses[0]:.5f} and {loss:.5f}, "
                           f"{loss_error:.1e}, Keras from itself {loss_itself:.1e}")
        if error > max(TRAINED_TOLERANCE, 5 * itself) or loss_error > max(LOSS_TOLERANCE, 5 * loss_itself):
            self.failed.append(self.parted[-1])


def main():
    path, keras_path, examples, *more = sys.argv[1:]
    library, word = Files(path, keras_path), more[0] if more else ""
    with tempfile.TemporaryDirectory() as folder:
        networks = Networks(library, folder)
        for program in RUNS:
            if word not in program:
                continue
            images, labels = test_images(program), test_labels(program)
            out = os.path.join(folder, program)
            for name in train_briefly(examples, program, out):
                graph = library.make("neuron_graph_load", library.context, os.path.join(out, name).encode())
                title = f"{program} {name[:-len('.safetensors')]}"
                networks.latest = {}
                try:
                    # Of a network of grey images each image of colours is several.
                    numbers = scaled(library, graph, images.reshape(-1, *library.input_shape(graph)))
                    networks.network(title, graph, numbers, numpy.resize(labels, len(numbers)))
                except RuntimeError as reason:
                    if "Keras has no layer for" not in str(reason):
                        raise
                    networks.refused.append(f"{title}: {reason}")
                print(f"{title}: {figures(networks.latest) or 'refused'}", flush=True)
                library.neuron_graph_unref(graph)
    print(f"{networks.count} networks; {figures(networks.worst)}")
    for line in networks.parted:
        print("parted in training:", line)
    for title in networks.refused:
        print("refused:", title)
    for problem in networks.failed:
        print(problem)
    sys.exit(1 if networks.failed or networks.count == 0 else 0)


if __name__ == "__main__":
    main()
