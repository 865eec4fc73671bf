"""A network with a skip-concatenation, from arrays to a saved model: skip_concat.py [FOLDER].

FOLDER has the four files of MNIST or its like; without one the images are drawn. It prints a report and saves
model.safetensors.
"""
import sys

import libneuron as nn

if len(sys.argv) > 1:
    train, test = (nn.Dataset.load_idx(f"{sys.argv[1]}/{part}-images-idx3-ubyte.gz",
                                       f"{sys.argv[1]}/{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k"))
else:
    train, test = nn.Dataset.glyphs(5000, seed=1), nn.Dataset.glyphs(1000, seed=2)

x = nn.Input(train.shape)
pixels = nn.Flatten()(x)
h = nn.Dropout(0.3)(nn.BatchNorm()(nn.Dense(30, activation="relu")(pixels)))
model = nn.Model(x, nn.Dense(10, activation="softmax")(nn.concat(pixels, h)))
print(model.summary())

history = model.fit(train, validation_split=0.1, epochs=50, optimizer=nn.Adam(1e-3),
                    callbacks=[nn.EarlyStopping(patience=5, restore_best=True)])
print(history)
print(model.evaluate(test).report())
model.save("model.safetensors")
