#!/bin/sh
# copy.sh WRITER COPIER: what the first program writes the second reads, and writes byte by byte.
# Either is the path of a program, or a command of several words, such as an emulator's, in one argument.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/written" "$work/copied"

# run COMMAND ARGUMENT...
run() {
    command=$1
    shift
    if [ -x "$command" ]; then
        "$command" "$@"
    else
        # shellcheck disable=SC2086
        $command "$@"
    fi
}

run "$1" write "$work/written"
run "$2" copy "$work/written" "$work/copied"
count=0
for file in "$work"/written/*; do
    cmp "$file" "$work/copied/${file##*/}"
    count=$((count + 1))
done
[ "$count" -eq 6 ]
