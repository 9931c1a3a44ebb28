package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// A spark is 110 wide and 22 high; its scale holds both the limit and the day's
// peak, so that a flow that stays far under its limit draws a low line.
const sparkWidth, sparkTop, sparkBottom = 110.0, 3.6, 19.6

func peak(day []time.Duration) time.Duration {
	if len(day) == 0 {
		return 0
	}
	return slices.Max(day)
}

func sparkScale(value time.Duration, day []time.Duration, limit time.Duration) float64 {
	top := max(peak(day), limit, time.Second)
	return sparkBottom - float64(value)/float64(top)*(sparkBottom-sparkTop)
}

func sparkY(value time.Duration, day []time.Duration, limit time.Duration) string {
	return strconv.FormatFloat(sparkScale(value, day, limit), 'f', 1, 64)
}

func sparkPath(day []time.Duration, limit time.Duration) string {
	var b strings.Builder
	for i, value := range day {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		x := strconv.FormatFloat(float64(i)*sparkWidth/float64(len(day)-1), 'f', 1, 64)
		b.WriteString(letter + x + " " + sparkY(value, day, limit))
	}
	return b.String()
}

func agingClass(i int, zero bool) string {
	if zero {
		return "zero"
	}
	return "d" + strconv.Itoa(i)
}

func agingIcon(i int, zero bool) string {
	switch {
	case zero && i > 0:
		return "check"
	case i == 0:
		return "clock"
	}
	return "tri"
}
