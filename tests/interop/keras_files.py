"""Compares models that libneuron-keras reads and writes with Keras: keras_files.py LIBRARY KERAS-LIBRARY [WORD]

Models of Keras, with each layer that both have, are saved as .keras, .h5 and .weights.h5 and read: predictions must be
equal to 1e-5, and so after a step of training on both sides. Graphs of ours are written and loaded by Keras, likewise.
WORD runs only what has this in its name. Ends with status 77, which Meson takes as skipped, where Keras is not installed.
"""
import ctypes
import os
import sys
import tempfile

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "KERAS_BACKEND" not in os.environ:
    os.environ["KERAS_BACKEND"] = "torch"
KERAS_2 = os.environ.get("INTEROP_KERAS") == "tf_keras"
try:
    import numpy
    if KERAS_2:
        import tf_keras as keras
    else:
        import keras
    L = keras.layers
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import logging

import neuron as interop

logging.getLogger("absl").setLevel(logging.ERROR)
TOLERANCE = 1e-5
# What Keras 2 reads of what is written: its archives and .weights.h5 files are not those of Keras 3.
BACK = (".h5",) if KERAS_2 else (".keras", ".h5")


class Files(interop.Neuron):
    def __init__(self, path, keras_path):
        super().__init__(path)
        ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)
        self.beside = ctypes.CDLL(keras_path)
        interop.declare(self.beside, os.path.join(interop.HEADERS, "..", "libneuron-keras", "*.h"))

    def input_shape(self, graph):
        extents, rank = (ctypes.c_int64 * self.NEURON_RANK_MAX)(), ctypes.c_int32()
        self.must(self.neuron_graph_input_shape(extents, ctypes.byref(rank), graph))
        return tuple(extents[:rank.value])

    def read(self, path):
        graph = ctypes.c_void_p()
        self.must(self.beside.neuron_keras_load(ctypes.byref(graph), self.context, path.encode()))
        return graph

    def read_weights(self, graph, path, options):
        count = ctypes.c_int64()
        self.must(self.beside.neuron_keras_load_weights(ctypes.byref(count), graph, path.encode(), options))
        return count.value

    def write(self, graph, path):
        self.must(self.beside.neuron_keras_save(graph, path.encode(), None))


def shuffle(model, seed=3):
    """Weights that are all of use: none of them 0 or 1 as they begin."""
    numbers = numpy.random.default_rng(seed)
    model.set_weights([(numbers.uniform(0.1, 0.6, w.shape) if w.ndim == 1 else numbers.normal(0, 0.3, w.shape))
                       .astype(w.dtype) for w in model.get_weights()])
    return model


IMAGE = (8, 6, 4)
SEQUENCE = (9, 4)
VECTOR = (7,)
CASES = {
    "dense": (VECTOR, lambda x: L.Dense(5)(x)),
    "dense_no_bias": (VECTOR, lambda x: L.Dense(5, use_bias=False, activation="tanh")(x)),
    "conv2d": (IMAGE, lambda x: L.Conv2D(6, (3, 2))(x)),
    "conv2d_same": (IMAGE, lambda x: L.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)),
    "conv2d_dilation": (IMAGE, lambda x: L.Conv2D(6, 3, dilation_rate=2, padding="same")(x)),
    "conv2d_groups": (IMAGE, lambda x: L.Conv2D(6, 3, groups=2)(x)),
    "conv2d_transpose": (IMAGE, lambda x: L.Conv2DTranspose(3, 3, strides=2, padding="same")(x)),
    "conv2d_transpose_valid": (IMAGE, lambda x: L.Conv2DTranspose(3, 2, strides=2, activation="elu")(x)),
    "depthwise": (IMAGE, lambda x: L.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)),
    "conv1d": (SEQUENCE, lambda x: L.Conv1D(5, 3, strides=2)(x)),
    "conv1d_causal": (SEQUENCE, lambda x: L.Conv1D(5, 3, dilation_rate=2, padding="causal")(x)),
    "max_pool2d": (IMAGE, lambda x: L.MaxPooling2D((2, 3))(x)),
    "average_pool2d": (IMAGE, lambda x: L.AveragePooling2D(3, strides=2)(x)),
    "average_pool2d_same": (IMAGE, lambda x: L.AveragePooling2D(3, strides=1, padding="same")(x)),
    "average_pool2d_uneven": (IMAGE, lambda x: L.AveragePooling2D(3, strides=2, padding="same")(x)),
    "max_pool1d": (SEQUENCE, lambda x: L.MaxPooling1D(2)(x)),
    "average_pool1d": (SEQUENCE, lambda x: L.AveragePooling1D(3, strides=1)(x)),
    "average_pool1d_uneven": (SEQUENCE, lambda x: L.AveragePooling1D(2, strides=1, padding="same")(x)),
    "global_average2d": (IMAGE, lambda x: L.GlobalAveragePooling2D()(x)),
    "global_max2d": (IMAGE, lambda x: L.GlobalMaxPooling2D()(x)),
    "global_average1d": (SEQUENCE, lambda x: L.GlobalAveragePooling1D()(x)),
    "global_max1d": (SEQUENCE, lambda x: L.GlobalMaxPooling1D()(x)),
    "batch_norm": (IMAGE, lambda x: L.BatchNormalization(momentum=0.9, epsilon=1e-4)(x)),
    "batch_norm_plain": (IMAGE, lambda x: L.BatchNormalization(scale=False, center=False)(x)),
    "layer_norm": (IMAGE, lambda x: L.LayerNormalization(epsilon=1e-5)(x)),
    "layer_norm_no_center": (VECTOR, lambda x: L.LayerNormalization(center=False)(x)),
    "normalization": (VECTOR, lambda x: L.Normalization()(x)),
    "normalization_told": (VECTOR, lambda x: L.Normalization(mean=[0.5] * 7, variance=[2.0] * 7)(x)),
    "normalization_invert": (VECTOR, lambda x: L.Normalization(mean=0.5, variance=2.0, invert=True)(x)),
    "rescaling": (IMAGE, lambda x: L.Rescaling(1 / 255, offset=-0.5)(x)),
    "reshape": (IMAGE, lambda x: L.Reshape((-1, 12))(x)),
    "zero_padding": (IMAGE, lambda x: L.ZeroPadding2D(((1, 2), (0, 3)))(x)),
    "zero_padding_one": (IMAGE, lambda x: L.ZeroPadding2D(2)(x)),
    "cropping": (IMAGE, lambda x: L.Cropping2D(((1, 2), (0, 3)))(x)),
    "upsampling": (IMAGE, lambda x: L.UpSampling2D((2, 3))(x)),
    "upsampling_bilinear": (IMAGE, lambda x: L.UpSampling2D(2, interpolation="bilinear")(x)),
    "concatenate": (IMAGE, lambda x: L.Concatenate(axis=1)([x, L.Conv2D(4, 3, padding="same")(x)])),
    "add": (IMAGE, lambda x: L.Add()([x, L.Conv2D(4, 3, padding="same")(x), x])),
    "multiply": (IMAGE, lambda x: L.Multiply()([x, L.Conv2D(4, 3, padding="same")(x)])),
    "average": (IMAGE, lambda x: L.Average()([x, L.Conv2D(4, 3, padding="same")(x)])),
    "dropout": (VECTOR, lambda x: L.GaussianNoise(0.1)(L.Dropout(0.3)(L.Dense(4)(x)))),
    "relu_layer": (VECTOR, lambda x: L.ReLU()(x)),
    "relu_slope": (VECTOR, lambda x: L.ReLU(negative_slope=0.1)(x)),
    "relu_max": (VECTOR, lambda x: L.ReLU(max_value=0.5)(x)),
    "permute": (IMAGE, lambda x: L.Permute((3, 1, 2))(x)),
    "leaky_relu": (VECTOR, lambda x: L.LeakyReLU(negative_slope=0.2)(x)),
    "elu": (VECTOR, lambda x: L.ELU(alpha=0.7)(x)),
    "prelu": (VECTOR, lambda x: L.PReLU()(x)),
    "prelu_image": (IMAGE, lambda x: L.PReLU(shared_axes=[1, 2])(x)),
    "softmax": (IMAGE, lambda x: L.Softmax(axis=1)(x)),
    "shared": (VECTOR, lambda x: (lambda d: L.Concatenate()([d(x), d(L.Rescaling(2.0)(x))]))(L.Dense(3, activation="relu"))),
    "frozen": (VECTOR, lambda x: L.Dense(3, trainable=False)(L.Dense(4, kernel_regularizer="l2")(x))),
}
for _name in ("relu", "sigmoid", "tanh", "softplus", "softsign", "exponential", "elu", "selu", "gelu", "silu", "swish", "hard_silu",
              "leaky_relu", "softmax", "log_softmax", "relu6", "linear"):
    CASES["activation_" + _name] = VECTOR, lambda x, name=_name: L.Activation(name)(L.Dense(5, activation=name)(x))


# A window over an edge has the mean of the cells that there are. Keras with PyTorch below it has that too, unless one more
# cell is missing on one side than on the other: then it repeats those of the edge, and counts them.
if keras.backend.backend() == "torch" and not KERAS_2:
    for _name in [name for name in CASES if "uneven" in name]:
        del CASES[_name]


def sequential():
    return keras.Sequential([
        keras.Input((8, 8, 1)), L.Conv2D(4, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(), L.Dropout(0.2),
        L.Dense(8), L.BatchNormalization(), L.Activation("relu"), L.Dense(3, activation="softmax")])


def several():
    a, b = keras.Input((5,), name="left"), keras.Input((3,), name="right")
    h = L.Dense(4, activation="relu")(L.Concatenate()([a, b]))
    return keras.Model([b, a], [L.Dense(2, name="angle")(h), L.Dense(3, activation="softmax", name="kind")(h)])


def block(name, *layers):
    return keras.Sequential([*layers], name=name)


def transfer():
    """A functional model with frozen layers at the beginning of a sequential one."""
    x = keras.Input((8, 8, 2))
    h = L.BatchNormalization()(L.Conv2D(4, 3, padding="same", activation="relu")(x))
    base = keras.Model(x, L.MaxPooling2D(2)(L.Add()([h, L.Conv2D(4, 1)(x)])), name="base")
    base.trainable = False
    return keras.Sequential([keras.Input((8, 8, 2)), base, L.Flatten(), L.Dense(3)])


def twice():
    """A model that is called twice, with a model in it; statistics, which are not trained, lie between trained arrays."""
    x, y = keras.Input((6,)), keras.Input((6,))
    inner = block("inner", keras.Input((5,)), L.BatchNormalization(), L.Dense(5, activation="tanh"))
    tower = block("tower", keras.Input((6,)), L.Dense(5), inner, L.BatchNormalization(), L.Dense(4, trainable=False))
    return keras.Model([x, y], L.Dense(2)(L.Concatenate()([tower(x), tower(y)])))


def many_ends():
    """A model with two inputs and two outputs, and a normalisation in it."""
    a, b = keras.Input((4,)), keras.Input((3,))
    h = L.Concatenate()([L.Normalization()(a), b])
    pair = keras.Model([b, a], [L.Dense(2)(h), L.Dense(3, activation="relu")(h)], name="pair")
    x, y = keras.Input((3,)), keras.Input((4,))
    one, two = pair([x, y])
    return keras.Model([x, y], [two, L.Dense(2)(one)])


def bare():
    """Sequential models whose input follows from their calls, and one that is nothing but a model."""
    x = keras.Input((5,))
    model = keras.Sequential([keras.Sequential([keras.Model(x, keras.Sequential([L.Dense(4), L.ReLU()])(x))])])
    model.build((None, 5))
    return model


def near(name, ours, theirs, tolerance=TOLERANCE):
    if ours.shape != theirs.shape:
        sys.exit(f"{name}: {ours.shape} here, {theirs.shape} in Keras")
    error = numpy.abs(ours - theirs).max() / max(1, numpy.abs(theirs).max())
    if not error < tolerance:
        sys.exit(f"{name}: differs by {error}")


def predict(library, graph, examples, outputs):
    handles = [library.tensor(x) for x in examples]
    results = [numpy.zeros(shape, numpy.float32) for shape in outputs]
    made = [library.make("neuron_tensor_wrap", library.context, library.NEURON_TYPE_F32, library.shape(y.shape), y.ndim,
                         y.ctypes.data) for y in results]
    library.must(library.neuron_graph_predict_many(
        graph, library.nodes(*handles), len(handles), library.nodes(*made), len(made)))
    for handle in handles + made:
        library.neuron_tensor_unref(handle)
    return results


def compare(library, name, model, folder):
    """All kinds of files of one model, and the way back."""
    numbers = numpy.random.default_rng(1)
    examples = [numbers.normal(0, 1, (3, *x.shape[1:])).astype("f") for x in model.inputs]
    theirs = [numpy.asarray(y) for y in (lambda y: y if isinstance(y, list) else [y])(model.predict(
        examples if len(examples) > 1 else examples[0], verbose=0))]
    for end in ".keras", ".h5":
        path = os.path.join(folder, "theirs" + end)
        model.save(path)
        graph = library.read(path)
        for ours, wanted in zip(predict(library, graph, examples, [y.shape for y in theirs]), theirs):
            near(f"{name}{end} read", ours, wanted)
        for back in BACK:
            path = os.path.join(folder, "ours" + back)
            library.write(graph, path)
            loaded = keras.models.load_model(path, compile=False)
            again = loaded.predict(examples if len(examples) > 1 else examples[0], verbose=0)
            for ours, wanted in zip(again if isinstance(again, list) else [again], theirs):
                near(f"{name}{end} written as {back}", numpy.asarray(ours), wanted)
        # Weights alone, both ways, into a model with others.
        path = os.path.join(folder, "ours.h5" if KERAS_2 else "ours.weights.h5")
        library.write(graph, path)
        shuffle(loaded, 9).load_weights(path)
        again = loaded.predict(examples if len(examples) > 1 else examples[0], verbose=0)
        for ours, wanted in zip(again if isinstance(again, list) else [again], theirs):
            near(f"{name}{end} written as weights", numpy.asarray(ours), wanted)
        library.neuron_graph_unref(graph)
    if any(layer.weights for layer in model.layers):
        for end, save in (".weights.h5", model.save_weights), (".h5", model.save):
            if "plain" in name or "no_center" in name or "normalization_" in name:
                continue  # arrays that these layers do without
            path = os.path.join(folder, "theirs" + end)
            save(path)
            for match in b"match=name", b"match=order", None:
                if KERAS_2 and end == ".weights.h5" and match == b"match=name":
                    continue  # the file has no names
                shuffle(loaded, 9).save(os.path.join(folder, "other.keras"))
                graph = library.read(os.path.join(folder, "other.keras"))
                library.read_weights(graph, path, match)
                for ours, wanted in zip(predict(library, graph, examples, [y.shape for y in theirs]), theirs):
                    near(f"{name}{end} weights {match}", ours, wanted)
                library.neuron_graph_unref(graph)


def flatten(library, name, model, folder):
    """A model with models in it, read, and written without them."""
    numbers = numpy.random.default_rng(1)
    examples = [numbers.normal(0, 1, (3, *x.shape[1:])).astype("f") for x in model.inputs]

    def run(model):
        found = model.predict(examples if len(examples) > 1 else examples[0], verbose=0)
        return [numpy.asarray(y) for y in (found if isinstance(found, list) else [found])]
    theirs = run(model)

    def check(what, results):
        for ours, wanted in zip(results, theirs):
            near(f"{name} {what}", ours, wanted)
    weights = os.path.join(folder, "theirs.weights.h5")
    model.save_weights(weights)
    for end in ".keras", ".h5":
        path = os.path.join(folder, "theirs" + end)
        model.save(path)
        graph = library.read(path)
        check(end, predict(library, graph, examples, [y.shape for y in theirs]))
        for back in BACK:
            path = os.path.join(folder, "ours" + back)
            library.write(graph, path)
            check(f"{end} written as {back}", run(keras.models.load_model(path, compile=False)))
        library.neuron_graph_unref(graph)
    if KERAS_2:
        return
    path = os.path.join(folder, "theirs.keras")
    shuffle(model, 9).save(path)
    graph = library.read(path)
    library.read_weights(graph, weights, b"match=name")
    check("weights", predict(library, graph, examples, [y.shape for y in theirs]))
    library.neuron_graph_unref(graph)


def rewritten(library, folder):
    """Files that h5py has written anew in ways of its own: of the newest format, in pieces, packed."""
    import h5py
    model = shuffle(keras.Sequential([keras.Input((5,))] + [L.Dense(5, activation="tanh") for _ in range(12)]))
    x = numpy.random.default_rng(1).normal(0, 1, (3, 5)).astype("f")
    theirs = model.predict(x, verbose=0)
    path, anew = os.path.join(folder, "theirs.h5"), os.path.join(folder, "anew.h5")
    model.save(path)
    for version in "earliest", "latest":
        for ways in {}, {"chunks": True}, {"compression": "gzip", "shuffle": True, "fletcher32": True}, {"chunks": (2,)}:
            with h5py.File(path) as old, h5py.File(anew, "w", libver=version) as new:
                def copy(name, thing):
                    given = {key: value * thing.ndim if key == "chunks" and value is not True else value
                             for key, value in ways.items()} if isinstance(thing, h5py.Dataset) and thing.ndim else {}
                    made = new.create_dataset(name, data=thing[()], **given) if isinstance(thing, h5py.Dataset) \
                        else new.require_group(name)
                    made.attrs.update(thing.attrs)
                new.attrs.update(old.attrs)
                old.visititems(copy)
            graph = library.read(anew)
            near(f"{version} {ways}", predict(library, graph, [x], [theirs.shape])[0], theirs)
            library.neuron_graph_unref(graph)


def train(library, folder):
    """A model that was read learns as it does in Keras: a few steps of SGD in the same order."""
    model = shuffle(keras.Sequential([
        keras.Input((6, 6, 1)), L.Conv2D(3, 3, activation="tanh"), L.MaxPooling2D(2), L.Flatten(), L.Dense(6, activation="sigmoid"),
        L.Dense(3, activation="softmax")]))
    numbers = numpy.random.default_rng(2)
    x = numbers.normal(0, 1, (32, 6, 6, 1)).astype("f")
    labels = numbers.integers(0, 3, 32)
    path = os.path.join(folder, "train.keras")
    model.save(path)
    graph = library.read(path)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy")
    model.fit(x, labels, batch_size=8, epochs=1, shuffle=False, verbose=0)
    optimizer = library.optimizer("sgd", learning_rate=0.1, momentum=0.9)
    library.train(graph, optimizer, library.dataset(x, labels.astype("i"), 3), 1, 8)
    theirs = model.predict(x, verbose=0)
    ours, = predict(library, graph, [x], [theirs.shape])
    near("training", ours, theirs)
    print("ok training")


def main():
    path, keras_path, *more = sys.argv[1:]
    library = Files(path, keras_path)
    word = more[0] if more else ""
    with tempfile.TemporaryDirectory() as folder:
        for name, (shape, make) in CASES.items():
            if word in name:
                x = keras.Input(shape)
                try:
                    y = make(x)
                except (AttributeError, TypeError, ValueError) as missing:
                    if not KERAS_2:
                        raise
                    print(f"left out {name}: {str(missing).splitlines()[0][:80]}", flush=True)
                    continue
                compare(library, name, shuffle(keras.Model(x, y)), folder)
                print("ok", name, flush=True)
        for make in sequential, several:
            if word in make.__name__:
                compare(library, make.__name__, shuffle(make()), folder)
                print("ok", make.__name__, flush=True)
        for make in transfer, twice, many_ends, bare:
            if word in make.__name__:
                flatten(library, make.__name__, shuffle(make()), folder)
                print("ok", make.__name__, flush=True)
        if word in "rewritten":
            rewritten(library, folder)
            print("ok rewritten")
        if word in "training":
            train(library, folder)


if __name__ == "__main__":
    main()
