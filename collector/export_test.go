package collector

import "github.com/yunjian-io/yunjian/rules/rightsize"

// WithAdvice is a database with limits of recommendations as a configuration brings them.
func WithAdvice(d *Database, limits ...rightsize.Settings) *Database {
	return &Database{Store: d.Store, advice: limits}
}

// RealErrors is realErrors.
func RealErrors(all ...error) error { return realErrors(all...) }
