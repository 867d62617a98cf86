/** Commands behind GDB's "monitor": what the protocol has no packets for. */
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import type { Debuggee } from "../types.ts";
import type { Inferiors } from "./inferiors.ts";

const HELP = `help           this
position       instructions executed since the start, and how far the history reaches
goto POSITION  to a moment of the history, by its number of instructions
maps           memory of the process
tasks          all threads of the machine, also of processes that are not debugged
`;

function position({ position, history }: Debuggee): string {
  return `${position} (history: ${history.first} to ${history.last})\n`;
}

async function goTo(debuggee: Debuggee, argument: string): Promise<string> {
  const wanted = Number(argument);
  if (argument === "" || !Number.isSafeInteger(wanted) || wanted < 0) return "goto takes a number\n";
  const stop = await debuggee.goTo(wanted);
  const how = stop.kind === "done" ? "" : ` (stopped: ${stop.kind})`;
  return `at ${position(debuggee).trimEnd()}${how}\nGDB does not know yet: say "maintenance flush register-cache"\n`;
}

function maps(inferiors: Inferiors): string {
  const rows = (inferiors.current()?.mm.vmas.list ?? []).map((v) => {
    const rights = `${v.prot & READ ? "r" : "-"}${v.prot & WRITE ? "w" : "-"}${v.prot & EXEC ? "x" : "-"}`;
    const name = v.source?.describe() ?? v.name;
    return `${v.start.toString(16)}-${v.end.toString(16)} ${rights}${v.shared ? "s" : "p"} ${name}\n`;
  });
  return rows.join("");
}

function tasks(debuggee: Debuggee, inferiors: Inferiors): string {
  const rows = [...debuggee.machine.kernel.tasks.values()].map((t) => {
    const call = t.waiting ? ` in ${t.waiting.call.row.name}` : "";
    return `${t.process.pid}.${t.tid} ${t.name} ${t.state}${call}${inferiors.owns(t) ? "" : " (not debugged)"}\n`;
  });
  return rows.join("");
}

/** The text that GDB shows. */
export async function monitor(debuggee: Debuggee, inferiors: Inferiors, line: string): Promise<string> {
  const [command, argument = ""] = line.trim().split(/\s+/);
  switch (command) {
    case "help":
      return HELP;
    case "position":
      return position(debuggee);
    case "goto":
      return goTo(debuggee, argument);
    case "maps":
      return maps(inferiors);
    case "tasks":
      return tasks(debuggee, inferiors);
    default:
      return `no such command: ${command}\n${HELP}`;
  }
}
