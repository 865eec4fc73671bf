#!/bin/bash
# Builds and installs into $PREFIX for conda-build, whose variables these are; meta.yaml says which file is whose.
set -euo pipefail

meson setup build-conda --prefix="$PREFIX" --libdir=lib --buildtype=release --wrap-mode=nofallback \
    -Dcblas=disabled -Dpng=enabled -Dreport=enabled -Donnx=enabled -Dkeras=enabled -Dmpi=enabled -Drsvg=disabled -Dsource=enabled -Dtools=enabled -Dpython=enabled -Dpython.purelibdir="$SP_DIR" -Dtests=false -Dexamples=false -Ddocs=disabled
meson compile -C build-conda -j "${CPU_COUNT:-0}"
meson install -C build-conda --no-rebuild
