/** The part of /sys (sysfs(5)) that programs look into: processors, memory nodes, network interfaces. */
import { SYSFS_MAGIC } from "../../abi/statfs.ts";
import type { Inode, Statfs } from "../../vfs/types.ts";
import { type Entries, type MadeUp, ProcDir, ProcText } from "./proc-node.ts";

/** A network interface as /sys/class/net shows it. */
export interface ShownInterface {
  index: number;
  name: string;
  flags: number;
  /** ARPHRD_ */
  hardware: number;
  mac: readonly number[];
  mtu: number;
}

/** The facts behind it: implemented by the kernel. */
export interface SysSource {
  readonly cpus: number;
  /** Of the network namespace of who looks. */
  interfaces(): readonly ShownInterface[];
}

/** IFF_UP */
const UP = 1;

export class SysFs implements MadeUp {
  readonly type = "sysfs";
  readonly dev = 20;
  readonly root: ProcDir;
  private ino = 1;

  constructor(
    private readonly source: SysSource,
    readonly now: () => bigint,
  ) {
    const empty = this.dir({});
    this.root = new ProcDir(this, {
      block: empty,
      bus: empty,
      class: this.dir({ net: this.interfaces() }),
      dev: this.dir({ block: empty, char: empty }),
      devices: this.dir({ system: this.dir({ cpu: this.processors(), node: this.nodes() }), virtual: empty }),
      firmware: empty,
      fs: this.dir({ cgroup: empty }),
      kernel: this.dir({ mm: this.dir({ transparent_hugepage: this.hugePages() }) }),
      module: empty,
      power: empty,
    });
  }
  nextIno(): number {
    return this.ino++;
  }
  statfs(): Statfs {
    return { type: SYSFS_MAGIC, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
  }
  private dir(entries: Entries, extra?: { list(): string[]; get(name: string): Inode | undefined }): () => ProcDir {
    return () => new ProcDir(this, entries, extra, undefined, 0o755);
  }
  private text(read: () => string | number): () => ProcText {
    return () => new ProcText(this, { read: () => `${read()}\n` });
  }

  /** "0-3", or "0". */
  private get range(): string {
    const { cpus } = this.source;
    return cpus > 1 ? `0-${cpus - 1}` : "0";
  }
  private processors(): () => ProcDir {
    const all = this.text(() => this.range);
    const entries: Entries = { online: all, possible: all, present: all, offline: this.text(() => "") };
    entries.kernel_max = this.text(() => this.source.cpus - 1);
    for (let i = 0; i < this.source.cpus; i++) entries[`cpu${i}`] = this.processor(i);
    return this.dir(entries);
  }
  private processor(i: number): () => ProcDir {
    const own = this.text(() => i);
    return this.dir({
      topology: this.dir({
        core_id: own,
        core_siblings_list: this.text(() => this.range),
        physical_package_id: this.text(() => 0),
        thread_siblings_list: own,
      }),
    });
  }
  private nodes(): () => ProcDir {
    const one = this.text(() => 0);
    const node = this.dir({ cpulist: this.text(() => this.range), distance: this.text(() => 10) });
    return this.dir({ has_cpu: one, has_memory: one, has_normal_memory: one, node0: node, online: one, possible: one });
  }
  private hugePages(): () => ProcDir {
    return this.dir({
      enabled: this.text(() => "always madvise [never]"),
      defrag: this.text(() => "always defer defer+madvise madvise [never]"),
      hpage_pmd_size: this.text(() => 2097152),
    });
  }

  private interfaces(): () => ProcDir {
    const made = new Map<string, ProcDir>();
    const find = (name: string): ShownInterface | undefined => this.source.interfaces().find((i) => i.name === name);
    const get = (name: string): Inode | undefined => {
      if (!find(name)) return undefined;
      const dir = made.get(name) ?? this.oneInterface(() => find(name))();
      made.set(name, dir);
      return dir;
    };
    return this.dir({}, { list: () => this.source.interfaces().map((i) => i.name), get });
  }
  private oneInterface(find: () => ShownInterface | undefined): () => ProcDir {
    const fact = (show: (i: ShownInterface) => string | number) =>
      this.text(() => {
        const i = find();
        return i ? show(i) : "";
      });
    return this.dir({
      address: fact((i) => i.mac.map((b) => b.toString(16).padStart(2, "0")).join(":")),
      flags: fact((i) => `0x${(i.flags & 0xffff).toString(16)}`),
      ifindex: fact((i) => i.index),
      mtu: fact((i) => i.mtu),
      // The loopback says so whenever it is up (Linux's operstates.rst).
      operstate: fact((i) => (i.flags & UP ? (i.index === 1 ? "unknown" : "up") : "down")),
      type: fact((i) => i.hardware),
    });
  }
}
