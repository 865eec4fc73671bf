"""A table with words and gaps: table.py [FILE.csv LABEL]; without a file it makes one up.

The model keeps how words become inputs and what the classes are called, so that it predicts from a frame.
"""
import sys

import numpy as np
import pandas  # type: ignore[import-untyped]

import libneuron as nn

if len(sys.argv) > 2:
    frame, label = pandas.read_csv(sys.argv[1]), sys.argv[2]
else:
    chance, label = np.random.default_rng(1), "buys"
    frame = pandas.DataFrame({"age": chance.integers(18, 80, 600).astype(float), "city": chance.choice(["Bern", "Basel"], 600)})
    frame[label] = np.where((frame.age > 40) ^ (frame.city == "Bern"), "yes", "no")
    frame.loc[::50, "age"] = np.nan

table = nn.Dataset.from_frame(frame, label=label, categories="one_hot", missing="median")
train, test = table.standardize().split(0.8, 0.2, order="stratified")
x = nn.Input(table.shape)
model = nn.Model(x, nn.Dense(table.classes, activation="softmax")(nn.Dense(16, activation="relu")(x)))
model.fit(train, epochs=60, optimizer=nn.Adam(1e-2))
print(model.evaluate(test).report())
print("of a frame", (model.classify(frame.drop(columns=label)) == frame[label]).mean())
