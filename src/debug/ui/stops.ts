/** What to say when the machine stands still. */
import { signalName } from "../../abi/signal.ts";
import type { ExitStatus } from "../../machine/machine.ts";
import type { Stop } from "../types.ts";
import type { Dialog } from "./panels/dialog.ts";
import { hex } from "./panels/text.ts";

export function endText(status: ExitStatus): string {
  return status.signal ? `killed by ${signalName(status.signal)}` : `exit code ${status.code}`;
}

/** One line; "" where it goes without saying. `name`: names of addresses. */
export function stopText(stop: Stop, name: (address: number) => string | undefined): string {
  const at = (address: number): string => `${hex(address)} ${name(address) ?? ""}`.trimEnd();
  switch (stop.kind) {
    case "done":
      return "";
    case "breakpoint":
      return `breakpoint at ${at(stop.address)}`;
    case "watchpoint":
      return `${stop.access === "write" ? "written" : "read"}: ${at(stop.watchpoint.address)}`;
    case "signal":
      return `${signalName(stop.signo)} for thread ${stop.task.tid}: c delivers it`;
    case "syscall":
      return `${stop.at} of ${stop.task.kernel.table.get(stop.nr)?.row.name ?? `system call ${stop.nr}`}`;
    case "exec":
      return `thread ${stop.task.tid} runs a new program`;
    case "clone":
      return `thread ${stop.task.tid} made ${stop.child.tid}`;
    case "exited":
      return `process ${stop.pid} has ended`;
    case "interrupted":
      return "interrupted";
    case "end":
      return `the program has ended: ${endText(stop.status)}`;
    case "over":
      return "this is as far as the recording goes";
    case "beginning":
      return "this is as far back as the history goes";
  }
}

/** Stops that nobody should miss get a box. */
export function stopDialog(stop: Stop, text: string): Dialog | undefined {
  switch (stop.kind) {
    case "breakpoint":
      return { title: "Breakpoint", lines: [text, "", "Enter"] };
    case "watchpoint":
      return { title: "Watchpoint", lines: [text, "", "Enter"] };
    case "signal":
      return { title: "Signal", lines: [text, "", "Enter"] };
    case "end":
      return { title: "The end", lines: [text, "", "q quits, R starts again, Enter stays here"] };
  }
  return undefined;
}
