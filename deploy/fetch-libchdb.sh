#!/bin/bash
# Puts libchdb, the embedded ClickHouse, into the user's cache folder:
#   deploy/fetch-libchdb.sh               fetch the package from the npm registry
#   deploy/fetch-libchdb.sh PACKAGE.tgz   take a package that was fetched elsewhere
# Nothing is installed outside the cache folder, and no script of the package is run.
set -euo pipefail

package=@chdb/lib-linux-x64-gnu
version=26.7.3-stable.1
integrity='XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw=='
target=${XDG_CACHE_HOME:-$HOME/.cache}/yunjian/libchdb/$version

die() {
	echo "fetch-libchdb: $*" >&2
	exit 1
}

if [[ $(uname -s) != Linux || $(uname -m) != x86_64 ]]; then
	die "libchdb is packaged for linux amd64 only: give the collector the DSN of a ClickHouse server, or a libchdb.so of your own in YUNJIAN_LIBCHDB"
fi
if [[ -f $target/libchdb.so ]]; then
	echo "libchdb $version is there already: $target/libchdb.so"
	exit 0
fi

mkdir -p "$target"
work=$(mktemp -d "$target/.fetch-XXXXXX")
trap 'rm -rf "$work"' EXIT

if [[ $# -gt 0 ]]; then
	tgz=$1
	[[ -f $tgz ]] || die "there is no package $tgz"
else
	command -v npm >/dev/null || die "npm is missing: install it, or fetch $package@$version elsewhere and give its .tgz to this script"
	echo "fetching $package@$version, 178 MB ..."
	(cd "$work" && npm pack --silent --ignore-scripts "$package@$version" >/dev/null) ||
		die "npm could not fetch $package@$version: is the registry reachable?"
	tgz=$(echo "$work"/*.tgz)
fi

echo "checking its SHA-512 ..."
found=$(sha512sum <"$tgz" | cut -d' ' -f1)
wanted=$(base64 -d <<<"$integrity" | od -An -v -tx1 | tr -d ' \n')
[[ $found == "$wanted" ]] || die "$tgz is not the package it should be (SHA-512 $found, wanted $wanted); nothing was installed"

echo "unpacking libchdb.so, 566 MB ..."
tar -xzf "$tgz" -C "$work" package/libchdb.so
chmod 0755 "$work/package/libchdb.so"
sync "$work/package/libchdb.so"
mv "$work/package/libchdb.so" "$target/libchdb.so"
echo "libchdb $version is in $target/libchdb.so"
