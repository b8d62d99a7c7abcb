#!/bin/bash
# Runs every fuzz target of the module for a few seconds, as many at once as there are processors,
# each with one worker and from its seeds alone: deploy/fuzz-smoke.sh [SECONDS]
set -euo pipefail
seconds=${1:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

smoke() { # DIRECTORY TARGET BINARY
	local log
	log=$(mktemp -p "$work")
	for try in 1 2 3; do
		if (cd "$1" && "$3" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "${seconds}s" -test.fuzzminimizetime 10x \
			-test.fuzzcachedir "$work/cache/$1" -test.parallel 1 -test.timeout 5m) >"$log" 2>&1; then
			echo "fuzz ./$1 $2: $(grep -oE 'execs: [0-9]+' "$log" | tail -1)"
			return
		fi
		# Now and then the end of the time is taken for a failure. Then there is no failing input.
		if ((try == 3)) || grep -q 'Failing input' "$log" || ! grep -q '^    context deadline exceeded$' "$log"; then
			echo "fuzz ./$1 $2: FAILED"
			cat "$log"
			return 1
		fi
		echo "fuzz ./$1 $2: the end of the time was taken for a failure; once more"
	done
}
export -f smoke
export seconds work

for dir in $(git ls-files '*_test.go' | xargs grep -lE '^func Fuzz' | xargs -n1 dirname | sort -u); do
	binary=$work/${dir//\//_}.test
	go test -c -fuzz Fuzz -o "$binary" "./$dir"
	for target in $(grep -hoE '^func Fuzz\w+' "$dir"/*_test.go | cut -d' ' -f2); do
		echo "$dir $target $binary" >>"$work/targets"
	done
done
xargs -P "$(nproc)" -L 1 bash -c 'smoke "$@"' smoke <"$work/targets"
echo "$(wc -l <"$work/targets") fuzz targets, $seconds s each, no crash"
