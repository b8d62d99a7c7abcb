package collector

import (
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/yunjian-io/yunjian/collector/central"
	"github.com/yunjian-io/yunjian/collector/store"
)

// hostNames finds the hosts of one provider by the names that a central store uses.
type hostNames map[hostName][]string

type hostName struct {
	kind central.Alias
	name string
	// part says that name is only the first label of a host name: of one that is known
	// with its domain, or as the first of a domain that is not known.
	part bool
}

// namesOf sorts names by provider.
func namesOf(list []store.HostName) map[string]hostNames {
	out := map[string]hostNames{}
	for _, n := range list {
		if out[n.Provider] == nil {
			out[n.Provider] = hostNames{}
		}
		out[n.Provider].add(n)
	}
	return out
}

func (h hostNames) add(n store.HostName) {
	put := func(key hostName) {
		if !slices.Contains(h[key], n.HostID) {
			h[key] = append(h[key], n.HostID)
		}
	}
	kind := central.Alias(n.Kind)
	put(hostName{kind: kind, name: strings.ToLower(n.Name)})
	switch kind {
	case central.AliasInstance:
		if ip := address(n.Name); ip != "" {
			put(hostName{kind: central.AliasIP, name: ip})
		}
	case central.AliasHostname:
		if label, _, qualified := strings.Cut(strings.ToLower(n.Name), "."); qualified {
			put(hostName{kind: kind, name: label, part: true})
		}
	}
}

// address is the IP address of an address with or without a port, empty if it is none.
func address(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return ""
	}
	return ip.Unmap().String()
}

// find returns the host that a store means by a name. A name that two hosts have, as
// clones of an image have one machine id, stands for neither.
func (h hostNames) find(name string, aliases []string) (id string, ok bool) {
	name = strings.ToLower(name)
	for _, alias := range aliases {
		var keys []hostName
		switch kind := central.Alias(alias); kind {
		case central.AliasIP:
			keys = []hostName{{kind: kind, name: address(name)}}
		case central.AliasHostname:
			keys = []hostName{{kind: kind, name: name}}
			if label, _, qualified := strings.Cut(name, "."); !qualified {
				keys = append(keys, hostName{kind: kind, name: name, part: true})
			} else if address(name) == "" {
				keys = append(keys, hostName{kind: kind, name: label})
			}
		default:
			keys = []hostName{{kind: kind, name: name}}
		}
		for _, key := range keys {
			if found := h[key]; key.name != "" && len(found) > 0 {
				return found[0], len(found) == 1
			}
		}
	}
	return "", false
}
