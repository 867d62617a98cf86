/** The code around RIP: labels, source lines, branches as arrows, names of what is referred to. */
import type { Look } from "../look.ts";
import { nameOf } from "../look.ts";
import type { Canvas } from "../screen/screen.ts";
import { THEME } from "../screen/style.ts";
import { arrows, type Branch } from "./arrows.ts";
import { highlight } from "./highlight.ts";
import { instructionsBack, type ListingLine, listingFrom } from "./listing.ts";
import { clip, hex, titled } from "./text.ts";

/** From this width on an instruction's bytes are shown, and this many. */
const WITH_BYTES = 66;
const BYTES = 7;
/** Narrower panels show only the lower digits of addresses. */
const WHOLE_ADDRESSES = 50;

interface Columns {
  lanes: number;
  address: number;
  text: number;
  digits: number;
  bytes: boolean;
}

function columnsFor(width: number): Columns {
  const lanes = width >= WHOLE_ADDRESSES ? 4 : 3;
  const digits = width >= WHOLE_ADDRESSES ? 12 : 6;
  const bytes = width >= WITH_BYTES;
  const address = 1 + lanes;
  return { lanes, address, digits, bytes, text: address + digits + 1 + (bytes ? BYTES * 2 + 1 : 0) };
}

export class DisassemblyView {
  /** Where the listing begins. */
  private top = -1;
  /** The user looks elsewhere: RIP isn't followed. */
  private held = false;
  private lines: ListingLine[] = [];

  /** Back to RIP. */
  release(): void {
    this.held = false;
  }
  lookAt(address: number): void {
    this.held = true;
    this.top = address;
  }
  /** Moves the view by instructions. */
  scroll(look: Look, count: number): void {
    this.held = true;
    if (count < 0) this.top = instructionsBack(look, this.top, -count);
    else this.top = this.lines.filter((l) => l.kind === "insn")[count]?.address ?? this.top;
  }
  /** The instruction in a row of the panel, its title row being 0. */
  addressAt(row: number): number | undefined {
    return this.lines[row - 1]?.address;
  }

  draw(canvas: Canvas, look: Look, colored: boolean): void {
    const rip = Number(look.regs.rip);
    const inner = titled(canvas, nameOf(look, rip) ?? hex(rip));
    this.settle(look, rip, inner.height);
    const columns = columnsFor(inner.width);
    const margin = arrows(this.branches(), inner.height, columns.lanes);
    this.lines.forEach((line, y) => {
      inner.text(1, y, margin[y], THEME.arrow);
      if (line.kind === "insn") this.instruction(inner, y, line, look, columns, colored);
      else
        inner.text(
          columns.address,
          y,
          clip(line.text, inner.width - columns.address),
          line.kind === "label" ? THEME.label : THEME.source,
        );
      if (line.kind === "insn" && line.address === rip) inner.tint(y, THEME.current);
    });
  }
  /** Keeps the listing where it is while RIP is in it, away from the last lines. */
  private settle(look: Look, rip: number, height: number): void {
    const from = (top: number): ListingLine[] => listingFrom(look, top, height);
    this.lines = this.top >= 0 ? from(this.top) : [];
    if (this.held) return;
    const row = this.lines.findIndex((l) => l.kind === "insn" && l.address === rip);
    if (row >= 0 && row < height - 2) return;
    this.top = instructionsBack(look, rip, Math.max(1, height >> 2));
    this.lines = from(this.top);
    if (this.lines.slice(0, Math.max(1, height - 2)).some((l) => l.kind === "insn" && l.address === rip)) return;
    this.top = rip;
    this.lines = from(rip);
  }
  private branches(): Branch[] {
    const rows = new Map<number, number>();
    this.lines.forEach((l, y) => {
      if (l.kind === "insn") rows.set(l.address, y);
    });
    return this.lines.flatMap((l, from) => {
      const to = l.kind === "insn" && l.target !== undefined ? rows.get(l.target) : undefined;
      return to === undefined ? [] : [{ from, to }];
    });
  }
  private instruction(
    canvas: Canvas,
    y: number,
    line: ListingLine & { kind: "insn" },
    look: Look,
    columns: Columns,
    colored: boolean,
  ): void {
    if (look.breakpoints.has(line.address)) canvas.text(0, y, "●", THEME.breakpoint);
    canvas.text(columns.address, y, hex(line.address, columns.digits).slice(-columns.digits), THEME.address);
    if (columns.bytes) {
      const bytes = Array.from(line.bytes, (b) => hex(b, 2)).join("");
      canvas.text(columns.text - BYTES * 2 - 1, y, clip(bytes, BYTES * 2), THEME.missing);
    }
    let x = columns.text;
    if (colored) for (const piece of highlight(line.text)) x = canvas.text(x, y, piece.text, piece.style);
    else x = canvas.text(x, y, line.text);
    if (line.note && x + 3 < canvas.width)
      canvas.text(x + 1, y, clip(`; ${line.note}`, canvas.width - x - 1), THEME.symbol);
  }
}
