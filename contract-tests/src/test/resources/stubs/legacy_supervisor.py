"""A supervisor that speaks the old line dialect, written from its description alone: no line of the real runner.

One kernel process, forked for the first cell and after each loss; its standard streams are memory files that this
process reads; cells, results and tool calls go over a socket as lines.
"""
import ast, asyncio, ctypes, io, itertools, json, os, queue, select, signal, socket, sys, threading, time, traceback

SUBREAPER = 36
PLAIN = (type(None), bool, int, float, str)


# ---- the kernel ----


class Submitted(BaseException):
    pass


def submit(**fields):
    raise Submitted(fields)


class NoInput(io.TextIOBase):
    """A cell has nobody to ask."""

    def readable(self):
        return True

    def read(self, size=-1):
        raise OSError("a cell has no standard input")

    readline = read


class Kernel:
    """Runs cells in its main thread; another thread takes what comes from the supervisor."""

    def __init__(self, sock, tools, state):
        self.sock, self.cells, self.waiting, self.numbers = sock, queue.Queue(), {}, itertools.count(1)
        self.sending, self.running, self.stopped = threading.Lock(), False, False
        self.hidden = {"__name__", "__builtins__", "SUBMIT"}
        self.names = {"__name__": "__main__", "SUBMIT": submit, **state}
        self.offer(tools)

    def offer(self, tools):
        self.hidden.update(tools)
        self.names.update((name, self.tool(name)) for name in tools)

    def say(self, message):
        with self.sending:
            self.sock.sendall(json.dumps(message, default=str).encode() + b"\n")

    def tool(self, name):
        async def call(*args, **kwargs):
            loop, number = asyncio.get_running_loop(), next(self.numbers)
            answer = self.waiting[number] = loop.create_future()
            self.say({"call": number, "params": {"name": name, "args": args, "kwargs": kwargs}})
            try:
                return await answer
            finally:
                self.waiting.pop(number, None)

        call.__name__ = name
        return call

    def listen(self):
        for line in self.sock.makefile("rb"):
            message = json.loads(line)
            if "code" in message or "tools" in message:
                self.cells.put(message)
            elif message["call"] in self.waiting:
                answer = self.waiting[message["call"]]
                try:
                    answer.get_loop().call_soon_threadsafe(self.settle, answer, message)
                except RuntimeError:  # its loop is closed
                    pass
        os._exit(0)

    @staticmethod
    def settle(answer, message):
        if answer.done():
            return
        if "error" in message:
            answer.set_exception(RuntimeError(message["error"]["message"]))
        else:
            told = message["result"]
            answer.set_result(json.loads(told["value"]) if told["type"] == "json" else told["value"])

    def interrupt(self, number, frame):
        if self.running:
            self.stopped = True
            raise KeyboardInterrupt

    def serve(self):
        signal.signal(signal.SIGINT, self.interrupt)
        threading.Thread(target=self.listen, daemon=True).start()
        while True:
            message = self.cells.get()
            if "tools" in message:
                self.offer(message["tools"])
                continue
            try:
                result = self.run(message["code"])
            except KeyboardInterrupt:
                result = {"stopped": True}
            for stream in (sys.stdout, sys.stderr):
                try:
                    stream.flush()
                except Exception:
                    pass
            self.say({"done": result, "state": self.snapshot()})

    def run(self, code):
        sys.stdout, sys.stderr, self.stopped = sys.__stdout__, sys.__stderr__, False
        try:
            compiled = compile(code, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
            self.running = True
            try:
                if compiled.co_flags & 0x80:  # a coroutine

                    async def cell():
                        await eval(compiled, self.names)

                    asyncio.run(cell())
                else:
                    exec(compiled, self.names)
            finally:
                self.running = False
            return {}
        except Submitted as end:
            return {"fields": end.args[0]}
        except BaseException as error:
            if self.stopped and isinstance(error, KeyboardInterrupt):
                raise
            args = error.args if type(error.args) is tuple else ()
            return {
                "error": {
                    "type": type(error).__name__,
                    "message": shortened(told(error)) or type(error).__name__,
                    "args": [shortened(told(arg)) for arg in args],
                    "traceback": history(error, code),
                }
            }

    def snapshot(self):
        state, lost = {}, []
        for name, value in list(self.names.items()):
            if name in self.hidden or name.startswith("__"):
                continue
            try:
                state[name] = json.loads(json.dumps(value)) if plain(value) else lost.append(name)
            except RecursionError:
                lost.append(name)
        return {"values": {name: value for name, value in state.items() if name not in lost}, "lost": sorted(lost)}


def told(value):
    for way in (str, repr):
        try:
            return way(value)
        except BaseException:
            pass
    return "<a %s that cannot be told>" % type(value).__name__


def shortened(text):
    """A message of the dialect is one line, and a line has an end."""
    return text if len(text) <= 100_000 else text[:100_000] + "..."


def history(error, code):
    """Where it was raised, in the cell's own lines."""
    lines = code.splitlines()
    try:
        frames = traceback.extract_tb(error.__traceback__, 50)
    except Exception:
        return ""
    return "".join(
        "  line %d, in %s\n    %s\n" % (frame.lineno, frame.name, lines[frame.lineno - 1].strip())
        for frame in frames
        if frame.filename == "<cell>" and frame.lineno and frame.lineno <= len(lines)
    )


def stream(fd):
    """Unbuffered: what was printed is there also after a kill."""
    return io.TextIOWrapper(open(fd, "wb", 0), "utf-8", "backslashreplace", write_through=True)


def plain(value):
    if type(value) is list:
        return all(plain(item) for item in value)
    if type(value) is dict:
        return all(type(key) is str and plain(item) for key, item in value.items())
    return type(value) in PLAIN


# ---- the supervisor ----


def write(message):
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[os.write(1, data):]


def descendants():
    children = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % entry) as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry))
    found, todo = set(), [os.getpid()]
    while todo:
        fresh = children.get(todo.pop(), [])
        found.update(fresh)
        todo += fresh
    return found


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


class Supervisor:
    def __init__(self):
        self.tools, self.kernel, self.buffers = [], 0, {0: b"", 1: b""}
        self.sock, self.out, self.err, self.state = None, -1, -1, {"values": {}, "lost": []}

    def start(self, values):
        self.sock, theirs = socket.socketpair()
        self.out, self.err, self.buffers[1] = os.memfd_create("out"), os.memfd_create("err"), b""
        self.kernel = os.fork()
        if self.kernel:
            theirs.close()
            return
        self.sock.close()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(self.out, 1), os.dup2(self.err, 2)
        os.close(self.out), os.close(self.err)
        os.setpgid(0, 0)
        sys.stdin, sys.__stdout__, sys.__stderr__ = NoInput(), stream(1), stream(2)
        Kernel(theirs, self.tools, values).serve()

    def discard(self):
        """Ends the kernel with all that it started; returns its exit status as multiprocessing tells it."""
        if not self.kernel:
            return 0
        kill([self.kernel])
        status = os.waitpid(self.kernel, 0)[1]
        self.kernel = 0
        self.sock.close(), os.close(self.out), os.close(self.err)
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)

    def output(self):
        return [os.pread(fd, os.fstat(fd).st_size, 0).decode("utf-8", "replace") for fd in (self.out, self.err)]

    def lines(self, which, fd):
        data = os.read(fd, 65536)
        *whole, self.buffers[which] = (self.buffers[which] + data).split(b"\n")
        return [json.loads(line) for line in whole if line.strip()] if data else None

    def wait(self, deadline):
        """What the host and the kernel say next, each as a list; None where nothing came by the deadline."""
        timeout = None if deadline is None else max(0, deadline - time.monotonic())
        ready = select.select([0] + ([self.sock] if self.kernel else []), [], [], timeout)[0]
        host = self.lines(0, 0) if 0 in ready else []
        if host is None:
            self.end()
        kernel = self.lines(1, self.sock.fileno()) if self.sock in ready else []
        return (host, kernel) if ready else None

    def end(self):
        while True:
            left = descendants()
            if not left:
                os._exit(0)
            kill(left)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                pass

    def execute(self, id, params):
        seconds, grace = params.get("execution_timeout_seconds"), params.get("execution_timeout_interrupt_grace_seconds", 0.5)
        if not self.kernel:
            self.start({})
        for fd in (self.out, self.err):
            os.ftruncate(fd, 0), os.lseek(fd, 0, os.SEEK_SET)
        before = descendants()
        self.sock.sendall(json.dumps({"code": params["code"]}).encode() + b"\n")
        deadline, late = None if seconds is None else time.monotonic() + seconds, False
        while True:
            came = self.wait(deadline)
            if came is None and not late:
                late, deadline = True, time.monotonic() + grace
                os.kill(self.kernel, signal.SIGINT)
            elif came is None:
                return self.killed(seconds, before)
            else:
                for message in came[0]:
                    if message.get("id") in self.calls:
                        self.calls.discard(message["id"])
                        self.sock.sendall(json.dumps({**message, "call": message["id"] - (self.kernel << 32)}).encode() + b"\n")
                if came[1] is None:
                    out, err = self.output()
                    text = "execution runner exited without a result (exitcode=%d)" % self.discard()
                    return {"error": fault("RuntimeError", text, [text], out + err)}
                for message in came[1]:
                    if "call" in message:
                        number = (self.kernel << 32) + message["call"]
                        self.calls.add(number)
                        write({"jsonrpc": "2.0", "method": "tool_call", "params": message["params"], "id": number})
                    else:
                        self.state = message["state"]
                        return self.told(message["done"], params, seconds, before)

    def told(self, done, params, seconds, before):
        out, err = self.output()
        if "stopped" in done:
            kill(descendants() - before - {self.kernel})
            state = {"preserved": True, "source": "live_kernel", "scope": "full_live"}
            return {"result": {"timeout": {"seconds": seconds}, "stdout": out, "stderr": err, "state": state}}
        if "fields" in done:
            return {"result": {"submitted" if params.get("defer_final_output") else "final": done["fields"]}}
        if "error" in done:
            error = done["error"]
            told = fault(error["type"], error["message"], error["args"], out + err)
            told["data"]["traceback"] = error["traceback"]
            return {"error": told}
        return {"result": {"output": out + err}}

    def killed(self, seconds, before):
        out, err = self.output()
        kill(descendants() - before - {self.kernel})
        self.discard()
        self.start(self.state["values"])
        state = {
            "preserved": False, "source": "pickle_snapshot", "scope": "pickleable_globals",
            "reason": "no answer to SIGINT before the hard kill",
            "restored_globals": sorted(self.state["values"]), "lost_globals": self.state["lost"],
        }
        return {"result": {"timeout": {"seconds": seconds}, "stdout": out, "stderr": err, "state": state}}

    def answer(self, request):
        method, params = request.get("method"), request.get("params", {})
        self.calls = set()
        if method == "execute":
            return self.execute(request["id"], params)
        if method == "reset":
            self.discard()
            self.tools = []
            return {"result": {}}
        if method == "register_tools":
            self.tools = params.get("tools", [])
            if self.kernel:
                self.sock.sendall(json.dumps({"tools": self.tools}).encode() + b"\n")
            return {"result": {}}
        if method == "interrupt":
            return {"result": {"running": False}}
        if method == "shutdown":
            return {"result": {"shutdown": True}}
        return {"error": fault("ValueError", "Unknown method: %s" % method, [])}

    def serve(self):
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        while True:
            for request in self.wait(None)[0]:
                write({"jsonrpc": "2.0", "id": request.get("id"), **self.answer(request)})
                if request.get("method") == "shutdown":
                    self.end()


def fault(kind, message, args, output=""):
    return {"code": -32000, "message": message, "data": {"type": kind, "message": message, "args": args, "output": output}}


if __name__ == "__main__":
    Supervisor().serve()
