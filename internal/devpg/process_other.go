//go:build unix && !linux

package devpg

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// leftoverGrace is how long the PostgreSQL of a killed process is left to end
// by itself. Nothing tells it to, so waiting is no use.
const leftoverGrace = 0 * time.Second

func childAttributes(syscall.Signal) *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// commandLine returns the command line of a process in one piece, because ps
// does not show where an argument ends; nothing if there is no such process.
func commandLine(pid int) []string {
	text, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return []string{strings.TrimSpace(string(text))}
}

// workingDir is empty because it is unknown.
func workingDir(int) string { return "" }
