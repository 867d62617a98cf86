/** Breakpoints on names that no mapped file has yet: they become real when a library with them is loaded. */
import type { Task } from "../../kernel/task.ts";
import type { Until } from "../types.ts";

/** Whether the text could be the name of something in a library; what looks like a number can't. */
export function mayCome(text: string): boolean {
  return !/^\d/.test(text);
}

const MAPS = new Set(["mmap", "execve", "execveat"]);
const maps: Until["calls"] = (nr, task) => MAPS.has(task.kernel.table.get(nr)?.row.name ?? "");

export class Pending {
  /** `names`: as the user wrote them. `find`: their addresses; `found` is told of the first one. */
  constructor(
    private readonly names: Set<string>,
    private readonly find: (name: string, task: Task) => number | undefined,
    private readonly found: (name: string, address: number) => void,
  ) {}
  /** The system calls behind which `look` may find something. */
  get calls(): Until["calls"] {
    return this.names.size > 0 ? maps : undefined;
  }
  look(task: Task | undefined): void {
    if (!task) return;
    for (const name of this.names) {
      const address = this.find(name, task);
      if (address === undefined) continue;
      this.names.delete(name);
      this.found(name, address);
    }
  }
}
