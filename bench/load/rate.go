package main

import (
	"sync"
	"time"
)

// So many requests a second, whether or not those before are answered: the wait for a free connection counts.
func runRate(args []string) error {
	set := flagSet("rate")
	var to door
	to.flags(set)
	connections := set.Int("connections", 64, "")
	perSecond := set.Float64("per-second", 200, "")
	var warm warmUp
	warm.flags(set)
	seconds := set.Float64("seconds", 5, "")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	callers, closeAll, err := openCallers(&to, *connections, 1)
	if err != nil {
		return err
	}
	defer closeAll()
	// As fast as it goes: at this rate no compiler would ever get to see it.
	if err := warm.run(callers); err != nil {
		return err
	}
	return printFigures(openLoop(callers, *perSecond, *seconds))
}

func openLoop(callers []caller, perSecond, seconds float64) figures {
	count := int(perSecond * seconds)
	due := make(chan time.Time, count)
	tallies := make([]tally, len(callers))
	begun := time.Now()
	var running sync.WaitGroup
	for at, call := range callers {
		running.Go(func() {
			for since := range due {
				if !tallies[at].count(call, since) {
					return
				}
			}
		})
	}
	for at := range count {
		time.Sleep(time.Until(begun.Add(time.Duration(float64(at) / perSecond * float64(time.Second)))))
		// Not when it was planned: that this program's own timer is late is no delay of the proxy's.
		due <- time.Now()
	}
	close(due)
	running.Wait()
	return summed(tallies, time.Since(begun))
}
