// Package inventory reads the tables that people keep about the cloud: platforms,
// providers, using units, information systems, hosts, flavours, prices and
// exemptions, as XLSX workbooks or CSV files with Chinese or English heads.
//
// It is a function of bytes: a file and what is known already go in, a Batch or a
// list of problems comes out. Any problem refuses the whole file, so nothing is half
// imported; each names its place, its value, why it is refused and what to do. Which
// sheets, heads and values are understood stands in schema.yaml, from which the
// empty workbook of Template is written too.
//
// Storing a batch, and the history of what was valid when, are left to the store.
package inventory
