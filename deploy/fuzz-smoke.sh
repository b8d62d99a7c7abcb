#!/bin/bash
# Runs every fuzz target of the module for a few seconds: deploy/fuzz-smoke.sh [SECONDS]
set -euo pipefail
seconds=${1:-3}
targets=0
for dir in $(git ls-files '*_test.go' | xargs grep -lE '^func Fuzz' | xargs -n1 dirname | sort -u); do
	for target in $(grep -hoE '^func Fuzz\w+' "$dir"/*_test.go | cut -d' ' -f2); do
		echo "fuzz ./$dir $target"
		for try in 1 2 3; do
			go test "./$dir" -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -fuzzminimizetime 10x >/tmp/fuzz.$$ 2>&1 && break
			# Now and then go test takes the end of the time for a failure. Then there is no failing input.
			if ((try == 3)) || grep -q 'Failing input' /tmp/fuzz.$$ || ! grep -q '^    context deadline exceeded$' /tmp/fuzz.$$; then
				cat /tmp/fuzz.$$
				rm -f /tmp/fuzz.$$
				exit 1
			fi
			echo "    the end of the time was taken for a failure; once more"
		done
		targets=$((targets + 1))
	done
done
rm -f /tmp/fuzz.$$
echo "$targets fuzz targets, $seconds s each, no crash"
[[ $targets -gt 0 ]]
