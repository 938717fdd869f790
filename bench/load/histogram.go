package main

import "math/bits"

// Durations in microseconds, kept to within 1.6 % of their value: 64 buckets for each power of two.
type histogram struct {
	counts [64 * 64]int64
	total  int64
}

func bucketOf(us int64) int {
	if us < 64 {
		return int(max(us, 0))
	}
	shift := bits.Len64(uint64(us)) - 7
	return (shift+1)*64 + int(us>>shift) - 64
}

func valueOf(bucket int) int64 {
	if bucket < 64 {
		return int64(bucket)
	}
	shift := bucket/64 - 1
	return int64(bucket%64+64) << shift
}

func (h *histogram) add(us int64) {
	h.counts[bucketOf(us)]++
	h.total++
}

func (h *histogram) merge(other *histogram) {
	for at, count := range other.counts {
		h.counts[at] += count
	}
	h.total += other.total
}

// The value that a share of all is not above.
func (h *histogram) quantile(share float64) int64 {
	if h.total == 0 {
		return 0
	}
	wanted := int64(share*float64(h.total-1)) + 1
	var seen int64
	for at, count := range h.counts {
		seen += count
		if seen >= wanted {
			return valueOf(at)
		}
	}
	return valueOf(len(h.counts) - 1)
}
