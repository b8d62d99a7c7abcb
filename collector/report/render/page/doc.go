// Package page is what the formats with pages, DOCX and PDF, share: the measures of
// a page by GB/T 9704, how a document becomes a sequence of items on upright and
// lying pages, and how wide the columns of a table are. Tables too wide for a lying
// page are divided into parts that repeat the first column. It prints nothing.
package page
