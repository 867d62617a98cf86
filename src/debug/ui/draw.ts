/** The whole picture, out of what panels draw. */
import { accessesOf, type MemoryAccess } from "./accesses.ts";
import { type Layout, LEAST_COLS, LEAST_ROWS, layout } from "./layout.ts";
import { insnAt, type Look } from "./look.ts";
import { drawDialog } from "./panels/dialog.ts";
import { drawBreakpoints, drawFrames, drawMaps, drawProfile } from "./panels/lists.ts";
import type { Marked } from "./panels/memory.ts";
import { drawRegisters } from "./panels/registers.ts";
import { drawStatus, type StatusFacts } from "./panels/status.ts";
import { drawTerminal } from "./panels/terminal.ts";
import { titled } from "./panels/text.ts";
import { drawVectors } from "./panels/vectors.ts";
import { drawX87 } from "./panels/x87.ts";
import type { Prompt } from "./prompt.ts";
import { Canvas, Screen } from "./screen/screen.ts";
import { THEME } from "./screen/style.ts";
import type { MemoryName, State } from "./state.ts";
import type { Terminal } from "./vt/terminal.ts";

/** What a picture is made of. `look` is missing while there is no thread to look at. */
export interface Scene {
  cols: number;
  rows: number;
  state: State;
  terminal: Terminal;
  look: Look | undefined;
  position: number;
  status: StatusFacts;
}

export interface Picture {
  screen: Screen;
  layout: Layout | undefined;
}

export function draw(scene: Scene): Picture {
  const { cols, rows, state } = scene;
  const screen = new Screen(cols, rows);
  const all = new Canvas(screen, { x: 0, y: 0, w: cols, h: rows });
  state.wishes.breakpoints = (scene.look?.breakpoints.size ?? 0) + state.watchpoints.length + state.pending.size;
  const places = layout(cols, rows, state.wishes);
  if (!places) {
    all.text(0, 0, `too small: ${cols}x${rows},`, THEME.alert);
    all.text(0, 1, `${LEAST_COLS}x${LEAST_ROWS} is needed`, THEME.alert);
    return { screen, layout: undefined };
  }
  separators(all, places);
  if (scene.look) drawMachine(screen, places, scene, scene.look);
  else if (places.disassembly) titled(new Canvas(screen, places.disassembly), "No thread");
  if (places.terminal) {
    const canvas = new Canvas(screen, places.terminal);
    screen.cursor = drawTerminal(canvas, scene.terminal, state.focused, state.terminalBack);
  }
  drawStatus(new Canvas(screen, places.status), state, scene.status);
  if (state.prompt) screen.cursor = drawPrompt(all.part(0, rows - 1, cols, 1), state.prompt, state.message);
  if (state.dialog) {
    drawDialog(all, state.dialog);
    screen.cursor = undefined;
  }
  return { screen, layout: places };
}

/** The line of status is where questions are asked. Where the cursor stands. */
function drawPrompt(line: Canvas, prompt: Prompt, complaint: string): { x: number; y: number } {
  line.fill(" ");
  const x = line.text(0, 0, `${prompt.question}: ${prompt.text}`, THEME.bold);
  line.text(Math.max(x + 2, line.width - complaint.length), 0, complaint, THEME.alert);
  return { x: Math.min(line.width - 1, x), y: line.rect.y };
}

/** Lines between the columns. */
function separators(all: Canvas, places: Layout): void {
  for (const name of ["breakpoints", "registers"] as const) {
    const r = places[name];
    if (!r) continue;
    const end = places.terminal && places.terminal.w > r.x ? places.terminal.y : all.height - 1;
    for (let y = 0; y < end; y++) all.text(r.x - 1, y, "│", THEME.frame);
  }
}

function drawMachine(screen: Screen, places: Layout, scene: Scene, look: Look): void {
  const { state } = scene;
  const at = (name: keyof Layout): Canvas | undefined => {
    const r = places[name];
    return r && new Canvas(screen, r);
  };
  const panel = (name: keyof Layout, fn: (canvas: Canvas) => void): void => {
    const canvas = at(name);
    if (canvas) fn(canvas);
  };
  panel("disassembly", (c) => state.disassembly.draw(c, look, state.options.highlight));
  panel("breakpoints", (c) => drawBreakpoints(c, look, state));
  panel("maps", (c) => drawMaps(c, look, state.mapsFirst));
  panel("frames", (c) => (state.profiling ? drawProfile(c, state.profile) : drawFrames(c, look, state.framesFirst)));
  panel("registers", (c) => drawRegisters(c, look));
  panel("vectors", (c) => drawVectors(c, look, state.vectors));
  panel("x87", (c) => drawX87(c, look));
  drawMemory(at, scene, look);
}

function drawMemory(at: (name: MemoryName) => Canvas | undefined, scene: Scene, look: Look): void {
  const { state } = scene;
  const rip = Number(look.regs.rip);
  const insn = insnAt(look, rip);
  const recent = insn ? [...state.trail, ...accessesOf(insn, look.regs, rip)] : state.trail;
  const { code, read, write, stack } = state.memory;
  code.follow(rip);
  stack.follow(look.regs.rsp);
  const newest = (w: boolean): MemoryAccess | undefined => recent.findLast((a) => a.write === w);
  const lastRead = newest(false);
  const lastWrite = newest(true);
  if (lastRead) read.follow(lastRead.address);
  if (lastWrite) write.follow(lastWrite.address);
  const marks: Marked[] = recent.map((a) => ({ ...a, style: a.write ? THEME.written : THEME.read })).reverse();
  const here = { address: rip, length: insn?.length ?? 1, style: THEME.current };
  const top = { address: look.regs.rsp, length: 8, style: THEME.current };
  const all: [MemoryName, Marked[]][] = [
    ["code", [here]],
    ["read", marks.filter((m) => m.style === THEME.read)],
    ["write", marks.filter((m) => m.style === THEME.written)],
    ["stack", [...marks, top]],
  ];
  for (const [name, marked] of all) {
    const canvas = at(name);
    if (canvas) state.memory[name].draw(canvas, look, state.form, marked, scene.position);
  }
}
