package main

import (
	"sync"
	"time"
)

// New connections, each through every handshake, with one request, then closed.
func runTunnels(args []string) error {
	set := flagSet("tunnels")
	var to door
	to.flags(set)
	atOnce := set.Int("connections", 16, "at once")
	warmUp := set.Float64("warm-up", 1, "seconds at the start that are not counted")
	seconds := set.Float64("seconds", 5, "")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	if *warmUp > 0 {
		openAndClose(&to, *atOnce, *warmUp)
		if err := pause(); err != nil {
			return err
		}
	}
	return printFigures(openAndClose(&to, *atOnce, *seconds))
}

func openAndClose(to *door, atOnce int, seconds float64) figures {
	tallies := make([]tally, atOnce)
	begun := time.Now()
	end := begun.Add(time.Duration(seconds * float64(time.Second)))
	var running sync.WaitGroup
	for at := range atOnce {
		running.Go(func() {
			for since := time.Now(); since.Before(end); since = time.Now() {
				// One that fails is counted, and the next is tried.
				tallies[at].count(func() (answer, error) { return oneTunnel(to) }, since)
			}
		})
	}
	running.Wait()
	return summed(tallies, time.Since(begun))
}

func oneTunnel(to *door) (answer, error) {
	conn, err := to.dial()
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	return http1Caller(to, conn)()
}
