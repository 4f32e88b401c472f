#!/usr/bin/env bash
# setup.sh DIR: puts into DIR what the boots need: QEMU, three kernels, the plugin and the guest's init.
#
# Everything is from Debian's archive, unpacked and not installed; the machine's own packages stay as they are.
# A second run only compiles the plugin and init anew. Exit 3, with the reason, where this machine cannot have it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:?usage: setup.sh DIR}"
dir=$(cd "$1" && pwd)
apt=$dir/apt

cannot() {
    echo "cannot set up the Linux boots: $1" >&2
    exit 3
}

check_machine() {
    local program
    for program in apt-get apt-cache dpkg-deb gcc; do
        command -v "$program" >/dev/null || cannot "there is no $program"
    done
    [ "$(dpkg --print-architecture)" = amd64 ] || cannot "the machine is not amd64"
    . /etc/os-release
    [ "$ID" = debian ] || cannot "the machine runs ${PRETTY_NAME:-$ID}, not Debian"
}

# The archive that this machine itself uses, whichever mirror that is.
archive() {
    local uri
    uri=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Release: $VERSION_CODENAME" | head -n 1)
    [ -n "$uri" ] || cannot "apt has no source of $VERSION_CODENAME"
    echo "$uri"
}

# apt with lists and packages of its own, and all else as this machine has it configured.
apt_options() {
    mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
    : >"$apt/status"
    : >"$apt/preferences"
    options=(
        -q -q
        -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
        -o "Dir::Etc::SourceList=$apt/sources.list" -o "Dir::Etc::SourceParts=/dev/null"
        -o "Dir::Etc::Preferences=$apt/preferences" -o "Dir::Etc::PreferencesParts=/dev/null"
        -o "APT::Sandbox::User=$(id -un)" -o "APT::Install-Recommends=0" -o "Acquire::Languages=none"
        -o "APT::Update::Error-Mode=any" -o "APT::Keep-Downloaded-Packages=true"
        -o "Acquire::Retries=3" -o "Debug::NoLocking=1"
    )
}

write_sources() {
    local uri keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed_by=
    uri=$(archive)
    if [ -e "$keyring" ]; then signed_by="[signed-by=$keyring] "; fi
    printf "deb $signed_by$uri %s main\n" bookworm trixie trixie-backports >"$apt/sources.list"
}

# The package that has the kernel's image: linux-image-VERSION or, where that is split, linux-binary-VERSION.
kernel_package() {
    local image binary
    image=$(apt-cache "${options[@]}" depends "linux-image-cloud-amd64/$1" |
        sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
    [ -n "$image" ] || cannot "the archive has no kernel in $1"
    binary=${image/linux-image-/linux-binary-}
    if apt-cache "${options[@]}" show "$binary" >/dev/null 2>&1; then image=$binary; fi
    echo "$image"
}

get_qemu() {
    local package
    apt-get "${options[@]}" -y --download-only -t trixie-backports install qemu-system-x86 ||
        cannot "apt cannot fetch QEMU"
    mkdir "$dir/root"
    for package in "$apt"/cache/archives/*.deb; do
        dpkg-deb --fsys-tarfile "$package" |
            tar -x -C "$dir/root" --exclude='./usr/share/doc' --exclude='./usr/share/man' \
                --exclude='./usr/share/locale' --exclude='./usr/bin/qemu-system-i386'
    done
}

get_kernel() {
    local suite=$1 package
    package=$(kernel_package "$suite")
    mkdir "$apt/$suite"
    (cd "$apt/$suite" && apt-get "${options[@]}" download "$package") || cannot "apt cannot fetch $package"
    dpkg-deb --fsys-tarfile "$apt/$suite"/*.deb | tar -x -C "$apt/$suite" --wildcards '*vmlinuz*'
    find "$apt/$suite" -name 'vmlinuz*' -type f -exec cp {} "$dir/vmlinuz-$suite" \;
    [ -s "$dir/vmlinuz-$suite" ] || cannot "$package has no image"
}

get_packages() {
    local suite
    rm -rf "$apt" "$dir/root" "$dir/ready"
    mkdir "$apt"
    trap 'rm -rf "$apt"' EXIT
    apt_options
    write_sources
    apt-get "${options[@]}" update || cannot "apt cannot read the lists of the archive"
    get_qemu
    for suite in bookworm trixie trixie-backports; do get_kernel "$suite"; done
}

# QEMU runs with its own dynamic loader and libraries, not with this machine's.
write_qemu() {
    cat >"$dir/qemu" <<END
#!/bin/sh
root='$dir/root'
exec "\$root/usr/lib64/ld-linux-x86-64.so.2" \\
    --library-path "\$root/usr/lib/x86_64-linux-gnu:\$root/lib/x86_64-linux-gnu" \\
    "\$root/usr/bin/qemu-system-x86_64" \\
    -L "\$root/usr/share/seabios" -L "\$root/usr/share/qemu" -L "\$root/usr/lib/ipxe/qemu" "\$@"
END
    chmod +x "$dir/qemu"
    "$dir/qemu" --version >/dev/null || cannot "QEMU does not run"
}

# A QEMU accepts a range of interface versions: the first that it loads. It then runs until it is stopped.
compile_plugin() {
    local version status
    for version in 7 8 9 10; do
        gcc -O2 -Wall -Wextra -DPLUGIN_API=$version -fPIC -shared -fvisibility=hidden \
            -o "$dir/cpuidov.new" "$here/cpuidov.c"
        status=0
        timeout 3 "$dir/qemu" -accel tcg -machine none -display none -nodefaults -S \
            -plugin "$dir/cpuidov.new" >"$dir/plugin.log" 2>&1 || status=$?
        if [ "$status" -eq 124 ]; then
            mv "$dir/cpuidov.new" "$dir/cpuidov.so"
            return
        fi
    done
    cannot "this QEMU does not load the plugin: $(tail -n 1 "$dir/plugin.log")"
}

compile_init() {
    gcc -O2 -Wall -Wextra -ffreestanding -nostdlib -static -fno-pie -no-pie -mgeneral-regs-only \
        -fno-stack-protector -fno-tree-loop-distribute-patterns -o "$dir/init.new" "$here/init.c"
    mv "$dir/init.new" "$dir/init"
}

check_machine
exec 9>"$dir/lock"
flock 9
if [ ! -e "$dir/packages" ]; then
    get_packages
    touch "$dir/packages"
fi
write_qemu
compile_plugin
compile_init
touch "$dir/ready"
"$dir/qemu" --version | head -n 1
du -sh "$dir"
