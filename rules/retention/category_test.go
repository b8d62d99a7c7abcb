package retention

import "testing"

func TestCategories(t *testing.T) {
	c, err := LoadCategories()
	if err != nil {
		t.Fatal(err)
	}
	for class, want := range map[Class]string{OSAuth: "system", PrivilegedOp: "system", DBAudit: "database", Middleware: "application", CloudControlPlane: "platform", SecurityDevice: "device", "own-log": "other"} {
		if got := c.Of(class).ID; got != want {
			t.Errorf("%s is of category %q; want %q", class, got, want)
		}
	}
}
