//go:build unix

package devpg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// command is a PostgreSQL program to run.
type command struct {
	path string
	args []string
	dir  string
	as   account
	// deathSignal is what the child receives when this process dies, where the
	// operating system can do that.
	deathSignal syscall.Signal
	log         func(line string)
}

// process is a running command.
type process struct {
	pid    int
	handle *os.Process
	output *tail
	// exited is closed when the process has ended and its output was read;
	// then state says how it ended.
	exited chan struct{}
	state  string
	failed bool
}

// killPatience is how long a process may take to obey SIGQUIT, with which
// PostgreSQL needs up to five seconds, before it is killed.
const killPatience = 10 * time.Second

// start runs the command in a process group of its own, so that an interrupt
// from the terminal reaches this process alone, which then decides.
func (c command) start() (*process, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(c.path), err)
	}
	cmd := &exec.Cmd{
		Path:        c.path,
		Args:        append([]string{c.path}, c.args...),
		Dir:         c.dir,
		Env:         childEnvironment(),
		Stdout:      write,
		Stderr:      write,
		SysProcAttr: childAttributes(c.deathSignal),
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Credential = c.as.credential

	p := &process{output: &tail{log: c.log}, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// The death signal is bound to the thread that started the child: the
		// kernel sends it when that thread ends, so it must stay for the
		// child's life.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		write.Close()
		if err == nil {
			p.handle, p.pid = cmd.Process, cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.wait(cmd, read)
		}
		read.Close()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(c.path), c.as.explain(err, c.path, c.dir))
	}
	return p, nil
}

func (p *process) wait(cmd *exec.Cmd, output *os.File) {
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		p.output.read(output)
	}()
	err := cmd.Wait()
	// Its own children may survive it a little, with the pipe open.
	_ = output.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	<-drained
	p.failed, p.state = err != nil, cmd.ProcessState.String()
	close(p.exited)
}

// signal ignores that the process may have ended meanwhile.
func (p *process) signal(sig syscall.Signal) { _ = p.handle.Signal(sig) }

// end sends a signal and waits for the end of the process, which it enforces
// when it is too long in coming.
func (p *process) end(sig syscall.Signal) {
	p.signal(sig)
	patience := time.NewTimer(killPatience)
	defer patience.Stop()
	select {
	case <-p.exited:
		return
	case <-patience.C:
	}
	p.signal(syscall.SIGKILL)
	<-p.exited
}

// childEnvironment is what PostgreSQL needs of ours. Passing everything would
// show it our secrets, and the PG variables and the locale would change what
// it does.
func childEnvironment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// exitError is a child that ended when it should not have.
type exitError struct {
	program string
	state   string
	lines   []string
}

func (p *process) exitError(program string) *exitError {
	return &exitError{program: program, state: p.state, lines: p.output.last()}
}

func (e *exitError) Error() string {
	if len(e.lines) == 0 {
		return fmt.Sprintf("%s failed (%s) without a word", e.program, e.state)
	}
	return fmt.Sprintf("%s failed (%s) and said:\n\t%s", e.program, e.state, strings.Join(e.lines, "\n\t"))
}

func (e *exitError) said(words string) bool {
	return strings.Contains(strings.Join(e.lines, "\n"), words)
}
