/** Names, lines and backtraces for debuggers. Nothing here changes what the guest sees. */
import type { Task } from "../../kernel/task.ts";
import { demangle } from "./demangle.ts";
import { type ElfSources, Objects } from "./objects.ts";
import { unwind } from "./unwind.ts";

export interface Symbol {
  /** As in the source: without the types of parameters for C++ and Rust. */
  name: string;
  /** Bytes from its beginning. */
  offset: number;
  /** Path of the file that it is in, as the guest names it. */
  object: string;
}

export interface SourceLine {
  file: string;
  line: number;
}

export interface Frame {
  /** Where the frame goes on; of callers it lies behind the call. */
  pc: number;
  /** The stack pointer as it was before the frame's function was called. */
  cfa: number;
  name?: string;
  /** The address to look lines up at: inside the call. */
  at: number;
}

export interface Symbols {
  nameAt(task: Task, address: number): Symbol | undefined;
  /** By its name in the file or in the source: the program's first, then in the order of the objects in memory. */
  addressOf(task: Task, name: string): number | undefined;
  lineAt(task: Task, address: number): SourceLine | undefined;
  /** Where the code of a line begins. `file`: a whole path or how it ends. */
  addressesOf(task: Task, file: string, line: number): number[];
  /** Innermost first; the innermost one is always there. */
  frames(task: Task, most?: number): Frame[];
}

const MOST_FRAMES = 256;
/** As gdb says it. */
const SIGNAL_FRAME = "<signal handler called>";

class ObjectSymbols implements Symbols {
  private readonly objects: Objects;
  private readonly names = new Map<string, string>();

  constructor(outside?: ElfSources) {
    this.objects = new Objects(outside);
  }
  /** Names repeat, as a debugger shows the same code again and again. */
  private shown(name: string): string {
    let text = this.names.get(name);
    if (text === undefined) {
      // The version, as in "read@@GLIBC_2.2.5", is of no interest; "read@plt" is another thing.
      const plain = name.endsWith("@plt") ? name : name.split("@")[0];
      text = demangle(plain) ?? plain;
      this.names.set(name, text);
    }
    return text;
  }
  nameAt(task: Task, address: number): Symbol | undefined {
    const object = this.objects.at(task.mm, address);
    const symbol = object?.file.symbols.at(address - object.bias);
    if (!object || !symbol) return undefined;
    return {
      name: this.shown(symbol.name),
      offset: address - object.bias - symbol.address,
      object: object.file.path,
    };
  }
  addressOf(task: Task, name: string): number | undefined {
    const all = this.objects.all(task.mm);
    for (const { file, bias } of all) {
      const found = file.symbols.named(name);
      if (found) return found.address + bias;
    }
    for (const { file, bias } of all) {
      const found = file.symbols.all.find((s) => isMangled(s.name) && this.shown(s.name) === name);
      if (found) return found.address + bias;
    }
    return undefined;
  }
  lineAt(task: Task, address: number): SourceLine | undefined {
    const object = this.objects.at(task.mm, address);
    return object?.file.lines.at(address - object.bias);
  }
  addressesOf(task: Task, file: string, line: number): number[] {
    return this.objects.all(task.mm).flatMap((o) => o.file.lines.addressesOf(file, line).map((a) => a + o.bias));
  }
  frames(task: Task, most = MOST_FRAMES): Frame[] {
    const out: Frame[] = [];
    unwind(
      task,
      most,
      (address) => this.objects.at(task.mm, address),
      ({ pc, cfa, afterCall, signal }) => {
        const at = afterCall ? pc - 1 : pc;
        out.push({ pc, cfa, at, name: signal ? SIGNAL_FRAME : this.nameAt(task, at)?.name });
      },
    );
    return out;
  }
}

function isMangled(name: string): boolean {
  return name.startsWith("_Z") || name.startsWith("_R");
}

/** `outside`: for machines that are recorded, whose own file system must not be asked. */
export function makeSymbols(outside?: ElfSources): Symbols {
  return new ObjectSymbols(outside);
}
