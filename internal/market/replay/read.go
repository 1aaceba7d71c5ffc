package replay

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/agentexchange/agentexchange/internal/decimal"
	"github.com/agentexchange/agentexchange/internal/market"
)

const (
	header  = "time,symbol,price,quantity"
	pairTag = "#pair,"

	longestSpan = 366 * 24 * time.Hour
	longestLine = 4096
)

// The filters of pairs for which the recording gives none.
var (
	defaultStep     = decimal.MustParse("0.00001")
	defaultNotional = decimal.NewFromInt(5)
)

// reader reads a recording line by line.
type reader struct {
	recording
	number int  // of the current line
	headed bool // the header has been read
	first  time.Time
	last   time.Time
}

// read reads a recording.
func read(from io.Reader) (*recording, error) {
	r := reader{recording: recording{bySymbol: map[string]*series{}}}
	limited := &io.LimitedReader{R: from, N: MaxSize + 1}
	scanner := bufio.NewScanner(limited)
	scanner.Buffer(nil, longestLine)
	for scanner.Scan() {
		r.number++
		err := r.line(strings.TrimPrefix(scanner.Text(), "\ufeff"))
		if err != nil && limited.N > 0 { // otherwise the limit may have cut the line
			return nil, fmt.Errorf("line %d: %w", r.number, err)
		}
	}
	switch err := scanner.Err(); {
	case limited.N <= 0:
		return nil, fmt.Errorf("it is larger than %d bytes", MaxSize)
	case errors.Is(err, bufio.ErrTooLong):
		return nil, fmt.Errorf("line %d: a line has at most %d bytes", r.number+1, longestLine)
	case err != nil:
		return nil, err
	case len(r.lines) == 0:
		return nil, fmt.Errorf("line %d: there are no prices: expected lines of %s after the header", r.number+1, header)
	}
	return r.finish()
}

func (r *reader) line(text string) error {
	switch {
	case strings.HasPrefix(text, pairTag):
		return r.pair(text)
	case strings.TrimSpace(text) == "" || strings.HasPrefix(text, "#"):
		return nil
	case !r.headed:
		if text != header && text != strings.TrimSuffix(header, ",quantity") {
			return fmt.Errorf("expected the header %s", header)
		}
		r.headed = true
		return nil
	default:
		return r.price(text)
	}
}

// pair parses the filters of a pair.
func (r *reader) pair(text string) error {
	fields := strings.Split(text, ",")
	if r.headed {
		return errors.New("the filters of pairs are given before the header")
	}
	if len(fields) != 6 {
		return errors.New("expected #pair,symbol,min_qty,step_size,tick_size,min_notional")
	}
	s, err := r.seriesOf(fields[1])
	if err != nil {
		return err
	}
	if s.listed != 0 {
		return fmt.Errorf("the filters of %s are given on line %d already", s.Symbol, s.listed)
	}
	s.listed = r.number
	names := []string{"min_qty", "step_size", "tick_size", "min_notional"}
	for n, into := range []*decimal.Decimal{&s.MinQty, &s.StepSize, &s.TickSize, &s.MinNotional} {
		if *into, err = decimal.Parse(fields[2+n]); err != nil {
			return fmt.Errorf("%s: %w", names[n], err)
		}
		if into.Sign() <= 0 || into.Cmp(market.PriceLimit) >= 0 {
			return fmt.Errorf("%s: expected a decimal above 0 and below 10^12", names[n])
		}
	}
	return nil
}

// price parses a line with a price.
func (r *reader) price(text string) (err error) {
	defer decimal.CatchOverflow(&err)
	fields := strings.Split(text, ",")
	if len(fields) != 3 && len(fields) != 4 {
		return fmt.Errorf("expected three or four fields, %s", header)
	}
	at, err := r.time(fields[0])
	if err != nil {
		return fmt.Errorf("time: %w", err)
	}
	s, err := r.seriesOf(fields[1])
	if err != nil {
		return fmt.Errorf("symbol: %w", err)
	}
	price, err := decimal.Parse(fields[2])
	if err != nil {
		return fmt.Errorf("price: %w", err)
	}
	if price.Sign() <= 0 || price.Cmp(market.PriceLimit) >= 0 {
		return errors.New("price: expected a decimal above 0 and below 10^12")
	}
	if s.listed != 0 && !price.IsMultipleOf(s.TickSize) {
		return fmt.Errorf("price: expected a multiple of the tick size %s", s.TickSize)
	}
	var quantity decimal.Decimal
	if len(fields) == 4 && fields[3] != "" {
		if quantity, err = decimal.Parse(fields[3]); err != nil {
			return fmt.Errorf("quantity: %w", err)
		}
		if quantity.Sign() < 0 || quantity.Cmp(market.PriceLimit) >= 0 {
			return errors.New("quantity: expected a decimal of 0 or more and below 10^12")
		}
	}
	_, decimals, _ := strings.Cut(fields[2], ".")
	s.places = max(s.places, len(strings.TrimRight(decimals, "0")))
	r.lines = append(r.lines, line{offset: at.Sub(r.first), series: s, point: len(s.points)})
	s.add(len(r.lines)-1, price, quantity)
	return nil
}

// time parses a time and checks that it is in order.
func (r *reader) time(text string) (time.Time, error) {
	at, err := parseTime(text)
	if err != nil {
		return at, err
	}
	if len(r.lines) == 0 {
		r.first = at
	} else if at.Before(r.last) {
		return at, fmt.Errorf("expected one not before that of the line above, %s", r.last.Format(time.RFC3339Nano))
	}
	if at.Sub(r.first) > longestSpan {
		return at, fmt.Errorf("expected one within a year of the first, %s", r.first.Format(time.RFC3339Nano))
	}
	r.last = at
	return at, nil
}

func parseTime(text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err == nil {
		return at.UTC(), nil
	}
	const lastMilli = 253_402_300_799_999 // of the year 9999
	milliseconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || milliseconds < 0 || milliseconds > lastMilli {
		return at, errors.New("expected RFC 3339, such as 2026-03-01T12:00:00.25Z, or milliseconds since 1970")
	}
	return time.UnixMilli(milliseconds).UTC(), nil
}

// seriesOf returns the series of a symbol, creating it if needed.
func (r *reader) seriesOf(symbol string) (*series, error) {
	if s := r.bySymbol[symbol]; s != nil {
		return s, nil
	}
	base, isQuoted := strings.CutSuffix(symbol, market.QuoteAsset)
	if !isQuoted || base == "" || !market.ValidSymbol(symbol) {
		return nil, fmt.Errorf("expected at most %d capital letters and digits that end in %s, such as BTCUSDT",
			market.MaxSymbol, market.QuoteAsset)
	}
	s := &series{Pair: market.Pair{
		Symbol: strings.Clone(symbol), Base: strings.Clone(base), Quote: market.QuoteAsset, Status: market.StatusTrading,
	}}
	r.bySymbol[s.Symbol] = s
	return s, nil
}

// finish sets missing filters and makes the checks that need the whole recording.
func (r *reader) finish() (*recording, error) {
	r.sortSeries()
	for _, s := range r.series {
		if len(s.points) == 0 {
			return nil, fmt.Errorf("line %d: there is no price of %s", s.listed, s.Symbol)
		}
		if s.listed == 0 {
			s.MinQty, s.StepSize, s.MinNotional = defaultStep, defaultStep, defaultNotional
			s.TickSize = powerOfTenth(s.places)
		}
		if err := changeOverflows(s.extremes(0, len(s.points))); err != nil {
			return nil, fmt.Errorf("the prices of %s are too far apart for a change in percent: %w", s.Symbol, err)
		}
	}
	return &r.recording, nil
}

// changeOverflows returns an error if the change in percent is too large for a Decimal.
func changeOverflows(low, high decimal.Decimal) (err error) {
	defer decimal.CatchOverflow(&err)
	_ = market.Ticker{Open: low, Close: high}.ChangePct()
	return nil
}

// powerOfTenth returns 10^-places.
func powerOfTenth(places int) decimal.Decimal {
	units := int64(1)
	for range 8 - places {
		units *= 10
	}
	return decimal.NewFromUnits(units)
}
