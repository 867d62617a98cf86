import { EINVAL } from "../../abi/errno.ts";
import { type Entries, type ProcContext, ProcDir, ProcText } from "./proc-node.ts";

/** /proc/sys: what programs read to learn of limits; a few can be set and are kept. */
export function procSys(fs: ProcContext): ProcDir {
  const { source } = fs;
  const dir = (entries: Entries) => () => new ProcDir(fs, entries);
  const fixed = (value: string | number) => () => new ProcText(fs, { read: () => `${value}\n` });
  const shown = (read: () => string) => () => new ProcText(fs, { read: () => `${read()}\n` });
  const kept = (initial: string | number) => () => {
    let value = `${initial}`;
    const write = (s: string) => {
      value = s.trim();
      return 0;
    };
    return new ProcText(fs, { read: () => `${value}\n`, write });
  };
  const name = (key: "hostname" | "domainname") => () => {
    const write = (s: string) => {
      const v = s.trim();
      if (v.length > 64) return -EINVAL;
      source[key] = v;
      return 0;
    };
    return new ProcText(fs, { read: () => `${source[key]}\n`, write });
  };
  const bootId = uuid((b) => source.random(b));

  const random = {
    boot_id: fixed(bootId),
    entropy_avail: fixed(256),
    poolsize: fixed(256),
    urandom_min_reseed_secs: fixed(60),
    uuid: shown(() => uuid((b) => source.random(b))),
  };
  const kernel = {
    cap_last_cap: fixed(40),
    core_pattern: kept("core"),
    core_uses_pid: kept(0),
    domainname: name("domainname"),
    hostname: name("hostname"),
    msgmax: fixed(8192),
    msgmnb: fixed(16384),
    msgmni: fixed(32000),
    ngroups_max: fixed(65536),
    osrelease: fixed(source.release),
    ostype: fixed("Linux"),
    overflowgid: fixed(65534),
    overflowuid: fixed(65534),
    panic: kept(0),
    perf_event_paranoid: kept(4),
    pid_max: fixed(4194304),
    printk: kept("4\t4\t1\t7"),
    random: dir(random),
    randomize_va_space: kept(0),
    sem: fixed("32000\t1024000000\t500\t32000"),
    shmall: fixed("18446744073692774399"),
    shmmax: fixed("18446744073692774399"),
    shmmni: fixed(4096),
    "threads-max": fixed(65536),
    version: fixed(source.version),
  };
  const vm = {
    max_map_count: fixed(65530),
    min_free_kbytes: kept(67584),
    mmap_min_addr: fixed(65536),
    nr_hugepages: kept(0),
    overcommit_memory: kept(0),
    overcommit_ratio: kept(50),
    swappiness: kept(60),
  };
  const filesystems = {
    "file-max": fixed("9223372036854775807"),
    "file-nr": fixed("1024\t0\t9223372036854775807"),
    inotify: dir({
      max_queued_events: kept(16384),
      max_user_instances: kept(128),
      max_user_watches: kept(65536),
    }),
    mqueue: dir({ msg_max: kept(10), msgsize_max: kept(8192), queues_max: kept(256) }),
    nr_open: fixed(1048576),
    "pipe-max-size": fixed(1048576),
    "pipe-user-pages-soft": fixed(16384),
    protected_hardlinks: kept(0),
    protected_symlinks: kept(0),
    suid_dumpable: fixed(0),
  };
  const ipv4 = { ip_local_port_range: kept("32768\t60999"), tcp_fin_timeout: kept(60) };
  const net = { core: dir({ somaxconn: kept(4096), rmem_max: kept(212992), wmem_max: kept(212992) }), ipv4: dir(ipv4) };
  return new ProcDir(fs, { fs: dir(filesystems), kernel: dir(kernel), net: dir(net), vm: dir(vm) });
}

/** A random UUID (version 4). */
function uuid(random: (bytes: Uint8Array) => void): string {
  const b = new Uint8Array(16);
  random(b);
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
