#!/bin/sh
# What --resume takes up, and what it refuses because it belongs to another run.
# usage: test-resume.sh DIGITS_FASHION_CNN KMNIST_MLP_CNN
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
digits=$(realpath "$1")
kmnist=$(realpath "$2")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# shellcheck source=/dev/null
. "$here/common.sh"

# write_set FOLDER BYTE: 40 images of this one grey, to train with and to test on.
write_set() {
    mkdir -p "$1/mnist"
    for part in train t10k; do
        {
            printf '\0\0\10\3\0\0\0\50\0\0\0\34\0\0\0\34'
            head -c 31360 /dev/zero | tr '\0' "$2"
        } >"$1/mnist/$part-images-idx3-ubyte"
        {
            printf '\0\0\10\1\0\0\0\50'
            printf '\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11\0\1\2\3\4\5\6\7\10\11'
        } >"$1/mnist/$part-labels-idx1-ubyte"
    done
}

digits() {
    "$digits" --quick --run D2 --out out "$@"
}

# refused TEXT OPTION...: and the result is as it was.
refused() {
    cp out/D2.json before.json
    text=$1
    shift
    ends_with 1 "$text" digits --resume "$@"
    cmp out/D2.json before.json || fail "a refused run left a result"
}

write_set black '\1'
write_set white '\200'

# A training goes on with the same seed, data and note, and to more epochs.
succeeds digits --resume --data black --data-note first
refused 'goes with "seed 1", this call with "seed 2"' --data black --data-note first --seed 2
refused 'goes with "note first", this call with "note second"' --data black --data-note second
refused 'goes with "data MNIST (real)", this call with "data generated' --data generated --data-note first
refused 'images to train with' --data white --data-note first
refused 'images to train with' --data black --data-note first --limit 10
succeeds digits --resume --data black --data-note first --epochs 2
says stdout 'D2 goes on after epoch 1'
refused 'is after epoch 2 of 1 asked for' --data black --data-note first --epochs 1
rm out/D2-state.record
refused 'no record of what it goes with' --data black --data-note first --epochs 2

# Without --resume it begins anew, and leaves nothing to go on with.
succeeds digits --data white --seed 2
succeeds digits --data white --seed 3 --resume
keeps_quiet stdout 'goes on'

# So does a search: what was tried briefly, with other images or another seed does not count.
search() {
    "$kmnist" --data generated --quick --limit 40 --run K8 --out out "$@"
}
succeeds search
tried() {
    [ "$(grep -c '^       {"trial": ' out/K8.json)" -eq 5 ] || fail "the record has not the five folds"
    [ "$(sed 's/^{"trial": 0, "fold": \([0-4]\), .*/\1/' out/K8-tried.jsonl | sort | xargs)" = '0 1 2 3 4' ] ||
        fail "not each fold is kept once"
}
tried
says out/K8.json 'whose mean is what the document reports; this row is one more training'
sed -i 's/"epochs": 1/"epochs": 77/' out/K8-tried.jsonl
succeeds search --limit 50
keeps_quiet out/K8.json '"epochs": 77'
says stdout 'K8  trial 0, fold 5 of 5'
succeeds search --seed 2
says stdout 'K8  trial 0, fold 1 of 5'
sed -i '$d' out/K8-search.jsonl
succeeds search --seed 2 --resume
says stdout 'K8  trial 0, fold 5 of 5'
keeps_quiet stdout 'K8  trial 0, fold 4 of 5'
tried
ends_with 1 'goes with "seed 2", this call with "seed 1"' search --resume
ends_with 1 'goes with "epochs 1", this call with "epochs 2"' search --resume --seed 2 --epochs 2
ends_with 1 'images to train with' search --resume --seed 2 --limit 50
rm out/K8-search.record
ends_with 1 'no record of what it goes with' search --resume --seed 2
