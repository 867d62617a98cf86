import type { MountTable } from "../../vfs/mount.ts";
import type { Cred, File, Place } from "../../vfs/types.ts";

export type IdMapFile = "uid_map" | "gid_map" | "setgroups";

/** What procfs shows of a thread. */
export interface ProcTask {
  readonly tid: number;
  /** As bytes, at most 15. */
  readonly comm: string;
  setComm(name: string): void;
  readonly state: "R" | "S" | "D" | "T" | "t" | "Z";
  /** Who traces it, 0 for nobody. */
  readonly tracer: number;
  readonly cred: Cred & {
    capInheritable: bigint;
    capPermitted: bigint;
    capEffective: bigint;
    capBounding: bigint;
    capAmbient: bigint;
    noNewPrivs: boolean;
  };
  /** Real, effective, saved and file system ids, and groups, as the reader numbers them. */
  readonly ids: { uids: readonly number[]; gids: readonly number[]; groups: readonly number[] };
  /** Mode and number of filters. */
  readonly seccomp: { mode: number; filters: number };
  readonly blocked: bigint;
  readonly pending: bigint;
  /** Of the namespaces that /proc/PID/ns names, or undefined for a name that there is not. */
  namespace(name: string): Place | undefined;
  readonly namespaces: readonly string[];
  /** uid_map, gid_map, setgroups of user_namespaces(7): their text, and what writing to them answers. */
  idMap(file: IdMapFile): string;
  setIdMap(file: IdMapFile, text: string): number;
  readonly nice: number;
  /** Nanoseconds of processor time. */
  readonly utime: number;
  readonly stime: number;
}

/** One line of /proc/PID/maps. */
export interface ProcMapping {
  start: number;
  end: number;
  read: boolean;
  write: boolean;
  exec: boolean;
  shared: boolean;
  offset: number;
  dev: number;
  ino: number;
  /** "" for anonymous memory. */
  name: string;
  /** Bytes present. */
  rss: number;
}

/** Where execve put things, for stat and auxv. */
export interface ProcMemory {
  /** Bytes mapped and present. */
  size: number;
  rss: number;
  peakRss: number;
  startCode: number;
  endCode: number;
  startStack: number;
  startData: number;
  endData: number;
  brkStart: number;
  argStart: number;
  argEnd: number;
  envStart: number;
  envEnd: number;
  /** Pairs, the terminating one included. */
  auxv: readonly bigint[];
  exe: Place | undefined;
  mappings(): ProcMapping[];
  /** Guest bytes, as far as they are there. */
  read(address: number, length: number): Uint8Array;
  write(address: number, bytes: Uint8Array): number;
}

/** What procfs shows of a process. */
export interface ProcProcess {
  readonly pid: number;
  /** Its number in the machine, whatever the namespace of who looks. */
  readonly machinePid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Device number of the controlling terminal and its foreground group; 0 and -1 without. */
  readonly tty: { dev: number; foreground: number };
  /** Threads alive, and the first one until the process is reaped. */
  readonly tasks: readonly ProcTask[];
  /** Files of its network namespace, and their text. */
  readonly netFiles: readonly string[];
  netFile(name: string): string;
  /** Its mount namespace. */
  readonly mounts: MountTable;
  /** Nanoseconds after boot. */
  readonly startTime: bigint;
  readonly children: { utime: number; stime: number };
  readonly sharedPending: bigint;
  readonly ignored: bigint;
  readonly caught: bigint;
  readonly umask: number;
  readonly exitSignal: number;
  /** Soft and hard, Infinity without limit, in the order of the RLIMIT_ numbers. */
  readonly limits: readonly { soft: number; hard: number }[];
  /** Undefined once the thread has ended. */
  readonly memory: ProcMemory | undefined;
  readonly cwd: Place | undefined;
  readonly root: Place | undefined;
  fds(): number[];
  fd(n: number): File | undefined;
  cloexec(fd: number): boolean;
}

/** The facts behind /proc: implemented by the kernel. */
export interface ProcSource {
  /** Who looks. */
  self(): { pid: number; tid: number } | undefined;
  pids(): number[];
  /** As its first thread has it, or the one with this number: threads may differ in memory, files and directories. */
  process(pid: number, tid?: number): ProcProcess | undefined;
  /** Bytes of RAM: all, free, and in the page cache. */
  memory(): { total: number; free: number; cached: number };
  /** Nanoseconds since boot, and time of boot in seconds since the epoch. */
  uptime(): bigint;
  bootSeconds(): number;
  /** Busy nanoseconds of all processes. */
  busy(): number;
  forks(): number;
  readonly cpus: number;
  /** Flags line and names for /proc/cpuinfo. */
  readonly cpu: { vendor: string; model: string; flags: readonly string[] };
  hostname: string;
  domainname: string;
  /** uname(2). */
  readonly release: string;
  readonly version: string;
  random(bytes: Uint8Array): void;
}
