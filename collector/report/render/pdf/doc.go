// Package pdf prints a report as the PDF that is archived: the pages of the DOCX,
// with embedded subsets of TrueType fonts, text that can be selected, bookmarks,
// charts as vectors and fixed times. Lines are broken here, by the rules of Chinese
// setting. Characters that the fonts lack, and all above U+FFFF, are printed as a
// geta mark and listed by code point at the end. It computes no figure, and the
// same document, fonts and time give the same bytes.
package pdf
