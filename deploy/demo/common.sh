# What the demonstrations share; sourced by run.sh and report.sh, which set var, bin and port.

# free_port PORT: the first free port from the given one on.
free_port() {
	local p=$1
	while (exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null; do ((p++)); done
	echo "$p"
}

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

pids=()
# stop_all ends what was started, the last one first: the agent before the collector.
stop_all() {
	local i
	trap - EXIT INT TERM
	for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
		kill -TERM "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null || true
	done
}

# start_collector runs the collector of $var/collector.yaml and returns once it listens.
start_collector() {
	local i
	"$bin/yunjian-collector" serve --config "$var/collector.yaml" >"$var/collector.out" 2>"$var/collector.log" &
	pids+=($!)
	for ((i = 0; ; i++)); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
		if ((i > 300)) || ! kill -0 "${pids[0]}" 2>/dev/null; then
			echo "the collector did not start:" >&2
			tail -n 5 "$var/collector.log" >&2
			exit 1
		fi
		sleep 0.1
	done
}
