"""Checks examples/gallery with pages of brief runs on drawn images: test-gallery.py EXAMPLES, the folder with the programs

Each picture is there, stands by itself, and has a text with figures of its record.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
GALLERY = os.path.join(HERE, "..", "..", "examples", "gallery")
RUNS = {"cifar_cnn": "C1", "digits_fashion_cnn": "D2", "fashion_committee": "F4", "fashion_skip_concat": "F7",
        "kmnist_mlp_cnn": "K2,K7,K9", "mnist_mlp": "M1,M2"}  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def make(results, out):
    subprocess.run([sys.executable, GALLERY, "--results", results, "--out", out], check=True)
    return read(out, "gallery.md")


def check_picture(path):
    text = read(path)
    root = xml.etree.ElementTree.fromstring(text)
    width, height = map(float, root.get("viewBox").split()[2:])
    assert root.tag == SVG + "svg" and float(root.get("width")) > 0 < float(root.get("height")), path
    background = next(root.iter(SVG + "rect"))
    assert (background.get("width"), background.get("fill")) == (f"{width:g}", "#fff"), path
    assert float(background.get("height")) == height, path
    # Nothing comes from elsewhere, and each class has a rule with colours in it.
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "") and "var(" not in text, path
    rules = set(re.findall(r"\.(\w+)\{", root.find(SVG + "style").text))
    used = {name for element in root.iter() for name in element.get("class", "").split()}
    assert used - rules <= {"i0", "b"}, (path, used - rules)
    images = [element.get("href") for element in root.iter(SVG + "image")]
    assert all(image.startswith("data:image/png;base64,") for image in images), path
    return len(images)


def main():
    programs = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        results = os.path.join(folder, "results")
        os.mkdir(results)
        text = make(results, folder)
        assert "To come with the pages" in text and "![" not in text and os.listdir(os.path.join(folder, "gallery")) == []
        for program, runs in RUNS.items():
            subprocess.run([os.path.join(programs, program), "--data", "generated", "--quick", "--limit", "60", "--run", runs,
                            "--out", os.path.join(results, program)], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        text = make(results, folder)
        pictures = re.findall(r"!\[[^]]+\]\(gallery/([\w-]+\.svg)\)\n\n\[(\w+)\]\(results/(\w+)/\2\.html\), (.*)\n", text)
        assert sorted(name for name, *_ in pictures) == sorted(os.listdir(os.path.join(folder, "gallery")))
        # A rate that changes takes more epochs than these runs have.
        assert re.search(r"To come with the pages of their runs: learning-rate \([^,]*\)\.\n$", text), text[-200:]
        assert len(pictures) > 20, pictures
        for name, run, program, told in pictures:
            images = check_picture(os.path.join(folder, "gallery", name))
            assert images == {"images": 20, "mistakes": 16}.get(name.split("-")[0], 0), (name, images)
            record = json.loads(read(results, program, run + ".json"))
            assert record["id"] == run and told.startswith(record["description"] + ": ") and told.endswith("."), told
        rows = json.loads(read(results, "fashion_committee", "F4.json"))["test"]["confusion"]
        right = sum(row[i] for i, row in enumerate(rows))
        assert text.count(f"{right:,} of {sum(map(sum, rows)):,} test images are right") == 3, right


main()
