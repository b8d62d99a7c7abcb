package app

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const logbackText = `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <property name="log.path" value="/data/logs/gov"/>
  <springProperty name="app" source="spring.application.name" defaultValue="portal"/>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender"/>
  <appender name="info" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>${log.path}/sys-info.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.TimeBasedRollingPolicy">
      <fileNamePattern>${log.path}/sys-info.%d{yyyy-MM-dd}.log</fileNamePattern>
      <!-- the longest history: 60 days -->
      <maxHistory>60</maxHistory>
    </rollingPolicy>
  </appender>
  <appender name="operation" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <rollingPolicy class="ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy">
      <FileNamePattern>${log.path}/%d{yyyy-MM, aux}/${app}-operation-%d{yyyy-MM-dd_HH}.%i.log.gz</FileNamePattern>
      <maxFileSize>100MB</maxFileSize><MaxHistory>${days:-4800}</MaxHistory><totalSizeCap>10GB</totalSizeCap>
    </rollingPolicy>
  </appender>
  <appender name="forever" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>${log.path}/forever.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.TimeBasedRollingPolicy">
      <fileNamePattern>${log.path}/forever.%d{yyyy-MM}.log</fileNamePattern>
      <totalSizeCap>1GB</totalSizeCap>
    </rollingPolicy>
  </appender>
  <appender name="window" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>logs/window.log</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>logs/window.%i.log</fileNamePattern><minIndex>1</minIndex><maxIndex>50</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy"><maxFileSize>5MB</maxFileSize></triggeringPolicy>
  </appender>
  <appender name="plain" class="ch.qos.logback.core.FileAppender"><file>${nobody.knows}/plain.log</file></appender>
  <appender name="unused" class="ch.qos.logback.core.FileAppender"><file>/unused.log</file></appender>
  <appender name="async" class="ch.qos.logback.classic.AsyncAppender"><appender-ref ref="operation"/></appender>
  <springProfile name="prod"><root><appender-ref ref="info"/><appender-ref ref="async"/></root></springProfile>
  <logger name="x"><appender-ref ref="forever"/><appender-ref ref="window"/><appender-ref ref="plain"/></logger>
</configuration>
`

func TestLogback(t *testing.T) {
	fsys := host("opt/gov/config/logback-spring.xml", logbackText, "opt/gov/logs/window.log", "")
	compare(
		t, LoadJava(fsys),
		"logback run /data/logs/gov/sys-info.log archives /data/logs/gov/sys-info.*.log maxHistory=60×(1d,0B) @opt/gov/config/logback-spring.xml:6",
		"logback operation /data/logs/gov/*/portal-operation-*.*.log.gz single maxHistory=4800×(0.04167d,0B) totalSizeCap=1×(0d,10632560640B) @opt/gov/config/logback-spring.xml:14",
		"logback run /data/logs/gov/forever.log archives /data/logs/gov/forever.*.log @opt/gov/config/logback-spring.xml:20",
		"logback run /opt/gov/logs/window.log archives /opt/gov/logs/window.*.log maxIndex=21×(0d,5242880B) @opt/gov/config/logback-spring.xml:27",
		"! opt/gov/config/logback-spring.xml:24: "+ErrIgnored.Error(),
		"! opt/gov/config/logback-spring.xml:34: "+ErrRelative.Error(),
	)
}

func TestLogbackInChinese(t *testing.T) {
	// 日志 in GB 18030, of which the XML says so.
	text := "<?xml version=\"1.0\" encoding=\"GBK\"?>\n<configuration><!-- \xc8\xd5\xd6\xbe --><appender name=\"a\" class=\"FileAppender\"><file>/data/\xc8\xd5\xd6\xbe.log</file></appender><root><appender-ref ref=\"a\"/></root></configuration>"
	compare(t, LoadJava(host("srv/a/logback.xml", text)), "logback run /data/日志.log @srv/a/logback.xml:2")
}

func TestLog4j2(t *testing.T) {
	xml := `<Configuration>
 <Properties><Property name="dir">/data/app</Property></Properties>
 <Appenders>
  <RollingFile name="a" fileName="${dir}/a.log" filePattern="${dir}/$${date:yyyy-MM}/a-%d{yyyy-MM-dd}-%i.log.gz">
   <Policies><TimeBasedTriggeringPolicy/><SizeBasedTriggeringPolicy size="250 MB"/></Policies>
   <DefaultRolloverStrategy max="20"><Delete basePath="${dir}" maxDepth="2"><IfFileName glob="*/a-*.log.gz"/><IfLastModified age="P30D"/></Delete></DefaultRolloverStrategy>
  </RollingFile>
  <RollingRandomAccessFile name="b" fileName="${dir}/b.log" filePattern="${dir}/b-%i.log">
   <Policies><SizeBasedTriggeringPolicy size="10MB"/></Policies>
  </RollingRandomAccessFile>
  <RollingFile name="c" fileName="${sys:x:-/data/app}/c.log" filePattern="${dir}/c-%i.log">
   <SizeBasedTriggeringPolicy size="1GB"/><DefaultRolloverStrategy fileIndex="nomax"/>
  </RollingFile>
  <Appender type="RollingFile" name="d" filePattern="${dir}/d-%d{yyyy-MM-dd-HH}.log">
   <TimeBasedTriggeringPolicy interval="6"/>
   <DirectWriteRolloverStrategy><Delete basePath="${dir}"><IfAccumulatedFileCount exceeds="100"/></Delete></DirectWriteRolloverStrategy>
  </Appender>
  <RollingFile name="e" fileName="${dir}/e.log" filePattern="${dir}/e-%d.log"><TimeBasedTriggeringPolicy/>
   <DefaultRolloverStrategy><Delete basePath="x"><ScriptCondition/></Delete></DefaultRolloverStrategy></RollingFile>
  <File name="f" fileName="${env:NOBODY}/f.log"/>
 </Appenders>
</Configuration>`
	properties := `# comment
property.base = /data/prop
appender.rolling.type = RollingFile
appender.rolling.fileName = ${base}/audit.log
appender.rolling.filePattern = ${base}/audit-%i.log
appender.rolling.policies.type = Policies
appender.rolling.policies.size.type = SizeBasedTriggeringPolicy
appender.rolling.policies.size.size = 100MB
appender.rolling.strategy.type = DefaultRolloverStrategy
appender.rolling.strategy.max = 30
rootLogger.appenderRef.rolling.ref = RollingFile
`
	compare(
		t, LoadJava(host("srv/a/classes/log4j2.xml", xml, "srv/b/log4j2.properties", properties, "srv/c/log4j2.xml", "<a><b></a>")),
		"log4j2 operation /data/prop/audit.log archives /data/prop/audit-*.log max=30×(0d,104857600B) @srv/b/log4j2.properties:3",
		"log4j2 run /data/app/a.log archives /data/app/*/a-*-*.log.gz IfLastModified age=30d @srv/a/classes/log4j2.xml:4",
		"log4j2 run /data/app/b.log archives /data/app/b-*.log max=7×(0d,10485760B) @srv/a/classes/log4j2.xml:8",
		"log4j2 run /data/app/c.log archives /data/app/c-*.log @srv/a/classes/log4j2.xml:11",
		"log4j2 run /data/app/d-*.log single IfAccumulatedFileCount exceeds=100×(0.25d,0B) @srv/a/classes/log4j2.xml:14",
		"log4j2 run /data/app/e.log archives /data/app/e-*.log Delete unknown @srv/a/classes/log4j2.xml:18",
		"! srv/c/log4j2.xml: "+ErrSyntax.Error(),
		"! srv/a/classes/log4j2.xml:6: "+ErrPeriod.Error(),
		"! srv/a/classes/log4j2.xml:20: "+ErrRelative.Error(),
	)
}

func TestPeriod(t *testing.T) {
	for pattern, want := range map[string]float64{
		"a.%d": 1, "a.%d{yyyyMMdd}.%i": 1, "%d{yyyy-MM, aux}/%d{yyyy-MM-dd_HH}": 1.0 / 24, "%d{yyyy-MM}": 28, "%d{yyyy-ww}": 7,
		"a.%i": 0, "%d{yyyy-MM-dd'T'HH-mm, UTC}": 1.0 / 1440, "%date{yyyy}": 365,
	} {
		if diff := cmp.Diff(want, period(pattern)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]float64{"P30D": 30, "7d": 7, "P1DT12H": 1.5, "PT48H": 2, "90m": 0.0625} {
		if got, ok := duration(text); !ok || got != want {
			t.Errorf("%s: want %v, got %v, %v", text, want, got, ok)
		}
	}
	for _, text := range []string{"", "P", "30", "P1Y", "-1d"} {
		if got, ok := duration(text); ok {
			t.Errorf("%q: want an error, got %v", text, got)
		}
	}
}

// TestSearchIsBounded walks a tree that is deeper and wider than the bounds.
func TestSearchIsBounded(t *testing.T) {
	wide := make(fstest.MapFS)
	for i := range searchEntries + 1 {
		wide[fmt.Sprintf("opt/%05d/x", i)] = &fstest.MapFile{}
	}
	many := make(fstest.MapFS)
	for i := range searchFolders + 1 {
		many[fmt.Sprintf("opt/%d/%05d/x", i%4, i)] = &fstest.MapFile{}
	}
	deep := host("srv/"+strings.Repeat("d/", searchDepth+1)+"logback.xml", logbackText)
	for _, test := range []struct {
		name string
		fsys fstest.MapFS
		want []string
	}{
		{"a wide folder", wide, []string{"! opt: " + ErrSearch.Error()}},
		{"many folders", many, []string{"! opt/3/02947: " + ErrSearch.Error()}},
		{"a deep folder", deep, nil},
	} {
		t.Run(test.name, func(t *testing.T) { compare(t, LoadJava(test.fsys), test.want...) })
	}
}

func TestIncludesEnd(t *testing.T) {
	// Each of these includes itself; reading must end, and say so.
	for name, got := range map[string]Result{
		"nginx":      LoadNginx(host("etc/nginx/nginx.conf", "include nginx.conf;")),
		"apache":     LoadApache(host("etc/httpd/conf/httpd.conf", "Include conf/httpd.conf")),
		"mysql":      LoadMySQL(host("etc/my.cnf", "!include /etc/my.cnf\n")),
		"postgresql": LoadPostgreSQL(host("var/lib/pgsql/data/postgresql.conf", "include 'postgresql.conf'")),
		"redis":      LoadRedis(host("etc/redis.conf", "include /etc/redis.conf")),
	} {
		if len(got.Problems) == 0 || !errors.Is(got.Problems[0], ErrNesting) {
			t.Errorf("%s: want ErrNesting, got %v", name, brief(got))
		}
	}
}

func FuzzStatements(f *testing.F) {
	f.Add("http { access_log /a.log main; x_by_lua_block { \"}\" } }")
	f.Add("access_log ${x; error_log '\\")
	f.Add("CustomLog \"|rotatelogs -n 5 /a 10M\" b\n\\\nInclude [\n")
	f.Add("[mysqld]\nlog_error\naudit_log_file=x\nserver_audit_logging=1\nserver_audit_file_rotate_size=9G")
	f.Add("logging_collector=on\nlog_filename='%H%a'\nlog_truncate_on_rotation=1\nlog_rotation_age=1h")
	f.Add("logfile \"a\ndir /x")
	f.Fuzz(func(t *testing.T, text string) {
		for _, got := range []Result{
			LoadNginx(host("etc/nginx/nginx.conf", text)),
			LoadApache(host("etc/apache2/envvars", text, "etc/apache2/apache2.conf", text)),
			LoadMySQL(host("etc/my.cnf", text)),
			LoadPostgreSQL(host("var/lib/pgsql/data/postgresql.conf", text)),
			LoadRedis(host("etc/redis.conf", text)),
		} {
			sound(t, got)
		}
	})
}

func FuzzDocument(f *testing.F) {
	f.Add(logbackText)
	f.Add("<Configuration><RollingFile fileName='/a' filePattern='/a-%i'><SizeBasedTriggeringPolicy/></RollingFile></Configuration>")
	f.Add("<Server><Valve className='AccessLogValve' maxDays='9'/></Server>")
	f.Add("appender.a.type=RollingFile\nappender.a.fileName=/x\nproperty.a=${a}${a}\nhandlers=1org.apache.juli.FileHandler\n")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, LoadJava(host(
			"opt/a/logback.xml", text, "opt/a/log4j2.xml", text, "opt/a/log4j2.properties", text,
			"opt/a/conf/server.xml", text, "opt/a/conf/logging.properties", text,
		)))
	})
}

// sound holds for whatever was read.
func sound(t *testing.T, r Result) {
	t.Helper()
	for _, log := range r.Logs {
		if log.Target == "" && !strings.HasPrefix(log.Path, "/") || strings.Contains(log.Path, wild) {
			t.Errorf("path %q", log.Path)
		}
		for _, removal := range log.Removals {
			if removal.Kind != Unknown && (removal.Keep < 0 || removal.IntervalDays < 0 || removal.FileBytes < 0 || removal.Days < 0 || removal.Setting == "") {
				t.Errorf("removal %+v", removal)
			}
		}
	}
}
