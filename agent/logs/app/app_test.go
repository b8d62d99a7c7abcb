package app

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// brief puts a result in words: role, path, archives, removals, target and origin.
func brief(r Result) (lines []string) {
	for _, log := range r.Logs {
		words := []string{string(log.Program), string(log.Role), log.Path}
		if log.Single {
			words = append(words, "single")
		}
		if len(log.Archives) > 0 {
			words = append(words, "archives", strings.Join(log.Archives, " "))
		}
		for _, removal := range log.Removals {
			switch removal.Kind {
			case ByCount:
				words = append(words, fmt.Sprintf("%s=%d×(%.4gd,%dB)", removal.Setting, removal.Keep, removal.IntervalDays, removal.FileBytes))
			case ByAge:
				words = append(words, fmt.Sprintf("%s=%.4gd", removal.Setting, removal.Days))
			case Unknown:
				words = append(words, removal.Setting+" unknown")
			}
		}
		if log.Target != "" {
			words = append(words, "to", log.Target)
		}
		lines = append(lines, strings.Join(words, " ")+fmt.Sprintf(" @%s:%d", log.Origin.File, log.Origin.Line))
	}
	for _, problem := range r.Problems {
		lines = append(lines, "! "+problem.Error())
	}
	return lines
}

// host makes a host of names and texts.
func host(files ...string) fstest.MapFS {
	fsys := make(fstest.MapFS)
	for i := 0; i+1 < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// link adds a symbolic link.
func link(fsys fstest.MapFS, name, target string) fstest.MapFS {
	fsys[name] = &fstest.MapFile{Data: []byte(target), Mode: 0o777 | 1<<27}
	return fsys
}

func compare(t *testing.T, got Result, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, brief(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, line := range brief(got) {
		if strings.Contains(line, "secret") {
			t.Errorf("a secret got out: %s", line)
		}
	}
}

func TestNginx(t *testing.T) {
	fsys := host("etc/nginx/nginx.conf", `user nginx;
error_log /var/log/nginx/error.log notice;
#access_log /var/log/nginx/commented.log;
http {
    log_format main '$remote_addr - {} ; "$request"';
    access_log "/var/log/nginx/access.log" main buffer=32k;
    include conf.d/*.conf; include /absent/*.conf;
    server {
        location / { access_log off; content_by_lua_block { ngx.say("}") if x then { y } end } }
        location /a { access_log logs/${host}-$server_port.log; }
        access_log syslog:server=[2001:db8::1]:515,facility=local7,tag=nginx main;
        access_log syslog:server=unix:/dev/log;
        error_log stderr;
    }
}
`, "etc/nginx/conf.d/gov.conf", "server {\n  access_log /data/logs/gov.access.log;\n  error_log /data/logs/gov[1].error.log warn;\n  ssl_password_file /secret;\n}\n",
		"usr/local/nginx/conf/nginx.conf", "http { access_log logs/access.log\n")
	compare(
		t, LoadNginx(fsys),
		"nginx error /var/log/nginx/error.log @etc/nginx/nginx.conf:2",
		"nginx access /var/log/nginx/access.log @etc/nginx/nginx.conf:6",
		"nginx access /data/logs/gov.access.log @etc/nginx/conf.d/gov.conf:2",
		`nginx error /data/logs/gov\[1].error.log @etc/nginx/conf.d/gov.conf:3`,
		"nginx access /etc/nginx/logs/*-*.log @etc/nginx/nginx.conf:10",
		"nginx access  to [2001:db8::1]:515 @etc/nginx/nginx.conf:11",
		"! usr/local/nginx/conf/nginx.conf:1: "+ErrSyntax.Error(),
	)
}

func TestApache(t *testing.T) {
	debian := host(
		"etc/apache2/envvars", "unset HOME\nexport APACHE_LOG_DIR=/var/log/apache2$SUFFIX\nexport LANG=C\n",
		"etc/apache2/apache2.conf", `ErrorLog ${APACHE_LOG_DIR}/error.log
LogFormat "%h \"%r\"" combined
IncludeOptional sites-enabled/*.conf
Define LOGS /data/web
# CustomLog /commented combined
<VirtualHost *:80>
CustomLog "${LOGS}/my access.log" \
    combined
CustomLog ${UNKNOWN}/x combined
</VirtualHost>
`, "etc/apache2/sites-enabled/a.conf",
		`TransferLog "|/usr/bin/rotatelogs -l /var/log/apache2/a.%Y%m%d.log 86400"
CustomLog "|$/usr/bin/rotatelogs -n 5 /var/log/apache2/b.log 10M" common
CustomLog "|/usr/sbin/rotatelogs -t /var/log/apache2/c.log 3600" common
CustomLog "||/usr/sbin/cronolog /var/log/apache2/%Y/%m/d.log" common
CustomLog "|/usr/bin/rotatelogs /var/log/apache2/e.%a 86400" common
CustomLog "|/usr/local/bin/ship --password secret" common
CustomLog "unclosed
ErrorLog syslog:local1
`)
	compare(
		t, LoadApache(debian),
		"apache error /var/log/apache2/error.log @etc/apache2/apache2.conf:1",
		"apache access /var/log/apache2/a.*.log single @etc/apache2/sites-enabled/a.conf:1",
		"apache access /var/log/apache2/b.log single archives /var/log/apache2/b.log.* rotatelogs -n=4×(0d,10485760B) @etc/apache2/sites-enabled/a.conf:2",
		"apache access /var/log/apache2/c.log rotatelogs=0×(0.04167d,0B) @etc/apache2/sites-enabled/a.conf:3",
		"apache access /var/log/apache2/*/*/d.log single @etc/apache2/sites-enabled/a.conf:4",
		"apache access /var/log/apache2/e.* single rotatelogs=6×(1d,0B) @etc/apache2/sites-enabled/a.conf:5",
		"apache access /data/web/my access.log @etc/apache2/apache2.conf:7",
		"! etc/apache2/sites-enabled/a.conf:6: "+ErrPipe.Error(),
		"! etc/apache2/sites-enabled/a.conf:7: "+ErrSyntax.Error(),
		"! etc/apache2/apache2.conf:9: "+ErrRelative.Error(),
	)
	openEuler := link(host("etc/httpd/conf/httpd.conf", "ServerRoot \"/etc/httpd\"\nErrorLog \"logs/error_log\"\nCustomLog logs/access_log combined\n"), "etc/httpd/logs", "../../var/log/httpd")
	compare(
		t, LoadApache(openEuler),
		"apache error /var/log/httpd/error_log @etc/httpd/conf/httpd.conf:2",
		"apache access /var/log/httpd/access_log @etc/httpd/conf/httpd.conf:3",
	)
}

func TestMySQL(t *testing.T) {
	fsys := host(
		"etc/my.cnf", "[client]\npassword=secret\nlog_error=/not/this\n!includedir /etc/my.cnf.d\n",
		"etc/my.cnf.d/server.cnf", `[mysqld]
datadir = /data/mysql
log-error = "/var/log/mysql/error.log" # where
slow_query_log
long_query_time = 1
general_log = OFF
server_audit_logging=ON
server_audit_file_rotations=20
server_audit_file_rotate_size=100M
plugin-load-add = audit_log.so
audit_log_rotate_on_size = 1G
audit_log_prune_seconds = 2592000
audit_log_rotations = many
`)
	compare(
		t, LoadMySQL(fsys),
		"mysql error /var/log/mysql/error.log @etc/my.cnf.d/server.cnf:3",
		"mysql slow /data/mysql/*-slow.log @etc/my.cnf.d/server.cnf:4",
		"mysql audit /data/mysql/server_audit.log server_audit_file_rotations=20×(0d,104857600B) @etc/my.cnf.d/server.cnf:7",
		"mysql audit /data/mysql/audit.log archives /data/mysql/audit.*.log* audit_log_rotations unknown audit_log_prune_seconds=30d @etc/my.cnf.d/server.cnf:10",
		"! etc/my.cnf.d/server.cnf:13: "+ErrNumber.Error(),
	)
	compare(t, LoadMySQL(host("etc/my.cnf", "[mysql]\nprompt=x\n")))
}

func TestPostgreSQL(t *testing.T) {
	fsys := host(
		"etc/postgresql/15/main/postgresql.conf", "data_directory = '/var/lib/postgresql/15/main'\n#logging_collector = on\n",
		"var/lib/pgsql/data/postgresql.conf", `logging_collector = on # comment
log_destination = 'stderr,csvlog,syslog'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
include_dir 'conf.d'
`,
		"var/lib/pgsql/14/data/postgresql.conf", "logging_collector=on\nlog_directory='/data/pg''log'\n",
		"var/lib/pgsql/13/data/postgresql.conf", "logging_collector=on\nlog_filename='pg-%H.log'\nlog_truncate_on_rotation=true\n",
		"var/lib/pgsql/13/data/postgresql.auto.conf", "log_rotation_age = '60min'\n",
		"var/lib/pgsql/12/data/postgresql.conf", "logging_collector=on\nlog_filename='pg-%d.log'\nlog_truncate_on_rotation=on\nlog_rotation_age=soon\n",
	)
	compare(
		t, LoadPostgreSQL(fsys),
		"postgresql all /var/log/postgresql/postgresql-15-main.log @etc/postgresql/15/main/postgresql.conf:0",
		"postgresql all /var/lib/pgsql/12/data/log/pg-*.log single log_filename unknown @var/lib/pgsql/12/data/postgresql.conf:2",
		"postgresql all /var/lib/pgsql/13/data/log/pg-*.log single log_filename=23×(0.04167d,0B) @var/lib/pgsql/13/data/postgresql.conf:2",
		"postgresql all /data/pg'log/postgresql-*-*-*_*.log single @var/lib/pgsql/14/data/postgresql.conf:1",
		"postgresql all /var/lib/pgsql/data/log/postgresql-*.log single log_filename=6×(1d,0B) @var/lib/pgsql/data/postgresql.conf:3",
		"postgresql all /var/lib/pgsql/data/log/postgresql-*.csv single log_filename=6×(1d,0B) @var/lib/pgsql/data/postgresql.conf:3",
	)
}

func TestRedis(t *testing.T) {
	compare(
		t, LoadRedis(host(
			"etc/redis/redis.conf", "requirepass secret\n# logfile /commented\nlogfile /var/log/redis/redis-server.log\n",
			"etc/redis/sentinel.conf", "dir /data/redis\nlogfile \"sentinel.log\"\n",
			"etc/redis.conf", "logfile ''\n",
			"usr/local/redis/redis.conf", "logfile here.log\n",
		)),
		"redis run /var/log/redis/redis-server.log @etc/redis/redis.conf:3",
		"redis run /data/redis/sentinel.log @etc/redis/sentinel.conf:2",
		"! usr/local/redis/redis.conf:1: "+ErrRelative.Error(),
	)
}

func TestTomcat(t *testing.T) {
	properties := `handlers = 1catalina.org.apache.juli.AsyncFileHandler, java.util.logging.ConsoleHandler
org.apache.catalina.core.ContainerBase.[Catalina].[localhost].handlers = 2localhost.org.apache.juli.FileHandler
1catalina.org.apache.juli.AsyncFileHandler.directory = ${catalina.base}/logs
1catalina.org.apache.juli.AsyncFileHandler.prefix = catalina.
1catalina.org.apache.juli.AsyncFileHandler.maxDays = 90
2localhost.org.apache.juli.FileHandler.directory = ${catalina.base}/logs
2localhost.org.apache.juli.FileHandler.prefix = localhost.
3unused.org.apache.juli.FileHandler.prefix = unused.
`
	server := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e "boom">]>
<Server port="8005" shutdown="secret"><Service name="Catalina"><Engine><Host name="localhost">
  <!-- <Valve className="org.apache.catalina.valves.AccessLogValve" prefix="commented"/> -->
  <Valve className="org.apache.catalina.valves.AccessLogValve" directory="logs"
         prefix="localhost_access_log" suffix=".txt" maxDays="30" pattern="%h"/>
  <Valve className="org.apache.catalina.valves.AccessLogValve" directory="/data/access" rotatable="false" prefix="all.log"/>
  <Valve className="org.apache.catalina.valves.RemoteIpValve"/>
</Host></Engine></Service></Server>
`
	compare(
		t, LoadJava(host(
			"opt/apache-tomcat-9/conf/server.xml", server, "opt/apache-tomcat-9/conf/logging.properties", properties,
			"opt/apache-tomcat-9/logs/catalina.out", "x",
		)),
		"tomcat access /opt/apache-tomcat-9/logs/localhost_access_log*.txt single maxDays=30d @opt/apache-tomcat-9/conf/server.xml:5",
		"tomcat access /data/access/all.log @opt/apache-tomcat-9/conf/server.xml:6",
		"tomcat run /opt/apache-tomcat-9/logs/catalina.*.log single maxDays=90d @opt/apache-tomcat-9/conf/logging.properties:5",
		"tomcat run /opt/apache-tomcat-9/logs/localhost.*.log single @opt/apache-tomcat-9/conf/logging.properties:7",
		"tomcat run /opt/apache-tomcat-9/logs/catalina.out @opt/apache-tomcat-9/conf/server.xml:0",
	)
	debian := link(host("etc/tomcat10/logging.properties", properties), "var/lib/tomcat10/logs", "../../log/tomcat10")
	compare(
		t, LoadJava(debian),
		"tomcat run /var/log/tomcat10/catalina.*.log single maxDays=90d @etc/tomcat10/logging.properties:5",
		"tomcat run /var/log/tomcat10/localhost.*.log single @etc/tomcat10/logging.properties:7",
	)
}
