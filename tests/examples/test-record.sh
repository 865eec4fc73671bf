#!/bin/sh
# Records runs on a tiny set, is stopped and goes on, and checks the records.
# usage: test-record.sh EXAMPLES, the folder with the programs
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
programs=$(realpath "$1")
python=$(command -v /usr/bin/python3 || command -v python3 || true)

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# shellcheck source=/dev/null
. "$here/common.sh"

# 400 images, each class of one grey.
mkdir -p data/mnist
for part in train t10k; do
    {
        printf '\0\0\10\3\0\0\1\220\0\0\0\34\0\0\0\34'
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            head -c 15680 /dev/zero | tr '\0' "\\$((i % 8 * 10))"
        done
    } >"data/mnist/$part-images-idx3-ubyte"
    {
        printf '\0\0\10\1\0\0\1\220'
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            head -c 20 /dev/zero | tr '\0' "\\$((i % 8))"
        done
    } >"data/mnist/$part-labels-idx1-ubyte"
done

export NEURON_DATA="$folder/data" NEURON_RECORD="$folder/work" RECORD_RESULTS="$folder/results"
export RECORD_PROGRAMS="$programs" RECORD_NICE=0

record() {
    sh "$here/../../examples/record" --data-note 'of a test' "$@"
}

# What there is not.
ends_with 2 'there is no run M99' record M99
ends_with 2 'no option --what' sh "$here/../../examples/record" --what
ends_with 2 'there is no folder' env NEURON_DATA="$folder/none" sh "$here/../../examples/record" M1
succeeds record --help
says stdout 'usage: sh examples/record'

# Of an earlier version there are figures, but no record.
mkdir -p results/mnist_mlp
echo '{"id": "M1", "test_accuracy": 0.5}' >results/mnist_mlp/M1.json

# What takes least comes first, and is stopped.
sh "$here/../../examples/record" --data-note 'of a test' M5 M1 M3 >stdout 2>stderr &
recorder=$!
for _ in $(seq 600); do
    ! ls work/out/mnist_mlp/M?-state.safetensors >/dev/null 2>&1 || break
    sleep 0.1
done
kill "$recorder"
status=0
wait "$recorder" || status=$?
[ "$status" -eq 130 ] || fail "stopped with status $status"
order=$(sort -n -k 2 work/costs | cut -d ' ' -f 1 | tr '\n' ' ')
first=${order%% *}
rest=${order#* }
[ "$(wc -l <work/costs)" -eq 3 ] || fail "not all costs were estimated"
says stdout "3 left, about .*: ${order% }\$"
says stdout 'stopped; the same call goes on'
says "work/log/$first.log" 'epoch  *1/60'
keeps_quiet "work/log/$first.log" "^$first on the test set"

succeeds record M5 M1 M3
says stdout '3 left'
says stdout "^$first  test accuracy .* in 60 epochs; 2 left, about .*: ${rest% }\$"
says stdout 'in 60 epochs; all are recorded$'
says "work/log/$first.log" "$first goes on after epoch"
for id in M1 M3 M5; do
    says "results/mnist_mlp/$id.json" "\"command\": \"mnist_mlp --run $id --seed 1 --threads 1 --resume --data-note 'of a test'\""
    keeps_quiet "results/mnist_mlp/$id.json" "$folder"
    says "results/mnist_mlp/$id.json" '"length": "60 epochs at most'
    says results/mnist_mlp/results.md "^| $id "
done
[ -z "$python" ] || "$python" "$here/check-results.py" --epochs 60 --history work/out/mnist_mlp \
    results/mnist_mlp real M1 M3 M5

# What is there is not run again; what was run and not kept is kept.
before=$(wc -c <work/log/M1.log)
rm results/mnist_mlp/M3.json
succeeds record M1 M3
says stdout '^M3  test accuracy'
keeps_quiet stdout 'M1'
[ "$before" -eq "$(wc -c <work/log/M1.log)" ] || fail "M1 was run again"
succeeds record M1
says stdout '^all are recorded$'
says results/mnist_mlp/M3.json '"confusion"'
[ -z "$(ls -A results/mnist_mlp | grep '^\.')" ] || fail "something is left beside the records"

# One recorder at a time, and a run that fails does not keep the others.
(
    flock -n 9
    ends_with 2 'another call is recording' record M1
) 9>work/lock
rm -rf data/mnist work/out results/mnist_mlp/M1.json
mkdir data/mnist
echo damaged >data/mnist/train-images-idx3-ubyte
status=0
record M1 >stdout 2>stderr || status=$?
[ "$status" -eq 1 ] || fail "a failed run ended with status $status"
says stderr 'M1 failed: error: .*train-images-idx3-ubyte'
