package main

import (
	"bufio"
	"fmt"
	"os"
)

var standardInput = bufio.NewReader(os.Stdin)

// Says that a part is done, and waits for a line (or the end of the input) before the next.
func pause() error {
	fmt.Println("READY")
	_, err := standardInput.ReadString('\n')
	if err != nil {
		return fmt.Errorf("nobody said to go on: %w", err)
	}
	return nil
}
