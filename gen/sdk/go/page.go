package agentexchange

import "iter"

// pages goes through the items of every page. fetch answers the page at an offset, and how many items there are in all.
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
