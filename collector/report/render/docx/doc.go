// Package docx prints a report as the DOCX file that an office edits and signs:
// pages by GB/T 9704, fonts by their names only, headings with outline levels, wide
// tables on pages laid down, charts as pictures with a description, a watermark
// while the document is a draft, and content controls where a person writes.
// Written reads those out of such a file again, so that a new draft keeps them.
//
// It writes Office Open XML itself: no library that is kept up does these pages.
// The same document, typeface and time give the same bytes. It computes no figure.
package docx
