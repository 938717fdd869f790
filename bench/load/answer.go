package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http/httputil"
	"strconv"
)

type answer struct {
	status int
	bytes  int64
	closes bool
}

var errHead = errors.New("an answer's head cannot be read")

// Reads one answer and throws its body away: far cheaper than net/http, since the load must not be what is measured.
// With headOnly there is no body whatever the head says (CONNECT, upgrades).
func readAnswer(from *bufio.Reader, headOnly bool) (answer, error) {
	line, err := from.ReadSlice('\n')
	if err != nil {
		return answer{}, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return answer{}, errHead
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return answer{}, errHead
	}
	got := answer{status: status}
	length, chunked := int64(-1), false
	for {
		line, err = from.ReadSlice('\n')
		if err != nil {
			return got, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return got, errHead
			}
		case bytes.EqualFold(name, []byte("transfer-encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		case bytes.EqualFold(name, []byte("connection")):
			got.closes = bytes.EqualFold(value, []byte("close"))
		}
	}
	if headOnly {
		return got, nil
	}
	got.bytes, err = discardBody(from, length, chunked)
	return got, err
}

func discardBody(from *bufio.Reader, length int64, chunked bool) (int64, error) {
	switch {
	case chunked:
		count, err := io.Copy(io.Discard, httputil.NewChunkedReader(from))
		if err != nil {
			return count, err
		}
		// No trailers come from this upstream: the empty line that ends the message.
		if line, err := from.ReadSlice('\n'); err != nil || len(bytes.TrimRight(line, "\r\n")) != 0 {
			return count, fmt.Errorf("no end after the last chunk: %w", errHead)
		}
		return count, nil
	case length >= 0:
		return io.CopyN(io.Discard, from, length)
	default:
		return io.Copy(io.Discard, from)
	}
}
