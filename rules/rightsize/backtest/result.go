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
	CPUCurve          []Point     `json:"cpu_curve"`
	MemoryCurve       []Point     `json:"memory_curve"`
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

// Point is the pooled outcome of one dial in all folds: how the figures
// move with the dial. It is seen in hindsight and is no figure of a gate.
type Point struct {
	Dial float64 `json:"dial"`
	Figures
}

// Names of ladders and of what is scored beside the peers.
const (
	flavours   = "flavours"
	fractional = "fractional"
	all        = "all"
	capped     = "-half" // behind the name of the model: no more than half is cut
)
