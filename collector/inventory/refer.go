package inventory

import (
	"fmt"
	"strings"
)

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
	volumes   map[string]bool
	named     map[[2]string]Kind // provider and id to what has it: hosts or volumes
	flavors   map[string]Flavor
	instances map[[2]string]string // provider and alias to host
}

// refer checks that keys are unique in the file and that every reference points to a
// row of the file or to something known, and fills in what a host takes from its
// platform and flavour.
func refer(b *Batch, at places, known Batch) {
	reg := register{
		platforms: make(map[string]Platform), providers: make(map[string]bool), units: make(map[string]bool),
		systems: make(map[string]bool), hosts: make(map[string]bool), volumes: make(map[string]bool), flavors: make(map[string]Flavor),
		named: make(map[[2]string]Kind), instances: make(map[[2]string]string),
	}
	for _, h := range known.Hosts {
		reg.instances[[2]string{h.Provider, h.Instance}] = h.ID
		reg.named[[2]string{h.Provider, h.ID}] = Hosts
	}
	for _, v := range known.Volumes {
		reg.named[[2]string{v.Provider, v.ID}] = Volumes
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
	for i := range b.Volumes {
		reg.volume(at[Volumes][i], &b.Volumes[i])
	}
	for i, x := range b.Exemptions {
		switch r := at[Exemptions][i]; x.SubjectKind {
		case "host":
			reg.subject(r, x.Subject, Hosts, reg.hosts)
		case "volume":
			reg.subject(r, x.Subject, Volumes, reg.volumes)
		default:
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
	for _, x := range b.Volumes {
		reg.volumes[x.ID] = true
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
	h.Provider = reg.provider(r, h.Provider, h.Platform)
	point(r, "flavor", h.Flavor, reg.flavors)
	reg.name(r, "host_id", Hosts, h.Provider, h.ID)
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

// volume fills in the provider of a disk. Hosts of the file go first, so that it may be
// attached to one of them.
func (reg register) volume(r *row, v *Volume) {
	point(r, "system", v.System, reg.systems)
	point(r, "platform", v.Platform, reg.platforms)
	v.Provider = reg.provider(r, v.Provider, v.Platform)
	point(r, "host", v.Host, reg.hosts)
	if reg.hosts[v.Host] && v.Provider != "" && reg.named[[2]string{v.Provider, v.Host}] != Hosts {
		r.refuse("host", v.Host, fmt.Sprintf("is no host of provider %q", v.Provider), "correct the host, or the provider of the disk")
	}
	if v.State == "released" && v.Host != "" {
		r.refuse("host", v.Host, "is given, and the disk is released", "clear the host, or correct the state")
	}
	reg.name(r, "volume_id", Volumes, v.Provider, v.ID)
}

// provider returns who provides what is on a platform: whom the row names, or who runs
// the platform.
func (reg register) provider(r *row, given, platform string) string {
	point(r, "provider", given, reg.providers)
	runs := reg.platforms[platform].Provider
	switch {
	case given == "":
		if _, found := reg.platforms[platform]; found && runs == "" {
			r.refuse("provider", "", "is empty, and the platform has none", "write the id of the provider")
		}
		return runs
	case runs != "" && runs != given:
		r.refuse("provider", given, fmt.Sprintf("is not %q, who runs the platform", runs), "correct the provider or the platform")
	}
	return given
}

// subject refuses an exemption of a host or disk that is not known. It is named by its id,
// or by provider/id where several providers have one with that id.
func (reg register) subject(r *row, id string, kind Kind, ids map[string]bool) {
	provider, name, _ := strings.Cut(id, "/")
	if reg.named[[2]string{provider, name}] != kind {
		point(r, "subject", id, ids)
	}
}

// name holds that no disk has the id of a host of its provider: what a proposal says of
// provider and id would be about both.
func (reg register) name(r *row, field string, kind Kind, provider, id string) {
	key := [2]string{provider, id}
	if id == "" || provider == "" {
		return
	}
	if other, taken := reg.named[key]; taken && other != kind {
		r.refuse(field, id, fmt.Sprintf("is in %s of the provider already", other), "give hosts and disks ids of their own")
		return
	}
	reg.named[key] = kind
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
	for i, x := range b.Volumes {
		check(Volumes, i, "volume_id", x.ID, x.Provider, x.EffectiveFrom.String())
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
