#!/usr/bin/env bash
# Installs libopencc 1.4.2, which the cargo feature `opencc` links, and prints the environment that opencc-rust wants.
#
#     source <(tests/support/libopencc.sh)          # into target/libopencc
#     tests/support/libopencc.sh DIR; . DIR/env     # into DIR; the same exports are in DIR/env
#     cargo test --features opencc
#
# The library comes out of the PyPI wheel `opencc`, which carries the static libopencc and libmarisa, the headers and the
# compiled dictionaries; nothing is built and nothing of Python is installed. Needs python3 with pip to download, and g++ for
# libstdc++ when cargo links. When DIR holds the library already, this only prints.
set -euo pipefail

version=1.4.2
wheel_sha256=794afd1f5254b22fb7e8655d3e60f0467e4a1ad5ebbd62f9efdd2dd421dd43db # cp311, manylinux2014, x86_64
stamp="$version-1" # the 1 counts changes of the layout under DIR

say() { echo "libopencc.sh: $*" >&2; }
die() { say "$*"; exit 1; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${1:-${CARGO_TARGET_DIR:-$here/target}/libopencc}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# Always the wheel of the same Python, whatever Python is here: only the library inside is wanted.
platform() {
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo manylinux2014_x86_64 ;;
    Linux-aarch64) echo manylinux2014_aarch64 ;;
    Darwin-arm64) echo macosx_11_0_arm64 ;;
    Darwin-x86_64) echo macosx_10_9_x86_64 ;;
    *) die "PyPI has no opencc $version for $(uname -s) $(uname -m); build OpenCC $version and set OPENCC_DIR" ;;
    esac
}

install() {
    local scratch platform wheel sum clib
    platform=$(platform)
    scratch=$(mktemp -d "$dir/download.XXXXXX")
    # shellcheck disable=SC2064  # the value of now
    trap "rm -rf '$scratch'" EXIT
    say "downloading opencc $version for $platform"
    python3 -m pip --disable-pip-version-check --quiet download "opencc==$version" --no-deps --only-binary :all: \
        --python-version 3.11 --implementation cp --abi cp311 --platform "$platform" --dest "$scratch" >&2 ||
        die "pip could not download opencc $version; python3 with pip and the network are needed"
    wheel=$(echo "$scratch"/opencc-"$version"-*.whl)
    sum=$(python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$wheel")
    if [ "$platform" = manylinux2014_x86_64 ]; then
        [ "$sum" = "$wheel_sha256" ] || die "$(basename "$wheel"): SHA-256 is $sum, expected $wheel_sha256"
    else
        say "warning: no SHA-256 is pinned for $(basename "$wheel"); it is $sum"
    fi
    python3 -m zipfile -e "$wheel" "$scratch/wheel"
    clib=$scratch/wheel/opencc/clib
    [ -f "$clib/include/opencc/opencc.h" ] || die "$(basename "$wheel") has no opencc/clib/include"
    [ -d "$clib/lib64" ] || [ ! -d "$clib/lib" ] || mv "$clib/lib" "$clib/lib64"
    [ -f "$clib/lib64/libopencc.a" ] || die "$(basename "$wheel") has no static libopencc"
    rm -rf "$dir/clib"
    mv "$clib" "$dir/clib"
}

if [ "$(cat "$dir/stamp" 2>/dev/null)" != "$stamp" ]; then
    install
    cat >"$dir/env" <<END
export OPENCC_LIB_DIRS='$dir/clib/lib64'
export OPENCC_INCLUDE_DIRS='$dir/clib/include'
export OPENCC_LIBS=opencc:marisa
export OPENCC_STATIC=1
export OPENCC_DYLIB_STDCPP=1
export OPENCC_DATA_DIR='$dir/clib/share/opencc'
END
    echo "$stamp" >"$dir/stamp"
    say "installed in $dir"
fi
cat "$dir/env"
