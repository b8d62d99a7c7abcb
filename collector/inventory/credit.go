package inventory

import (
	"fmt"
	"strings"

	"golang.org/x/text/width"
)

// creditAlphabet holds the digits of GB 32100-2015 in the order of their values: no
// I, O, S, V, Z, which look like others.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// internalPrefix begins the codes of units that have no credit code.
const internalPrefix = "N-"

// CheckCredit tells whether code is a unified social credit code: 18 characters of
// the alphabet of GB 32100-2015, letters in capitals, such that the value of the last
// plus Σ value·3^(i−1) over the first 17 places i is a multiple of 31. The error
// reads on after the code: "has 17 characters, not 18".
func CheckCredit(code string) error {
	if len(code) != 18 {
		return fmt.Errorf("has %d characters, not 18", len([]rune(code)))
	}
	sum, weight := 0, 1
	for i := range 17 {
		value := strings.IndexByte(creditAlphabet, code[i])
		if value < 0 {
			return fmt.Errorf("holds at place %d a character that no credit code has", i+1)
		}
		sum += value * weight
		weight = weight * 3 % 31
	}
	if want := creditAlphabet[(31-sum%31)%31]; code[17] != want {
		return fmt.Errorf("has a wrong check character: the other 17 want %q at the end", want)
	}
	return nil
}

// checkUnit accepts a credit code or an internal one.
func checkUnit(code string) error {
	rest, internal := strings.CutPrefix(code, internalPrefix)
	if !internal {
		return CheckCredit(code)
	}
	if rest == "" || len(rest) > 32 {
		return fmt.Errorf("is an internal code of %d characters, not 1 to 32", len(rest))
	}
	for _, r := range rest {
		if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return fmt.Errorf("is an internal code with a character other than letters, digits, - and _")
		}
	}
	return nil
}

// UnitCode returns the code of a unit as it is stored: full width made narrow, a credit
// code in capitals.
func UnitCode(s string) string {
	if strings.HasPrefix(s, internalPrefix) {
		return s
	}
	return strings.ToUpper(width.Narrow.String(s))
}
