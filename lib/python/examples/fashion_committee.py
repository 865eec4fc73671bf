"""Three networks of growing depth on Fashion-MNIST, and a committee of them: fashion_committee.py FOLDER [EPOCHS]."""
import sys

import libneuron as nn

folder, epochs = sys.argv[1], int((sys.argv[2:] or ["50"])[0])
published = [nn.Dataset.load_idx(f"{folder}/{part}-images-idx3-ubyte.gz", f"{folder}/{part}-labels-idx1-ubyte.gz")
             for part in ("train", "t10k")]
train, validation, test = nn.Dataset.join(*published).split(0.86, 0.10, 0.04, order="stratified")


def network(name, convolutions, units):
    x = h = nn.Input(train.shape)
    for filters in convolutions:
        h = nn.MaxPool2D(2)(nn.Conv2D(filters, 3, activation="relu")(h))
    h = nn.Dense(units, activation="relu")(nn.Flatten()(h))
    return nn.Model(x, nn.Dense(10, activation="softmax")(h), name=name)


members = [network("shallow", [], 128), network("basic", [32], 128), network("deeper", [64, 128], 256)]
for member in members:
    member.fit(train, validation_data=validation, epochs=epochs, callbacks=nn.EarlyStopping(
        monitor="validation_accuracy", patience=epochs, restore_best=True))
    print(f"{member.name}: {member.evaluate(test).accuracy:.4f}")
for rule in ("mean", "majority_vote", "weighted_mean", "weighted_vote"):
    judged = validation if rule.startswith("weighted") else None  # what weights are learnt of
    committee = nn.Committee(members, rule, validation_data=judged)
    print(f"committee by {rule}: {committee.evaluate(test).accuracy:.4f}")
committee.save("committee.safetensors")
