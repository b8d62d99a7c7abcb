// Package calendar counts the way the regulation counts: in calendar months with
// the end-of-month rule of the Civil Code (Art. 202), and in Chinese working days
// with holidays and make-up days.
//
// Everything is a function of values: the caller passes dates and zones, and there
// is no clock and no local zone. The embedded table covers the years whose notices
// of the State Council had been published; any other year is computed from weekends
// alone, and every answer that depends on such a year says so (Estimated).
//
// The package knows no article: which duty counts in what, and from which event,
// is the business of its callers. Lower bounds such as the six months of logs
// (Art. 31) or the three months of an old system (Art. 20) are plain AddMonths;
// rolling them forward would shorten nobody's duty but change its date.
package calendar
