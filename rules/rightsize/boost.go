package rightsize

import (
	"fmt"
	"math"
	"slices"
)

// sample is one observation to learn from: features, whether the event came, a weight.
type sample struct {
	x      []float64
	hit    bool
	weight float64
	block  int
}

// boosting are the settings of gradient boosting with logistic loss (Friedman, Greedy
// Function Approximation: A Gradient Boosting Machine, Annals of Statistics 29, 2001).
type boosting struct {
	rounds int     // trees
	leaves int     // leaves of a tree, grown best first
	rate   float64 // share of each tree that is taken
	ridge  float64 // added to the second derivative of each leaf
	least  int     // samples in a leaf
	// rises says which features may only raise the prediction as they grow.
	rises []bool
}

// bins bounds the thresholds that are tried for one feature.
const bins = 64

// node is a split, or a leaf where Feature is negative. Children stand behind their
// parent, which makes every walk end.
type node struct {
	Feature int     `json:"f"`
	At      float64 `json:"t,omitempty"` // values up to it go left
	Left    int     `json:"l,omitempty"`
	Right   int     `json:"r,omitempty"`
	Value   float64 `json:"v,omitempty"` // of a leaf, in log-odds
}

// forest is a sum of trees over a start, in log-odds.
type forest struct {
	Start float64  `json:"start"`
	Trees [][]node `json:"trees"`
}

func (f *forest) logOdds(x []float64) float64 {
	sum := f.Start
	for _, tree := range f.Trees {
		i := 0
		for tree[i].Feature >= 0 {
			if x[tree[i].Feature] <= tree[i].At {
				i = tree[i].Left
			} else {
				i = tree[i].Right
			}
		}
		sum += tree[i].Value
	}
	return sum
}

// check tells what is wrong with a forest that was read, for n features.
func (f *forest) check(n int) error {
	for k, tree := range f.Trees {
		if len(tree) == 0 {
			return fmt.Errorf("tree %d is empty", k)
		}
		for i, at := range tree {
			if at.Feature >= n || at.Feature >= 0 && (at.Left <= i || at.Right <= i || at.Left >= len(tree) || at.Right >= len(tree)) {
				return fmt.Errorf("tree %d, node %d: no such feature or child", k, i)
			}
		}
	}
	return nil
}

// sigmoid turns log-odds into a probability.
func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// boost fits a forest. The samples must hold both outcomes.
func boost(samples []sample, b boosting) forest {
	g := newGrower(samples, b)
	var hits, all float64
	for _, s := range samples {
		all += s.weight
		if s.hit {
			hits += s.weight
		}
	}
	f := forest{Start: math.Log((hits + 0.5) / (all - hits + 0.5))}
	for i := range g.sum {
		g.sum[i] = f.Start
	}
	for range b.rounds {
		f.Trees = append(f.Trees, g.tree())
	}
	return f
}

// grower holds the samples in bins while trees are grown.
type grower struct {
	boosting
	samples []sample
	edges   [][]float64 // by feature: the upper bound of each bin but the last
	bin     [][]uint8   // by feature and sample
	sum     []float64   // log-odds so far
	g, h    []float64   // first and second derivatives of the loss
}

func newGrower(samples []sample, b boosting) *grower {
	n := len(samples)
	g := &grower{boosting: b, samples: samples, sum: make([]float64, n), g: make([]float64, n), h: make([]float64, n)}
	values := make([]float64, n)
	for f := range b.rises {
		for i, s := range samples {
			values[i] = s.x[f]
		}
		slices.Sort(values)
		var edges []float64
		for k := 1; k < bins; k++ {
			i := k * n / bins
			if i == 0 || values[i-1] == values[i] {
				// Equal values stay together: the border moves to where the next value begins.
				j, _ := slices.BinarySearch(values, math.Nextafter(values[i], math.Inf(1)))
				if j == n {
					continue
				}
				i = j
			}
			edge := values[i-1] + (values[i]-values[i-1])/2
			if len(edges) == 0 || edge > edges[len(edges)-1] {
				edges = append(edges, edge)
			}
		}
		of := make([]uint8, n)
		for i, s := range samples {
			k, _ := slices.BinarySearch(edges, s.x[f])
			of[i] = uint8(k) //nolint:gosec // fewer than bins
		}
		g.edges, g.bin = append(g.edges, edges), append(g.bin, of)
	}
	return g
}

// leaf is a part of the samples while a tree grows.
type leaf struct {
	node     int
	members  []int
	low, top float64 // what its value may be, so that the tree stays monotone
	g, h     float64
	split    split
}

// split is the best way found to part a leaf.
type split struct {
	gain        float64
	feature     int
	bin         int
	left, right float64 // values of the parts
}

func (g *grower) tree() []node {
	root := leaf{members: make([]int, len(g.samples)), low: math.Inf(-1), top: math.Inf(1)}
	for i, s := range g.samples {
		p := sigmoid(g.sum[i])
		y := 0.0
		if s.hit {
			y = 1
		}
		g.g[i], g.h[i] = s.weight*(p-y), s.weight*p*(1-p)
		root.members[i] = i
	}
	nodes := []node{{Feature: -1}}
	g.look(&root)
	open := []leaf{root}
	for len(open) < g.leaves {
		best := 0
		for i := range open {
			if open[i].split.gain > open[best].split.gain {
				best = i
			}
		}
		l := open[best]
		if l.split.gain <= 0 {
			break
		}
		left, right := g.part(l)
		left.node, right.node = len(nodes), len(nodes)+1
		nodes[l.node] = node{Feature: l.split.feature, At: g.edges[l.split.feature][l.split.bin], Left: left.node, Right: right.node}
		nodes = append(nodes, node{Feature: -1}, node{Feature: -1})
		g.look(&left)
		g.look(&right)
		open[best] = left
		open = append(open, right)
	}
	for _, l := range open {
		value := g.rate * g.value(l.g, l.h, l.low, l.top)
		nodes[l.node].Value = value
		for _, i := range l.members {
			g.sum[i] += value
		}
	}
	return nodes
}

// value is the step of a leaf that lowers the loss most, within its bounds.
func (g *grower) value(sumG, sumH, low, top float64) float64 {
	return min(max(-sumG/(sumH+g.ridge), low), top)
}

// part makes the two leaves of a split. Where the feature may only raise the
// prediction, nothing left of it may grow above what lies right of it.
func (g *grower) part(l leaf) (left, right leaf) {
	left, right = leaf{low: l.low, top: l.top}, leaf{low: l.low, top: l.top}
	if g.rises[l.split.feature] {
		middle := (l.split.left + l.split.right) / 2
		left.top, right.low = middle, middle
	}
	for _, i := range l.members {
		if int(g.bin[l.split.feature][i]) <= l.split.bin {
			left.members = append(left.members, i)
		} else {
			right.members = append(right.members, i)
		}
	}
	return left, right
}

// look sums a leaf up and finds its best split.
func (g *grower) look(l *leaf) {
	for _, i := range l.members {
		l.g, l.h = l.g+g.g[i], l.h+g.h[i]
	}
	loss := func(sumG, sumH, value float64) float64 { return sumG*value + (sumH+g.ridge)*value*value/2 }
	now := loss(l.g, l.h, g.value(l.g, l.h, l.low, l.top))
	for f := range g.rises {
		var sumG, sumH [bins]float64
		var count [bins]int
		for _, i := range l.members {
			k := g.bin[f][i]
			sumG[k], sumH[k], count[k] = sumG[k]+g.g[i], sumH[k]+g.h[i], count[k]+1
		}
		var leftG, leftH float64
		left := 0
		for k := range g.edges[f] {
			leftG, leftH, left = leftG+sumG[k], leftH+sumH[k], left+count[k]
			if left < g.least || len(l.members)-left < g.least {
				continue
			}
			a, b := g.value(leftG, leftH, l.low, l.top), g.value(l.g-leftG, l.h-leftH, l.low, l.top)
			if g.rises[f] && a > b {
				continue
			}
			gain := now - loss(leftG, leftH, a) - loss(l.g-leftG, l.h-leftH, b)
			if gain > l.split.gain+1e-12 {
				l.split = split{gain: gain, feature: f, bin: k, left: a, right: b}
			}
		}
	}
}
