package inventory

import "fmt"

// places remembers the row of every record, in the order of the batch.
type places map[Kind][]*row

func (p *places) add(r *row) {
	if *p == nil {
		*p = make(places)
	}
	(*p)[r.table.Kind] = append((*p)[r.table.Kind], r)
}

// register holds what a reference may point to.
type register struct {
	platforms map[string]Platform
	providers map[string]bool
	units     map[string]bool
	systems   map[string]bool
	hosts     map[string]bool
	flavors   map[string]Flavor
	instances map[[2]string]string // provider and alias to host
}

// refer checks that keys are unique in the file and that every reference points to a
// row of the file or to something known, and fills in what a host takes from its
// platform and flavour.
func refer(b *Batch, at places, known Batch) {
	reg := register{
		platforms: make(map[string]Platform), providers: make(map[string]bool), units: make(map[string]bool),
		systems: make(map[string]bool), hosts: make(map[string]bool), flavors: make(map[string]Flavor),
		instances: make(map[[2]string]string),
	}
	for _, h := range known.Hosts {
		reg.instances[[2]string{h.Provider, h.Instance}] = h.ID
	}
	reg.add(known)
	reg.add(*b)
	for i, x := range b.Platforms {
		r := at[Platforms][i]
		point(r, "provider", x.Provider, reg.providers)
	}
	for i, x := range b.Systems {
		r := at[Systems][i]
		point(r, "unit", x.Unit, reg.units)
		point(r, "platform", x.Platform, reg.platforms)
	}
	for i := range b.Hosts {
		reg.host(at[Hosts][i], &b.Hosts[i])
	}
	for i, x := range b.Exemptions {
		r := at[Exemptions][i]
		if x.SubjectKind == "host" {
			point(r, "subject", x.Subject, reg.hosts)
		} else {
			point(r, "subject", x.Subject, reg.systems)
		}
	}
	for i, x := range b.Prices {
		point(at[Prices][i], "provider", x.Provider, reg.providers)
	}
	for i, x := range b.LogSources {
		switch r := at[LogSources][i]; x.SubjectKind {
		case "host":
			point(r, "subject", x.Subject, reg.hosts)
		case "information_system":
			point(r, "subject", x.Subject, reg.systems)
		}
	}
	unique(b, at)
}

func (reg register) add(b Batch) {
	for _, x := range b.Platforms {
		reg.platforms[x.ID] = x
	}
	for _, x := range b.Providers {
		reg.providers[x.ID] = true
	}
	for _, x := range b.Units {
		reg.units[x.Code] = true
	}
	for _, x := range b.Systems {
		reg.systems[x.ID] = true
	}
	for _, x := range b.Hosts {
		reg.hosts[x.ID] = true
	}
	for _, x := range b.Flavors {
		reg.flavors[x.ID] = x
	}
}

// point refuses a reference to nothing. An empty one was refused before or is allowed.
func point[T any](r *row, field, id string, to map[string]T) {
	if _, given := to[id]; id != "" && !given {
		r.refuse(field, id, "is neither in this file nor known already", "correct it, or add the row that it points to")
	}
}

func (reg register) host(r *row, h *Host) {
	point(r, "system", h.System, reg.systems)
	point(r, "platform", h.Platform, reg.platforms)
	point(r, "provider", h.Provider, reg.providers)
	point(r, "flavor", h.Flavor, reg.flavors)
	runs := reg.platforms[h.Platform].Provider
	switch {
	case h.Provider == "":
		h.Provider = runs
		if _, found := reg.platforms[h.Platform]; found && runs == "" {
			r.refuse("provider", "", "is empty, and the platform has none", "write the id of the provider")
		}
	case runs != "" && runs != h.Provider:
		r.refuse("provider", h.Provider, fmt.Sprintf("is not %q, who runs the platform", runs), "correct the provider or the platform")
	}
	if f, found := reg.flavors[h.Flavor]; found && h.Flavor != "" {
		if h.VCPU != 0 && h.VCPU != f.VCPU {
			r.refuse("vcpu", r.cell("vcpu"), fmt.Sprintf("is not the %d of flavour %q", f.VCPU, f.ID), "correct one of them, or leave the size empty")
		}
		if h.MemoryGiB != 0 && h.MemoryGiB != f.MemoryGiB {
			r.refuse("memory_gib", r.cell("memory_gib"), fmt.Sprintf("is not the %v of flavour %q", f.MemoryGiB, f.ID), "correct one of them, or leave the size empty")
		}
		h.VCPU, h.MemoryGiB = f.VCPU, f.MemoryGiB
	}
	if h.Instance == "" {
		return
	}
	alias := [2]string{h.Provider, h.Instance}
	if other, taken := reg.instances[alias]; taken && other != h.ID {
		r.refuse("instance", h.Instance, fmt.Sprintf("is the alias of host %q already", other), "give each host its own alias")
	}
	reg.instances[alias] = h.ID
}

// unique refuses the second of two rows with one key.
func unique(b *Batch, at places) {
	first := make(map[string]int)
	check := func(kind Kind, i int, field string, key ...string) {
		r := at[kind][i]
		if key[0] == "" {
			return // refused as empty
		}
		whole := fmt.Sprintf("%s %q", kind, key)
		if line, twice := first[whole]; twice {
			r.refuse(field, key[0], fmt.Sprintf("is given on line %d already", line), "remove one of the two rows")
			return
		}
		first[whole] = r.cells.Line
	}
	for i, x := range b.Platforms {
		check(Platforms, i, "id", x.ID)
	}
	for i, x := range b.Providers {
		check(Providers, i, "id", x.ID)
	}
	for i, x := range b.Units {
		check(Units, i, "code", x.Code)
	}
	for i, x := range b.Systems {
		check(Systems, i, "id", x.ID)
	}
	for i, x := range b.Hosts {
		check(Hosts, i, "host_id", x.ID, x.Provider, x.EffectiveFrom.String())
	}
	for i, x := range b.Flavors {
		check(Flavors, i, "id", x.ID)
	}
	for i, x := range b.Exemptions {
		check(Exemptions, i, "subject", x.Subject, x.SubjectKind, x.Kind, x.Expires.String())
	}
	for i, x := range b.Prices {
		check(Prices, i, "provider", x.Provider, x.Resource, x.EffectiveFrom.String())
	}
	for i, x := range b.LogSources {
		check(LogSources, i, "class", x.Class, x.SubjectKind, x.Subject, fmt.Sprint(x.Level), x.Status, x.Stream)
	}
}
