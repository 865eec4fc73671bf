#!/bin/sh
# Runs a recipe in a folder of its own: on the data that there is, and on what the library draws.
# usage: test-recipe.sh PROGRAM
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
recipe=$(realpath "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# shellcheck source=/dev/null
. "$here/common.sh"

# The last line is the figure; a recipe that does not reach it ends with a failure.
for data in "${NEURON_DATA:-/usr/share/datasets}" "$folder/none"; do
    succeeds env NEURON_DATA="$data" "$recipe"
    tail -n 1 stdout | grep -q ': [0-9]*\.[0-9]*$' || fail "$recipe prints no figure"
    tail -n 1 stdout
    keeps_quiet stderr .
done
