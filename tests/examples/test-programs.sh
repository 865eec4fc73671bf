#!/bin/sh
# Runs the programs of one file each, which people copy from, on small data, and reads what they print.
# usage: test-programs.sh FOLDER, where the programs are
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
programs=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# shellcheck source=/dev/null
. "$here/common.sh"

# at_least MINIMUM VALUE...: each of the values.
at_least() {
    minimum=$1
    shift
    [ $# -gt 0 ] || fail "there is no figure to compare with $minimum"
    for value in "$@"; do
        echo "$value $minimum" | awk '{ exit !(NF == 2 && $1 >= $2) }' || fail "\"$value\" is less than $minimum"
    done
}

# figure WORDS: the number behind these words, with which a line of stdout begins.
figure() {
    sed -n "s/^ *$1 *\([0-9.]*[0-9]\).*/\1/p" stdout
}

# usage NAME ARGUMENT...: a wrong command line.
usage() {
    program=$1
    shift
    ends_with 2 "usage: " "$programs/$program" "$@"
}

# ---- A table ----

# Three classes of flowers, in columns of very different magnitude, of which one is constant and one is
# there twice.
flowers() {
    awk -v rows="$1" -v seed="$2" -v labels="$3" '
        function noise() { return rand() + rand() + rand() - 1.5 }
        BEGIN {
            srand(seed)
            printf "height,width,again,year,altitude%s\n", labels ? ",species" : ""
            for (i = 0; i < rows; i++) {
                k = i % 3
                width = 0.001 * (k == 1) + 0.0002 * noise()
                printf "%.1f,%.6f,%.6f,2026,%.3f%s\n", 10000 + 300 * (k == 2) + 80 * noise(), width, width, \
                    3 * noise(), labels ? "," k : ""
            }
        }'
}

flowers 240 1 1 >flowers.csv
flowers 60 2 '' >new.csv
succeeds "$programs/csv_classifier" train flowers.csv species flowers.safetensors
at_least 0.95 "$(figure accuracy)"
says stdout 'weighted avg .* 48$'
[ -s flowers.safetensors ] || fail "csv_classifier saved no model"
succeeds "$programs/csv_classifier" predict new.csv flowers.safetensors
[ "$(wc -l <stdout)" -eq 60 ] || fail "not a line for each row"
at_least 57 "$(awk '$2 == NR ":" && $4 + 0 == (NR - 1) % 3 { correct++ } END { print correct + 0 }' stdout)"

ends_with 1 'no column is called "genus"' "$programs/csv_classifier" train flowers.csv genus no-model
ends_with 1 'none.csv' "$programs/csv_classifier" train none.csv species no-model
cut -d, -f1-4 new.csv >narrow.csv
ends_with 1 'narrow.csv: no column is called ".*" in line 1, but the other table has it' \
    "$programs/csv_classifier" predict narrow.csv flowers.safetensors
ends_with 1 'none.safetensors' "$programs/csv_classifier" predict new.csv none.safetensors
usage csv_classifier
usage csv_classifier train flowers.csv species
usage csv_classifier predict new.csv
[ ! -e no-model ] || fail "a model was saved by a call that failed"

# The commands that the documents tell, word for word, with tables that they make.
mkdir -p shown/build
ln -s "$programs" shown/build/examples
sed -n '/^```sh$/,/^```$/{ /^```/d; p; }' "$here/../../docs/examples.md" >shown/commands
[ -s shown/commands ] || fail "docs/examples.md shows no commands"
cd shown
succeeds sh -eu commands
at_least 0.9 "$(figure accuracy)"
says stdout '^row 1: class 0, setosa, '
[ "$(grep -c '^row ' stdout)" -eq 3 ] || fail "not a line for each of the three rows"
cd ..

# ---- A folder of images ----

# picture CLASS SEED: rows or columns of light, or a light square, in noise.
picture() {
    awk -v class="$1" -v seed="$2" 'BEGIN {
        srand(seed)
        printf "P2 12 12 255\n"
        first = int(3 + 4 * rand())
        for (y = 0; y < 12; y++)
            for (x = 0; x < 12; x++) {
                inside = class == "rows" ? int(y / 2) % 2 : class == "columns" ? int(x / 2) % 2 : \
                    x >= first && x < first + 5 && y >= first && y < first + 5
                printf "%d\n", 150 * inside + 100 * rand()
            }
    }'
}

for class in columns rows squares; do
    mkdir -p "photographs/$class"
    for i in $(seq 40); do
        picture "$class" "$i" >"photographs/$class/$i.pgm"
    done
    picture "$class" 100 >"new-$class.pgm"
done
succeeds "$programs/image_folder" photographs model.safetensors new-rows.pgm new-columns.pgm new-squares.pgm
[ "$(grep -c '^epoch .*validation accuracy' stdout)" -eq 20 ] || fail "image_folder does not tell its epochs"
at_least 0.9 "$(figure accuracy)"
says stdout '^ *squares  .* 8$'
says stdout '^new-rows.pgm: rows, probability [01]\.'
says stdout '^new-columns.pgm: columns, probability'
says stdout '^new-squares.pgm: squares, probability'
[ -s model.safetensors ] || fail "image_folder saved no model"

mkdir empty
ends_with 1 'none' "$programs/image_folder" none no-model
ends_with 1 'empty' "$programs/image_folder" empty no-model
usage image_folder photographs

# ---- Digits, or what the library draws ----

# learn MINIMUM [FOLDER]: the programs that learn from images, and are as good as that.
learn() {
    minimum=$1
    shift
    succeeds "$programs/skip_concat" "$@"
    says stdout '^concat .* 848) '
    says stdout '^epoch 1: accuracy .*, validation '
    at_least "$minimum" "$(figure 'test accuracy')"

    succeeds "$programs/two_inputs" "$@"
    sed -n 's/^test accuracy: same or not \([0-9.]*\), kind \([0-9.]*\)$/\1 \2/p' stdout |
        awk -v minimum="$minimum" '{ good = $1 >= minimum && $2 >= minimum } END { exit !good }' ||
        fail "pairs are not told apart"

    succeeds "$programs/custom_layer" snake.safetensors "$@"
    at_least "$minimum" "$(figure 'trained: test accuracy')"
    [ "$(figure 'trained: test accuracy')" = "$(figure 'loaded: test accuracy')" ] ||
        fail "the custom layer computes something else after loading"
    says stdout '^snake.a: '
    keeps_quiet stdout '^snake.a: 1.000 to 1.000'

    succeeds "$programs/committee" committee.safetensors "$@"
    accuracy=$(figure accuracy)
    at_least "$minimum" "$accuracy"
    [ "$(sed -n 's/^trained \([a-z]*\): accuracy [01]\.[0-9]* on .*/\1/p' stdout | xargs)" = 'fine medium coarse' ] ||
        fail "not a line for each member, when it is trained"
    [ "$(grep -c 'weight 0\.3[0-9]*, test accuracy' stdout)" -eq 3 ] || fail "not three members"
    for threads in 1 3; do
        succeeds "$programs/predict_threads" committee.safetensors "$threads" "$@"
        [ "$(grep -c '^thread ' stdout)" -eq "$threads" ] || fail "not $threads threads"
        # The last digits of a prediction may depend on the number of images in a call.
        echo "$accuracy $(figure accuracy)" | awk '{ exit !(NF == 2 && ($1 - $2) ^ 2 < 0.002 ^ 2) }' ||
            fail "threads find another accuracy than $accuracy"
        says stdout ' [1-9][0-9]* images per second$'
    done

    if [ -e "$programs/export_onnx" ]; then # where libneuron-onnx is built
        succeeds "$programs/export_onnx" committee.safetensors committee.onnx 'layout=nchw, input_type=u8'
        says stdout '^input input: a batch of 28x28x1$'
        grep -q 'fine/conv2d.kernel' committee.onnx || fail "the exported committee lacks a member"
        ends_with 2 'usage: ' "$programs/export_onnx" committee.safetensors
        ends_with 1 'must be nhwc or nchw' "$programs/export_onnx" committee.safetensors committee.onnx layout=hwc
    fi

    succeeds "$programs/quantize" committee.safetensors small.safetensors "$@"
    [ "$(grep -c '^smallest\|^percentiles' stdout)" -eq 3 ] || fail "not three ways to find a range"
    awk '$1 == "float32" { exact = $3 } $1 != "float32" && ($4 - exact) ^ 2 > 0.015 ^ 2 && $3 == "accuracy" { exit 1 }' \
        stdout || fail "a quantised network is no longer right"
    [ "$(wc -c <small.safetensors)" -lt "$(($(wc -c <committee.safetensors) * 3 / 10))" ] ||
        fail "the quantised file is not small"
    succeeds "$programs/predict_threads" small.safetensors 2 "$@"
    at_least "$minimum" "$(figure accuracy)"
}

succeeds "$programs/quantize"
at_least 0.8 "$(sed -n 's/^float32 *accuracy //p' stdout)"

learn 0.8
[ "$(awk '/^thread/ { sum += $3 } END { print sum }' stdout)" -eq 1000 ] || fail "not all images were predicted"

for program in skip_concat two_inputs 'custom_layer no-model' 'committee no-model' 'predict_threads committee.safetensors 2'; do
    # shellcheck disable=SC2086 # a program and its arguments
    ends_with 1 'none/.*-images-idx3-ubyte.gz' "$programs/"$program none
done
ends_with 1 'not n x' "$programs/predict_threads" flowers.safetensors 1
ends_with 1 'no layer "snake" is registered' "$programs/predict_threads" snake.safetensors 1
usage skip_concat photographs more
usage custom_layer
usage custom_layer --help
usage committee --help
usage skip_concat --help
usage two_inputs --help
usage quantize --help
usage quantize model-only
usage image_folder --help model
usage committee
usage predict_threads committee.safetensors
usage predict_threads committee.safetensors 0

# The real set, where it is. The images that test train as well: there are fewer of them.
for data in "${NEURON_DATA:-/usr/share/datasets}" /usr/share/datasets; do
    if [ -e "$data/fashion-mnist/t10k-images-idx3-ubyte.gz" ]; then
        mkdir fashion
        for part in train t10k; do
            for file in images-idx3-ubyte.gz labels-idx1-ubyte.gz; do
                ln -s "$(realpath "$data/fashion-mnist/t10k-$file")" "fashion/$part-$file"
            done
        done
        learn 0.75 fashion
        break
    fi
done
