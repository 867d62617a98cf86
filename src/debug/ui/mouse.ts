/** What the mouse does, by the panel that it is over. */
import type { InputEvent } from "./input.ts";
import { type Layout, PANELS, type PanelName } from "./layout.ts";
import { contains } from "./screen/screen.ts";
import type { MemoryName, State } from "./state.ts";

/** What only the application can do. */
export interface MouseTarget {
  readonly state: State;
  readonly layout: Layout | undefined;
  /** Through time by so many instructions. */
  travel(count: number): void;
  toggleBreakpoint(address: number): void;
  focus(on: boolean): void;
  /** True if the guest took it. */
  toGuest(event: InputEvent): boolean;
  /** Lines that can be scrolled back in the terminal. */
  readonly scrollback: number;
}

type MouseEvent = InputEvent & { kind: "mouse" };

/** Lines that a notch of the wheel moves. */
const NOTCH = 3;

const MEMORY: readonly PanelName[] = ["code", "read", "write", "stack"];
function isMemory(name: PanelName): name is MemoryName {
  return MEMORY.includes(name);
}

function panelAt(places: Layout, x: number, y: number): PanelName | undefined {
  return PANELS.find((name) => {
    const r = places[name];
    return r && contains(r, x, y);
  });
}

export function onMouse(event: MouseEvent, target: MouseTarget): void {
  const places = target.layout;
  const panel = places && panelAt(places, event.x, event.y);
  if (!places || !panel) return;
  if (event.action === "up" || event.action === "down") {
    const forward = (event.action === "down") !== target.state.options.naturalScroll;
    onWheel(event, panel, forward ? 1 : -1, target);
  } else if (panel === "terminal") {
    if (event.action === "press") target.focus(true);
    target.toGuest(event);
  } else if (event.action === "press") onClick(event, panel, event.y - (places[panel]?.y ?? 0), target);
}

function onClick(_event: MouseEvent, panel: PanelName, row: number, target: MouseTarget): void {
  target.focus(false);
  const { state } = target;
  if (panel === "disassembly" && row > 0) {
    const address = state.disassembly.addressAt(row);
    if (address !== undefined) target.toggleBreakpoint(address);
  } else if (panel === "frames") state.profiling = !state.profiling;
  else if (isMemory(panel)) state.memory[panel].pinned = !state.memory[panel].pinned;
}

function onWheel(event: MouseEvent, panel: PanelName, sign: number, target: MouseTarget): void {
  const { state } = target;
  if (isMemory(panel)) {
    const view = state.memory[panel];
    if (event.ctrl) view.setZoom(view.zoom + sign);
    else view.scroll(sign * NOTCH);
    return;
  }
  const moved = (first: number): number => Math.max(0, first + sign * NOTCH);
  switch (panel) {
    case "disassembly":
      target.travel(event.ctrl ? sign * 100 : sign);
      break;
    case "maps":
      state.mapsFirst = moved(state.mapsFirst);
      break;
    case "frames":
      state.framesFirst = moved(state.framesFirst);
      break;
    case "terminal":
      if (target.toGuest(event)) break;
      state.terminalBack = Math.max(0, Math.min(target.scrollback, state.terminalBack - sign * NOTCH));
  }
}
