// Package records reads what a provider or an agency writes down about operation and
// security and the system cannot measure: incidents, outages, service orders, the work
// that Art. 36 asks for, scans, checks, backups, changes, rectification, attacks, pools
// and bases of settlement, as CSV files or XLSX workbooks with Chinese heads.
//
// It is a function of bytes, as package inventory is: rows or problems, never both.
// schema.yaml declares the columns of every kind once; templates, validation and
// docs/imports.md come from it. A file states the months that it covers completely, so
// that a month without a row is a real zero and a month that no file covers is not
// provided; see Set.Covers.
//
// What the rows mean for a report is left to package report, keeping them to the store.
package records
