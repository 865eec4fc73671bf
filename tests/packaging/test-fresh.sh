#!/bin/sh
# How tests/fresh ends, two of it at a time, and what it leaves, with stubs in place of a system's tools: no machine is made.
# usage: test-fresh.sh FRESH
set -eu

fresh=$1
git -C "$(dirname -- "$fresh")" rev-parse -q --verify HEAD >/dev/null 2>&1 || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/stubs"
export FRESH="$folder/place with blanks" STUB_LOG="$folder/log"

fail() {
    echo "$*" >&2
    exit 1
}

# stub NAME: a program that does what stdin says.
stub() {
    {
        echo '#!/bin/sh'
        cat
    } >"$folder/stubs/$1"
    chmod +x "$folder/stubs/$1"
}

echo 'echo 0' | stub id
for name in mount umount apt-config; do
    echo 'exit 0' | stub $name
done
echo 'exit 1' | stub mountpoint
stub debootstrap <<'END'
for base in "$@"; do :; done
echo "begins $base" >>"$STUB_LOG"
mkdir -p "$base/dev/shm" "$base/proc" "$base/etc/apt/apt.conf.d"
sleep 1
echo "ends" >>"$STUB_LOG"
END
# The command is the last words, behind "sh -c ... sh".
stub chroot <<'END'
[ -d "$1/project" ] && [ -d "$1/etc/apt/apt.conf.d" ] || exit 99
[ ! -e "$1/shared/given" ] || mv "$1/shared/given" "$1/shared/taken"
for last in "$@"; do :; done
exit "$last"
END
PATH="$folder/stubs:$PATH"

# The second one begins while the first makes the base.
sh "$fresh" exit 0 2>"$folder/first" &
first=$!
for _ in $(seq 100); do
    [ ! -s "$STUB_LOG" ] || break
    sleep 0.05
done
sh "$fresh" exit 0 2>"$folder/second" || fail "the second ended with $?: $(cat "$folder/second")"
wait "$first" || fail "the first ended with $?: $(cat "$folder/first")"
[ "$(grep -c begins "$STUB_LOG")" -eq 1 ] || fail "the base was made twice"

for pair in 0:0 3:3 77:77 125:1 126:126 130:130; do
    status=0
    sh "$fresh" exit "${pair%:*}" 2>/dev/null || status=$?
    [ "$status" -eq "${pair#*:}" ] || fail "a command that ends with ${pair%:*} gives $status"
done

# What it is given is there, and comes back however the command ends.
mkdir "$folder/with blanks"
for status in 0 3; do
    echo given >"$folder/with blanks/given"
    FRESH_SHARED="$folder/with blanks" sh "$fresh" exit "$status" 2>/dev/null || [ $? -eq "$status" ] ||
        fail "a shared folder changes how it ends"
    [ "$(cat "$folder/with blanks/taken")" = given ] || fail "what is shared is lost"
    rm "$folder/with blanks/taken"
done

# One that is kept stays; what a killed one left goes.
FRESH_KEEP=1 sh "$fresh" exit 0 2>/dev/null || fail "keeping ends with $?"
true &
ended=$!
wait "$ended"
mkdir "$FRESH/machine.$ended" "$FRESH/machine.$$"
sh "$fresh" exit 0 2>/dev/null
[ ! -e "$FRESH/machine.$ended" ] || fail "what a killed run left is still there"
[ -d "$FRESH/machine.$$" ] || fail "the machine of another run is gone"
rmdir "$FRESH/machine.$$"
[ -d "$(echo "$FRESH"/kept.*)/project" ] || fail "no machine is kept"

# Where there can be no machine.
echo 'exit 1' | stub mount
status=0
sh "$fresh" exit 0 2>/dev/null || status=$?
[ "$status" -eq 125 ] || fail "no machine gives $status"
echo 'echo 1000' | stub id
status=0
sh "$fresh" exit 0 2>/dev/null || status=$?
[ "$status" -eq 125 ] || fail "another user gets $status"
[ -z "$(ls "$FRESH" | grep '^machine')" ] || fail "a machine is left"
