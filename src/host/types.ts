import type { StatFields } from "../abi/stat.ts";

/**
 * What a machine asks of the place it runs in. Implemented by platform/node, platform/browser and platform/memory.
 * Paths and names are byte strings: one UTF-16 unit (0..255) per byte. Results below zero are -errno (Linux numbers).
 */
export interface Host {
  clock: HostClock;
  /** Fills with cryptographic random bytes. */
  random(bytes: Uint8Array): void;
  /** Standard input, output and error. */
  stdio: [HostStream, HostStream, HostStream];
  /** Further descriptors that the program is to have, with their O_ flags. */
  inherited?(): { fd: number; flags: number; stream: HostStream }[];
  /** Files of the host, if granted: what hostfs serves. */
  fs?: HostFs;
  /** The host's network, if it has one that can be reached. */
  net?: HostNet;
  /** One line for the log (BLINK_LOG_FILENAME or standard error). */
  log(line: string): void;
  /** Identity the guest sees at start. */
  ids: { uid: number; gid: number; groups?: number[]; umask?: number; hostname: string; cpus: number };
  /** Signals the host got (Linux numbers): SIGINT from the terminal, SIGWINCH, SIGTERM ... Set by who wants them. */
  onSignal?: (signo: number) => void;
  /** Stops this process as ^Z would, with the terminal as it was found; returns when it is continued. */
  suspend?(): void;
  /** Lets the host's events run: resolves after at most `ms` milliseconds, or early when `wake` is called. */
  sleep(ms: number): Promise<void>;
  wake(): void;
}

export interface HostClock {
  /** Nanoseconds since the epoch. */
  realtime(): bigint;
  /** Nanoseconds since some fixed point. */
  monotonic(): bigint;
}

/** A byte stream such as standard input, a terminal or a pipe to the host. */
export interface HostStream {
  isTty: boolean;
  /** Unless raw, the host edits lines, echoes and turns ^C into signals (Host.onSignal). Otherwise the kernel does. */
  cooks?: boolean;
  /** Takes up to `into.length` bytes: count, 0 at end of file, or -EAGAIN when nothing is there yet (`onReady` is called later). */
  read(into: Uint8Array): number;
  /** Count written, or -EAGAIN, -EPIPE ... */
  write(from: Uint8Array): number;
  /** Bytes or end of file ready now. Asking starts a look-ahead if the host needs one. */
  readable(): boolean;
  onReady: (() => void) | undefined;
  /** Terminals: columns and rows, and raw mode (restored by `close`). */
  size(): { cols: number; rows: number };
  setRaw(raw: boolean): void;
  /** What fstat of the stream shows (host's own mode, rdev, size ...), if known. */
  stat?(): HostStat | number;
  /** Streams on regular files: position of the next read or write, if known, and access elsewhere. */
  file?: {
    readonly offset: number;
    pread(into: Uint8Array, at: number): number;
    pwrite(from: Uint8Array, at: number): number;
    truncate(size: number): number;
  };
  /** What the descriptor is called: "/dev/pts/0", "pipe:[3]"; for /proc/PID/fd. */
  name?: string;
  close(): void;
}

export type HostStat = StatFields;

/** Synchronous file access, by host path. Flags and modes are Linux's. All return -errno on failure. */
export interface HostFs {
  /** Milliseconds since some fixed point: how old what was found is. */
  now(): number;
  stat(path: string, follow: boolean): HostStat | number;
  open(path: string, flags: number, mode: number): number;
  close(fd: number): number;
  fstat(fd: number): HostStat | number;
  pread(fd: number, into: Uint8Array, at: number): number;
  /** `at` -1: at the end, for descriptors opened with O_APPEND. */
  pwrite(fd: number, from: Uint8Array, at: number): number;
  ftruncate(fd: number, size: number): number;
  fsync(fd: number, dataOnly: boolean): number;
  readdir(path: string): { name: string; type: number; ino: number }[] | number;
  readlink(path: string): string | number;
  mkdir(path: string, mode: number): number;
  rmdir(path: string): number;
  unlink(path: string): number;
  rename(from: string, to: string): number;
  link(from: string, to: string): number;
  symlink(target: string, path: string): number;
  chmod(path: string, mode: number): number;
  chown(path: string, uid: number, gid: number, follow: boolean): number;
  utimes(path: string, atime: bigint, mtime: bigint, follow: boolean): number;
  truncate(path: string, size: number): number;
  statfs(
    path: string,
  ):
    | { type: number; bsize: number; blocks: number; bfree: number; bavail: number; files: number; ffree: number }
    | number;
  access(path: string, mode: number): number;
  mknod?(path: string, mode: number, dev: number): number;
  /**
   * Calls `changed` when something happens to the file or to names in the directory, with the name; `renamed`: the name came
   * or went. Returns what ends it.
   */
  watch?(path: string, changed: (renamed: boolean, name: string) => void): (() => void) | undefined;
  /** For files that have no name any more. */
  fchmod(fd: number, mode: number): number;
  fchown(fd: number, uid: number, gid: number): number;
  futimes(fd: number, atime: bigint, mtime: bigint): number;
}

/** An internet address: 4 or 16 numbers, and a port. */
export interface HostAddress {
  ip: readonly number[];
  port: number;
}

/** A TCP connection. Results below zero are -errno. */
export interface HostConnection {
  readonly local: HostAddress;
  readonly remote: HostAddress;
  /** Takes what has come: a count, 0 at the end, -EAGAIN. */
  read(into: Uint8Array): number;
  /** Takes all bytes, or -EAGAIN until those of before are on their way. */
  write(from: Uint8Array): number;
  /** No more will be written. */
  end(): void;
  close(): void;
  /** Called when something has come, gone or failed. */
  onEvent: (() => void) | undefined;
}

/** A UDP socket. */
export interface HostDatagrams {
  send(bytes: Uint8Array, to: HostAddress): void;
  close(): void;
}

/** TCP and UDP of the host. What takes time ends with a call of `done`, with -errno if it failed. */
export interface HostNet {
  /** Addresses of the host's interfaces. */
  addresses(): (readonly number[])[];
  /** Returns what gives the attempt up. */
  connect(to: HostAddress, done: (result: HostConnection | number) => void): () => void;
  /** Returns what stops it. */
  listen(at: HostAddress, accept: (c: HostConnection) => void, done: (result: number) => void): () => void;
  /** Resolves once everything that was written is on its way, or after a while. */
  drain(): Promise<void>;
  datagrams(at: HostAddress, receive: (bytes: Uint8Array, from: HostAddress) => void): HostDatagrams;
}
