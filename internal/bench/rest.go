package main

import "context"

func agentSection(context.Context, *bench) error      { return nil }
func memorySection(context.Context, *bench) error     { return nil }
func diskSection(context.Context, *bench) error       { return nil }
func percentileSection(context.Context, *bench) error { return nil }
func codecSection(context.Context, *bench) error      { return nil }
func crashSection(context.Context, *bench) error      { return nil }
