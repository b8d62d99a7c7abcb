package inventory

import (
	"fmt"
	"strings"

	"github.com/yunjian-io/yunjian/collector/sheet"
)

// Problem is why a file is refused.
type Problem = sheet.Problem

// Parse reads an inventory file. The name is only for the problems; whether the file
// is a workbook is seen from its bytes. A CSV file holds one table: kind names it, or
// is empty if its heads tell; a workbook tells by its sheets and ignores kind.
//
// References are looked up in the file and in known, the inventory so far. If there
// is any problem the batch is empty, and at most 1000 problems are told. The error is
// for a program that is broken, never for the file.
func Parse(name string, data []byte, kind Kind, known Batch) (Batch, []Problem, error) {
	schema, err := readSchema()
	if err != nil {
		return Batch{}, nil, err
	}
	wrong := sheet.NewProblems(name)
	p := parsing{schema: schema, wrong: wrong}
	if tables := sheet.Read(data, wrong); len(tables) == 1 && tables[0].Name == "" {
		p.text(tables[0], kind)
	} else {
		p.workbook(tables)
	}
	if wrong.Len() == 0 && p.batch.Len() == 0 {
		wrong.Add(Problem{Why: "holds no rows", Do: "write at least one row below the heads"})
	}
	if !p.partial {
		refer(&p.batch, p.places, known)
	}
	if wrong.Len() > 0 {
		return Batch{}, wrong.Sorted(), nil
	}
	return p.batch, nil, nil
}

// parsing gathers the rows of one file.
type parsing struct {
	schema schema
	wrong  *sheet.Problems
	batch  Batch
	places places
	// partial says that a table was left out for its form; references to it would
	// all seem to point to nothing.
	partial bool
}

func (p *parsing) workbook(sheets []sheet.Table) {
	seen := make(map[Kind]string)
	for _, s := range sheets {
		if sheet.Named(p.schema.SkippedSheets, s.Name) {
			continue
		}
		t, known := p.schema.bySheet(s.Name)
		if !known {
			p.partial = true
			p.wrong.Add(Problem{Sheet: s.Name, Why: "is no sheet of the inventory", Do: "name it one of " + strings.Join(p.schema.sheetNames(), ", ") + ", or remove it"})
			continue
		}
		if before, twice := seen[t.Kind]; twice {
			p.wrong.Add(Problem{Sheet: s.Name, Why: fmt.Sprintf("holds the same table as the sheet %q", before), Do: "join the two sheets"})
			continue
		}
		seen[t.Kind] = s.Name
		if s.Merged(p.wrong) {
			p.partial = true
			continue
		}
		p.table(t, s)
	}
}

// text reads the one table of a CSV file.
func (p *parsing) text(s sheet.Table, kind Kind) {
	if kind != "" {
		t, known := p.schema.byKind(kind)
		if !known {
			p.wrong.Add(Problem{Value: string(kind), Why: "is no kind of table", Do: "want one of " + strings.Join(p.schema.kinds(), ", ")})
			return
		}
		p.table(t, s)
		return
	}
	fits := p.schema.byHeads(s.Heads)
	if len(fits) != 1 {
		p.wrong.Add(Problem{
			Line: s.HeadLine, Value: strings.Join(s.Heads, ","), Why: fmt.Sprintf("are heads that fit %d tables", len(fits)),
			Do: "name the table with --kind, one of " + strings.Join(p.schema.kinds(), ", ") + ", and compare the heads with the template",
		})
		return
	}
	p.table(fits[0], s)
}

func (s schema) kinds() []string {
	var out []string
	for _, t := range s.Tables {
		out = append(out, string(t.Kind))
	}
	return out
}

func (s schema) sheetNames() []string {
	var out []string
	for _, t := range s.Tables {
		out = append(out, t.Sheets[0])
	}
	return out
}

// table reads the rows of one sheet. With a mistake in the heads the rows are not
// looked at: each would repeat it.
func (p *parsing) table(t tableSchema, s sheet.Table) {
	before := p.wrong.Len()
	index := make(map[string]int)
	for i, head := range s.Heads {
		c, known := t.column(head)
		switch {
		case head == "" || sheet.Named(p.schema.SkippedHeads, head):
		case !known:
			p.wrong.Add(Problem{Sheet: s.Name, Line: s.HeadLine, Column: head, Why: "is no column of " + t.Sheets[0], Do: "correct the head as in the template, or remove the column"})
		default:
			if first, twice := index[c.Field]; twice {
				p.wrong.Add(Problem{Sheet: s.Name, Line: s.HeadLine, Column: head, Why: fmt.Sprintf("means the same as column %q", s.Heads[first]), Do: "remove one of them"})
			}
			index[c.Field] = i
		}
	}
	for _, c := range t.Columns {
		if _, given := index[c.Field]; c.Required && !given {
			p.wrong.Add(Problem{Sheet: s.Name, Line: s.HeadLine, Column: c.Heads[0], Why: "is missing", Do: "add the column; it must not be empty"})
		}
	}
	if p.wrong.Len() > before {
		p.partial = true
		return
	}
	for _, r := range s.Rows {
		p.row(&row{table: t, sheet: s, cells: r, index: index, marks: p.schema.DateMarks, wrong: p.wrong})
	}
}

// row reads one row into the batch.
func (p *parsing) row(r *row) {
	for i, v := range r.cells.Cells {
		if v != "" && (i >= len(r.sheet.Heads) || r.sheet.Heads[i] == "") {
			r.refuse("", v, "stands in a column without a head", "give the column a head or clear the cell; quote a field that holds the separator")
		}
	}
	b := &p.batch
	switch r.table.Kind {
	case Platforms:
		b.Platforms = append(b.Platforms, r.platform())
	case Providers:
		b.Providers = append(b.Providers, Provider{ID: r.id("id"), Name: r.text("name")})
	case Units:
		b.Units = append(b.Units, Unit{Code: r.unit("code"), Name: r.text("name")})
	case Systems:
		b.Systems = append(b.Systems, System{
			ID: r.id("id"), Name: r.text("name"), Unit: r.unit("unit"), Platform: r.id("platform"),
			Level: r.whole("djbh_level", 4), Cutover: r.date("cutover_date"), Status: r.choice("status"),
		})
	case Hosts:
		b.Hosts = append(b.Hosts, r.host())
	case Volumes:
		b.Volumes = append(b.Volumes, r.volume())
	case Flavors:
		f := Flavor{ID: r.id("id"), VCPU: r.whole("vcpu", 4096), MemoryGiB: r.size("memory_gib"), Family: r.text("family")}
		if price, given := r.number("price_yuan_month", 0, 1e9); given {
			f.PriceYuanMonth = &price
		}
		b.Flavors = append(b.Flavors, f)
	case Exemptions:
		b.Exemptions = append(b.Exemptions, r.exemption())
	case Prices:
		price, _ := r.number("yuan_month", 0, 1e9)
		b.Prices = append(b.Prices, Price{
			Provider: r.id("provider"), Resource: r.choice("resource"), YuanMonth: price, EffectiveFrom: r.date("effective_from"),
		})
	case LogSources:
		b.LogSources = append(b.LogSources, r.logSource())
	}
	p.places.add(r)
}

func (r *row) exemption() Exemption {
	out := Exemption{
		SubjectKind: r.choice("subject_kind"), Subject: r.id("subject"), Kind: r.choice("kind"),
		Reason: r.text("reason"), Approver: r.text("approver"), Expires: r.date("expires"),
	}
	if out.SubjectKind == "volume" && out.Kind == "log_retention" {
		r.refuse("kind", r.cell("kind"), "is not for disks", "name the system or host whose logs are exempted")
	}
	return out
}

func (r *row) logSource() LogSource {
	out := LogSource{
		SubjectKind: r.choice("subject_kind"), Subject: r.id("subject"), Level: r.whole("djbh_level", 4), Status: r.choice("status"),
		Class: r.class("class"), Stream: r.id("stream"), Party: r.choice("party"), CentralStore: r.id("central_store"), Expires: r.date("expires"),
	}
	switch {
	case out.SubjectKind == "":
	case out.SubjectKind == "default":
		if out.Subject != "" {
			r.refuse("subject", out.Subject, "is given, and a default holds for every host", "clear it, or choose another kind of subject")
		}
	case out.Subject == "":
		r.refuse("subject", "", "is empty", "write the id of the system or host")
	case out.Level != 0 || out.Status != "":
		r.refuse("djbh_level", r.cell("djbh_level"), "narrows a default only", "clear level and status")
	}
	return out
}

func (r *row) platform() Platform {
	out := Platform{ID: r.id("id"), Name: r.text("name"), Kind: r.choice("kind"), Provider: r.id("provider")}
	if out.Kind == "provider" && out.Provider == "" {
		r.refuse("provider", "", "is empty, and the platform of a provider has one", "write the id of the provider")
	}
	return out
}

func (r *row) volume() Volume {
	return Volume{
		ID: r.id("volume_id"), System: r.id("system"), Platform: r.id("platform"), Provider: r.id("provider"),
		SizeGiB: r.whole("size_gib", 1e9), Host: r.id("host"), EffectiveFrom: r.date("effective_from"), State: r.choice("state"),
	}
}

func (r *row) host() Host {
	disk, _ := r.number("disk_gib", 0, 1e9)
	h := Host{
		ID: r.id("host_id"), System: r.id("system"), Platform: r.id("platform"), Provider: r.id("provider"),
		Flavor: r.id("flavor"), VCPU: r.whole("vcpu", 4096), MemoryGiB: r.size("memory_gib"), DiskGiB: disk,
		InService: r.date("in_service_date"), EffectiveFrom: r.date("effective_from"), State: r.choice("state"),
		Owner: r.choice("owner"), MachineID: r.id("machine_id"), Instance: r.id("instance"),
		Standby: r.choice("is_standby") == "true",
	}
	if h.Flavor == "" && (r.cell("vcpu") == "" || r.cell("memory_gib") == "") {
		r.refuse("flavor", "", "is empty, and the row does not give both vCPU and memory", "write a flavour, or both sizes")
	}
	if !h.InService.IsZero() && !h.EffectiveFrom.IsZero() && h.EffectiveFrom.Before(h.InService) {
		r.refuse("effective_from", r.cell("effective_from"), "is before the host was in service", "correct one of the two dates")
	}
	return h
}
