package logs

import (
	"github.com/yunjian-io/yunjian/agent/logs/app"
	"github.com/yunjian-io/yunjian/agent/logs/container"
	"github.com/yunjian-io/yunjian/internal/wire"
)

// programs declares the logs of web servers, databases and Java programs.
func (d *declarer) programs() {
	for _, load := range []func() app.Result{
		func() app.Result { return app.LoadNginx(d.fsys) },
		func() app.Result { return app.LoadApache(d.fsys) },
		func() app.Result { return app.LoadMySQL(d.fsys) },
		func() app.Result { return app.LoadPostgreSQL(d.fsys) },
		func() app.Result { return app.LoadRedis(d.fsys) },
		func() app.Result { return app.LoadJava(d.fsys) },
	} {
		result := load()
		for _, problem := range result.Problems {
			d.problem(problem.File, problem.Line, plainText(problem.Err))
		}
		d.programLogs(result.Logs)
	}
}

func (d *declarer) programLogs(list []app.Log) {
	// What goes to a syslog server is a copy of what the program writes beside it.
	targets := make(map[app.Role][]wire.LogForward)
	files := make(map[app.Role]bool)
	for _, log := range list {
		if log.Target == "" {
			files[log.Role] = true
			continue
		}
		targets[log.Role] = union(targets[log.Role], []wire.LogForward{{
			Target: log.Target, Protocol: "udp", Queue: "none", Origin: origin(log.Origin.File, log.Origin.Line),
		}})
	}
	for _, log := range list {
		where := origin(log.Origin.File, log.Origin.Line)
		if log.Target != "" {
			if !files[log.Role] {
				d.problem(log.Origin.File, log.Origin.Line, "the log goes to a syslog server only; nothing of it is kept here")
			}
			continue
		}
		writer := writers(log.Program)
		declaration := Declaration{
			Streams: []wire.LogStream{{Class: programClass(log)}}, Family: FamilyText,
			Paths: []string{log.Path}, Archives: log.Archives, Single: log.Single,
			QuietOK: log.Role == app.Errors || log.Role == app.Slow || log.Role == app.Messages,
			Units:   writer.units, Processes: writer.processes, Forward: targets[log.Role],
			Grant: d.grant(log.Path, writer.group), Origin: where, Policies: removals(log.Removals),
		}
		_, plain := plainName(log.Path)
		declaration.Expected = plain && len(writer.binaries) > 0 && d.installed(writer.binaries...)
		d.add(declaration, fromConfiguration)
	}
}

// programClass is the class of a log by its program and role.
func programClass(log app.Log) string {
	switch log.Role {
	case app.Access:
		return "web-access"
	case app.Audit, app.Slow, app.Queries, app.ForAll:
		return "db-audit"
	case app.Operation:
		return "app-operation"
	case app.Errors:
		if log.Program == app.Nginx || log.Program == app.Apache {
			return "web-error"
		}
	case app.Messages:
		if log.Program == app.Logback || log.Program == app.Log4j2 {
			return "app-run"
		}
	}
	return "middleware"
}

// writer is what writes the logs of a program. Binaries are those that make the log as
// soon as they start.
type writer struct {
	units, processes, binaries []string
	group                      string // that reads the logs on Debian
}

func writers(program app.Program) writer {
	switch program {
	case app.Nginx:
		return writer{[]string{"nginx.service"}, []string{"nginx"}, []string{"nginx"}, "adm"}
	case app.Apache:
		return writer{[]string{"apache2.service", "httpd.service"}, []string{"apache2", "httpd"}, []string{"apache2", "httpd"}, "adm"}
	case app.MySQL:
		return writer{[]string{"mysql.service", "mysqld.service", "mariadb.service"}, []string{"mysqld", "mariadbd"}, nil, "adm"}
	case app.PostgreSQL:
		return writer{[]string{"postgresql.service"}, []string{"postgres"}, nil, "adm"}
	case app.Redis:
		return writer{[]string{"redis.service", "redis-server.service"}, []string{"redis-server"}, nil, "adm"}
	case app.Tomcat:
		return writer{[]string{"tomcat.service"}, []string{"java"}, nil, "adm"}
	}
	return writer{processes: []string{"java"}}
}

// removals are the policies of a program; one that removes nothing says so.
func removals(list []app.Removal) []wire.LogPolicy {
	if len(list) == 0 {
		return never()
	}
	var policies []wire.LogPolicy
	for _, removal := range list {
		policy := wire.LogPolicy{Origin: origin(removal.Origin.File, removal.Origin.Line)}
		switch removal.Kind {
		case app.ByCount:
			policy.Kind = wire.PolicyCount
			policy.Count = &wire.CountPolicy{Keep: removal.Keep, IntervalDays: removal.IntervalDays, FileBytes: removal.FileBytes, Setting: removal.Setting}
		case app.ByAge:
			policy.Kind = wire.PolicyAge
			policy.Age = &wire.AgePolicy{Days: removal.Days, Setting: removal.Setting}
		default:
			policy.Kind, policy.Problem = wire.PolicyUnparsed, removal.Setting+": "+removal.Reason
		}
		policies = append(policies, policy)
	}
	return policies
}

// containers declares the logs of docker's containers and of a Kubernetes node. A
// container's files are one log.
func (d *declarer) containers() {
	docker, node := container.LoadDocker(d.fsys), container.LoadNode(d.fsys)
	for _, problem := range append(docker.Problems, node.Problems...) {
		d.problem(problem.File, problem.Line, plainText(problem.Err))
	}
	for _, log := range append(docker.Logs, node.Logs...) {
		where := origin(log.Origin.File, log.Origin.Line)
		if log.Pattern == "" {
			// The journal, or a server elsewhere, has it.
			if log.Target != "" {
				d.problem(log.Origin.File, log.Origin.Line, "the container sends its log to "+log.Target+"; nothing of it is kept here")
			}
			continue
		}
		declaration := Declaration{
			Streams: []wire.LogStream{{Class: "container-stdout"}}, Family: FamilyText,
			Paths: []string{log.Pattern}, Archives: []string{log.Archives}, QuietOK: true, Origin: where,
			Policies: []wire.LogPolicy{{Kind: wire.PolicyContainer, Origin: where, Container: &wire.ContainerLogPolicy{
				CreatedAt: log.Created, MaxSize: log.MaxSize, MaxFile: log.MaxFile,
			}}},
			Units: []string{"docker.service"}, Processes: []string{"dockerd"},
			Grant: grantText(log.Pattern, ""),
		}
		if log.Driver == "cri" {
			declaration.Single = true
			declaration.Units, declaration.Processes = []string{"containerd.service", "crio.service", "kubelet.service"}, []string{"containerd", "containerd-shim", "crio", "conmon", "kubelet"}
		}
		d.add(declaration, fromConfiguration)
	}
}
