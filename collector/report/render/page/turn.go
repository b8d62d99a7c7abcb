package page

// turn gives the parts that want pages of their own their pages. If something in such a
// part has to lie, and nothing has to stand, all of it lies: it would be torn to pieces.
func turn(items []Item) {
	for i := 0; i < len(items); {
		h := items[i].Heading
		if h == nil || !h.Page {
			i++
			continue
		}
		end := i + 1
		for end < len(items) && (items[end].Heading == nil || items[end].Heading.Level > h.Level) {
			end++
		}
		part := items[opening(items, i):end]
		part[0].NewPage = true
		lies, stands := false, false
		for k := range part {
			part[k].Running = h.Text
			lies, stands = lies || part[k].Lying, stands || part[k].set && !part[k].Lying
		}
		for k := range part {
			part[k].Lying = part[k].Lying || lies && !stands
		}
		if end < len(items) { // the next part, or what comes after the last, begins on a fresh page
			items[end].NewPage = true
		}
		i = end
	}
}

// opening is where the page of a part begins: at its heading, or at that of its section if
// only text stands between the two.
func opening(items []Item, i int) int {
	for k := i - 1; k >= 0; k-- {
		switch before := &items[k]; {
		case before.Running != "":
			return i
		case before.Heading != nil && before.Heading.Level == 1:
			return k
		case before.Heading != nil || before.Part != nil || before.Block.Paragraph == "":
			return i
		}
	}
	return i
}
