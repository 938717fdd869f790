package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
)

// The body of nearly every answer: 1 KB of JSON.
var small = []byte(`{"id":42,"title":"A pull request","padding":"` + strings.Repeat("x", 1024-47) + `"}`)

// Serves 1 KB of JSON for any GET, /…/bytes/N (N bytes), an upload of any length, and WebSocket echoes; plain on one port, TLS on another.
func serveUpstream(args []string) error {
	set := flagSet("upstream")
	plain := set.String("plain", "", "host:port")
	secure := set.String("tls", "", "host:port")
	certificates := set.String("certificates", "", "the directory with leaf.pem and leaf-key.pem")
	_ = set.Parse(args)
	pair, err := tls.LoadX509KeyPair(filepath.Join(*certificates, "leaf.pem"), filepath.Join(*certificates, "leaf-key.pem"))
	if err != nil {
		return err
	}
	plainListener, err := net.Listen("tcp", *plain)
	if err != nil {
		return err
	}
	tlsListener, err := tls.Listen("tcp", *secure, &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}})
	if err != nil {
		return err
	}
	go accept(plainListener)
	accept(tlsListener)
	return nil
}

func accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	reader := bufio.NewReaderSize(conn, 65_536)
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if err := answerTo(request, conn, reader); err != nil || request.Close {
			return
		}
	}
}

var smallAnswer = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: " +
	strconv.Itoa(len(small)) + "\r\nCache-Control: no-store\r\n\r\n" + string(small))

func answerTo(request *http.Request, conn net.Conn, reader *bufio.Reader) error {
	if strings.EqualFold(request.Header.Get("Upgrade"), "websocket") {
		return echo(request, conn, reader)
	}
	if request.Body != nil && request.ContentLength != 0 {
		count, err := io.Copy(io.Discard, request.Body)
		if err != nil {
			return err
		}
		body := fmt.Sprintf(`{"received":%d}`, count)
		_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		return err
	}
	if _, count, found := strings.Cut(request.URL.Path, "/bytes/"); found {
		return stream(conn, count)
	}
	_, err := conn.Write(smallAnswer)
	return err
}

func stream(conn net.Conn, count string) error {
	left, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n", left); err != nil {
		return err
	}
	chunk := make([]byte, 65_536)
	for ; left > 0; left -= int64(len(chunk)) {
		if left < int64(len(chunk)) {
			chunk = chunk[:left]
		}
		if _, err := conn.Write(chunk); err != nil {
			return err
		}
	}
	return nil
}

func echo(request *http.Request, conn net.Conn, reader *bufio.Reader) error {
	key := request.Header.Get("Sec-WebSocket-Key")
	if key == "" {
		return errors.New("an upgrade without a key")
	}
	_, err := fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", acceptOf(key))
	if err != nil {
		return err
	}
	frame := make([]byte, 0, 65_536)
	for {
		opcode, payload, err := readFrame(reader, frame[:0])
		if err != nil {
			return err
		}
		if opcode == opClose {
			_, _ = conn.Write(appendFrame(nil, opClose, nil, false))
			return io.EOF
		}
		if opcode == opPing {
			opcode = opPong
		}
		if _, err := conn.Write(appendFrame(nil, opcode, payload, false)); err != nil {
			return err
		}
	}
}
