"""Classes, method calls, generators and exceptions: a kernel of tasks that send packets, and queens on a board."""
import sys
from collections import deque


class Packet:
    __slots__ = ("kind", "payload", "hops")

    def __init__(self, kind, payload):
        self.kind, self.payload, self.hops = kind, payload, 0


class Task:
    def __init__(self, name, kernel):
        self.name, self.kernel, self.inbox, self.handled = name, kernel, deque(), 0

    def step(self):
        packet = self.inbox.popleft()
        packet.hops += 1
        self.handled += 1
        self.handle(packet)

    def handle(self, packet):
        raise NotImplementedError


class Worker(Task):
    def handle(self, packet):
        packet.payload = [(x * 31 + 7) % 1009 for x in packet.payload]
        self.kernel.send("device", packet)


class Device(Task):
    def handle(self, packet):
        packet.payload.sort()
        if packet.hops < 20:
            self.kernel.send("worker" if packet.payload[0] % 2 else "other", packet)
        else:
            self.kernel.done += sum(packet.payload)


class Kernel:
    def __init__(self):
        self.done = 0
        self.tasks = {"worker": Worker("worker", self), "other": Worker("other", self), "device": Device("device", self)}

    def send(self, to, packet):
        self.tasks[to].inbox.append(packet)

    def run(self):
        busy = True
        while busy:
            busy = False
            for task in self.tasks.values():
                try:
                    task.step()
                    busy = True
                except IndexError:
                    pass
        return self.done


def queens(n, row=0, columns=0, left=0, right=0):
    if row == n:
        yield 1
        return
    for c in range(n):
        if not (columns >> c & 1 or left >> (row + c) & 1 or right >> (row - c + n) & 1):
            yield from queens(n, row + 1, columns | 1 << c, left | 1 << (row + c), right | 1 << (row - c + n))


rounds = int(sys.argv[1])
for _ in range(rounds):
    kernel = Kernel()
    for i in range(60):
        kernel.send("worker", Packet(i % 3, list(range(i, i + 10))))
    print(kernel.run(), sum(task.handled for task in kernel.tasks.values()), sum(queens(6)))
