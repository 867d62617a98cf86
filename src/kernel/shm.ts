import type { Frames } from "../mmu/frames.ts";
import type { IpcObject, IpcPerm } from "./ipc.ts";
import { SharedMemory } from "./source.ts";

/** A System V shared memory segment: its mappings hold it; removal waits for the last one. */
export class Segment extends SharedMemory implements IpcObject {
  removed = false;
  /** Mappings, one for each Vma. */
  attached = 0;
  atime = 0n;
  dtime = 0n;
  ctime: bigint;
  lastPid = 0;

  constructor(
    frames: Frames,
    readonly perm: IpcPerm,
    readonly length: number,
    pages: number,
    readonly creator: number,
    private readonly clock: () => bigint,
    private readonly onUnused: (s: Segment) => void,
  ) {
    super(frames, pages, `/SYSV${perm.key.toString(16).padStart(8, "0")} (deleted)`);
    this.ctime = clock();
  }
  override retain(): void {
    super.retain();
    this.attached++;
  }
  override release(): void {
    this.attached--;
    this.dtime = this.clock();
    super.release();
    if (this.attached === 0) this.onUnused(this);
  }
  /** The id's own reference goes. */
  drop(): void {
    super.release();
  }
}
