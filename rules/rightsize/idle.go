package rightsize

// NetworkDay is what a day says of the network of a host: in how many of its measured
// slots it received under 2 kB/s and sent under 1 kB/s, and the bytes of the day. Our
// own agent sends about a third of a kB/s, so that it does not break these tests.
type NetworkDay struct {
	Slots         int     // measured; 0 is no record
	ReceiveBelow  int     // slots under 2,000 bytes per second received
	TransmitBelow int     // slots under 1,000 bytes per second sent
	Received      float64 // bytes
	Transmitted   float64 // bytes
}

// IdleEvidence is what a rule for idle hosts looks at beside the history.
type IdleEvidence struct {
	// Transmit is the mean rate sent in each hour from History.From on, in bytes per
	// second; NaN is no value. Nil where it was not recorded.
	Transmit []float64
	// Network are the days from History.From on; nil where not recorded.
	Network []NetworkDay
}
