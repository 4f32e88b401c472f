#!/usr/bin/env bash
# setup.sh DIR: installs into DIR what the tests of editors run, and prints the folders that PATH needs.
#
# A second run changes nothing. Exit 3, with the reason, where this machine cannot have it.
set -euo pipefail

# From npm and from PyPI.
yaml_language_server=1.25.0
check_jsonschema=0.39.0

mkdir -p "${1:?usage: setup.sh DIR}"
dir=$(cd "$1" && pwd)
npm=$dir/yaml-language-server-$yaml_language_server
venv=$dir/check-jsonschema-$check_jsonschema

cannot() {
    echo "cannot set up the editors' tests: $1" >&2
    exit 3
}

for program in npm python3; do
    command -v "$program" >/dev/null || cannot "there is no $program"
done

if ! [ -e "$npm/complete" ]; then
    rm -rf "$npm"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$npm" \
        "yaml-language-server@$yaml_language_server" >&2 || cannot "npm cannot install yaml-language-server"
    touch "$npm/complete"
fi
if ! [ -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2 || cannot "python3 has no module venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check "check-jsonschema==$check_jsonschema" >&2 ||
        cannot "pip cannot install check-jsonschema"
    touch "$venv/complete"
fi

echo "$npm/node_modules/.bin:$venv/bin"
