#!/bin/sh
# The committee of C++ is that of C, to the last byte. usage: test-committee.sh C_PROGRAM CPP_PROGRAM
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$folder/c.safetensors" >"$folder/c.out"
"$2" "$folder/cpp.safetensors" >"$folder/cpp.out"
cmp "$folder/c.safetensors" "$folder/cpp.safetensors"
grep -q 'macro avg' "$folder/cpp.out"
# Both print the same report.
grep -E 'avg|^ +[0-9]+ |accuracy  ' "$folder/c.out" >"$folder/c.report"
grep -E 'avg|^ +[0-9]+ |accuracy  ' "$folder/cpp.out" >"$folder/cpp.report"
cmp "$folder/c.report" "$folder/cpp.report"
[ "$(grep -c '' "$folder/cpp.report")" -eq 13 ]
# A failure is told, and is one.
if "$2" /nowhere/at/all "$folder/no-data" 2>"$folder/error"; then
    exit 1
fi
grep -q 'no-data/train-images-idx3-ubyte.gz' "$folder/error"
