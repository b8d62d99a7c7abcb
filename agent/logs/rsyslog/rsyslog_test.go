package rsyslog

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// brief is an output in words: path, selection, marks, and where it is configured.
func brief(c Conf) (lines []string) {
	for _, o := range c.Outputs {
		line := o.Path + " " + o.Selection.String()
		if o.Filtered {
			line += " part"
		}
		for _, program := range o.Programs {
			line += " " + program
		}
		if o.Limited {
			line += " limited"
		}
		lines = append(lines, line)
	}
	for _, f := range c.Forwards {
		line := f.Protocol + " " + f.Target + " " + string(f.Queue) + " " + f.Selection.String()
		if f.Filtered {
			line += " part"
		}
		lines = append(lines, line)
	}
	return lines
}

func problems(c Conf) (lines []string) {
	for _, problem := range c.Problems {
		lines = append(lines, problem.Error())
	}
	return lines
}

func host(main string, files ...string) fstest.MapFS {
	fsys := fstest.MapFS{ConfName: {Data: []byte(main)}}
	for i := 0; i+1 < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

const withoutAuth = "kern,user,mail,daemon,syslog,lpr,news,uucp,cron,ftp,ntp,audit,alert,clock,local0,local1,local2,local3,local4,local5,local6,local7"

func TestLoad(t *testing.T) {
	for _, test := range []struct {
		name     string
		fsys     fstest.MapFS
		want     []string
		problems []string
	}{
		{
			name: "a Debian host",
			fsys: host(`# the main file
module(load="imuxsock") # provides support for local system logging
#module(load="imudp")
#*.* @@old.example:514
$FileOwner root
$WorkDirectory /var/spool/rsyslog
$IncludeConfig /etc/rsyslog.d/*.conf
*.*;auth,authpriv.none		-/var/log/syslog
auth,authpriv.*			/var/log/auth.log
cron.*				-/var/log/cron.log
mail.err			/var/log/mail.err   # only errors
*.emerg				:omusrmsg:*
daemon.*;\
	mail.*;news.err		|/dev/xconsole
`, "etc/rsyslog.d/20-app.conf", "# local rules\nlocal0.*  /data/logs/app.log\n& stop\n", "etc/rsyslog.d/.hidden.conf", "mail.* /hidden\n", "etc/rsyslog.d/old.conf.bak", "mail.* /old\n"),
			want: []string{
				"/data/logs/app.log local0",
				"/var/log/syslog " + withoutAuth,
				"/var/log/auth.log auth,authpriv",
				"/var/log/cron.log cron",
				"/var/log/mail.err mail.err",
			},
		},
		{
			name: "an openEuler host",
			fsys: host(`module(load="imjournal" # from the journal
       StateFile="imjournal.state")
global(workDirectory="/var/lib/rsyslog")
include(file="/etc/rsyslog.d/*.conf" mode="optional")
*.info;mail.none;authpriv.none;cron.none                /var/log/messages
authpriv.*                                              /var/log/secure
mail.*                                                  -/var/log/maillog
local7.=notice;local7.!=err                             /var/log/boot.log
`),
			want: []string{
				"/var/log/messages kern,user,daemon,auth,syslog,lpr,news,uucp,ftp,ntp,audit,alert,clock,local0,local1,local2,local3,local4,local5,local6,local7.info",
				"/var/log/secure authpriv",
				"/var/log/maillog mail",
				"/var/log/boot.log local7.20",
			},
		},
		{
			name: "forwarding in all languages",
			fsys: host(`
*.* @10.1.2.3
*.* @@(o)[2001:db8::1]:6514;RSYSLOG_SyslogProtocol23Format
$ActionQueueType LinkedList
$ActionQueueFileName fwd
$ActionQueueSaveOnShutdown on
auth,authpriv.*   @@log.example:10514
*.* :omrelp:relay:2514
*.*  action(type="omfwd" target="siem" port="6514" protocol="tcp" queue.type="LinkedList" queue.filename="q" queue.size="10000")
action(type="omrelp" target="relay" port="20514" queue.type="disk" queue.filename="r")
/* action(type="omfwd" target="commented") */
action(type="omkafka" broker=["k1:9092", "k2"] topic="logs" confParam=["sasl.password=secret"])
action(type="omelasticsearch" server="https://user:secret@es.example:9201/path" uid="u" pwd="secret" queue.type="FixedArray")
action(type="omfwd" target="bad host" protocol="tcp")
action(type="ommysql" server="db" db="x" uid="u" pwd="secret")
`),
			want: []string{
				"udp 10.1.2.3:514 none all",
				"tcp [2001:db8::1]:6514 none all",
				"tcp log.example:10514 disk auth,authpriv",
				"relp relay:2514 none all",
				"tcp siem:6514 memory all",
				"relp relay:20514 disk all",
				"kafka k1:9092 none all",
				"kafka k2:9092 none all",
				"elasticsearch es.example:9201 memory all",
			},
			problems: []string{"etc/rsyslog.conf:14: " + ErrTarget.Error()},
		},
		{
			name: "conditions, rulesets and templates",
			fsys: host(`
$template Remote,"/data/remote/%HOSTNAME%/%$YEAR%%$MONTH%%$DAY%.log"
template(name="ByList" type="list") { constant(value="/data/list/") property(name="fromhost-ip" securepath="replace") constant(value="-[a].log") }
template(name="Line" type="string" string="%msg%\n")
if $programname == 'haproxy' then { action(type="omfile" file="/var/log/haproxy.log" template="Line") stop }
else if $syslogfacility-text == "local5" then /var/log/five.log
if $syslogfacility-text == 'local6' and $syslogseverity <= '6' then -/var/log/six.log
& stop
if (prifilt("mail.*")) then action(type="omfile" file="/var/log/mail.log")
:programname, isequal, "sudo" /var/log/sudo.log
:msg, !contains, "it's \"} then" ~
ruleset(name="remote") {
    *.* ?Remote
    action(type="omfile" dynaFile="ByList")
}
set $.x = "}";
foreach ($.i in $.list) do { action(type="omfile" file="/var/log/each.log") }
authpriv.* {
  action(type="omfile" file="/var/log/a.log" rotation.sizeLimit="1000" rotation.sizeLimitCommand="/bin/x")
  call remote
}
$outchannel limited,/var/log/limited.log,1048576,/usr/local/sbin/rotate
kern.* :omfile:$limited
`),
			want: []string{
				"/var/log/haproxy.log all part haproxy",
				"/var/log/five.log local5 part",
				"/var/log/six.log local6 part",
				"/var/log/mail.log mail",
				"/var/log/sudo.log all part sudo",
				"/data/remote/*/*.log all part",
				`/data/list/*-\[a].log all part`,
				"/var/log/each.log all part",
				"/var/log/a.log authpriv limited",
				"/var/log/limited.log kern limited",
			},
		},
		{
			name: "what is wrong does not hide what is right",
			fsys: host(`mail.*
frobnicate
nofacility.* /var/log/x
local1.* ?Undefined
include(file="/etc/absent.conf")
}
action(type="omfile" file="/var/log/unclosed
local2.* /var/log/two.log
if $msg contains 'x'
local3.* { /var/log/three.log
`),
			want: []string{"/var/log/two.log local2", "/var/log/three.log local3"},
			problems: []string{
				"etc/rsyslog.conf:1: " + ErrSyntax.Error(),
				"etc/rsyslog.conf:2: " + ErrSyntax.Error(),
				"etc/rsyslog.conf:3: " + ErrSyntax.Error(),
				"etc/rsyslog.conf:5: " + ErrInclude.Error(),
				"etc/rsyslog.conf:6: " + ErrUnbalanced.Error(),
				"etc/rsyslog.conf:7: " + ErrUnbalanced.Error(),
				"etc/rsyslog.conf:9: " + ErrUnbalanced.Error(),
				"etc/rsyslog.conf:10: " + ErrUnbalanced.Error(),
				"etc/rsyslog.conf:4: " + ErrTemplate.Error(),
			},
		},
		{
			name:     "a file that includes itself",
			fsys:     host("$IncludeConfig /etc/rsyslog.conf\nmail.* /var/log/m.log\n"),
			want:     slices.Repeat([]string{"/var/log/m.log mail"}, maxNesting+1),
			problems: []string{"etc/rsyslog.conf:1: " + ErrNesting.Error()},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Load(test.fsys)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, brief(got)); diff != "" {
				t.Errorf("actions (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, problems(got)); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			for _, problem := range problems(got) {
				if strings.Contains(problem, "secret") {
					t.Errorf("a problem tells a secret: %s", problem)
				}
			}
		})
	}
}

func TestLoadAbsent(t *testing.T) {
	if _, err := Load(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error: want fs.ErrNotExist, got %v", err)
	}
}

func TestOrigins(t *testing.T) {
	conf, err := Load(host("# one\n\n/* two\nthree */ mail.*\t/var/log/m.log\n*.* @h:1\n$IncludeConfig /etc/rsyslog.d/\n", "etc/rsyslog.d/b.conf", "\nlocal0.* /b.log"))
	if err != nil {
		t.Fatal(err)
	}
	got := []Origin{conf.Outputs[0].Origin, conf.Forwards[0].Origin, conf.Outputs[1].Origin}
	want := []Origin{{ConfName, 4}, {ConfName, 5}, {"etc/rsyslog.d/b.conf", 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{ConfName, "etc/rsyslog.d/b.conf"}, conf.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestSelector(t *testing.T) {
	for _, test := range []struct {
		text, want string
	}{
		{"*.*", "all"},
		{"mail.info", "mail.info"},
		{"mail,news.=crit", "mail,news.4"},
		{"*.*;*.!info", "all but"},
		{"10.*;4.3", "auth.err;authpriv"},
		{"mail.none", ""},
		{"*.debug;mail.none;security.*", "kern"},
	} {
		got, ok := selector(test.text)
		if !ok {
			t.Errorf("%s: not understood", test.text)
			continue
		}
		switch test.want {
		case "all but":
			if got != (Selection{0: 1 << 7, 1: 1 << 7, 2: 1 << 7, 3: 1 << 7, 4: 1 << 7, 5: 1 << 7, 6: 1 << 7, 7: 1 << 7, 8: 1 << 7, 9: 1 << 7, 10: 1 << 7, 11: 1 << 7, 12: 1 << 7, 13: 1 << 7, 14: 1 << 7, 15: 1 << 7, 16: 1 << 7, 17: 1 << 7, 18: 1 << 7, 19: 1 << 7, 20: 1 << 7, 21: 1 << 7, 22: 1 << 7, 23: 1 << 7}) {
				t.Errorf("%s: got %v", test.text, got)
			}
		case "kern":
			if !got.Takes("kern", SeverityDebug) || got.Takes("mail", 0) || !got.Takes("auth", SeverityDebug) {
				t.Errorf("%s: got %v", test.text, got)
			}
		default:
			if diff := cmp.Diff(test.want, got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.text, diff)
			}
		}
	}
	for _, text := range []string{"", "mail", "mail.often", "post.*", "mail.8", ";"} {
		if got, ok := selector(text); ok {
			t.Errorf("%q: want an error, got %v", text, got)
		}
	}
	mail, _ := selector("mail.err")
	if !All().Covers(mail) || mail.Covers(All()) || !mail.Covers(mail) {
		t.Error("Covers is wrong")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"*.*;auth,authpriv.none -/var/log/syslog\n",
		"if $programname == 'a' then { action(type=\"omfile\" file=\"/a\") } else stop\n",
		"$template T,\"/%HOSTNAME%/%$NOW%.log\"\n*.* ?T\n& @@h:1\n",
		"template(name=\"x\" type=\"list\"){constant(value=\"/a\") property(name=\"msg\")}\n",
		"action(type=\"omkafka\" broker=[\"a:1\",\"b\"])\n/* x\n",
		":msg, contains, \"a\" /b\nmail.*\nmail.*\n{{{{{}}}}}\n",
		"set $.a = \"b\";\nforeach ($.i in $.b) do { call x }\nruleset(name=\"r\"){ *.* /x }\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxConfig {
			return
		}
		p := &parser{fsys: fstest.MapFS{}, templates: make(map[string][]Part), channels: make(map[string]string)}
		p.run("a", text)
		conf := p.finish()
		for _, output := range conf.Outputs {
			if !strings.HasPrefix(output.Path, "/") || output.Origin.Line < 1 || output.Selection.Empty() {
				t.Errorf("output %+v", output)
			}
		}
		for _, forward := range conf.Forwards {
			if strings.ContainsAny(forward.Target, "@/ \n") || !strings.Contains(forward.Target, ":") {
				t.Errorf("forward %+v", forward)
			}
		}
	})
}
