#!/bin/sh
# copy.sh WRITER COPIER: what the first program writes the second reads, and writes byte by byte.
# A command of several words, such as an emulator's, is one argument.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/written" "$work/copied"
# shellcheck disable=SC2086
{
    $1 write "$work/written"
    $2 copy "$work/written" "$work/copied"
}
count=0
for file in "$work"/written/*; do
    cmp "$file" "$work/copied/${file##*/}"
    count=$((count + 1))
done
[ "$count" -eq 6 ]
