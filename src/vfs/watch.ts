import { IN_ISDIR } from "../abi/inotify.ts";
import { S_IFDIR } from "../abi/stat.ts";
import { Attached } from "../base/attached.ts";
import { counters } from "../base/counters.ts";
import type { Inode, Place } from "./types.ts";

/** Who wants to know what happens to an inode, or to names in a directory. Masks are inotify's. */
export interface Watcher {
  event(mask: number, name: string, cookie: number): void;
}

const watchers = new Attached<Inode, Set<Watcher>>("watchers");

export function addWatcher(inode: Inode, w: Watcher): void {
  let set = watchers.get(inode);
  if (!set) {
    set = new Set();
    watchers.set(inode, set);
  }
  set.add(w);
  counters.watches++;
}
export function removeWatcher(inode: Inode, w: Watcher): void {
  if (watchers.get(inode)?.delete(w)) counters.watches--;
}

/** Does anyone watch anything, in any machine? Nothing is looked up as long as nobody does. */
export function watching(): boolean {
  return counters.watches > 0;
}

function send(inode: Inode, mask: number, name: string, cookie: number): void {
  for (const w of [...(watchers.get(inode) ?? [])]) w.event(mask, name, cookie);
}

/** Something happened to what a place leads to: its directory's watchers hear of it too, by name. */
export function tell(place: Place | undefined, mask: number): void {
  if (counters.watches === 0 || !place) return;
  const bits = place.inode.type === S_IFDIR ? mask | IN_ISDIR : mask;
  if (place.parent && !place.gone) send(place.parent.inode, bits, place.name, 0);
  send(place.inode, bits, "", 0);
}
/** Something happened to the inode that concerns nobody but its own watchers. */
export function tellSelf(inode: Inode, mask: number): void {
  if (counters.watches > 0) send(inode, mask, "", 0);
}
/** A name in a directory came, went or moved. */
export function tellDirectory(dir: Inode, mask: number, name: string, of: Inode | undefined, cookie = 0): void {
  if (counters.watches === 0) return;
  send(dir, of?.type === S_IFDIR ? mask | IN_ISDIR : mask, name, cookie);
}
/** Ties the two halves of a rename together. */
export function nextCookie(): number {
  counters.renameCookie = (counters.renameCookie + 1) >>> 0 || 1;
  return counters.renameCookie;
}
