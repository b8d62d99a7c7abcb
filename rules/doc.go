// Package rules judges facts by rule files and says why.
//
// A rule file is strict YAML that names its basis, version, first day of effect and
// approver, and holds one or more rules with their thresholds, their condition, the
// sentences in which findings are explained and their own tests. The regulation
// gives no thresholds (Art. 40 leaves them to later rules), so every number stands in
// such a file and none in this code.
//
// There are three verdicts. A fact that is not provided is unknown, never zero:
// conditions are evaluated in Kleene's logic, where "a and b" is false as soon as
// one of them is known to be false, and unknown only if neither is.
//
// Everything here is a function of values. The package reads no clock, no database
// and no file but the file system it is given; who computes the facts, and what is
// done with a finding, is the business of its callers. No finding changes a
// resource: proposals go to the review that Art. 23 prescribes.
package rules
