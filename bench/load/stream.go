package main

import (
	"bufio"
	"fmt"
	"io"
	"time"
)

// One long body: down (a GET whose path says how long), or with -up so many bytes up, with a length or chunked.
func runStream(args []string) error {
	set := flagSet("stream")
	var to door
	to.flags(set)
	up := set.Int64("up", 0, "bytes to send; 0: only read")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	conn, err := to.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	begun := time.Now()
	extra := []string{}
	if *up > 0 {
		extra = append(extra, "Content-Type: application/octet-stream", fmt.Sprintf("Content-Length: %d", *up))
	}
	if _, err := conn.Write(to.request(extra...)); err != nil {
		return err
	}
	if err := send(conn, *up); err != nil {
		return err
	}
	got, err := readAnswer(bufio.NewReaderSize(conn, 65_536), false)
	if err != nil {
		return err
	}
	if got.status != 200 {
		return fmt.Errorf("status %d", got.status)
	}
	took := time.Since(begun).Seconds()
	return printFigures(figures{Requests: 1, Seconds: took, PerSecond: 1 / took, Bytes: max(*up, got.bytes)})
}

func send(to io.Writer, count int64) error {
	chunk := make([]byte, 65_536)
	for left := count; left > 0; left -= int64(len(chunk)) {
		if left < int64(len(chunk)) {
			chunk = chunk[:left]
		}
		if _, err := to.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}
