"""What the cluster benches share: server processes on loopback that end with the bench, a client of a few lines, and
clusters of any shape formed with CLUSTER commands alone."""
import atexit
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SLOTS = 16384


class Failed(Exception):
    """An error reply."""


class Client:
    """One connection; call("get", "k") returns str, int, list or None and raises Failed for an error reply."""

    def __init__(self, port, timeout=10.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")

    def call(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            data = str(word).encode()
            out += b"$%d\r\n%s\r\n" % (len(data), data)
        self.socket.sendall(out)
        return self.reply()

    def reply(self):
        line = self.lines.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise Failed(rest)
        if kind == b":":
            return int(rest)
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.lines.read(size + 2)[:-2].decode(errors="replace")
        if kind == b"*":
            return None if int(rest) < 0 else [self.reply() for _ in range(int(rest))]
        return rest

    def close(self):
        self.lines.close()
        self.socket.close()


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """A server in a folder of its own. Ended (SIGKILL) with the bench, whatever becomes of it."""

    def __init__(self, binary, port, folder, options):
        self.binary, self.port, self.folder, self.options = binary, port, folder, options
        os.makedirs(folder, exist_ok=True)
        self.process = self._client = None
        self.start()

    def start(self):
        words = [self.binary, "--port", str(self.port), "--dir", self.folder, "--save", "", "--appendonly", "no",
                 "--cluster-enabled", "yes"]
        for name, value in self.options.items():
            words += ["--" + name, str(value)]
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(words, stdout=log, stderr=log, preexec_fn=_die_with_parent)
        log.close()

    def await_ready(self, limit=30.0):
        wait_until(f"{self.binary} answers on port {self.port} (its log: {self.folder}/log)", self._answers, limit)

    def _answers(self):
        try:
            return self.call("ping") == "PONG"
        except (OSError, Failed):
            return False

    @property
    def pid(self):
        return self.process.pid

    def call(self, *words):
        if self._client is None:
            self._client = Client(self.port)
        try:
            return self._client.call(*words)
        except OSError:
            self._client = None
            raise

    def signal(self, number):
        os.kill(self.pid, number)
        if number == signal.SIGKILL:
            self.process.wait()
            self._client = None

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self._client is not None:
            self._client.close()
            self._client = None

    def info(self):
        return dict(line.split(":", 1) for line in self.call("cluster", "info").split("\r\n") if ":" in line)

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9

    def memory_kib(self):
        """Resident and proportional set size."""
        sizes = {}
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            for line in file:
                words = line.split()
                if words[0] in ("Rss:", "Pss:"):
                    sizes[words[0]] = int(words[1])
        return sizes["Rss:"], sizes["Pss:"]


def wait_until(what, holds, limit, pause=0.05):
    """Seconds until holds() was true."""
    begin = time.monotonic()
    while not holds():
        if time.monotonic() - begin > limit:
            raise TimeoutError(f"not within {limit} s: {what}")
        time.sleep(pause)
    return time.monotonic() - begin


class Cluster:
    """`masters` masters that share the slots evenly, each with `replicas` replicas: servers[0:masters] are the masters,
    the replicas follow, masters[i]'s first at masters + i. Use as a context manager."""

    def __init__(self, binary, base_port, masters, replicas=0, options=None, limit=300.0):
        self.binary, self.masters, self.replicas, self.limit = binary, masters, replicas, limit
        self.folder = tempfile.mkdtemp(prefix="cluster-bench-")
        atexit.register(self.stop)
        self.servers = []
        settings = {"repl-diskless-sync-delay": 0, **(options or {})}
        for i in range(masters * (1 + replicas)):
            self.servers.append(Server(binary, base_port + i, os.path.join(self.folder, str(i)), settings))
        for server in self.servers:
            server.await_ready()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()

    def stop(self):
        for server in self.servers:
            server.stop()
        self.servers = []
        shutil.rmtree(self.folder, ignore_errors=True)

    def slot_range(self, master):
        return SLOTS * master // self.masters, SLOTS * (master + 1) // self.masters - 1

    def form(self):
        """Slots, epochs, MEET, replicas. Returns the seconds until all nodes knew each other, and until the whole
        cluster was up with every replica synchronized."""
        begin = time.monotonic()
        for i, server in enumerate(self.servers):
            if i < self.masters:
                server.call("cluster", "addslotsrange", *self.slot_range(i))
            server.call("cluster", "set-config-epoch", i + 1)
        for server in self.servers[1:]:
            server.call("cluster", "meet", "127.0.0.1", self.servers[0].port)
        wait_until("all nodes know each other", self._acquainted, self.limit)
        known = time.monotonic() - begin
        ids = [server.call("cluster", "myid") for server in self.servers[:self.masters]]
        for i, server in enumerate(self.servers[self.masters:]):
            server.call("cluster", "replicate", ids[i % self.masters])
        wait_until("the cluster is up, its replicas synchronized", self.settled, self.limit)
        return known, time.monotonic() - begin

    def _acquainted(self):
        total = str(len(self.servers))
        for server in self.servers:
            info = server.info()
            if info["cluster_known_nodes"] != total or "handshake" in server.call("cluster", "nodes"):
                return False
        return True

    def settled(self):
        """Every living server says that the cluster is up, and every replica's link is."""
        for server in self.servers:
            if server.process.poll() is not None:
                continue
            if server.info()["cluster_state"] != "ok":
                return False
            replication = server.call("info", "replication")
            if "role:slave" in replication and "master_link_status:up" not in replication:
                return False
        roles = sum("role:slave" in s.call("info", "replication") for s in self.servers if s.process.poll() is None)
        return roles == self.masters * self.replicas - sum(s.process.poll() is not None for s in self.servers)


def key_of_slot_range(server, first, last):
    """A key in one of these slots."""
    for i in range(200000):
        if first <= server.call("cluster", "keyslot", f"key:{i}") <= last:
            return f"key:{i}"
    raise AssertionError("no key found")
