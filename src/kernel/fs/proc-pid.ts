import { EINVAL, EIO, ENOENT, ENXIO, ESRCH } from "../../abi/errno.ts";
import { O_ACCMODE, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { BaseFile, seekWithin } from "../../vfs/file.ts";
import { placePath } from "../../vfs/place.ts";
import type { DirEntry, File, Inode, Place } from "../../vfs/types.ts";
import { mountinfoText, mountsText } from "./proc-mounts.ts";
import { type Entries, type Owner, type ProcContext, ProcDir, ProcLink, ProcText } from "./proc-node.ts";
import type { IdMapFile, ProcProcess, ProcTask } from "./proc-source.ts";
import * as text from "./proc-text.ts";

/** /proc/PID, or with `tid` /proc/PID/task/TID. */
export function pidDir(fs: ProcContext, pid: number, tid?: number): ProcDir {
  const process = () => fs.source.process(pid, tid);
  const task = (p: ProcProcess) => p.tasks.find((t) => t.tid === (tid ?? pid)) ?? p.tasks[0];
  const owner: Owner = () => {
    const p = process();
    const cred = p && task(p)?.cred;
    return { uid: cred?.euid ?? 0, gid: cred?.egid ?? 0 };
  };
  /** A file whose text is made of the process (and thread); ESRCH when it is gone. */
  const show = (make: (p: ProcProcess, t: ProcTask) => string | Uint8Array, mode = 0o444) => {
    const read = () => {
      const p = process();
      const t = p && task(p);
      return p && t ? make(p, t) : -ESRCH;
    };
    return () => new ProcText(fs, { read }, owner, mode);
  };
  /** A file of mounts: of who has ended, and so has no root, it can't be opened. */
  const mounts = (make: (p: ProcProcess) => string) => () => {
    const read = () => {
      const p = process();
      return p ? make(p) : -ESRCH;
    };
    return new ProcText(fs, { read, open: () => (process()?.root ? 0 : -EINVAL) }, owner);
  };
  const magic = (get: (p: ProcProcess) => Place | undefined) => () => {
    const place = () => {
      const p = process();
      return p ? (get(p) ?? -ENOENT) : -ESRCH;
    };
    const name = () => {
      const at = place();
      return typeof at === "number" ? at : (placePath(at, fs.viewRoot()) ?? placePath(at) ?? -ENOENT);
    };
    return new ProcLink(fs, name, place, owner);
  };

  const entries: Entries = {
    auxv: show((p) => new Uint8Array(BigUint64Array.from(p.memory?.auxv ?? []).buffer), 0o400),
    cgroup: show(() => "0::/\n"),
    cmdline: show((p) => memory(p, "argStart", "argEnd")),
    comm: () => new ProcText(fs, commSpec(process, task), owner, 0o644),
    cwd: magic((p) => p.cwd),
    environ: show((p) => memory(p, "envStart", "envEnd"), 0o400),
    exe: magic((p) => p.memory?.exe),
    fd: () => fdDir(fs, process, owner),
    fdinfo: () => fdinfoDir(fs, process, owner),
    io: show(() => "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n"),
    limits: show((p) => text.limitsText(p)),
    loginuid: show(() => "4294967295"),
    maps: show((p) => text.mapsText(p)),
    mem: () => new MemInode(fs, process, owner),
    mountinfo: mounts((p) => mountinfoText(p.mounts, p.root)),
    mounts: mounts((p) => mountsText(p.mounts, p.root)),
    oom_score: show(() => "0\n"),
    oom_score_adj: () => new ProcText(fs, { read: () => "0\n", write: () => 0 }, owner),
    root: magic((p) => p.root),
    sessionid: show(() => "4294967295"),
    smaps: show((p) => text.smapsText(p)),
    stat: show((p, t) => text.statText(p, t)),
    statm: show((p) => text.statmText(p)),
    status: show((p, t) => text.statusText(p, t)),
    wchan: show(() => "0"),
    net: () => netDir(fs, process, owner),
    ns: () => nsDir(fs, process, task, owner),
    ...idMaps(fs, process, task, owner),
  };
  if (tid === undefined) entries.task = () => taskDir(fs, pid, process, owner);
  return tid === undefined
    ? new ProcessDir(fs, entries, owner, () => process()?.machinePid)
    : new ProcDir(fs, entries, undefined, owner);
}

/** /proc/PID: a descriptor of it stands for the process, as a pidfd does (pidfd_send_signal(2)). */
export class ProcessDir extends ProcDir {
  constructor(
    fs: ProcContext,
    entries: Entries,
    owner: Owner,
    /** The process's number in the machine; undefined once it is gone. */
    readonly machinePid: () => number | undefined,
  ) {
    super(fs, entries, undefined, owner);
  }
}

type ProcessOf = () => ProcProcess | undefined;
type TaskOf = (p: ProcProcess) => ProcTask | undefined;

function idMaps(fs: ProcContext, process: ProcessOf, task: TaskOf, owner: Owner): Entries {
  const file = (name: IdMapFile) => () => {
    const get = () => {
      const p = process();
      return p && task(p);
    };
    const read = () => get()?.idMap(name) ?? -ESRCH;
    const write = (text: string) => get()?.setIdMap(name, text) ?? -ESRCH;
    return new ProcText(fs, { read, write }, owner);
  };
  return { uid_map: file("uid_map"), gid_map: file("gid_map"), setgroups: file("setgroups") };
}

/** /proc/PID/net: proc_pid_net(5). Who has ended has no network. */
class NetDir extends ProcDir {
  constructor(
    fs: ProcContext,
    entries: Entries,
    private readonly process: ProcessOf,
    owner: Owner,
  ) {
    super(fs, entries, undefined, owner);
  }
  override lookup(name: string): Inode | number {
    return this.process()?.root ? super.lookup(name) : -ENOENT;
  }
  override readdir(): DirEntry[] | number {
    return this.process()?.root ? super.readdir() : -EINVAL;
  }
}

function netDir(fs: ProcContext, process: ProcessOf, owner: Owner): ProcDir {
  const entries: Entries = {};
  for (const name of process()?.netFiles ?? [])
    entries[name] = () => new ProcText(fs, { read: () => process()?.netFile(name) ?? -ESRCH }, owner);
  return new NetDir(fs, entries, process, owner);
}

/** /proc/PID/ns: namespaces(7). */
function nsDir(fs: ProcContext, process: ProcessOf, task: TaskOf, owner: Owner): ProcDir {
  const entries: Entries = {};
  const p = process();
  for (const name of (p && task(p)?.namespaces) ?? []) {
    const place = () => {
      const now = process();
      return now ? (task(now)?.namespace(name) ?? -ENOENT) : -ESRCH;
    };
    const text = () => {
      const at = place();
      return typeof at === "number" ? at : at.name;
    };
    entries[name] = () => new ProcLink(fs, text, place, owner);
  }
  return new ProcDir(fs, entries, undefined, owner, 0o511);
}

function memory(p: ProcProcess, from: "argStart" | "envStart", to: "argEnd" | "envEnd"): Uint8Array {
  const m = p.memory;
  return m ? m.read(m[from], m[to] - m[from]) : new Uint8Array(0);
}

function commSpec(process: () => ProcProcess | undefined, task: (p: ProcProcess) => ProcTask | undefined) {
  const get = () => {
    const p = process();
    return p && task(p);
  };
  return {
    read: () => {
      const t = get();
      return t ? `${t.comm}\n` : -ESRCH;
    },
    write: (s: string) => {
      const t = get();
      if (!t) return -ESRCH;
      t.setComm(s.replace(/\n$/, "").slice(0, 15));
      return 0;
    },
  };
}

function taskDir(fs: ProcContext, pid: number, process: () => ProcProcess | undefined, owner: Owner): ProcDir {
  const dirs = new Map<number, ProcDir>();
  const tids = () => process()?.tasks.map((t) => t.tid) ?? [];
  const get = (name: string) => {
    const tid = Number(name);
    if (!tids().includes(tid)) {
      dirs.delete(tid);
      return undefined;
    }
    let dir = dirs.get(tid);
    if (!dir) {
      dir = pidDir(fs, pid, tid);
      dirs.set(tid, dir);
    }
    return dir;
  };
  return new ProcDir(fs, {}, { list: () => tids().map(String), get }, owner);
}

function fdDir(fs: ProcContext, process: () => ProcProcess | undefined, owner: Owner): ProcDir {
  return new ProcDir(
    fs,
    {},
    fdEntries(process, (n) => fdLink(fs, process, n, owner)),
    owner,
    0o500,
  );
}
function fdinfoDir(fs: ProcContext, process: () => ProcProcess | undefined, owner: Owner): ProcDir {
  const info = (n: number) =>
    new ProcText(
      fs,
      {
        read: () => {
          const p = process();
          const file = p?.fd(n);
          return p && file ? text.fdinfoText(file, p.cloexec(n)) : -ENOENT;
        },
      },
      owner,
      0o400,
    );
  return new ProcDir(fs, {}, fdEntries(process, info), owner, 0o555);
}
function fdEntries(process: () => ProcProcess | undefined, make: (n: number) => Inode) {
  return {
    list: () => (process()?.fds() ?? []).map(String),
    get: (name: string) => {
      const n = /^(0|[1-9]\d*)$/.test(name) ? Number(name) : -1;
      return process()?.fd(n) ? make(n) : undefined;
    },
  };
}
function fdLink(fs: ProcContext, process: () => ProcProcess | undefined, n: number, owner: Owner): ProcLink {
  const file = (): File | undefined => process()?.fd(n);
  const access = (file()?.flags ?? 0) & O_ACCMODE;
  const mode = (access === O_WRONLY ? 0 : 0o500) | (access === O_RDONLY ? 0 : 0o300);
  const describe = () => {
    const f = file();
    if (!f) return -ENOENT;
    // Paths are shown as the reader's root sees them.
    return (f.place?.parent && placePath(f.place, fs.viewRoot())) || f.describe();
  };
  return new ProcLink(fs, describe, () => file()?.place ?? -ENXIO, owner, mode);
}

/** /proc/PID/mem: the position is an address. */
class MemInode extends ProcText {
  constructor(
    fs: ProcContext,
    private readonly process: () => ProcProcess | undefined,
    owner: Owner,
  ) {
    super(fs, { read: () => "", write: () => 0 }, owner, 0o600);
  }
  override open(flags: number): File {
    return new MemFile(this, flags, this.process);
  }
}
class MemFile extends BaseFile {
  constructor(
    inode: Inode,
    flags: number,
    private readonly process: () => ProcProcess | undefined,
  ) {
    super(inode, flags);
  }
  override read(into: Uint8Array, at?: number): number {
    const m = this.process()?.memory;
    if (!m) return 0;
    const bytes = m.read(at ?? this.pos, into.length);
    if (bytes.length === 0 && into.length > 0) return -EIO;
    into.set(bytes);
    if (at === undefined) this.pos += bytes.length;
    return bytes.length;
  }
  override write(from: Uint8Array, at?: number): number {
    const m = this.process()?.memory;
    if (!m) return 0;
    const n = m.write(at ?? this.pos, from);
    if (n === 0 && from.length > 0) return -EIO;
    if (at === undefined) this.pos += n;
    return n;
  }
  override seek(offset: number, whence: number): number {
    return seekWithin(this, () => 0, offset, whence);
  }
}
