package memory

import "testing"

func TestGarbageMayGatherWhileTheServerIsBusyAndNotWhenItIsIdle(t *testing.T) {
	t.Parallel()
	const alive = roomUnderLoad / 4
	p := pace{percent: usualPercent}
	expect := func(when string, want int) {
		t.Helper()
		if p.percent != want {
			t.Fatalf("%s: %d %%, want %d %%", when, p.percent, want)
		}
	}
	for range 30 {
		p.observe(1, alive)
	}
	expect("with a collection a second", usualPercent)
	p.observe(busyFrom, alive)
	expect("when busy", 400)
	p.observe(1, alive)
	expect("when the larger room has made collections rare", 400)
	p.observe(1, 2*alive)
	expect("when twice as much is alive", 200)
	p.observe(busyFrom, 8*alive)
	expect("when more is alive than the room", usualPercent)

	p.observe(busyFrom, alive)
	for p.calm+lookEvery < calmAfter {
		p.observe(0, alive)
		expect("in a short pause", 400)
	}
	p.observe(0, alive)
	expect("when it is calm", usualPercent)
	p.observe(1, alive)
	expect("after the collection that gives memory back", usualPercent)
}
