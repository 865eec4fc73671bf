#!/bin/sh
# What a program says of its runs, against the text that is kept of it: each run's data, network and
# training. The texts were compared with the documents; a run that changes is compared with its document
# again, and then its text is made anew: PROGRAM --describe --data generated >EXPECTED
# usage: test-describe.sh PROGRAM EXPECTED
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
program=$(realpath "$1")
expected=$(realpath "$2")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
# shellcheck source=/dev/null
. "$here/common.sh"
unset NEURON_DATA

mkdir work
cd work
"$program" --describe --data generated >../stdout 2>../stderr || fail "--describe failed"
[ -z "$(ls)" ] || fail "--describe left something behind"
[ ! -s ../stderr ] || fail "--describe said something of the data that was asked for"
cd ..
diff -u "$expected" stdout >difference || {
    cat difference >&2
    fail "--describe differs from $expected"
}

# --list has the same runs, in the same order.
grep '^[A-Z][0-9]' "$expected" | sed 's/  */ /' >runs
"$program" --list | sed 's/  */ /' >listed
cmp runs listed || fail "--list names other runs than $expected"

# One alone is described in full, with what the other options ask for. The last run of each program has a
# network of its own.
last=$(tail -n 1 listed | cut -d ' ' -f 1)
succeeds "$program" --describe --data generated --run "$last"
[ "$(grep -c '^[A-Z][0-9]' stdout)" -eq 1 ] || fail "--run $last --describe tells of others"
says stdout "^$last  "
says stdout '^    input '
keeps_quiet stdout 'the layers of'
first=$(head -n 1 listed | cut -d ' ' -f 1)
succeeds "$program" --describe --data generated --quick --run "$first"
says stdout '^  length  *1 epochs at most'
