#!/bin/sh
# All experiments of the documents are among the runs of the programs, and docs/examples.md has their number.
# usage: test-list.sh EXAMPLES, the folder with the programs
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
examples=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# shellcheck source=/dev/null
. "$here/common.sh"

for program in kmnist_mlp_cnn mnist_mlp cifar_cnn digits_fashion_cnn fashion_committee fashion_skip_concat; do
    "$examples/$program" --list
done | cut -d ' ' -f 1 >all
grep -v -- - all | sort >own
{
    seq -f 'K%.0f' 10
    seq -f 'M%.0f' 6
    seq -f 'C%.0f' 51
    seq -f 'D%.0f' 4
    seq -f 'F%.0f' 7
} | sort >expected
cmp own expected || fail "--list has other runs than the documents: $(comm -3 own expected | tr '\n' ' ')"
[ -z "$(sort all | uniq -d)" ] || fail "--list has a run twice"
grep -- - all | while read -r id; do
    grep -qx "${id%%-*}" own || fail "$id is a variant of nothing"
done
own=$(wc -l <own)
variants=$(grep -c -- - all)
tr '\n' ' ' <"$here/../../docs/examples.md" | tr -s ' ' |
    grep -q "there are $((own)) of the documents' own, and $((variants)) variants\\." ||
    fail "docs/examples.md has other numbers than $own runs and $variants variants"
