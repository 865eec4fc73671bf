# Shell functions that install what is missing; sourced by examples/run and tests/run.
# shellcheck shell=sh

missing=

# need PACKAGE COMMAND...: remembers Debian's package unless the command succeeds.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 </dev/null || missing="$missing $package"
}

a_cblas_is_there() {
    for name in openblas cblas blis blas-netlib; do
        pkg-config --exists "$name" && return
    done
    return 1
}

compiles() {
    printf '#include <stdio.h>\n' | "$1" -E - 2>/dev/null
}

# What building the library and the examples takes.
need_build_tools() {
    need gcc command -v gcc
    need libc6-dev compiles gcc
    need meson command -v meson
    need ninja-build command -v ninja
    need pkg-config command -v pkg-config
    need libopenblas-dev a_cblas_is_there
    need zlib1g-dev pkg-config --exists zlib
    need libjansson-dev pkg-config --exists jansson
    need libpng-dev pkg-config --exists libpng
    need check pkg-config --exists check
}

# Fashion-MNIST, unless $NEURON_DATA has it. Nothing fails without it.
need_data() {
    for folder in "${NEURON_DATA:-/usr/share/datasets}" /usr/share/datasets; do
        [ -e "$folder/fashion-mnist/train-images-idx3-ubyte.gz" ] && return
    done
    missing="$missing dataset-fashion-mnist"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi </dev/null
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >"$apt_log" 2>&1
}

# Installs those packages of $missing that this system knows, or says which ones are missing. The
# build that follows is what fails if one of them was needed.
install_missing() {
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "No apt-get here. These may be missing, by their names in Debian:$missing" >&2
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null 2>&1; then
        echo "Neither root nor sudo: please install$missing" >&2
        return 0
    fi
    echo "Installing$missing"
    apt_log=$(mktemp) || return
    apt_get update || cat "$apt_log" >&2
    known=
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            known="$known $package"
        else
            echo "This system has no package $package" >&2
        fi
    done
    # shellcheck disable=SC2086 # one word for each package
    [ -z "$known" ] || apt_get install --no-install-recommends $known || cat "$apt_log" >&2
    rm -f "$apt_log"
    missing=
}
