# Shell functions that put the libraries which libneuron is compared with into a virtual environment;
# sourced by bench/compare, bench/accuracy/run and interop/run, which set top, system_python and fail, and source
# examples/setup.sh.
# shellcheck shell=sh
# shellcheck disable=SC2154 # those are the sourcing script's

made=
log=
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    [ -z "$log" ] || rm -f "$log"
    [ -z "$made" ] || rm -rf "$made"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

# venv_outside FOLDER: sets venv to FOLDER, or to one that goes away at the end.
venv_outside() {
    venv=$1
    if [ -z "$venv" ]; then
        made=$(mktemp -d "${TMPDIR:-/tmp}/libneuron-peers.XXXXXX")
        venv=$made/venv
    fi
    case $(realpath -m -- "$venv") in
    "$top" | "$top"/*) fail "$venv is inside the source tree" ;;
    esac
}

quietly() {
    "$@" >"$log" 2>&1 </dev/null || {
        tail -n 5 "$log" >&2
        return 1
    }
}

make_venv() {
    log=$(mktemp)
    quietly "$system_python" -m venv "$venv"
}

# Installs packages of PyPI, or says that they are missing.
install() {
    echo "Installing $* into $venv"
    quietly "$venv/bin/python" -m pip install --no-input --prefer-binary "$@" || {
        echo "Could not install $*" >&2
        return 1
    }
}

debian_torch() {
    [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import torch' >/dev/null 2>&1
}

# Debian's PyTorch is for Debian's Python, and the environment must let it through.
use_debian_torch() {
    need python3-torch debian_torch
    install_missing
    debian_torch || return
    quietly /usr/bin/python3 -m venv --clear --system-site-packages "$venv"
}
