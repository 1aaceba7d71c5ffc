package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json.
type event struct {
	Time    time.Time
	Action  string
	Package string
	Test    string
	Elapsed float64 // seconds
}

type test struct {
	pkg, name string
	took      time.Duration
}

// tally is what the events so far come to.
type tally struct {
	began   time.Time
	module  string // what package paths begin with
	passed  int
	failed  int
	ended   int                             // packages
	running map[string]map[string]time.Time // by package, the tests that have begun, and since when they run: zero if paused
	tests   []test                          // those that have ended
}

func newTally(now time.Time) *tally {
	t := &tally{began: now, running: map[string]map[string]time.Time{}}
	if info, ok := debug.ReadBuildInfo(); ok {
		t.module = info.Main.Path + "/"
	}
	return t
}

// add counts an event. Whatever is not one is passed on all the same, and of no interest here.
func (t *tally) add(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil || e.Package == "" {
		return
	}
	e.Package = strings.TrimPrefix(e.Package, t.module)
	if e.Test == "" {
		t.addPackage(e)
		return
	}
	switch e.Action {
	case "run", "cont":
		t.running[e.Package][e.Test] = e.Time
	case "pause":
		t.running[e.Package][e.Test] = time.Time{}
	case "pass", "fail", "skip":
		delete(t.running[e.Package], e.Test)
		t.tests = append(t.tests, test{e.Package, e.Test, time.Duration(e.Elapsed * float64(time.Second))})
		switch e.Action {
		case "pass":
			t.passed++
		case "fail":
			t.failed++
		}
	}
}

func (t *tally) addPackage(e event) {
	switch e.Action {
	case "start":
		t.running[e.Package] = map[string]time.Time{}
	case "pass", "fail", "skip":
		delete(t.running, e.Package)
		if e.Action != "skip" { // it has no tests
			t.ended++
		}
	}
}

// line says how far the tests are.
func (t *tally) line(now time.Time) string {
	var said strings.Builder
	fmt.Fprintf(&said, "... %s: %d tests passed", now.Sub(t.began).Round(time.Second), t.passed)
	if t.failed > 0 {
		fmt.Fprintf(&said, ", %d failed", t.failed)
	}
	fmt.Fprintf(&said, ", %d packages done", t.ended)
	for _, pkg := range slices.Sorted(maps.Keys(t.running)) {
		if name, since := oldest(t.running[pkg]); name != "" {
			fmt.Fprintf(&said, "; %s in %s for %s", name, pkg, now.Sub(since).Round(time.Second))
		}
	}
	return said.String()
}

// oldest finds the test that has run longest, other than those that wait: for their turn, or for a subtest.
func oldest(running map[string]time.Time) (name string, since time.Time) {
	for _, candidate := range slices.Sorted(maps.Keys(running)) {
		waits := running[candidate].IsZero()
		for other := range running {
			waits = waits || strings.HasPrefix(other, candidate+"/")
		}
		if began := running[candidate]; !waits && (name == "" || began.Before(since)) {
			name, since = candidate, began
		}
	}
	return name, since
}

// slowest lists the ten tests that took longest.
func (t *tally) slowest() string {
	slices.SortStableFunc(t.tests, func(a, b test) int { return cmp.Compare(b.took, a.took) })
	var list strings.Builder
	for i, one := range t.tests[:min(10, len(t.tests))] {
		if i == 0 {
			list.WriteString("\nThe slowest tests:\n")
		}
		fmt.Fprintf(&list, "%8s  %s  %s\n", one.took.Round(10*time.Millisecond), one.pkg, one.name)
	}
	return list.String()
}
