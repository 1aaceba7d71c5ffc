package load

import (
	"cmp"
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
	Offered           float64 // requests a second that were sent
	Goodput           float64 // answers a second that were the one wanted and came before the last request was sent
	Accepted, Refused Latencies
	ShareRefused      float64
	Lost              int // neither accepted nor refused in time
	Unexpected        int // answers that are neither
	FirstUnexpected   string
}

// sent is what is kept of a request, of which there are many.
type sent struct {
	number  uint64
	at      time.Time
	latency time.Duration
	code    int // 0: no answer
}

// mostConnections are as many as an open loop has at most. Where even these are all waiting for answers, requests are
// sent late, but their latencies count from when they should have been sent.
const mostConnections = 4096

// openTimeout is how long an answer is waited for.
const openTimeout = 30 * time.Second

// Offer sends requests at a rate for a while, over as many connections as that takes, up to a limit. 503 is a
// refusal; whatever else is not the answer wanted is counted as unexpected.
func Offer(ctx context.Context, address string, perSecond float64, duration time.Duration, next Source) (Open, error) {
	const period = time.Minute // so that the rate, a whole number, is exact enough
	rate := vegeta.Rate{Freq: int(perSecond * period.Seconds()), Per: period}
	want := next().Want
	var o Open
	var all []sent
	err := attack(ctx, address, rate, duration, mostConnections, next, func(r *vegeta.Result) {
		all = append(all, sent{r.Seq, r.Timestamp, r.Latency, int(r.Code)})
		if r.Code != 0 && int(r.Code) != want && r.Code != http.StatusServiceUnavailable {
			o.FirstUnexpected = cmp.Or(o.FirstUnexpected, r.Error)
		}
	})
	if err != nil {
		return Open{}, err
	}
	if len(all) == 0 {
		return Open{}, errors.New("nothing was sent")
	}
	slices.SortFunc(all, func(a, b sent) int { return cmp.Compare(a.number, b.number) })
	begun := all[0].at
	var answered, rejected []time.Duration
	meanwhile := 0 // accepted while requests were still being sent
	for _, r := range all {
		end := r.at.Add(r.latency)
		scheduled := begun.Add(time.Duration(float64(r.number) / perSecond * float64(time.Second)))
		latency := end.Sub(scheduled)
		switch r.code {
		case want:
			answered = append(answered, latency)
			if end.Sub(begun) <= duration {
				meanwhile++
			}
		case http.StatusServiceUnavailable:
			rejected = append(rejected, latency)
		case 0:
			o.Lost++
		default:
			o.Unexpected++
		}
	}
	o.Offered = float64(len(all)) / duration.Seconds()
	o.ShareRefused = float64(len(rejected)) / float64(len(all))
	o.Accepted, o.Refused = uncorrected(answered), uncorrected(rejected)
	o.Goodput = float64(meanwhile) / duration.Seconds()
	return o, nil
}

// uncorrected sums up latencies that leave nothing out.
func uncorrected(times []time.Duration) Latencies {
	h := newHistogram()
	for _, one := range times {
		_ = h.RecordValue(max(int64(one), 0))
	}
	return Latencies{P50: quantile(h, 50), P99: quantile(h, 99)}
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

// attack runs vegeta with a number of workers, or as many as it takes. A rate of zero means as fast as they can.
func attack(
	ctx context.Context, address string, rate vegeta.Rate, duration time.Duration, workers uint64, next Source, each func(*vegeta.Result),
) error {
	attacker := vegeta.NewAttacker(
		vegeta.KeepAlive(true), vegeta.HTTP2(false), vegeta.Timeout(openTimeout), vegeta.MaxBody(0), vegeta.Connections(int(workers)),
		vegeta.Workers(min(workers, 64)), vegeta.MaxWorkers(workers),
	)
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
