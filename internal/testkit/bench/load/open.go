package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Open is what came back of a load that was offered on schedule.
type Open struct {
	Offered            float64 // requests a second that were sent
	Accepted, Refused  Result
	ShareRefused       float64
	Lost               int // neither accepted nor refused in time
	Unexpected         int // answers that are neither
	FirstUnexpected    string
	answered, rejected []time.Duration
}

// openTimeout is how long an answer is waited for.
const openTimeout = 30 * time.Second

// Offer sends so many requests a second for a while, over as many connections as that takes. 503 is a refusal; whatever
// else is not the answer wanted is counted as unexpected.
func Offer(ctx context.Context, address string, perSecond float64, duration time.Duration, next Source) (Open, error) {
	const period = time.Minute // so that the rate, a whole number, is exact enough
	rate := vegeta.Rate{Freq: int(perSecond * period.Seconds()), Per: period}
	want := next().Want
	var all []vegeta.Result
	err := attack(ctx, address, rate, duration, 0, next, func(r *vegeta.Result) { all = append(all, *r) })
	if err != nil || len(all) == 0 {
		return Open{}, errors.Join(err, errors.New("nothing was sent"))
	}
	slices.SortFunc(all, func(a, b vegeta.Result) int { return int(a.Seq) - int(b.Seq) })
	begun := all[0].Timestamp
	var o Open
	for _, r := range all {
		scheduled := begun.Add(time.Duration(float64(r.Seq) / perSecond * float64(time.Second)))
		latency := r.Timestamp.Add(r.Latency).Sub(scheduled)
		switch {
		case int(r.Code) == want:
			o.answered = append(o.answered, latency)
		case r.Code == http.StatusServiceUnavailable:
			o.rejected = append(o.rejected, latency)
		case r.Code == 0:
			o.Lost++
		default:
			o.Unexpected++
			o.FirstUnexpected = r.Error
		}
	}
	o.Offered = float64(len(all)) / duration.Seconds()
	o.ShareRefused = float64(len(o.rejected)) / float64(len(all))
	o.Accepted, o.Refused = uncorrected(o.answered, duration), uncorrected(o.rejected, duration)
	return o, nil
}

// uncorrected sums up latencies that leave nothing out.
func uncorrected(times []time.Duration, duration time.Duration) Result {
	h := newHistogram()
	for _, one := range times {
		_ = h.RecordValue(max(int64(one), 0))
	}
	return Result{PerSecond: float64(len(times)) / duration.Seconds(), P50: quantile(h, 50), P99: quantile(h, 99)}
}

// ByVegeta is Closed by another client, whose every request costs several times as much. It has one source for all.
func ByVegeta(ctx context.Context, address string, connections int, duration time.Duration, next Source) (Result, error) {
	want := next().Want
	var times []time.Duration
	var failed error
	start := time.Now()
	err := attack(ctx, address, vegeta.Rate{}, duration, uint64(connections), next, func(r *vegeta.Result) {
		times = append(times, r.Latency)
		if int(r.Code) != want {
			failed = fmt.Errorf("%s %s was answered %d: %s", r.Method, r.URL, r.Code, r.Error)
		}
	})
	return summary([][]time.Duration{times}, connections, time.Since(start)), errors.Join(err, failed)
}

// attack lets vegeta loose; a rate of zero is as fast as so many workers can.
func attack(
	ctx context.Context, address string, rate vegeta.Rate, duration time.Duration, workers uint64, next Source, each func(*vegeta.Result),
) error {
	options := []func(*vegeta.Attacker){
		vegeta.KeepAlive(true), vegeta.HTTP2(false), vegeta.Timeout(openTimeout), vegeta.MaxBody(0), vegeta.Connections(20_000),
	}
	if workers > 0 {
		options = append(options, vegeta.Workers(workers), vegeta.MaxWorkers(workers))
	}
	attacker := vegeta.NewAttacker(options...)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	defer stop()
	target := func(t *vegeta.Target) error {
		r := next()
		t.Method, t.URL, t.Body, t.Header = r.Method, "http://"+address+r.Path, r.Body, r.header()
		return nil
	}
	for result := range attacker.Attack(target, rate, duration, "") {
		each(result)
	}
	return context.Cause(ctx)
}
