#!/bin/sh
# Uses the library as strangers do: from an install tree, with nothing but pkg-config.
# run.sh BUILD_FOLDER PREFIX MESON C_COMPILER [CPP_COMPILER]
# 77 tells Meson that something is missing here; all that can be checked is checked first.
set -eu

build=$1
prefix=$2
meson=$3
c=$4
cpp=${5-}
sources=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
top=$(CDPATH='' cd -- "$sources/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missing=

say() {
    echo "== $*"
}

# The tree is not where its prefix says: what a package's build does with DESTDIR, and moved then.
say "install"
DESTDIR=$work/root $meson install -C "$build" --no-rebuild --quiet
tree=$work/root$prefix
pc=$(find "$tree" -name libneuron.pc)
sed "s|^prefix=.*|prefix=$tree|" "$pc" >"$pc.moved"
mv "$pc.moved" "$pc"
PKG_CONFIG_PATH=$(dirname "$pc")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir libneuron)
library=$libraries/libneuron.so.1
for file in "$library" "$libraries/libneuron.so" "$libraries/libneuron.a" \
    "$tree/include/libneuron/libneuron.h" "$tree/include/libneuron/libneuron.hpp" \
    "$libraries/cmake/libneuron/libneuronConfig.cmake" \
    "$libraries/cmake/libneuron/libneuronConfigVersion.cmake" \
    "$tree/share/gdb/auto-load$prefix/${libraries#"$tree"/}/libneuron.so.1.0.0-gdb.py"; do
    [ -e "$file" ] || { echo "$file was not installed" >&2; exit 1; }
done
[ "$(pkg-config --modversion libneuron)" = \
    "$(sed -n 's/^#define NEURON_VERSION_STRING "\(.*\)"/\1/p' "$tree/include/libneuron/version.h")" ]
case $(pkg-config --libs libneuron) in
*blas* | *jansson* | *-lz*)
    echo "a program is told to link what only the library needs" >&2
    exit 1
    ;;
esac

# Who compiles, or links the shared library, needs the files of no other package; and the static one
# does not wait for what a CBLAS names beside itself, such as gfortran's run time.
for flags in --cflags --libs --static; do
    PKG_CONFIG_LIBDIR=$(dirname "$pc") PKG_CONFIG_PATH='' pkg-config --cflags "$flags" libneuron
done
case $(pkg-config --static --libs libneuron) in
*gfortran*)
    echo "the static library is said to need gfortran" >&2
    exit 1
    ;;
*-ljansson*) ;;
*)
    echo "the static library is not said to need jansson" >&2
    exit 1
    ;;
esac

# compile OUTPUT SOURCE FLAG...: warnings are errors, as they may be for a user.
compile_c() {
    output=$1
    shift
    # shellcheck disable=SC2046,SC2086
    $c -std=c99 -Wall -Wextra -Werror -o "$output" "$@" $(pkg-config --cflags --libs libneuron)
}

say "a C program makes a committee"
# shellcheck disable=SC2046
compile_c "$work/make-committee" "$sources/make-committee.c" $(pkg-config --libs libneuron-committee)
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
"$work/make-committee" "$work"

say "seven lines of C load it"
[ "$(grep -c '' "$sources/seven-lines.c")" -eq 7 ]
compile_c "$work/seven-lines" "$sources/seven-lines.c"
parameters=$("$work/seven-lines" "$work/committee.safetensors")
echo "$parameters"

say "seven lines of C with the static library"
mkdir -p "$work/static"
cp "$libraries/libneuron.a" "$work/static"
sed "s|^libdir=.*|libdir=$work/static|" "$pc" >"$work/static/libneuron.pc"
# shellcheck disable=SC2046
$c -std=c99 -o "$work/seven-lines-static" "$sources/seven-lines.c" \
    $(PKG_CONFIG_PATH=$work/static:$PKG_CONFIG_PATH pkg-config --cflags --static --libs libneuron)
if readelf -d "$work/seven-lines-static" | grep 'NEEDED.*libneuron'; then
    echo "the static program needs the shared library" >&2
    exit 1
fi
[ "$("$work/seven-lines-static" "$work/committee.safetensors")" = "$parameters" ]

if [ -n "$cpp" ]; then
    say "C++17 predicts with it"
    # shellcheck disable=SC2046
    $cpp -std=c++17 -Wall -Wextra -Wpedantic -Werror -o "$work/predict" "$sources/predict.cpp" \
        $(pkg-config --cflags --libs libneuron)
    "$work/predict" "$work"
else
    missing="$missing C++ compiler"
fi

python=
for candidate in /usr/bin/python3 python3; do
    if [ -z "$python" ] && $candidate -c 'import numpy' 2>"$work/no-numpy"; then
        python=$candidate
    fi
done
if [ -n "$python" ]; then
    say "Python predicts with it"
    "$python" "$sources/predict.py" "$library" "$work"
    say "Python adds a layer of its own"
    "$python" "$sources/custom.py" "$library"
    say "the Python of the documents"
    pages=$(grep -l '^```python$' "$top"/README.md "$top"/docs/*.md)
    [ "$(echo "$pages" | wc -l)" -ge 5 ]
    for page in $pages; do
        folder=$work/python/$(basename "$page" .md)
        mkdir -p "$folder"
        (cd "$folder" && PYTHONPATH=$build/lib/python LIBNEURON_LIBRARY=$library "$python" \
            "$sources/python_document.py" "$page" "$top/tests/abi/enumerators.txt")
    done
else
    missing="$missing NumPy"
fi

# The libraries beside the core are not built everywhere.
has_beside=
for name in committee keras mpi onnx report source; do
    if pkg-config --exists "libneuron-$name"; then
        has_beside="$has_beside $name"
        for file in "$libraries/libneuron-$name.so.1" "$libraries/libneuron-$name.so" \
            "$tree/include/libneuron-$name/$name"*.h; do
            [ -e "$file" ] || { echo "$file was not installed" >&2; exit 1; }
        done
        case $(pkg-config --libs "libneuron-$name") in
        *hdf5* | *png* | *protobuf* | *rsvg*)
            echo "a program is told to link what only libneuron-$name needs" >&2
            exit 1
            ;;
        esac
    else
        missing="$missing libneuron-$name"
    fi
done

# Programs that need one of them that there is not, and what the others are linked with.
beside_of() {
    sed -n 's|^#include <libneuron-\([a-z]*\)/.*|\1|p' "$1" | sort -u
}
cannot_be_built() {
    for name in $(beside_of "$1"); do
        case " $has_beside " in
        *" $name "*) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

say "the programs of the documents"
python3 "$sources/documents.py" "$top" "$work/documents"
for source in "$work"/documents/*.c; do
    cannot_be_built "$source" && continue
    # shellcheck disable=SC2046
    compile_c "${source%.c}" -Wno-unused "$source" $(beside_of "$source" | sed 's/^/libneuron-/' | xargs -r pkg-config --cflags --libs)
done
if [ -n "$cpp" ]; then
    for source in "$work"/documents/*.cpp; do
        cannot_be_built "$source" && continue
        without=
        [ "${source##*/results-}" = "$source" ] || without='-fno-exceptions -fno-rtti'
        # shellcheck disable=SC2046,SC2086
        $cpp -std=c++17 $without -Wall -Wextra -Wno-unused -Werror -o "${source%.cpp}" "$source" \
            $(pkg-config --cflags --libs libneuron $(beside_of "$source" | sed 's/^/libneuron-/'))
    done
fi
mkdir "$work/documents/run"
for program in "$work"/documents/program-* "$work"/documents/results-program-*; do
    case $program in
    *.c | *.cpp | *'*') ;;
    *) (cd "$work/documents/run" && "$program" >/dev/null) ;;
    esac
done

# Each by the line in its opening comment, where it has one.
say "the programs of one file"
mkdir "$work/examples"
cp "$top"/examples/*.c "$work/examples"
cc() {
    $c -std=c11 -Wall -Wextra -Wpedantic -Werror "$@"
}
(
    cd "$work/examples"
    for source in *.c; do
        cannot_be_built "$source" && continue
        line=$(sed -n '/\*\//q; s/^ \*  *\(cc .*libneuron[a-z-]*).*\)/\1/p' "$source")
        eval "${line:-cc $source -o ${source%.c} \$(pkg-config --cflags --libs libneuron)}"
    done
    ./custom_layer snake.safetensors
)
if [ -n "$cpp" ]; then
    cp "$top"/examples/*.cpp "$work/examples"
    compile_cpp() {
        # shellcheck disable=SC2086
        $cpp -Wall -Wextra -Wpedantic -Werror "$@"
    }
    (
        cd "$work/examples"
        for source in *.cpp; do
            cannot_be_built "$source" && continue
            line=$(sed -n '/\*\//q; s/^ \*  *c++ \(.*libneuron[a-z-]*).*\)/compile_cpp \1/p' "$source")
            eval "${line:?$source says how it is compiled}"
        done
    )
fi

[ -z "$missing" ] || { echo "missing here:$missing"; exit 77; }
