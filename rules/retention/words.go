package retention

import (
	"math"
	"strconv"
	"strings"
)

// tableWords are the words around the table of one host.
func tableWords() []string {
	return []string{"log", "oldest", "keeps", "per_day", "verdict", "class", "all", "days", "no_memory"}
}

// Word is a word around the table of one host; count stands for {count} in it.
func (c Catalog) Word(name string, count int, lang Lang) string {
	return fill(c.Table[name].in(lang), map[string]string{"count": strconv.Itoa(count)})
}

// Problem tells what a configuration lacks, which agents say in English, in the language.
// Of a text that the catalogue does not have as a whole, the part that it has is told in
// it: names of programs and settings stand before that part and need no words.
func (c Catalog) Problem(text string, lang Lang) string {
	if lang == English {
		return text
	}
	best := Text{}
	for _, known := range c.Problems {
		if len(known.English) > len(best.English) && strings.Contains(text, known.English) {
			best = known
		}
	}
	if best.English == "" {
		return text
	}
	return strings.Replace(text, best.English, best.in(lang), 1)
}

// volume rounds bytes up to a tenth of the unit that fits, GiB or MiB.
func volume(bytes float64) string {
	unit, name := float64(1<<30), "GiB"
	if bytes < unit {
		unit, name = 1<<20, "MiB"
	}
	return strconv.FormatFloat(math.Ceil(bytes/unit*10)/10, 'f', 1, 64) + " " + name
}

func actions() []Action {
	return []Action{
		ActionPolicy, ActionStore, ActionForward, ActionSpace, ActionWriter, ActionInvestigate, ActionRestore,
		ActionAgent, ActionClock, ActionGrant, ActionFormat, ActionQuery, ActionPolicyRead, ActionInventory,
		ActionCanary, ActionDeclare, ActionShipper,
	}
}
