import type { Inode, Mount, Place } from "./types.ts";

/**
 * A name in the tree: what Linux calls a dentry. Look-ups of one name give the same object while anyone holds it, so that a
 * rename or removal is seen by open files and working directories that lead through it.
 */
export class Dentry implements Place {
  gone = false;
  private children: Map<string, WeakRef<Dentry>> | undefined;
  /** Children at which dead references are swept. */
  private sweepAt = 64;

  constructor(
    public inode: Inode,
    public parent: Dentry | undefined,
    public name: string,
    public mount: Mount,
  ) {}

  /** The child of that name for the inode just looked up. */
  child(name: string, inode: Inode, mount: Mount): Dentry {
    const known = this.children?.get(name)?.deref();
    if (known && known.inode === inode && known.mount === mount) return known;
    const made = new Dentry(inode, this, name, mount);
    this.adopt(made);
    return made;
  }
  private adopt(child: Dentry): void {
    const children = (this.children ??= new Map());
    if (children.size >= this.sweepAt) {
      for (const [name, ref] of children) if (!ref.deref()) children.delete(name);
      this.sweepAt = Math.max(64, children.size * 2);
    }
    children.set(child.name, new WeakRef(child));
  }
  /** From now on it lies elsewhere: what is mounted was moved. */
  graft(parent: Dentry, name: string): void {
    this.parent = parent;
    this.name = name;
    parent.adopt(this);
  }
  /** The name was unlinked. */
  removed(name: string): void {
    const child = this.children?.get(name)?.deref();
    if (child) child.gone = true;
    this.children?.delete(name);
  }
  /** Two names have changed places (RENAME_EXCHANGE). */
  exchanged(name: string, to: Dentry, toName: string): void {
    const [one, other] = [this.children?.get(name)?.deref(), to.children?.get(toName)?.deref()];
    this.children?.delete(name);
    to.children?.delete(toName);
    one?.graft(to, toName);
    other?.graft(this, name);
  }
  /** The name is now called otherwise; what had the new name is gone. */
  moved(name: string, to: Dentry, toName: string): void {
    const child = this.children?.get(name)?.deref();
    this.children?.delete(name);
    to.removed(toName);
    if (!child) return;
    child.parent = to;
    child.name = toName;
    to.adopt(child);
  }
}

/**
 * Absolute path of a place as seen from `root`, " (deleted)" appended when its last name is gone. Undefined when it
 * cannot be reached from that root (getcwd(2) then says "(unreachable)").
 */
export function placePath(place: Place, root?: Place): string | undefined {
  const names: string[] = [];
  let p = place;
  while (p.parent && !samePlace(p, root)) {
    names.push(p.name);
    p = p.parent;
  }
  if (root && !samePlace(p, root)) return undefined;
  return `/${names.reverse().join("/")}${place.gone ? " (deleted)" : ""}`;
}

export function samePlace(a: Place, b: Place | undefined): boolean {
  return b !== undefined && (a === b || (a.inode === b.inode && a.mount === b.mount && a.inode.type === 0o040000));
}

/** A place outside every tree, for pipes, sockets and memfds: only its name is shown. */
export function anonymousPlace(inode: Inode, name: string): Dentry {
  const mount: Mount = {
    id: 0,
    parent: undefined,
    fs: inode.fs,
    root: inode,
    path: "/",
    at: undefined,
    mounted: new Map(),
    source: "none",
    flags: 0,
  };
  return new Dentry(inode, undefined, name, mount);
}
