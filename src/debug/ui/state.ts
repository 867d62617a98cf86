/** What the user has chosen and is looking at. */
import type { Watchpoint } from "../types.ts";
import type { MemoryAccess } from "./accesses.ts";
import type { Wishes } from "./layout.ts";
import type { Dialog } from "./panels/dialog.ts";
import { DisassemblyView } from "./panels/disassembly.ts";
import { type MemoryForm, MemoryView } from "./panels/memory.ts";
import type { VectorFormat } from "./panels/vectors.ts";
import { Profile } from "./profile.ts";
import type { Prompt } from "./prompt.ts";

/** Instructions in a frame; below 1: a frame for so many instructions less. Infinity: as many as can be. */
export const SPEEDS: readonly number[] = [
  1 / 32,
  1 / 16,
  1 / 8,
  1 / 4,
  1 / 2,
  1,
  4,
  16,
  64,
  256,
  1024,
  4096,
  16384,
  65536,
  Infinity,
];

export interface Options {
  /** -N: the wheel moves the picture, not the view. */
  naturalScroll: boolean;
  /** No -H: instructions are coloured. */
  highlight: boolean;
  /** No -R: signals that usually kill stop the machine first. */
  reactive: boolean;
  /** -z, as often as given. */
  zoom: number;
  /** -V: told of stops. */
  note?: (text: string) => void;
}

export type MemoryName = "code" | "read" | "write" | "stack";

/** Recent accesses that are marked in the memory panels. */
const TRAIL = 8;

export class State {
  readonly disassembly = new DisassemblyView();
  readonly memory: Readonly<Record<MemoryName, MemoryView>> = {
    code: new MemoryView("Code", 1),
    read: new MemoryView("Read", 1),
    write: new MemoryView("Write", 1),
    stack: new MemoryView("Stack", 1),
  };
  readonly vectors: VectorFormat = { type: "integer", size: 1, radix: "hex" };
  readonly wishes: Wishes = { second: true, third: true, maximized: false, breakpoints: 0, vectors: true };
  watchpoints: Watchpoint[] = [];
  /** Names that breakpoints are wanted at and that nothing has yet. */
  readonly pending = new Set<string>();
  form: MemoryForm = "both";
  speed = SPEEDS.length - 1;
  profile = new Profile();
  profiling = false;
  /** Keys go to the guest. */
  focused = false;
  /** Lines scrolled away. */
  mapsFirst = 0;
  framesFirst = 0;
  terminalBack = 0;
  mouse = true;
  dialog: Dialog | undefined;
  prompt: Prompt | undefined;
  message = "";
  /** The thread that is looked at, where the user chose one. */
  tid: number | undefined;
  /** Newest last. */
  trail: MemoryAccess[] = [];

  constructor(readonly options: Options) {
    for (const view of Object.values(this.memory)) view.setZoom(options.zoom);
  }
  accessed(accesses: readonly MemoryAccess[]): void {
    if (accesses.length > 0) this.trail = [...this.trail, ...accesses].slice(-TRAIL);
  }
}

export function speedText(speed: number): string {
  if (speed === Infinity) return "full speed";
  return speed >= 1 ? `${speed}/frame` : `1 in ${1 / speed} frames`;
}
