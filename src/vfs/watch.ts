import { IN_ISDIR } from "../abi/inotify.ts";
import { S_IFDIR } from "../abi/stat.ts";
import type { Inode, Place } from "./types.ts";

/** Who wants to know what happens to an inode, or to names in a directory. Masks are inotify's. */
export interface Watcher {
  event(mask: number, name: string, cookie: number): void;
}

const watchers = new WeakMap<Inode, Set<Watcher>>();
/** Watches there are in all machines: nothing is looked up as long as nobody watches. */
let count = 0;
let lastCookie = 0;

export function addWatcher(inode: Inode, w: Watcher): void {
  let set = watchers.get(inode);
  if (!set) {
    set = new Set();
    watchers.set(inode, set);
  }
  set.add(w);
  count++;
}
export function removeWatcher(inode: Inode, w: Watcher): void {
  if (watchers.get(inode)?.delete(w)) count--;
}

/** Does anyone watch anything? */
export function watching(): boolean {
  return count > 0;
}

function send(inode: Inode, mask: number, name: string, cookie: number): void {
  for (const w of [...(watchers.get(inode) ?? [])]) w.event(mask, name, cookie);
}

/** Something happened to what a place leads to: its directory's watchers hear of it too, by name. */
export function tell(place: Place | undefined, mask: number): void {
  if (count === 0 || !place) return;
  const bits = place.inode.type === S_IFDIR ? mask | IN_ISDIR : mask;
  if (place.parent && !place.gone) send(place.parent.inode, bits, place.name, 0);
  send(place.inode, bits, "", 0);
}
/** Something happened to the inode that concerns nobody but its own watchers. */
export function tellSelf(inode: Inode, mask: number): void {
  if (count > 0) send(inode, mask, "", 0);
}
/** A name in a directory came, went or moved. */
export function tellDirectory(dir: Inode, mask: number, name: string, of: Inode | undefined, cookie = 0): void {
  if (count === 0) return;
  send(dir, of?.type === S_IFDIR ? mask | IN_ISDIR : mask, name, cookie);
}
/** Ties the two halves of a rename together. */
export function nextCookie(): number {
  lastCookie = (lastCookie + 1) >>> 0 || 1;
  return lastCookie;
}
