#!/bin/sh
# Where the examples look for data and put results, and what they do where they find none or may not.
# usage: test-data.sh MNIST_MLP DIGITS_FASHION_CNN CIFAR_CNN PICKLE, a batch of CIFAR-10
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mnist=$(realpath "$1")
digits_fashion=$(realpath "$2")
cifar=$(realpath "$3")
pickle=$(realpath "$4")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# shellcheck source=/dev/null
. "$here/common.sh"
unset NEURON_DATA

# write_set FOLDER: 40 black images and their labels, to train with and to test on.
write_set() {
    mkdir -p "$1"
    for part in train t10k; do
        {
            printf '\0\0\10\3\0\0\0\50\0\0\0\34\0\0\0\34'
            head -c 31360 /dev/zero
        } >"$1/$part-images-idx3-ubyte"
        {
            printf '\0\0\10\1\0\0\0\50'
            printf '\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11'
        } >"$1/$part-labels-idx1-ubyte"
    done
}

# briefly PROGRAM ID OPTION...
briefly() {
    program=$1
    id=$2
    shift 2
    "$program" --quick --run "$id" --out out "$@"
}

# A folder for results that cannot take them is refused before anything is trained. To /proc not even
# root can write.
unwritable() {
    ends_with 1 "$1" "$mnist" --quick --run M1 --data generated --out "$2"
    keeps_quiet stdout 'M1'
}
printf 'a file' >file
unwritable 'file: Not a directory' file
unwritable 'file/below: Not a directory' file/below
[ ! -d /proc/self ] || unwritable '/proc: ' /proc
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 500 read-only
    unwritable 'read-only: Permission denied' read-only
fi

# A folder that was named must have the set.
for program in "$mnist M1" "$digits_fashion D2" "$cifar C1"; do
    # shellcheck disable=SC2086 # a program and a run
    ends_with 1 'in /nonexistent; --data generated' briefly $program --data /nonexistent
done

# Drawn images where nothing was named and nothing is there, or if they are asked for.
mkdir empty
if [ ! -e /usr/share/datasets ]; then
    succeeds env NEURON_DATA="$folder/empty" "$mnist" --quick --run M1 --out out
    # shellcheck disable=SC2016 # said so
    says stderr 'No MNIST in $NEURON_DATA or /usr/share/datasets: using the library'
fi
succeeds briefly "$mnist" M1 --data generated
says stdout '^generated glyphs: '
[ ! -s stderr ] || fail "said something of the data that was asked for"

# The files of a set, without its own folder, are that set for a program with one, if they were named.
write_set flat
succeeds briefly "$mnist" M1 --data flat
says out/M1.json '"name": "MNIST", "source": "real"'
ends_with 1 'digits_fashion_cnn takes a folder with mnist/ and fashion-mnist/' \
    briefly "$digits_fashion" D2 --data flat
if [ ! -e /usr/share/datasets/mnist ]; then
    succeeds env NEURON_DATA="$folder/flat" "$mnist" --quick --run M1 --out out
    says out/M1.json '"source": "generated"'
fi
write_set sets/mnist
succeeds briefly "$digits_fashion" D2 --data sets
says out/D2.json '"name": "MNIST", "source": "real"'
ends_with 1 'No Fashion-MNIST in sets' briefly "$digits_fashion" D3 --data sets

# Kaggle's table of digits, named itself or by its folder: 60 % train, and a fifth each validates and is the test.
mkdir -p kaggle/digit-recognizer
awk 'BEGIN {
    printf "label"
    for (i = 0; i < 784; i++)
        printf ",pixel%d", i
    for (row = 0; row < 100; row++) {
        printf "\n%d", row % 10
        for (i = 0; i < 784; i++)
            printf ",%d", (i * row) % 256
    }
    print ""
}' >kaggle/digit-recognizer/train.csv
for data in kaggle kaggle/digit-recognizer kaggle/digit-recognizer/train.csv; do
    rm -f out/D4.json
    succeeds briefly "$digits_fashion" D4 --data "$data"
    says stdout 'MNIST: 60 images to train with, 20 to validate, 20 to test'
    says out/D4.json '"data_note": "Kaggle.s train.csv, of which a fifth is the test set"'
done
ends_with 1 'No Fashion-MNIST in kaggle/digit-recognizer/train.csv' \
    briefly "$digits_fashion" D3 --data kaggle/digit-recognizer/train.csv

# CIFAR-10 in its Python version.
mkdir -p python/cifar-10-batches-py
for name in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    cp "$pickle" "python/cifar-10-batches-py/$name"
done
succeeds briefly "$cifar" C1 --data python
says stdout 'CIFAR-10, grey: 12 images to train with, 3 to validate, 3 to test'
says out/C1.json '"source": "real"'
rm python/cifar-10-batches-py/data_batch_3
ends_with 1 'data_batch_3' briefly "$cifar" C1 --data python
