// Command compare holds the verdicts of yunjian-agent on log retention against what
// Lynis and OpenSCAP say of the same hosts, and writes docs/comparison.md.
//
// The hosts are root trees that it builds relative to the instant it is given: some
// keep their logs for six months, some are short, have holes or were edited. Each
// program is the real one and is run as its documentation says: yunjian-agent with
// host_root, OpenSCAP through oscap-chroot, and Lynis, which asks for processes and
// calls logrotate, in a chroot whose /etc, /run and /var are those of the tree.
//
// It needs root, Debian 12 and the packages lynis, openscap-scanner, openscap-utils
// and logrotate. It leaves out everything that the two test besides logs.
package main
