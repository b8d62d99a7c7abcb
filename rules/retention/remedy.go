package retention

// remedy chooses what would help against the first reason.
func (j *judge) remedy(d Decision, f forecast) Remedy {
	if len(d.Reasons) == 0 {
		return Remedy{}
	}
	switch first := d.Reasons[0]; first.Code {
	case Edited, DeletionDetected:
		return Remedy{Action: ActionInvestigate}
	case LoggingStopped:
		return Remedy{Action: ActionWriter, Detail: first.Detail}
	case HardGap:
		return Remedy{Action: ActionRestore}
	case StaleAgent, NotReported:
		return Remedy{Action: ActionAgent}
	case ClockUntrusted:
		return Remedy{Action: ActionClock}
	case PermissionDenied:
		return Remedy{Action: ActionGrant, Detail: first.Detail}
	case TimestampsUnparsed:
		return Remedy{Action: ActionFormat}
	case RemoteUnreachable:
		return Remedy{Action: ActionQuery}
	case PolicyUnparsed:
		return Remedy{Action: ActionPolicyRead, Detail: first.Detail}
	case NoAgeEvidence:
		return Remedy{Action: ActionInventory}
	case SilenceUnexplained:
		return Remedy{Action: ActionCanary}
	case ForwardLag:
		return Remedy{Action: ActionShipper}
	case DiskFull, WriterSuspends:
		return Remedy{Action: ActionSpace, Bytes: j.bytes()}
	case ContainerEphemeral:
		return Remedy{Action: ActionForward}
	}
	return j.keepLonger(f)
}

// keepLonger finds the smallest settings with which the window is held on every day
// of every year: those of the store if it is the store that removes, else those of
// the host. If both keep long enough already, the lost records can only be restored.
func (j *judge) keepLonger(f forecast) Remedy {
	want, rate := j.period.Window(), j.src.Rate.high()
	if r := j.src.Remote; f.store && r.Retention != nil {
		return Remedy{Action: ActionStore, Changes: r.Retention.remedy(want, rate)}
	}
	if isContainer(j.src.Policy) {
		return Remedy{Action: ActionForward}
	}
	if j.src.Policy != nil && !j.ended {
		// Of several policies one that is known to be too short is to be changed, even if
		// another is not understood.
		if days, known := j.window(); !known || days < float64(want) {
			if changes := j.src.Policy.remedy(want, rate); len(changes) > 0 {
				return Remedy{Action: ActionPolicy, Changes: changes, Bytes: j.bytes()}
			}
		}
	}
	return Remedy{Action: ActionRestore}
}

// bytes sizes the space of the window: two days as they are written, before they are
// compressed, and the rest at the ratio of the archives.
func (j *judge) bytes() float64 {
	rate, ratio := j.src.Rate.high(), j.src.Rate.Ratio
	if ratio <= 0 || ratio > 1 {
		ratio = 1
	}
	return rate*2 + rate*ratio*float64(j.period.Window())
}
