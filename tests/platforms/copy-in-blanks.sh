#!/bin/sh
# copy-in-blanks.sh PROGRAM: copy.sh with a program whose path has blanks, and with commands of two words.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$(realpath "$1")
mkdir "$work/two words"
ln -s "$program" "$work/two words/a program"
ln -s "$program" "$work/program"
sh "$here/copy.sh" "$work/two words/a program" "env $work/program"
sh "$here/copy.sh" "env $work/program" "$work/two words/a program"
