"""Has TensorBoard read what libneuron-report writes: event_logs.py LIBRARY REPORT-LIBRARY

Scalars, histograms, images, texts, settings, and what a run that goes on from an earlier epoch purges. Ends with
status 77, which Meson takes as skipped, where tensorboard is not installed.
"""
import ctypes
import io
import os
import sys
import tempfile

try:
    import numpy
    import PIL.Image
    from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator
    from tensorboard.plugins.histogram import summary_v2
    from tensorboard.plugins.hparams import metadata as hparams_metadata
    from tensorboard.util import tensor_util
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

import neuron as interop

SIZE, CLASSES = 8, 4


class Report(interop.Neuron):
    """The library and the one beside it."""

    def __init__(self, path, report_path):
        super().__init__(path)
        self.report = ctypes.CDLL(report_path)
        interop.declare(self.report, os.path.join(interop.HEADERS, "..", "libneuron-report", "event_log.h"))

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(self.report, name)

    def log(self, folder, options=None):
        return self.make("neuron_event_log_create", self.context, folder.encode(), options)

    def trainer(self, seed):
        """A network that learns which quarter of an image is bright."""
        random = numpy.random.default_rng(seed)
        labels = random.integers(0, CLASSES, 256).astype(numpy.int32)
        images = random.random((256, SIZE, SIZE)).astype(numpy.float32)
        for image, label in zip(images, labels):
            half = SIZE // 2
            image[label // 2 * half:][:half, label % 2 * half:][:, :half] += 0.5
        dataset = self.dataset(images, labels, CLASSES)
        graph = self.make("neuron_graph_create", self.context)
        node = self.neuron_flatten(graph, self.neuron_input(graph, self.shape([SIZE, SIZE]), 2))
        node = self.neuron_softmax(graph, self.neuron_dense(graph, node, CLASSES, None), None)
        self.must(self.neuron_graph_finish(graph, node))
        trainer = self.make("neuron_trainer_create", graph, self.optimizer("adam", learning_rate=0.01), dataset)
        return self.set("trainer", trainer, validation_split=0.25, epochs=3), graph, dataset

    def history(self, trainer, metric):
        values = []
        history = self.neuron_trainer_history(trainer)
        for epoch in range(self.neuron_history_epochs(history)):
            value = ctypes.c_double()
            self.must(self.neuron_history_value(ctypes.byref(value), history, epoch, metric))
            values.append(value.value)
        return values


def texts(*values):
    return (ctypes.c_char_p * len(values))(*[value.encode() for value in values])


def read(folder):
    """As TensorBoard shows a folder, and as scripts read it."""
    shown = plugin_event_accumulator.EventAccumulator(folder, size_guidance={"tensors": 0})
    plain = event_accumulator.EventAccumulator(folder)
    return shown.Reload(), plain.Reload()


def series(shown, tag):
    return [(event.step, tensor_util.make_ndarray(event.tensor_proto)) for event in shown.Tensors(tag)]


def same(ours, theirs):
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-6)


def check_training(report, work):
    folder = os.path.join(work, "run")
    trainer, graph, _ = report.trainer(1)
    callback = report.make("neuron_callback_create_event_log", report.context, folder.encode(),
                           b"histograms=yes, steps=yes")
    report.must(report.neuron_trainer_add_callback(trainer, callback))
    report.must(report.neuron_trainer_run(None, trainer))

    shown, plain = read(os.path.join(folder, "train"))
    assert plain.Tags()["scalars"] == ["epoch_loss", "epoch_accuracy", "epoch_learning_rate"], plain.Tags()
    events = plain.Scalars("epoch_loss")
    assert [event.step for event in events] == [0, 1, 2]
    same([event.value for event in events], report.history(trainer, b"loss"))
    same([value for _, value in series(shown, "epoch_accuracy")], report.history(trainer, b"accuracy"))
    assert shown.SummaryMetadata("epoch_loss").plugin_data.plugin_name == "scalars"
    kernel = report.arrays(graph)["dense.kernel"]
    step, buckets = series(shown, "dense/kernel")[-1]
    assert step == 2 and buckets[:, 2].sum() == kernel.size
    same([buckets[0, 0], buckets[-1, 1]], [kernel.min(), kernel.max()])

    _, plain = read(os.path.join(folder, "validation"))
    same([event.value for event in plain.Scalars("epoch_loss")], report.history(trainer, b"validation_loss"))
    _, plain = read(os.path.join(folder, "steps"))
    assert [event.step for event in plain.Scalars("batch_loss")] == list(range(3 * 6))

    content = read(folder)[0].SummaryMetadata(hparams_metadata.SESSION_START_INFO_TAG).plugin_data.content
    settings = hparams_metadata.parse_session_start_info_plugin_data(content).hparams
    assert settings["optimizer"].string_value == "adam"
    assert settings["learning_rate"].number_value == 0.01 and settings["batch_size"].number_value == 32

    # The run before went too far: another training goes on behind its first epoch.
    trainer, _, _ = report.trainer(2)
    report.set("trainer", trainer, epochs=1)
    report.must(report.neuron_trainer_run(None, trainer))
    report.must(report.neuron_trainer_add_callback(trainer, callback))
    report.set("trainer", trainer, epochs=2)
    report.must(report.neuron_trainer_run(None, trainer))
    for part, metric in ("train", b"loss"), ("validation", b"validation_loss"):
        events = read(os.path.join(folder, part))[0].Tensors("epoch_loss")
        assert [event.step for event in events] == [0, 1], events
        same(tensor_util.make_ndarray(events[1].tensor_proto), report.history(trainer, metric)[1])
    shown, _ = read(os.path.join(folder, "steps"))
    assert [step for step, _ in series(shown, "batch_loss")] == list(range(2 * 6))


def check_values(report, work):
    log = report.log(os.path.join(work, "values"))
    numbers = {"infinite": numpy.inf, "nan": numpy.nan, "small": 1e-30, "negative": -2.5, "zero": 0.0}
    for name, value in numbers.items():
        report.must(report.neuron_event_log_add_scalar(log, f"größe/{name}".encode(), 1 << 40, value))
    random = numpy.random.default_rng(3)
    arrays = {"normal": random.standard_normal(1000), "one": [4.0], "equal": [0.5] * 7,
              "holes": [0, 0, 1, 1, 1, 100.0], "none": [], "odd": [1, numpy.nan, 2, numpy.inf, 3]}
    for name, values in arrays.items():
        values = numpy.array(values, numpy.float32)
        report.must(report.neuron_event_log_add_histogram(log, name.encode(), 0, values.ctypes.data, values.size))
    grey = random.integers(0, 256, (3, 5, 7)).astype(numpy.uint8)
    colour = random.integers(0, 256, (1, 2, 3, 3)).astype(numpy.uint8)
    floats = random.standard_normal((2, 4, 4, 1)).astype(numpy.float32)
    for name, images in ("grey", grey), ("colour", colour), ("floats", floats):
        report.must(report.neuron_event_log_add_images(log, name.encode(), 0, report.tensor(images)))
    report.must(report.neuron_event_log_add_text(log, b"notes", 4, "a **list**\n\n- größer".encode()))
    report.neuron_event_log_unref(log)

    shown, plain = read(os.path.join(work, "values"))
    for name, value in numbers.items():
        same(plain.Scalars(f"größe/{name}")[0].value, value)
        assert plain.Scalars(f"größe/{name}")[0].step == 1 << 40
    for name, values in arrays.items():
        values = numpy.array(values, numpy.float32)
        values = values[numpy.isfinite(values)]
        theirs = tensor_util.make_ndarray(summary_v2.histogram_pb(name, values).value[0].tensor)
        theirs = theirs[theirs[:, 2] > 0]
        ours = series(shown, name)[0][1]
        same(ours[ours[:, 2] > 0], theirs)
        if values.size:
            histogram = plain.Histograms(name)[0].histogram_value
            same([histogram.num, histogram.sum, histogram.sum_squares],
                 [values.size, values.sum(dtype=float), (values.astype(float) ** 2).sum()])
    for name, images in ("grey", grey), ("colour", colour), ("floats", floats):
        width, height, *files = series(shown, name)[0][1]
        assert (int(width), int(height)) == (images.shape[2], images.shape[1]) and len(files) == len(images)
        assert shown.SummaryMetadata(name).plugin_data.plugin_name == "images"
        for file, image in zip(files, images):
            pixels = numpy.asarray(PIL.Image.open(io.BytesIO(file)))
            if image.dtype == numpy.float32:
                image = (image[..., 0] - image.min()) / (image.max() - image.min()) * 255
                assert abs(pixels - image).max() <= 0.501
            else:
                assert (pixels == image).all()
    assert series(shown, "notes")[0][1][0].decode() == "a **list**\n\n- größer"
    assert shown.SummaryMetadata("notes").plugin_data.plugin_name == "text"


def check_evaluation(report, work):
    trainer, graph, dataset = report.trainer(4)
    report.must(report.neuron_trainer_run(None, trainer))
    evaluation = report.make("neuron_graph_evaluate", graph, dataset, None, None)
    log = report.log(os.path.join(work, "evaluation"))
    report.must(report.neuron_event_log_add_evaluation(log, b"test", 7, evaluation))
    report.must(report.neuron_event_log_flush(log))
    shown, plain = read(os.path.join(work, "evaluation"))
    for name in "accuracy", "loss":
        value = getattr(report, f"neuron_evaluation_{name}")(evaluation)
        same([(event.step, event.value) for event in plain.Scalars(f"test/{name}")], [(7, value)])
    lines = series(shown, "test/report")[0][1][0].decode().splitlines()
    assert lines and all(line.startswith("    ") or not line for line in lines)
    width, height, file = series(shown, "test/confusion")[0][1]
    pixels = numpy.asarray(PIL.Image.open(io.BytesIO(file))).astype(int)
    extent = int(width) // CLASSES
    for truth in range(CLASSES):
        for predicted in range(CLASSES):
            count = report.neuron_evaluation_confusion(evaluation, truth, predicted)
            share = count / report.neuron_evaluation_support(evaluation, truth)
            red = pixels[truth * extent + extent // 2, predicted * extent + extent // 2, 0]
            assert abs(red - (255 - share * 247)) <= 1, (truth, predicted)
    report.neuron_event_log_unref(log)


def check_hparams(report, work):
    log = report.log(os.path.join(work, "hparams"))
    names, values = texts("optimizer", "units", "rate"), texts("adam", "64", "1e-3")
    report.must(report.neuron_event_log_add_hparams(log, names, values, 3, texts("test/loss"), 1))
    assert report.neuron_event_log_add_hparams(log, names, values, 3, None, 0) == report.NEURON_E_STATE
    report.neuron_event_log_unref(log)
    shown, _ = read(os.path.join(work, "hparams"))
    content = shown.SummaryMetadata(hparams_metadata.SESSION_START_INFO_TAG).plugin_data.content
    settings = hparams_metadata.parse_session_start_info_plugin_data(content).hparams
    assert settings["optimizer"].string_value == "adam"
    assert settings["units"].number_value == 64 and settings["rate"].number_value == 1e-3
    content = shown.SummaryMetadata(hparams_metadata.EXPERIMENT_TAG).plugin_data.content
    experiment = hparams_metadata.parse_experiment_plugin_data(content)
    assert [info.name for info in experiment.hparam_infos] == ["optimizer", "units", "rate"]
    assert [info.name.tag for info in experiment.metric_infos] == ["test/loss"]


def check_purge(report, work):
    folder = os.path.join(work, "purge")
    for value, first, options in (1, 0, None), (2, 3, b"purge_step=3"):
        log = report.log(folder, options)
        for step in range(first, 5):
            report.must(report.neuron_event_log_add_scalar(log, b"loss", step, value))
        report.neuron_event_log_unref(log)
    events = read(folder)[0].Tensors("loss")
    assert [event.step for event in events] == [0, 1, 2, 3, 4], events
    same([float(tensor_util.make_ndarray(event.tensor_proto)) for event in events], [1, 1, 1, 2, 2])


def main():
    report = Report(sys.argv[1], sys.argv[2])
    for check in check_values, check_training, check_evaluation, check_hparams, check_purge:
        with tempfile.TemporaryDirectory() as work:
            check(report, work)
        print(f"{check.__name__}: as it should be")


main()
