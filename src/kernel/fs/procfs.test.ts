import { describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import { O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { MemoryHost } from "../../platform/memory/host.ts";
import { bytes, cred, ok, readAll, testTree } from "./fixture.ts";
import type { ProcProcess, ProcSource, ProcTask } from "./proc-source.ts";
import { ProcFs } from "./procfs.ts";

const { tree, ctx } = testTree(new MemoryHost());
const { vfs } = tree;
const none = {
  capInheritable: 0n,
  capPermitted: 0n,
  capEffective: 0n,
  capBounding: 0n,
  capAmbient: 0n,
  noNewPrivs: false,
};
const thread: ProcTask = {
  tid: 7,
  comm: "a (b) c",
  setComm(name) {
    Object.assign(this, { comm: name });
  },
  state: "S",
  tracer: 0,
  ids: { uids: [5, 5, 5, 5], gids: [5, 5, 5, 5], groups: [] },
  namespaces: [],
  namespace: () => undefined,
  idMap: () => "",
  setIdMap: () => 0,
  seccomp: { mode: 0, filters: 0 },
  cred: { ...cred(5), ...none },
  blocked: 0x10000n,
  pending: 0n,
  nice: 0,
  utime: 12e9,
  stime: 0,
};
const file = ok(vfs.open(ctx, vfs.root, "/dev/zero", O_RDWR, 0));
const mapping = {
  ...{ start: 0x555555554000, end: 0x555555556000, read: true, write: false, exec: true, shared: false },
  ...{ offset: 0x1000, dev: 0xfe00, ino: 12, name: "/bin/x", rss: 4096 },
};
const process: ProcProcess = {
  pid: 7,
  machinePid: 7,
  ppid: 1,
  pgid: 7,
  sid: 7,
  tty: { dev: 0, foreground: -1 },
  tasks: [thread],
  mounts: vfs.mounts,
  netFiles: [],
  netFile: () => "",
  startTime: 0n,
  children: { utime: 0, stime: 0 },
  sharedPending: 0n,
  ignored: 0n,
  caught: 0n,
  umask: 0o22,
  exitSignal: 17,
  limits: Array.from({ length: 16 }, () => ({ soft: 1024, hard: Number.POSITIVE_INFINITY })),
  memory: {
    ...{ size: 8192, rss: 4096, peakRss: 4096, startCode: 0, endCode: 0, startStack: 0, startData: 0, endData: 0 },
    ...{ brkStart: 0, argStart: 100, argEnd: 106, envStart: 0, envEnd: 0, auxv: [6n, 4096n, 0n, 0n], exe: file.place },
    mappings: () => [mapping],
    read: (at, n) => bytes("x\0arg\0").subarray(at - 100, at - 100 + n),
    write: () => 0,
  },
  cwd: vfs.root,
  root: vfs.root,
  fds: () => [3],
  fd: (n) => (n === 3 ? file : undefined),
  cloexec: () => true,
};
const source: ProcSource = {
  self: () => ({ pid: 7, tid: 7 }),
  pids: () => [7],
  process: (pid) => (pid === 7 ? process : undefined),
  memory: () => ({ total: 2 ** 30, free: 2 ** 29, cached: 0 }),
  uptime: () => 1500000000n,
  bootSeconds: () => 1000,
  busy: () => 0,
  forks: () => 1,
  cpus: 1,
  cpu: { vendor: "v", model: "m", flags: ["fpu"] },
  hostname: "h",
  domainname: "d",
  release: "6.1",
  version: "#1",
  random: (b) => b.fill(1),
};
vfs.mounts.mount(vfs.root, "proc", new ProcFs(source, () => 0n), "proc");
const open = (p: string, flags = 0) => vfs.open(ctx, vfs.root, p, flags, 0);
const read = (p: string) => readAll(ok(open(p)));

describe("/proc", () => {
  it("leads from self to the process and its files", () => {
    expect(vfs.readlink(ctx, vfs.root, "/proc/self")).toBe("7");
    expect(vfs.readlink(ctx, vfs.root, "/proc/thread-self")).toBe("7/task/7");
    expect(read("/proc/self/cmdline")).toBe("x\0arg\0");
    expect(read("/proc/self/auxv").length).toBe(32);
    expect(vfs.readlink(ctx, vfs.root, "/proc/self/fd/3")).toBe("/dev/zero");
    expect(ok(vfs.resolve(ctx, vfs.root, "/proc/self/fd/3")).inode).toBe(file.inode);
    expect(open("/proc/self/fd/4")).toBe(-E.ENOENT);
    expect(read("/proc/7/fdinfo/3")).toMatch(/^pos:\t0\nflags:\t02100002\n/);
    expect(vfs.readlink(ctx, vfs.root, "/proc/7/exe")).toBe("/dev/zero");
    expect(open("/proc/8/stat")).toBe(-E.ENOENT);
    const names = ok(ok(open("/proc")).readdir?.() ?? -1).map((e) => e.name);
    expect(names).toEqual(expect.arrayContaining(["7", "self", "meminfo", "sys"]));
  });
  it("prints what ps and others parse", () => {
    const stat = read("/proc/7/stat").split(" ");
    expect(stat.length).toBe(54);
    expect([stat[0], stat.slice(1, 4).join(" "), stat[4], stat[15]]).toEqual(["7", "(a (b) c)", "S", "1200"]);
    expect(read("/proc/7/maps")).toBe(
      "555555554000-555555556000 r-xp 00001000 fe:00 12                         /bin/x\n",
    );
    expect(read("/proc/7/status")).toContain("\nUid:\t5\t5\t5\t5\n");
    expect(read("/proc/7/limits").split("\n")[1]).toMatch(/^Max cpu time +1024 +unlimited +seconds +$/);
    expect(read("/proc/uptime")).toBe("1.50 1.50\n");
    expect(read("/proc/meminfo")).toMatch(/^MemTotal: +1048576 kB\nMemFree: +524288 kB\n/);
    expect(read("/proc/mounts").split("\n")[0]).toBe("tmpfs / tmpfs rw,relatime 0 0");
  });
  it("lets some things be written", () => {
    expect(ok(open("/proc/sys/kernel/hostname", O_WRONLY)).write(bytes("new\n"))).toBe(4);
    expect(source.hostname).toBe("new");
    expect(ok(open("/proc/self/comm", O_WRONLY)).write(bytes("name"))).toBe(4);
    expect(read("/proc/self/comm")).toBe("name\n");
    expect(open("/proc/uptime", O_WRONLY)).toBe(-E.EIO);
    expect(vfs.mkdir(ctx, vfs.root, "/proc/x", 0o755)).toBe(-E.ENOENT);
  });
});
