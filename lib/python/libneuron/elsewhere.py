"""What names of Keras and PyTorch are called here, for messages: who types one of them wants to know that."""
from __future__ import annotations

from typing import Dict

PACKAGE = {
    "BatchNormalization": "BatchNorm", "BatchNorm1d": "BatchNorm", "BatchNorm2d": "BatchNorm",
    "LayerNormalization": "LayerNorm",
    "MaxPooling2D": "MaxPool2D", "MaxPool2d": "MaxPool2D", "MaxPooling1D": "MaxPool1D", "AveragePooling2D": "AveragePool2D",
    "AvgPool2d": "AveragePool2D", "GlobalAveragePooling2D": "GlobalAveragePool2D", "GlobalMaxPooling2D": "GlobalMaxPool2D",
    "AdaptiveAvgPool2d": "GlobalAveragePool2D", "UpSampling2D": "Upsample2D", "Upsample": "Upsample2D",
    "ZeroPadding2D": "ZeroPad2D", "Conv2d": "Conv2D", "Conv1d": "Conv1D", "ConvTranspose2d": "Conv2DTranspose",
    "Linear": "Dense", "Concatenate": "concat", "cat": "concat", "Add": "add", "Multiply": "multiply", "Average": "average",
    "Rescaling": "Rescale", "Normalization": "Standardize", "Module": "CustomLayer",
    "CrossEntropyLoss": "CrossEntropy", "SparseCategoricalCrossentropy": "CrossEntropy",
    "CategoricalCrossentropy": "CrossEntropy",
    "BCELoss": "BinaryCrossEntropy", "BinaryCrossentropy": "BinaryCrossEntropy", "MSELoss": "MeanSquaredError",
    "L1Loss": "MeanAbsoluteError", "HuberLoss": "Huber", "ModelCheckpoint": "Checkpoint", "CSVLogger": "CSVLog",
    "ReduceLROnPlateau": "ReduceOnPlateau", "TerminateOnNaN": "StopOnNaN", "LearningRateScheduler": "LearningRate",
    "LambdaCallback": "Callback", "SummaryWriter": "EventLog", "TensorDataset": "Dataset", "load_model": "load",
}

MODEL = {
    "compile": "fit() takes optimizer= and loss=", "get_weights": "the parameters are model.arrays, by name",
    "set_weights": "the parameters are model.arrays, by name", "weights": "the parameters are model.arrays, by name",
    "trainable_weights": "the parameters are model.arrays, by name",
    "load_weights": "load_arrays() reads them by name, load_state_dict() those of PyTorch",
    "save_weights": "save() writes structure and parameters; parameters alone save_npz() and save_state_dict()",
    "count_params": "model.parameters is their number", "get_layer": "it is called layer()", "forward": "it is called predict()",
    "train_on_batch": "nn.Trainer(model).step(x, y) does a step", "predict_on_batch": "it is called predict()",
    "predict_classes": "it is called classify()", "predict_proba": "it is called predict()", "to": "there are processors only",
    "train": "it is called fit()", "eval": "predict() never drops out", "cuda": "there are processors only",
    "input_shape": "it is model.input_shapes[0]", "output_shape": "it is model.output_shapes[0]",
    "optimizer": "fit() takes optimizer=, and an nn.Trainer has it", "loss": "fit() takes loss=",
    "clone": "copy.copy(model) makes a copy",
}

FIT = {"verbose": "it is called 'progress': True or False",
       "learning_rate": "the optimizer has it: optimizer=nn.Adam(0.01)", "lr": "the optimizer has it: optimizer=nn.Adam(0.01)",
       "batch": "it is called 'batch_size'", "steps_per_epoch": "an epoch is all of the data: nn.Dataset has sample() and subset()"}

HISTORY = {"history": 'it has the figures itself: history["validation_loss"]', "epoch": "history.epochs is how many there are"}

DATASET = {"standardize_channels": "standardize() scales each channel or column by itself", "batch": "fit() takes batch_size=",
           "map": "nn.Dataset.stream() reads by a function", "features": "it is called x()", "data": "it is called x()",
           "columns": "they are dataset.preparation.fields"}

LOSSES = {"sparse_categorical_crossentropy": "cross_entropy", "categorical_crossentropy": "cross_entropy",
          "crossentropy": "cross_entropy", "nll": "cross_entropy", "log_loss": "cross_entropy",
          "binary_crossentropy": "binary_cross_entropy", "bce": "binary_cross_entropy", "mse": "mean_squared_error",
          "squared_error": "mean_squared_error", "mae": "mean_absolute_error", "absolute_error": "mean_absolute_error",
          "kl_divergence": "kullback_leibler", "kld": "kullback_leibler"}

OPTIONS = {"restore_best_weights": "restore_best", "min_lr": "min_rate", "negative_slope": "slope", "kernel_size": "kernel"}

POINTS = {"on_train_begin": "on_run_begin", "on_train_end": "on_run_end", "on_batch_end": "on_step_end",
          "on_train_batch_end": "on_step_end", "on_test_batch_end": "on_validation_step_end"}


def hint(name: str, where: Dict[str, str]) -> str:
    """What to say behind a name that there is not; nothing if nobody knows."""
    return f": {where[name]}" if name in where else ""
