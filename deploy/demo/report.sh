#!/bin/bash
# make demo-report: the three kinds of reports at once, from this host's real logs and a fleet: a
# made-up one with a fixed seed (every page says 模拟数据), or real traces: make demo-report TRACES=FOLDER.
# Usage and notices are of the last month; the two on security, which are about this host's logs as they are now, of
# the present one. Everything is kept in ./var/demo (or the folder given).
#   YUNJIAN_BIN=FOLDER   where the programs are, instead of ./bin
#   MACHINES=48 SEED=1   size and seed of the made-up fleet
set -euo pipefail

var=$(realpath -m "${1:-var/demo}")
bin=$(realpath "${YUNJIAN_BIN:-$(dirname "$0")/../../bin}")
# shellcheck source=common.sh
source "$(dirname "$0")/common.sh"
port=$(free_port "${YUNJIAN_PORT:-9930}")
now=$(TZ=Asia/Shanghai date +%Y-%m)
month=$(TZ=Asia/Shanghai date -d "$now-01 -1 day" +%Y-%m)
collector="$bin/yunjian-collector --config $var/collector.yaml"
mkdir -p "$var/inventory" "$var/spool"
umask 077

trap stop_all EXIT
trap 'exit 1' INT TERM

[[ -f $var/demo.secret ]] || "$bin/yunjian-collector" token secret >"$var/demo.secret"
cat >"$var/collector.yaml" <<YAML
data_dir: data
listen: 127.0.0.1:$port
providers:
  - {id: demo, secret_file: demo.secret}
YAML
if [[ -n ${TRACES:-} ]]; then
	fleet=(--traces "$TRACES")
else
	fleet=(--made-up "${MACHINES:-48}" --seed "${SEED:-1}")
	echo 'reports: {mark: 模拟数据}' >>"$var/collector.yaml"
fi

say "collector with the embedded ClickHouse in $var/data"
start_collector

say "fleet: replay ${fleet[*]}"
$collector replay --provider demo "${fleet[@]}" --inventory-dir "$var/inventory/fleet" 2>&1 | tail -n 2 | sed 's/^/    /'

say "this host and its logs"
cat >"$var/agent.yaml" <<YAML
collector_url: http://127.0.0.1:$port
token_file: $var/agent.token
spool_dir: $var/spool
report_interval: 15s
listen: "off"
YAML
once=$("$bin/yunjian-agent" once --config "$var/agent.yaml")
value() { awk -v name="$1" '$1 == name {printf "%.0f", $2 / '"$2"' + 0.499}' <<<"$once"; }
host=$(awk '$1 == "host" {print $2}' <<<"$once")
$collector token --provider demo --host "$host" >"$var/agent.token"
printf 'unit_code,unit_name\nN-DEMO-01,示例使用单位\n' >"$var/inventory/1-units.csv"
printf 'system_id,system_name,unit_code,platform_id,djbh_level,cutover_date,status\ndemo-system,示例信息系统,N-DEMO-01,replay-platform,2,2025-01-10,running\n' \
	>"$var/inventory/2-systems.csv"
printf 'host_id,system_id,platform_id,provider_id,vcpu,memory_gib,disk_gib,in_service_date,effective_from,state,owner\n%s,demo-system,replay-platform,demo,%s,%s,%s,%s,%s,in_service,unit\n' \
	"$host" "$(value yunjian_vcpus 1)" "$(value yunjian_memory_total_bytes 1073741824)" "$(value yunjian_storage_size_bytes 1073741824)" "$now-01" "$now-01" \
	>"$var/inventory/3-hosts.csv"
$collector inventory import "$var"/inventory/*.csv >/dev/null
"$bin/yunjian-agent" run --config "$var/agent.yaml" >"$var/agent.log" 2>&1 &
pids+=($!)
printf '    %s: waiting for its logs ' "$host"
for ((i = 0; i < 120; i++)); do
	grep -q 'logs are watched' "$var/agent.log" && break
	kill -0 "${pids[1]}" 2>/dev/null || { echo; tail -n 5 "$var/agent.log" >&2; exit 1; }
	printf .
	sleep 1
done
sleep 6 # the document goes out a few seconds later
echo " there"

say "judging $month and $now"
for m in "$month" "$now"; do
	$collector judge --month "$m" 2>/dev/null | grep -E 'findings|logs judged|proposals' | sed 's/^/    /'
done

say "reports"
for kind in usage notice security; do
	m=$month
	[[ $kind == security ]] && m=$now
	$collector report --kind "$kind" --month "$m" --provider demo --out "$var/reports" 2>"$var/report.log" >"$var/report.out" ||
		{ cat "$var/report.log" >&2; exit 1; }
	grep 'left out' "$var/report.log" | sed 's/^/    /' || true # for want of a font; says which package has one
	awk '!/manifest/' "$var/report.out" | head -n 8 | sed 's/^/    /'
	more=$(($(grep -vc manifest "$var/report.out") - 8))
	((more <= 0)) || echo "    … and $more more of this kind"
done
say "all of them are in $var/reports"
