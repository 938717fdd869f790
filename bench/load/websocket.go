package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net"
)

// Each connection sends a message and waits for its echo, again and again.
func runWebSocket(args []string) error {
	set := flagSet("websocket")
	var to door
	to.flags(set)
	connections := set.Int("connections", 64, "")
	size := set.Int("bytes", 128, "of a message")
	var warm warmUp
	warm.flags(set)
	seconds := set.Float64("seconds", 5, "")
	_ = set.Parse(args)
	if err := to.prepare(); err != nil {
		return err
	}
	callers := []caller{}
	for range *connections {
		conn, err := to.dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		call, err := echoCaller(&to, conn, *size)
		if err != nil {
			return err
		}
		callers = append(callers, call)
	}
	if err := warm.run(callers); err != nil {
		return err
	}
	return printFigures(closedLoop(callers, *seconds, math.MaxInt64))
}

func echoCaller(to *door, conn net.Conn, size int) (caller, error) {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:])
	key := base64.StdEncoding.EncodeToString(nonce[:])
	if _, err := conn.Write(to.request("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: "+key)); err != nil {
		return nil, err
	}
	reader := bufio.NewReaderSize(conn, 8_192)
	got, err := readAnswer(reader, true)
	if err != nil {
		return nil, err
	}
	if got.status != 101 {
		return nil, fmt.Errorf("the upgrade was answered with %d", got.status)
	}
	message := bytes.Repeat([]byte("m"), size)
	frame := appendFrame(nil, opText, message, true)
	buffer := make([]byte, 0, size)
	return func() (answer, error) {
		if _, err := conn.Write(frame); err != nil {
			return answer{}, err
		}
		opcode, payload, err := readFrame(reader, buffer)
		if err == nil && (opcode != opText || !bytes.Equal(payload, message)) {
			err = errors.New("the echo is not what was sent")
		}
		return answer{status: 200, bytes: int64(len(payload))}, err
	}, nil
}
