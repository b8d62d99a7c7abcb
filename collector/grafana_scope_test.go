package collector_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/yunjian-io/yunjian/collector"
	"github.com/yunjian-io/yunjian/collector/ingest"
	"github.com/yunjian-io/yunjian/collector/query"
)

// Whoever asks gets the rows that are theirs from every table, and no others: counted,
// and as text.
func (d *queryDoor) showsOwnRows(t *testing.T) {
	for person, marks := range doorUsers() {
		rules, err := collector.QueryRules(t.Context(), d.db, person)
		if err != nil {
			t.Fatal(err)
		}
		for table := range doorTables(t) {
			name := query.UserOf(person) + " " + table
			got := d.ask(t, person, "SELECT * FROM "+table, nil)
			switch refused := rules.Tables[table].Refused != ""; {
			case refused && got.status == 200:
				t.Errorf("%s: read, although it is refused: %q", name, got.body)
			case refused:
				continue
			case got.status != 200:
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
			for mark := range marksIn(got.body) {
				if !slices.Contains(marks, mark) {
					t.Errorf("%s: a row of others is shown: %s", name, got.body)
				}
			}
			want := len(marks)
			if count := d.ask(t, person, "SELECT count() FROM "+table, nil); count.body != fmt.Sprintln(want) {
				t.Errorf("%s: count %q, want %d", name, count.body, want)
			}
		}
	}
}

// The tables of the inventory, and the views over it.
func (d *queryDoor) showsOwnInventory(t *testing.T) {
	office, pa, ua := doorOffice, doorProvider, doorUnit
	for _, test := range []struct {
		text string
		who  ingest.Person
		want string // words of the only column, in order
	}{
		{"SELECT host_id FROM hosts", ua, "moved own"},
		{"SELECT host_id FROM hosts", pa, "moved own"},
		{"SELECT id FROM providers", office, "pa pb"},
		{"SELECT id FROM providers", pa, "pa"},
		{"SELECT id FROM providers", ua, "pa"},
		{"SELECT id FROM platforms", pa, "fa"},
		{"SELECT id FROM platforms", ua, "fa"},
		{"SELECT id FROM flavors", pa, "la"},
		{"SELECT id FROM flavors", ua, "la"},
		{"SELECT id FROM information_systems", pa, "sa sb"},
		{"SELECT id FROM information_systems", ua, "sa"},
		{"SELECT code FROM units", pa, "ua ub"},
		{"SELECT code FROM units", ua, "ua"},
		{"SELECT DISTINCT host_id FROM allocations", pa, "moved own"},
		{"SELECT DISTINCT system FROM allocations", ua, "sa"},
		{"SELECT DISTINCT host_id FROM allocations WHERE valid_to > now()", ua, "own"}, // what moved away is not counted
		{"SELECT subject FROM exemptions", pa, "down own sa sb"},
		{"SELECT subject FROM exemptions", ua, "down own sa"},
		{"SELECT subject_kind || subject FROM log_requirements", ua, "default hostown information_systemsa"},
		{"SELECT subject_kind || subject FROM log_requirements", pa, "default hostown information_systemsa"},
		{"SELECT provider FROM inventory_prices", pa, "pa"},
		{"SELECT volume_id FROM volume_allocations", pa, "down"},
		{"SELECT volume_id FROM volume_allocations", ua, "down"},
		{"SELECT volume_id FROM volume_allocations", office, "d222222 down"},
		{"SELECT volume_id FROM inventory_volumes", pa, "down"},
		{"SELECT DISTINCT provider FROM inventory_hosts", pa, "pa"},
		{"SELECT toString(run) FROM judge_runs", ua, "1"},
		{"SELECT toString(version) FROM month_closes", pa, "1"},
		{"SELECT toString(year) FROM calendar_years", ua, "2026"},
	} {
		got := d.ask(t, test.who, "SELECT arrayStringConcat(arraySort(groupArray(toString(x))), ' ') FROM ("+strings.Replace(test.text, " FROM", " AS x FROM", 1)+")", nil)
		if diff := cmp.Diff(test.want+"\n", got.body); diff != "" {
			t.Errorf("%s as %s (-want +got):\n%s", test.text, query.UserOf(test.who), diff)
		}
	}
}

// However a question reaches a table, it is cut.
func (d *queryDoor) cutsEveryWay(t *testing.T) {
	for _, text := range []string{
		"SELECT toString(groupArray(memory_total_mib)) FROM usage",
		"SELECT toString(groupArray(memory_total_mib)) FROM usage FINAL",
		"SELECT toString(groupArray(u.memory_total_mib)) FROM usage AS u PREWHERE u.memory_total_mib > 0",
		"WITH c AS (SELECT * FROM usage) SELECT toString(groupArray(memory_total_mib)) FROM c",
		"SELECT toString((SELECT groupArray(memory_total_mib) FROM usage))",
		"SELECT memory_total_mib FROM usage UNION ALL SELECT toInt32OrZero(substring(key, 2)) FROM log_sources",
		"SELECT a.memory_total_mib, b.memory_total_mib FROM usage AS a CROSS JOIN usage AS b",
		"SELECT b.memory_total_mib FROM (SELECT 1 AS k) AS a LEFT JOIN (SELECT 1 AS k, * FROM usage) AS b ON a.k = b.k",
		"SELECT max(memory_total_mib), min(memory_total_mib), any(memory_total_mib) FROM usage",
		"SELECT max(memory_total_mib) OVER (), memory_total_mib FROM usage",
		"SELECT n FROM (SELECT arrayJoin([111111, 222222, 333333, 444444]) AS n) WHERE n IN (SELECT memory_total_mib FROM usage)",
		"SELECT n FROM (SELECT arrayJoin([111111, 222222, 333333, 444444]) AS n) WHERE EXISTS (SELECT 1 FROM usage WHERE memory_total_mib = 222222)",
		"SELECT subject FROM findings WHERE subject != '' ORDER BY run, subject",
		"SELECT groupUniqArray(subject) FROM findings GROUP BY month WITH TOTALS",
		"SELECT DISTINCT subject FROM yunjian_database.findings",
		"SELECT f.* EXCEPT (run) FROM findings AS f",
		"SELECT COLUMNS('subject') FROM findings",
		"SELECT subject FROM findings INTERSECT SELECT subject FROM findings",
		"SELECT * FROM (SELECT * FROM (SELECT facts FROM findings))",
		"SELECT p.proposal, e.data FROM proposals AS p JOIN proposal_events AS e USING (proposal)",
		"SELECT subject, rank() OVER (ORDER BY subject) FROM findings QUALIFY 1",
		"EXPLAIN SYNTAX SELECT * FROM findings",
		"SELECT toString(groupArray(value)) FROM samples WHERE name = 'node_load1' GROUP BY labels",
		"SELECT toString(uniq(subject)), toString(topK(9)(subject)) FROM findings",
		"SELECT t.1 FROM (SELECT tuple(subject, facts) AS t FROM findings)",
		"SELECT arrayMap(x -> x, groupArray(subject)) FROM findings",
		"WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) SELECT i, subject FROM r, findings",
	} {
		text = strings.ReplaceAll(text, "yunjian_database", d.db.Name())
		for person, marks := range doorUsers() {
			got := d.ask(t, person, text, nil)
			if got.status != 200 {
				t.Errorf("%s as %s: %d %s", text, query.UserOf(person), got.status, got.body)
			}
			for mark := range marksIn(got.body) {
				// A question may hold the marks itself, as EXISTS does.
				if !slices.Contains(marks, mark) && !strings.Contains(text, "EXISTS") {
					t.Errorf("%s as %s: a row of others is shown: %s", text, query.UserOf(person), got.body)
				}
			}
			if strings.Contains(text, "EXISTS") && (got.body != "") != slices.Contains(marks, "222222") {
				t.Errorf("%s as %s: got %q", text, query.UserOf(person), got.body)
			}
		}
	}
}

// A condition that fails on a value must not be tried on rows of others, or else not tell.
func (d *queryDoor) errorsTellNothing(t *testing.T) {
	for _, text := range []string{
		"SELECT count() FROM findings PREWHERE toUInt64(subject) = 1",
		"SELECT count() FROM findings WHERE toUInt64(provider) = 1",
		"SELECT count() FROM findings PREWHERE toUInt64(provider) = 1",
		"SELECT count() FROM (SELECT * FROM findings) WHERE toDate(subject) = '2026-01-01'",
		"SELECT toUInt64(id) FROM information_systems",
		"SELECT toInt32(system) FROM allocations",
	} {
		for _, person := range []ingest.Person{doorProvider, doorUnit} {
			got := d.ask(t, person, text, nil)
			if got.status == 200 || strings.Contains(got.body, "22222") || strings.Contains(got.body, "'p") || strings.Contains(got.body, "'s") || !strings.Contains(got.body, "might quote") {
				t.Errorf("%s as %s: got %d %s", text, query.UserOf(person), got.status, got.body)
			}
		}
	}
	// Whether a question fails does not tell that a row of others is there.
	for _, text := range []string{
		"SELECT count() FROM information_systems WHERE intDiv(1, id != 'KEY')",
		"SELECT count() FROM (SELECT id, count() FROM information_systems GROUP BY id) WHERE intDiv(1, id != 'KEY')",
		"SELECT count() FROM allocations WHERE intDiv(1, system != 'KEY')",
		"SELECT count() FROM allocations AS a JOIN information_systems AS s ON s.id = a.system WHERE intDiv(1, s.id != 'KEY')",
	} {
		there := d.ask(t, doorUnit, strings.ReplaceAll(text, "KEY", "sb"), nil)
		absent := d.ask(t, doorUnit, strings.ReplaceAll(text, "KEY", "zz"), nil)
		if diff := cmp.Diff(absent.body, there.body); diff != "" || absent.status != 200 {
			t.Errorf("%s: the answer tells whether others have it (-absent +there):\n%s", text, diff)
		}
	}
}

// Every table has its conditions; a new one is closed until somebody has thought about it.
func TestQueryDoorKnowsEveryTable(t *testing.T) {
	d := openQueryDoor(t, nil)
	d.exec(t, "CREATE TABLE newcomer (subject String) ENGINE = MergeTree ORDER BY subject")
	d.exec(t, "INSERT INTO newcomer VALUES ('m222222')")
	office, err := collector.QueryRules(t.Context(), d.db, doorOffice)
	if err != nil {
		t.Fatal(err)
	}
	known, err := d.db.SlicedTables()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for table := range office.Tables {
		if !strings.Contains(table, ".") && table != "newcomer" {
			got = append(got, table)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(got, known); diff != "" {
		t.Errorf("tables of the database, and those of collector/store/slices.yaml (-database +file):\n%s", diff)
	}
	for _, text := range []string{"SELECT * FROM newcomer", "SELECT 'm222222' IN newcomer", "WITH newcomer AS (SELECT 1) SELECT * FROM newcomer", "DESC newcomer"} {
		if answer := d.ask(t, doorUnit, text, nil); answer.status != 403 {
			t.Errorf("%s: got %d %s, want to be refused", text, answer.status, answer.body)
		}
	}
	for _, text := range []string{"SELECT findings FROM judge_runs", "SELECT * FROM judge_runs", "SELECT r.findings AS x FROM judge_runs AS r", "SELECT COLUMNS('f') FROM judge_runs", "SELECT buckets FROM month_closes", "SELECT run FROM judge_runs ORDER BY findings", "SELECT f.run, r.* FROM findings AS f JOIN judge_runs AS r USING (run)", "SELECT * FROM findings CROSS JOIN judge_runs", "SELECT (SELECT r.*) FROM judge_runs AS r", "SELECT tuple(*) FROM judge_runs", "WITH r AS (SELECT * FROM judge_runs) SELECT run FROM r"} {
		if answer := d.ask(t, doorProvider, text, nil); answer.status != 403 || len(marksIn(answer.body)) > 0 {
			t.Errorf("%s: got %d %s, want to be refused", text, answer.status, answer.body)
		}
	}
}
