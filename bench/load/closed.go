package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Sends one request and waits for its whole answer. Not for concurrent use.
type caller func() (answer, error)

// Each connection asks again as soon as it is answered, for some seconds; with -streams, so many at once on one HTTP/2 connection.
func runClosed(args []string) error {
	set := flagSet("closed")
	var to door
	to.flags(set)
	connections := set.Int("connections", 64, "")
	streams := set.Int("streams", 1, "at once on each connection; HTTP/2 (-alpn h2) only")
	var warm warmUp
	warm.flags(set)
	seconds := set.Float64("seconds", 5, "0: only the warm-up")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	callers, closeAll, err := openCallers(&to, *connections, *streams)
	if err != nil {
		return err
	}
	defer closeAll()
	if err := warm.run(callers); err != nil {
		return err
	}
	return printFigures(closedLoop(callers, *seconds, math.MaxInt64))
}

// What comes before the counted part: compilers are at work then. It is over after so many requests, or so many seconds.
type warmUp struct {
	requests int64
	seconds  float64
}

func (w *warmUp) flags(set *flag.FlagSet) {
	set.Int64Var(&w.requests, "warm-up-requests", math.MaxInt64, "at most, before what is counted")
	set.Float64Var(&w.seconds, "warm-up", 0, "seconds at most, before what is counted; 0: none")
}

// Pauses at its end: whoever started this program reads the proxy's CPU time then.
func (w *warmUp) run(callers []caller) error {
	if w.seconds == 0 {
		return nil
	}
	if got := closedLoop(callers, w.seconds, w.requests); got.Problem != "" {
		return fmt.Errorf("warming up: %s", got.Problem)
	}
	return pause()
}

func openCallers(to *door, connections, streams int) ([]caller, func(), error) {
	callers := []caller{}
	closers := []func(){}
	closeAll := func() {
		for _, each := range closers {
			each()
		}
	}
	for range connections {
		conn, err := to.dial()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		closers = append(closers, func() { conn.Close() })
		if to.alpn == "h2" {
			own := http2Callers(to, conn, streams)
			// The first alone: several at once would each want a connection before they know that they share this one.
			if _, err := own[0](); err != nil {
				closeAll()
				return nil, nil, err
			}
			callers = append(callers, own...)
		} else {
			callers = append(callers, http1Caller(to, conn))
		}
	}
	return callers, closeAll, nil
}

func http1Caller(to *door, conn net.Conn) caller {
	request, reader := to.request(), bufio.NewReaderSize(conn, 8_192)
	return func() (answer, error) {
		if _, err := conn.Write(request); err != nil {
			return answer{}, err
		}
		got, err := readAnswer(reader, false)
		if err == nil && got.closes {
			err = fmt.Errorf("the connection was ended by an answer with status %d", got.status)
		}
		return got, err
	}
}

// All of one transport that has this one connection.
func http2Callers(to *door, conn net.Conn, streams int) []caller {
	once := make(chan net.Conn, 1)
	once <- conn
	transport := &http.Transport{ForceAttemptHTTP2: true, DialTLSContext: func(context.Context, string, string) (net.Conn, error) {
		select {
		case only := <-once:
			return only.(*tls.Conn), nil
		default:
			return nil, fmt.Errorf("the connection was lost")
		}
	}}
	callers := []caller{}
	for range streams {
		callers = append(callers, func() (answer, error) {
			request, err := http.NewRequest(to.method, "https://"+strings.TrimSuffix(to.target, ":443")+to.path, nil)
			if err != nil {
				return answer{}, err
			}
			for _, header := range to.headers {
				name, value, _ := strings.Cut(header, ": ")
				request.Header.Set(name, value)
			}
			response, err := transport.RoundTrip(request)
			if err != nil {
				return answer{}, err
			}
			count, err := io.Copy(io.Discard, response.Body)
			response.Body.Close()
			return answer{status: response.StatusCode, bytes: count}, err
		})
	}
	return callers
}

type tally struct {
	times   histogram
	failed  int64
	bytes   int64
	problem string
}

// One request, counted; false where its connection cannot be used any more.
func (t *tally) count(call caller, since time.Time) bool {
	got, err := call()
	if err == nil && got.status == http.StatusOK {
		t.times.add(time.Since(since).Microseconds())
		t.bytes += got.bytes
		return true
	}
	t.failed++
	if t.problem == "" {
		t.problem = fmt.Sprintf("status %d, %v", got.status, err)
	}
	return err == nil
}

func closedLoop(callers []caller, seconds float64, requests int64) figures {
	var asked atomic.Int64
	tallies := make([]tally, len(callers))
	begun := time.Now()
	end := begun.Add(time.Duration(seconds * float64(time.Second)))
	var running sync.WaitGroup
	for at, call := range callers {
		running.Go(func() {
			for since := time.Now(); since.Before(end); since = time.Now() {
				if asked.Add(1) > requests || !tallies[at].count(call, since) {
					return
				}
			}
		})
	}
	running.Wait()
	return summed(tallies, time.Since(begun))
}

func summed(tallies []tally, took time.Duration) figures {
	var all histogram
	out := figures{Seconds: took.Seconds()}
	for at := range tallies {
		all.merge(&tallies[at].times)
		out.Failed += tallies[at].failed
		out.Bytes += tallies[at].bytes
		if out.Problem == "" {
			out.Problem = tallies[at].problem
		}
	}
	out.Requests, out.PerSecond = all.total, float64(all.total)/took.Seconds()
	out.P50Us, out.P99Us = all.quantile(0.5), all.quantile(0.99)
	return out
}
