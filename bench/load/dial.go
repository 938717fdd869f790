package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

const dialTimeout = 10 * time.Second

type headerFlags []string

func (h *headerFlags) String() string { return strings.Join(*h, ", ") }

func (h *headerFlags) Set(value string) error {
	*h = append(*h, value)
	return nil
}

// How the thing under load is reached, and what is asked of it.
type door struct {
	kind           string // plain, tls, connect
	address        string
	target         string // host:port, of CONNECT and of the Host header
	caFile         string
	method         string
	path           string
	headers        headerFlags
	connectHeaders headerFlags
	alpn           string
	tlsConfig      *tls.Config
}

func (d *door) flags(set *flag.FlagSet) {
	set.StringVar(&d.kind, "door", "plain", "plain, tls, or connect (CONNECT, then TLS inside)")
	set.StringVar(&d.address, "address", "", "host:port to dial")
	set.StringVar(&d.target, "target", "", "host:port that is asked for")
	set.StringVar(&d.caFile, "ca", "", "the roots to trust")
	set.StringVar(&d.method, "method", "GET", "")
	set.StringVar(&d.path, "path", "/", "")
	set.StringVar(&d.alpn, "alpn", "http/1.1", "")
	set.Var(&d.headers, "header", "of each request, repeatable")
	set.Var(&d.connectHeaders, "connect-header", "of each CONNECT, repeatable")
}

func (d *door) prepare() error {
	if d.kind == "plain" {
		return nil
	}
	pem, err := os.ReadFile(d.caFile)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return errors.New("no certificate in " + d.caFile)
	}
	host, _, err := net.SplitHostPort(d.target)
	if err != nil {
		return err
	}
	// No session cache: each handshake is a full one.
	d.tlsConfig = &tls.Config{RootCAs: roots, ServerName: host, NextProtos: []string{d.alpn}}
	return nil
}

func (d *door) dial() (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", d.address, dialTimeout)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(dialTimeout))
	secured, err := d.secure(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return secured, conn.SetDeadline(time.Time{})
}

func (d *door) secure(conn net.Conn) (net.Conn, error) {
	if d.kind == "plain" {
		return conn, nil
	}
	if d.kind == "connect" {
		if err := d.connect(conn); err != nil {
			return nil, err
		}
	}
	secured := tls.Client(conn, d.tlsConfig)
	if err := secured.Handshake(); err != nil {
		return nil, err
	}
	if got := secured.ConnectionState().NegotiatedProtocol; d.alpn == "h2" && got != "h2" {
		return nil, fmt.Errorf("asked for h2, negotiated %q", got)
	}
	return secured, nil
}

func (d *door) connect(conn net.Conn) error {
	head := "CONNECT " + d.target + " HTTP/1.1\r\nHost: " + d.target + "\r\n"
	for _, header := range d.connectHeaders {
		head += header + "\r\n"
	}
	if _, err := conn.Write([]byte(head + "\r\n")); err != nil {
		return err
	}
	// Nothing follows the answer before our ClientHello, so that nothing is lost in this reader.
	answer, err := readAnswer(bufio.NewReader(conn), true)
	if err != nil {
		return err
	}
	if answer.status != 200 {
		return fmt.Errorf("CONNECT was answered with %d", answer.status)
	}
	return nil
}

// The bytes of one request without a body.
func (d *door) request(extra ...string) []byte {
	host := d.target
	if host == "" {
		host = d.address
	}
	host = strings.TrimSuffix(host, ":443")
	text := d.method + " " + d.path + " HTTP/1.1\r\nHost: " + host + "\r\n"
	for _, header := range append(append([]string{}, d.headers...), extra...) {
		text += header + "\r\n"
	}
	return []byte(text + "\r\n")
}
