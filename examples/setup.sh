# Shell functions that install what is missing on Debian and its relatives; sourced by the scripts that
# need something. Every package that building, testing and the README's lines need is named here.
# shellcheck shell=sh

missing=

# need PACKAGE COMMAND...: remembers Debian's package unless the command succeeds.
need() {
    package=$1
    shift
    case "$missing " in *" $package "*) return ;; esac
    "$@" >/dev/null 2>&1 </dev/null || missing="$missing $package"
}

# On x86 processors the library is built without one unless it is asked for.
wants_a_cblas() {
    case $(uname -m) in
    x86_64 | i?86) return 1 ;;
    esac
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

# links COMPILER FLAG...
links() {
    compiler=$1
    shift
    printf 'int main(void) { return 0; }\n' | "$compiler" -x c - -x none -o /dev/null "$@"
}

an_mpi_is_there() {
    pkg-config --exists mpi-c || pkg-config --exists ompi-c || pkg-config --exists mpich || command -v mpicc
}

# What building the library and the examples takes.
need_build_tools() {
    need gcc command -v gcc
    need libc6-dev compiles gcc
    need meson command -v meson
    need ninja-build command -v ninja
    need pkg-config command -v pkg-config
    ! wants_a_cblas || need libopenblas-dev a_cblas_is_there
    need zlib1g-dev pkg-config --exists zlib
    need libjansson-dev pkg-config --exists jansson
    need libpng-dev pkg-config --exists libpng
    need libprotobuf-c-dev pkg-config --exists libprotobuf-c
    need libhdf5-dev pkg-config --exists hdf5
    need protobuf-c-compiler command -v protoc-c
    need mpi-default-dev an_mpi_is_there
}

numpy_is_there() {
    /usr/bin/python3 -c 'import numpy' || python3 -c 'import numpy'
}

pytest_is_there() {
    /usr/bin/python3 -c 'import numpy, pytest' || python3 -c 'import numpy, pytest'
}

mpi4py_is_there() {
    /usr/bin/python3 -c 'import mpi4py' || python3 -c 'import mpi4py'
}

onnx_is_there() {
    /usr/bin/python3 -c 'import onnx' || python3 -c 'import onnx'
}

pandas_is_there() {
    /usr/bin/python3 -c 'import numpy, pytest, pandas' || python3 -c 'import numpy, pytest, pandas'
}

# What the tests take as well.
need_test_tools() {
    need_build_tools
    need libopenblas-dev pkg-config --exists openblas
    need check pkg-config --exists check
    need g++ command -v g++
    need clang command -v clang
    need libclang-rt-dev links clang -fsanitize=address
    need python3-numpy numpy_is_there
    need python3-pytest pytest_is_there
    need python3-pandas pandas_is_there
    need python3-onnx onnx_is_there
    need libopenmpi-dev pkg-config --exists ompi-c
    need openmpi-bin command -v mpirun.openmpi
    need libmpich-dev pkg-config --exists mpich
    need mpich command -v mpirun.mpich
    need python3-mpi4py mpi4py_is_there
    need curl command -v curl
    need clang-format command -v clang-format
    need gdb command -v gdb
    need valgrind command -v valgrind
    need cmake command -v cmake
    need dpkg-dev command -v dpkg-gensymbols
    need doxygen command -v doxygen
    need locales test -e /usr/share/i18n/locales/ps_AF
}

chromium_is_there() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
}

# What looking at pages of reports takes.
need_browser_tools() {
    need_build_tools
    need check pkg-config --exists check
    need chromium chromium_is_there
}

need_tidy_tools() {
    need_build_tools
    need clang command -v clang
    need clang-tidy command -v clang-tidy
}

need_package_tools() {
    need dpkg-dev command -v dpkg-scanpackages
    need lintian command -v lintian
}

need_recipe_tools() {
    need_build_tools
    need python3-numpy numpy_is_there
    need doxygen command -v doxygen
    need rpm command -v rpmbuild
    need rpmlint command -v rpmlint
    need cpio command -v cpio
    need python3-yaml /usr/bin/python3 -c 'import yaml'
    need python3-jinja2 /usr/bin/python3 -c 'import jinja2'
}

need_download_tools() {
    need curl command -v curl
    need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
    need tar command -v tar
    need gzip command -v gzip
}

# What a new machine in a folder takes.
need_machine_tools() {
    need debootstrap command -v debootstrap
    need git command -v git
}

# Ends the script if $NEURON_DATA names what is not there.
check_data() {
    [ -z "${NEURON_DATA-}" ] || [ -d "$NEURON_DATA" ] || {
        echo "NEURON_DATA: there is no folder $NEURON_DATA" >&2
        exit 2
    }
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

# What apt says goes to $apt_log; where there is no network it gives up soon.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=0 -o Acquire::http::Timeout=20 \
        -o Acquire::https::Timeout=20 "$@" >"$apt_log" 2>&1
}

# The last thing apt complained of, in one line.
tell_apt() {
    echo "apt-get $1 failed: $(grep -E '^(E|W|Err)' "$apt_log" | tail -n 1)" >&2
}

# Installs those packages of $missing that this system knows, and says what it cannot.
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
    apt_get update || tell_apt update
    known=
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then
            known="$known $package"
        else
            echo "This system knows no package $package" >&2
        fi
    done
    # shellcheck disable=SC2086 # one word for each package
    [ -z "$known" ] || apt_get install --no-install-recommends $known || tell_apt install
    rm -f "$apt_log"
    missing=
}

# provide FUNCTION [OPTIONAL]...: what each of the functions needs. Ends the script if something that the
# first one needs cannot be had.
provide() {
    required=$1
    for function in "$@"; do
        "$function"
    done
    install_missing
    missing=
    "$required"
    [ -z "$missing" ] || {
        echo "Cannot go on without these packages, by their names in Debian:$missing" >&2
        exit 1
    }
}
