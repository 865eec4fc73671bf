# Shell functions of the tests of the examples; sourced by them.
# shellcheck shell=sh

fail() {
    echo "$*" >&2
    [ ! -e stderr ] || sed 's/^/stderr: /' stderr >&2
    exit 1
}

says() {
    grep -q -- "$2" "$1" || fail "$1 does not say \"$2\""
}

keeps_quiet() {
    if grep -q -- "$2" "$1"; then fail "$1 says \"$2\""; fi
}

# succeeds COMMAND...: leaves what it says in stdout and stderr.
succeeds() {
    "$@" >stdout 2>stderr || fail "$* failed"
}

# ends_with STATUS TEXT COMMAND...: one line on stderr, with TEXT.
ends_with() {
    expected=$1
    text=$2
    shift 2
    status=0
    "$@" >stdout 2>stderr || status=$?
    [ "$status" -eq "$expected" ] || fail "$* ended with status $status"
    [ "$(wc -l <stderr)" -eq 1 ] || fail "$* did not say one line"
    says stderr "$text"
}
