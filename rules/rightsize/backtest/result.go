package backtest

// Result is all that a back-test prints. Shares are from 0 to 1.
type Result struct {
	Months   []string     `json:"months"`
	Hosts    int          `json:"hosts"`
	Eligible []int        `json:"eligible"` // VM-months, by month
	Rows     []PolicyRow  `json:"rows"`
	Against  []Comparison `json:"against"`
	Idle     []IdleRow    `json:"idle"`
	Gates    []Gate       `json:"gates"`
	// Calibration of CPU is that of the gate; of memory it is of any slot above.
	CPUCalibration    Calibration `json:"cpu_calibration"`
	MemoryCalibration Calibration `json:"memory_calibration"`
	Guard             []GuardRow  `json:"guard"`
	CPUDial           []Point     `json:"cpu_dial"`
	MemoryDial        []Point     `json:"memory_dial"`
}

// PolicyRow is a policy in a month, or in all months together.
type PolicyRow struct {
	Month  string `json:"month"`  // 2013-08, or "all"
	Ladder string `json:"ladder"` // flavours, or fractional
	Policy string `json:"policy"`
	Title  string `json:"title"`
	Row
}

// Comparison is the model less a peer, on flavours and all months.
type Comparison struct {
	Policy string `json:"policy"`
	Difference
}

// GuardRow is what a guard makes of the memory sizes of a policy.
type GuardRow struct {
	Policy string `json:"policy"`
	Days   int    `json:"working_days"`
	Guarded
}

// Gate is a figure beside its target.
type Gate struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Target  string `json:"target"`
	Figure  string `json:"figure"`
	Reached bool   `json:"reached"`
}

// Point is what a budget of risk brings: the operating points chosen for it on the other
// folds, on the cases of all.
type Point struct {
	// Budget is the share of VM-months that may be breached, 0 to 1: of CPU with more
	// than 1 % of slots above, of memory with any.
	Budget float64 `json:"budget"`
	Figures
}

// Names of ladders and of what is scored beside the peers.
const (
	flavours   = "flavours"
	fractional = "fractional"
	all        = "all"
	capped     = "-half" // behind the name of the model: no more than half is cut
)
