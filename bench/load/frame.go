package main

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
)

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
)

// RFC 6455 section 1.3.
func acceptOf(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

const maxFrame = 1 << 20

// One whole frame, unmasked into the buffer given (RFC 6455 section 5.2); neither side of the bench sends fragments.
func readFrame(from *bufio.Reader, into []byte) (byte, []byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, nil, err
	}
	length := uint64(head[1] & 0x7f)
	extended := 0
	if length == 126 {
		extended = 2
	} else if length == 127 {
		extended = 8
	}
	if extended > 0 {
		var bytes [8]byte
		if _, err := io.ReadFull(from, bytes[8-extended:]); err != nil {
			return 0, nil, err
		}
		length = binary.BigEndian.Uint64(bytes[:])
	}
	if length > maxFrame {
		return 0, nil, errors.New("a frame over 1 MiB")
	}
	var mask [4]byte
	masked := head[1]&0x80 != 0
	if masked {
		if _, err := io.ReadFull(from, mask[:]); err != nil {
			return 0, nil, err
		}
	}
	for uint64(cap(into)) < length {
		into = append(into[:cap(into)], 0)
	}
	into = into[:length]
	if _, err := io.ReadFull(from, into); err != nil {
		return 0, nil, err
	}
	if masked {
		for at := range into {
			into[at] ^= mask[at%4]
		}
	}
	return head[0] & 0x0f, into, nil
}

// A client masks what it sends; with a mask of zeros the payload stays as it is, which is allowed and costs nothing here.
func appendFrame(to []byte, opcode byte, payload []byte, masked bool) []byte {
	maskBit := byte(0)
	if masked {
		maskBit = 0x80
	}
	to = append(to, 0x80|opcode)
	switch {
	case len(payload) < 126:
		to = append(to, maskBit|byte(len(payload)))
	case len(payload) < 65_536:
		to = binary.BigEndian.AppendUint16(append(to, maskBit|126), uint16(len(payload)))
	default:
		to = binary.BigEndian.AppendUint64(append(to, maskBit|127), uint64(len(payload)))
	}
	if masked {
		to = append(to, 0, 0, 0, 0)
	}
	return append(to, payload...)
}
