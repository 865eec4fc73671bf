#!/bin/sh
# check-run.sh RUN: what tests/platforms/run refuses, it refuses before it makes anything.
set -eu
run=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ROOT="$work/root"

# refused WORDS ARGUMENT...: ends with 2 and says so.
refused() {
    words=$1
    shift
    status=0
    sh "$run" "$@" >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -ne 2 ] || ! grep -q -e "$words" "$work/err"; then
        echo "$*: ended with $status"
        cat "$work/out" "$work/err"
        exit 1
    fi
}

refused "no architecture m68k" m68k
refused "no architecture arm65" s390x arm65
refused "no architecture --fast" --fast i386
PLATFORM_TESTS="base/test-text test-no-such" refused "no test program test-no-such" i386
for help in --help -h; do
    sh "$run" "$help" | grep -q '^usage: sh tests/platforms/run'
done
[ -z "$(find "$work" -name "root*")" ] || {
    echo "something was made in $ROOT"
    exit 1
}
