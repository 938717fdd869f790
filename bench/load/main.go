// Command load is the bench's other side: the upstream that a proxy forwards to, and the clients that wrk cannot be
// (tunnels, HTTP/2, WebSocket, a fixed rate, idle connections, streams). Each client prints one line of JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
)

var commands = map[string]func(args []string) error{
	"certificates": writeCertificates,
	"upstream":     serveUpstream,
	"closed":       runClosed,
	"rate":         runRate,
	"tunnels":      runTunnels,
	"idle":         runIdle,
	"stream":       runStream,
	"websocket":    runWebSocket,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: load certificates|upstream|closed|rate|tunnels|idle|stream|websocket [flags]")
		os.Exit(64)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "load %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// Figures of one run; what does not apply is left out.
type figures struct {
	Requests  int64   `json:"requests"`
	Failed    int64   `json:"failed"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"perSecond"`
	P50Us     int64   `json:"p50Us"`
	P99Us     int64   `json:"p99Us"`
	Bytes     int64   `json:"bytes,omitempty"`
	// The first thing that went wrong, in words.
	Problem string `json:"problem,omitempty"`
}

func printFigures(of figures) error {
	return json.NewEncoder(os.Stdout).Encode(of)
}

func flagSet(name string) *flag.FlagSet {
	return flag.NewFlagSet(name, flag.ExitOnError)
}
