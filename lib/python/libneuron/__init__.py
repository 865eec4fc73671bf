"""Neural networks by libneuron: build, train, evaluate, ship.

    import libneuron as nn

    x = nn.Input(784)
    h = nn.Dropout(0.3)(nn.BatchNorm()(nn.Dense(30, activation="relu")(x)))
    model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.concat(x, h)))
    history = model.fit(x_train, y_train, validation_split=0.1, epochs=50, optimizer=nn.Adam(1e-3),
                        callbacks=[nn.EarlyStopping(patience=5)])
    print(model.evaluate(x_test, y_test).report())
    model.save("model.safetensors")

help(nn.Dense) and the like show what there is to set; nn.kinds("optimizer") and nn.options("optimizer", "adam") list it.
The functions of C are in libneuron._c.
"""
from . import _c, terminal
from .augmentation import Augmentation
from .callbacks import *  # noqa: F401,F403
from .cascade import Cascade
from .committee import Committee
from .communicator import Communicator
from .context import Context, context
from .custom import CustomLayer, CustomLoss, Run, register
from .data import Dataset, Preparation
from .errors import *  # noqa: F401,F403
from .errors import NeuronError
from .evaluation import Evaluation
from .event_log import EventLog, TensorBoard
from .history import History
from .kinds import *  # noqa: F401,F403
from .layers import *  # noqa: F401,F403
from .model import Model, Sequential, from_onnx, load
from .options import Option, kinds, options
from .pytorch import from_torch
from .report import Report
from .search import Search, Trial
from .tensor import load_image
from .terminal import ProgressBar
from .training import Trainer, Training

__version__ = _c.neuron_version_string().decode()


def __getattr__(name: str) -> object:
    from .elsewhere import PACKAGE
    told = f"; it is called {PACKAGE[name]}" if name in PACKAGE else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{told}")
