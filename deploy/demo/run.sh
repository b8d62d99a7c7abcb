#!/bin/bash
# make run: a collector with the embedded engine and an agent on this very host, a small sample
# inventory that contains this host, then judging and a report. Everything is kept in ./var (or the
# folder given), so that a second run goes on where the first one stopped. Ctrl-C stops it cleanly.
#   YUNJIAN_RUN_ONCE=1   stop after the report (for tests)
#   YUNJIAN_BIN=FOLDER   where the programs are, instead of ./bin
set -euo pipefail

var=$(realpath -m "${1:-var}")
bin=$(realpath "${YUNJIAN_BIN:-$(dirname "$0")/../../bin}")
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"
port=$(free_port "${YUNJIAN_PORT:-9920}")
agent_port=$(free_port "${YUNJIAN_AGENT_PORT:-9911}")
month=$(TZ=Asia/Shanghai date +%Y-%m)
collector="$bin/yunjian-collector --config $var/collector.yaml"
mkdir -p "$var" "$var/spool"
umask 077

stop() {
	stop_all
	say "stopped; \`make run\` goes on from here"
}
trap stop EXIT
trap 'exit 0' INT TERM

[[ -f $var/demo.secret ]] || "$bin/yunjian-collector" token secret >"$var/demo.secret"
cat >"$var/collector.yaml" <<YAML
data_dir: data
listen: 127.0.0.1:$port
providers:
  - {id: demo, secret_file: demo.secret}
YAML
cat >"$var/agent.yaml" <<YAML
collector_url: http://127.0.0.1:$port
token_file: $var/agent.token
spool_dir: $var/spool
report_interval: 15s # the default is 60s; a demonstration should not keep you waiting
listen: 127.0.0.1:$agent_port
YAML

say "this host"
once=$("$bin/yunjian-agent" once --config "$var/agent.yaml")
value() { awk -v name="$1" '$1 == name {printf "%.0f", $2}' <<<"$once"; }
host=$(awk '$1 == "host" {print $2}' <<<"$once")
vcpu=$(value yunjian_vcpus)
memory=$(awk '$1 == "yunjian_memory_total_bytes" {printf "%.0f", $2 / 1073741824 + 0.499}' <<<"$once")
disk=$(awk '$1 == "yunjian_storage_size_bytes" {printf "%.0f", $2 / 1073741824 + 0.499}' <<<"$once")
echo "    $host: $vcpu vCPU, $memory GiB memory, $disk GiB disk"
$collector token --provider demo --host "$host" >"$var/agent.token"

say "collector with the embedded ClickHouse in $var/data"
start_collector
echo "    http://127.0.0.1:$port (agents and gateways), http://127.0.0.1:$port/metrics (itself)"

say "sample inventory"
mkdir -p "$var/inventory"
cat >"$var/inventory/1-providers.csv" <<CSV
provider_id,provider_name
demo,示例云服务商
CSV
cat >"$var/inventory/2-platforms.csv" <<CSV
platform_id,platform_name,platform_kind,provider_id
demo-cloud,示例云服务商平台,provider,demo
CSV
cat >"$var/inventory/3-units.csv" <<CSV
unit_code,unit_name
N-DEMO-01,示例使用单位
CSV
cat >"$var/inventory/4-systems.csv" <<CSV
system_id,system_name,unit_code,platform_id,djbh_level,cutover_date,status
demo-system,示例信息系统,N-DEMO-01,demo-cloud,2,2025-01-10,running
CSV
cat >"$var/inventory/5-hosts.csv" <<CSV
host_id,system_id,platform_id,provider_id,vcpu,memory_gib,disk_gib,in_service_date,effective_from,state,owner
$host,demo-system,demo-cloud,demo,$vcpu,$memory,$disk,$(TZ=Asia/Shanghai date +%Y-%m-01),$(TZ=Asia/Shanghai date +%Y-%m-01),in_service,unit
CSV
$collector inventory import "$var"/inventory/*.csv | sed "s|$var/||; s/^/    /"

say "agent on this host, reporting every 15 s"
"$bin/yunjian-agent" run --config "$var/agent.yaml" >"$var/agent.log" 2>&1 &
pids+=($!)
echo "    http://127.0.0.1:$agent_port/metrics"
printf '    waiting for its first report '
started=$(date +%s)
until $collector status --json 2>/dev/null | awk -v host="$host" -v started="$started" '
	$1 == "\"host\":" {this = ($2 ~ host)}
	this && $1 == "\"last_report\":" {gsub(/[",]/, "", $2); cmd = "date -d " $2 " +%s"; cmd | getline at; if (at >= started - 30) found = 1}
	END {exit !found}'; do
	if (($(date +%s) - started > 120)) || ! kill -0 "${pids[1]}" 2>/dev/null; then
		echo
		echo "no report arrived:" >&2
		tail -n 5 "$var/agent.log" "$var/collector.log" >&2
		exit 1
	fi
	printf .
	sleep 2
done
# The first look at the logs waits for the collector's clock; its document goes out a few seconds later.
for ((i = 0; i < 90; i++)); do
	grep -q 'logs are watched' "$var/agent.log" && break
	printf .
	sleep 1
done
sleep 6
echo " there"

say "judging $month"
$collector judge --month "$month" 2>/dev/null | sed 's/^/    /'
say "report of $month"
mkdir -p "$var/reports"
$collector report --month "$month" --provider demo --out "$var/reports" | sed 's/^/    /'

say "status"
$collector status | sed 's/^/    /'
cat <<TXT

    reports     $var/reports
    inventory   $var/inventory
    logs        $var/collector.log, $var/agent.log
    ask         bin/yunjian-collector status --config $var/collector.yaml
    real traces bin/yunjian-collector replay --config $var/collector.yaml --provider demo --traces FOLDER
TXT
[[ -z ${YUNJIAN_RUN_ONCE:-} ]] || exit 0
say "running; Ctrl-C stops agent and collector"
wait "${pids[0]}"
