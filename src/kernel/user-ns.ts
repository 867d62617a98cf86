/** user_namespaces(7): which ids of the machine a process sees under which numbers. */
import { EINVAL, EPERM } from "../abi/errno.ts";

/** What ids without a number in the namespace are shown as: /proc/sys/kernel/overflowuid. */
export const OVERFLOW_ID = 65534;
const MOST_EXTENTS = 340;
const MOST_NESTED = 32;

/** `count` ids from `inside` in the namespace on are the machine's ids from `outside` on. */
export interface IdExtent {
  inside: number;
  outside: number;
  count: number;
}

export type IdKind = "uid" | "gid";

const ALL: readonly IdExtent[] = [{ inside: 0, outside: 0, count: 0xffffffff }];

export class UserNs {
  readonly kind = "user";
  private readonly maps: Record<IdKind, readonly IdExtent[]>;
  /** May setgroups(2) be used? */
  setgroups = true;
  readonly level: number;

  constructor(
    readonly ino: number,
    /** Undefined for the initial namespace, where all ids are themselves. */
    readonly parent?: UserNs,
    /** The machine's ids of who made it. */
    readonly owner = { uid: 0, gid: 0 },
  ) {
    this.level = parent ? parent.level + 1 : 0;
    this.setgroups = parent?.setgroups ?? true;
    this.maps = parent ? { uid: [], gid: [] } : { uid: ALL, gid: ALL };
  }
  get nestable(): boolean {
    return this.level < MOST_NESTED;
  }
  /** The namespace, or one that it lies in. */
  isWithin(other: UserNs): boolean {
    for (let ns: UserNs | undefined = this; ns; ns = ns.parent) if (ns === other) return true;
    return false;
  }
  map(kind: IdKind): readonly IdExtent[] {
    return this.maps[kind];
  }
  /** The number inside for an id of the machine. */
  number(kind: IdKind, id: number): number | undefined {
    const e = this.maps[kind].find((x) => id >= x.outside && id - x.outside < x.count);
    return e && id - e.outside + e.inside;
  }
  /** The same, where ids without a number must be shown, too. */
  shown(kind: IdKind, id: number): number {
    return this.parent ? (this.number(kind, id) ?? OVERFLOW_ID) : id;
  }
  /** The id of the machine for a number inside. */
  id(kind: IdKind, number: number): number | undefined {
    const e = this.maps[kind].find((x) => number >= x.inside && number - x.inside < x.count);
    return e && number - e.inside + e.outside;
  }
  /** Sets a map, once; its right-hand side is in numbers of the parent. `mayMap` judges the extents. */
  setMap(kind: IdKind, text: string, mayMap: (extents: readonly IdExtent[]) => boolean): number {
    const { parent } = this;
    if (!parent || this.maps[kind].length > 0) return -EPERM;
    const extents = parseMap(text);
    if (!extents) return -EINVAL;
    const mapped: IdExtent[] = [];
    for (const e of extents) {
      const outside = parent.id(kind, e.outside);
      const last = parent.id(kind, e.outside + e.count - 1);
      if (outside === undefined || last !== outside + e.count - 1) return -EPERM;
      mapped.push({ ...e, outside });
    }
    if (!mayMap(mapped)) return -EPERM;
    this.maps[kind] = mapped;
    return 0;
  }
}

/** Lines of three numbers, without overlaps; undefined for anything else. */
function parseMap(text: string): IdExtent[] | undefined {
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines.length > MOST_EXTENTS) return undefined;
  const extents: IdExtent[] = [];
  for (const line of lines) {
    const m = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (!m) return undefined;
    const [inside, outside, count] = m.slice(1).map(Number);
    if (count === 0 || inside + count > 0xffffffff || outside + count > 0xffffffff) return undefined;
    const clash = (a: number, b: number, n: number): boolean => a < b + n && b < a + count;
    if (extents.some((e) => clash(inside, e.inside, e.count) || clash(outside, e.outside, e.count))) return undefined;
    extents.push({ inside, outside, count });
  }
  return extents;
}
