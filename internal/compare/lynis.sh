# Runs Lynis on a root tree: lynis.sh TREE ROOT OUT
#
# Lynis asks for processes and calls logrotate -d, which knows no root folder. So ROOT
# becomes a chroot of this machine's programs with /etc, /run and /var of the tree. The
# daemons of a running host are there as processes of their names. This is run in mount
# and process name spaces of its own, with which all of it goes away.
set -eu
tree=$1 root=$2 out=$3
mount -t tmpfs -o mode=755 compare "$root"
cd "$root"
mkdir etc usr var run proc dev tmp root sys
mount --bind /usr usr
mount -o remount,bind,ro usr
ln -s usr/bin usr/sbin usr/lib usr/lib64 .
cp -a "$tree/etc/." etc/
cp -a "$tree/var/." var/
cp -a "$tree/run/." run/
cp -a /etc/alternatives /etc/ld.so.cache /etc/ld.so.conf /etc/lynis etc/
mount -t tmpfs compare usr/local
mkdir usr/local/sbin
mount --rbind /dev dev
mount -t proc proc proc
daemons="auditd cron systemd-journald"
[ -e etc/rsyslog.conf ] && daemons="$daemons rsyslogd"
for daemon in $daemons; do
	cp /usr/bin/sleep "usr/local/sbin/$daemon"
	chroot . "/usr/local/sbin/$daemon" 3600 </dev/null >/dev/null 2>&1 &
done
chroot . /usr/sbin/lynis audit system --quick --no-colors --tests-from-group "logging accounting" \
	--report-file /tmp/report.dat --log-file /tmp/lynis.log >/dev/null
cp tmp/report.dat tmp/lynis.log "$out"
