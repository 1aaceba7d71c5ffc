package agentexchange

import "iter"

// pages iterates over the items of every page. fetch returns the page at an offset, and the total number of items.
func pages[T any](from *int, fetch func(offset int) (items []T, total int64, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		offset := 0
		if from != nil {
			offset = *from
		}
		for {
			items, total, err := fetch(offset)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			offset += len(items)
			if len(items) == 0 || int64(offset) >= total {
				return
			}
		}
	}
}
