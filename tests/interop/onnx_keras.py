"""Writes small models of Keras as ONNX files, with inputs and what Keras predicts of them: onnx_keras.py FOLDER

By tf2onnx and by Keras' own export, both from TensorFlow. For onnx_import.py, which imports them. Ends with status 77 where
one of the three is not installed.
"""
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
try:
    import keras
    import numpy
    import tensorflow
    import tf2onnx
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
layers = keras.layers


def models():
    def sequential(shape, *more):
        return keras.Sequential([keras.Input(shape), *more])

    def residual():
        x = keras.Input((16, 16, 3))
        h = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
        a = layers.ReLU()(layers.BatchNormalization()(h))
        h = layers.Conv2D(8, 3, padding="same")(a)
        h = layers.Add()([layers.BatchNormalization()(h), a])
        h = layers.GlobalAveragePooling2D()(layers.Activation("relu")(h))
        return keras.Model(x, layers.Dense(4, activation="softmax")(h))

    def unet():
        x = keras.Input((8, 8, 2))
        a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
        h = layers.Conv2D(6, 3, padding="same", activation="relu")(layers.MaxPooling2D(2)(a))
        h = layers.Concatenate()([layers.UpSampling2D()(h), a])
        h = layers.Conv2DTranspose(3, 3, strides=1, padding="same")(h)
        return keras.Model(x, layers.Conv2D(1, 1, activation="sigmoid")(h))

    def excited():
        x = keras.Input((8, 8, 6))
        h = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
        s = layers.Dense(4, activation="relu")(layers.GlobalAveragePooling2D()(h))
        s = layers.Reshape((1, 1, 12))(layers.Dense(12, activation="sigmoid")(s))
        h = layers.SeparableConv2D(5, 3, strides=2)(layers.Multiply()([h, s]))
        return keras.Model(x, layers.Dense(3)(layers.GlobalMaxPooling2D()(layers.ReLU(max_value=6)(h))))

    return {
        "mlp": sequential((10,), layers.Dense(8, activation="relu"), layers.Dropout(0.3), layers.Dense(8, activation="tanh"),
                          layers.BatchNormalization(), layers.Dense(3, activation="softmax")),
        "lenet": sequential((28, 28, 1), layers.Conv2D(6, 5, padding="same", activation="tanh"), layers.AveragePooling2D(2),
                            layers.Conv2D(16, 5, activation="tanh"), layers.AveragePooling2D(2), layers.Flatten(),
                            layers.Dense(20, activation="relu"), layers.Dense(10, activation="softmax")),
        "residual": residual(),
        "unet": unet(),
        "excited": excited(),
        "autoencoder": sequential((8, 8, 1), layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
                                  layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="relu"),
                                  layers.Conv2D(1, 3, padding="same", activation="sigmoid")),
        "padded": sequential((9, 10, 2), layers.ZeroPadding2D(((1, 0), (2, 1))), layers.Conv2D(4, (3, 2), dilation_rate=2),
                             layers.LeakyReLU(), layers.MaxPooling2D(3, strides=2, padding="same"),
                             layers.AveragePooling2D(2, strides=1, padding="same")),
        "sequence": sequential((20, 3), layers.Conv1D(6, 3, padding="same", activation="relu"), layers.MaxPooling1D(2),
                               layers.Conv1D(4, 3, activation="elu"), layers.GlobalAveragePooling1D(), layers.Dense(2)),
    }


def main():
    folder = sys.argv[1]
    keras.utils.set_random_seed(1)
    random = numpy.random.default_rng(1)
    for name, model in models().items():
        for layer in model.layers:  # statistics and shifts that say something
            if isinstance(layer, layers.BatchNormalization):
                layer.set_weights([random.uniform(0.5, 1.5, values.shape) for values in layer.get_weights()])
        x = random.normal(size=(8, *model.input_shape[1:])).astype(numpy.float32)
        y = model(x, training=False).numpy()
        for exporter in ("tf2onnx", "export"):
            path = os.path.join(folder, f"{exporter}_{name}")
            if exporter == "export":
                model.export(path + ".onnx", format="onnx", verbose=False)
            else:
                signature = [tensorflow.TensorSpec((None, *model.input_shape[1:]), tensorflow.float32, name="x")]
                function = tensorflow.function(lambda given: model(given, training=False), input_signature=signature)
                tf2onnx.convert.from_function(function, signature, opset=13, output_path=path + ".onnx")
            numpy.savez(path + ".npz", x=x, y=y)


main()
