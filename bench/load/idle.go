package main

import (
	"fmt"
	"net"
	"sync"
)

// Opens connections, sends one request on each, and holds them until told to end.
func runIdle(args []string) error {
	set := flagSet("idle")
	var to door
	to.flags(set)
	connections := set.Int("connections", 2000, "")
	atOnce := set.Int("at-once", 8, "being opened")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	held := make([]net.Conn, *connections)
	failures := make([]error, *atOnce)
	var opening sync.WaitGroup
	for worker := range *atOnce {
		opening.Go(func() {
			for at := worker; at < len(held) && failures[worker] == nil; at += *atOnce {
				held[at], failures[worker] = openOne(&to)
			}
		})
	}
	opening.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	if err := pause(); err != nil {
		return err
	}
	// Whether they are all still good: what was closed meanwhile was not held.
	out := figures{Requests: int64(len(held))}
	for _, conn := range held {
		if _, err := http1Caller(&to, conn)(); err != nil {
			out.Failed++
			out.Problem = err.Error()
		}
		conn.Close()
	}
	return printFigures(out)
}

func openOne(to *door) (net.Conn, error) {
	conn, err := to.dial()
	if err != nil {
		return nil, err
	}
	got, err := http1Caller(to, conn)()
	if err != nil {
		return nil, err
	}
	if got.status != 200 {
		return nil, fmt.Errorf("status %d", got.status)
	}
	return conn, nil
}
