package devpg

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// leftoverGrace is how long the PostgreSQL of a killed process is left to end
// by itself: its death signal has told it to.
const leftoverGrace = 10 * time.Second

func childAttributes(deathSignal syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: deathSignal}
}

// commandLine returns the arguments of a process, nothing if there is no such
// process or if it has ended and has not been reaped.
func commandLine(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return nil
	}
	return strings.Split(string(text), "\x00")
}

// workingDir is empty if it is unknown: a container may forbid even root to look.
func workingDir(pid int) string {
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return ""
	}
	return dir
}
