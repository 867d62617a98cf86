import { Bytes } from "./bytes.ts";
import type { Ty } from "./expr.ts";

export const TY_CODE: Record<Ty, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };

export interface FuncType {
  params: readonly Ty[];
  results: readonly Ty[];
}

/** Which way a conditional branch at a position in a function's body usually goes. */
export interface BranchHint {
  at: number;
  likely: boolean;
}

/** Assembles one WebAssembly module: imports first, then functions, one optional table, exports. */
export class ModuleBuilder {
  private types: string[] = [];
  private typeBytes = new Bytes();
  private imports = new Bytes();
  private importCount = 0;
  private importedFuncs = 0;
  private funcTypes: number[] = [];
  private bodies: (Uint8Array | undefined)[] = [];
  private exportList: { name: string; kind: number; index: number }[] = [];
  private elems: number[] = [];
  /** Where in table 0 they stand, and the table's size; 0 if it is imported. */
  private elemsAt = 0;
  private tableSize = 0;
  private hints: { index: number; branches: readonly BranchHint[] }[] = [];

  typeIndex(t: FuncType): number {
    const key = `${t.params.join()}>${t.results.join()}`;
    const at = this.types.indexOf(key);
    if (at >= 0) return at;
    this.typeBytes.u8(0x60);
    for (const list of [t.params, t.results]) {
      this.typeBytes.u32(list.length);
      for (const ty of list) this.typeBytes.u8(TY_CODE[ty]);
    }
    return this.types.push(key) - 1;
  }
  importMemory(module: string, name: string, initialPages: number, maxPages: number): void {
    this.imports.name(module);
    this.imports.name(name);
    this.imports.u8(2);
    this.imports.u8(1);
    this.imports.u32(initialPages);
    this.imports.u32(maxPages);
    this.importCount++;
  }
  /** Table 0, of functions. */
  importTable(module: string, name: string, size: number): void {
    this.imports.name(module);
    this.imports.name(name);
    this.imports.u8(1);
    this.imports.bytes([0x70, 0]);
    this.imports.u32(size);
    this.importCount++;
  }
  /** Returns the function's index. All imports must precede the first `func`. */
  importFunc(module: string, name: string, type: FuncType): number {
    if (this.funcTypes.length) throw new Error("imports must come first");
    this.imports.name(module);
    this.imports.name(name);
    this.imports.u8(0);
    this.imports.u32(this.typeIndex(type));
    this.importCount++;
    return this.importedFuncs++;
  }
  /** Reserves a function; its body may be given later, so that functions can call each other. */
  func(type: FuncType, body?: Uint8Array): number {
    this.funcTypes.push(this.typeIndex(type));
    this.bodies.push(body);
    return this.importedFuncs + this.funcTypes.length - 1;
  }
  setBody(index: number, body: Uint8Array): void {
    this.bodies[index - this.importedFuncs] = body;
  }
  /** The proposal "branch hinting": engines that don't know it ignore the section. */
  hintBranches(index: number, branches: readonly BranchHint[]): void {
    if (branches.length) this.hints.push({ index, branches });
  }
  exportFunc(name: string, index: number): void {
    this.exportList.push({ name, kind: 0, index });
  }
  /** The first functions of table 0, in order, and how many it has room for; exported under a name, so that more can be added. */
  table(functions: number[], name: string, size: number): void {
    this.elems = functions;
    this.tableSize = size;
    this.exportList.push({ name, kind: 1, index: 0 });
  }
  /** Functions that are put into an imported table when the module is instantiated. */
  elements(at: number, functions: number[]): void {
    this.elemsAt = at;
    this.elems = functions;
  }
  build(): Uint8Array<ArrayBuffer> {
    const out = new Bytes();
    out.bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const section = (id: number, fill: (b: Bytes) => void): void => {
      const b = new Bytes();
      fill(b);
      out.u8(id);
      out.u32(b.len);
      out.bytes(b.buf.subarray(0, b.len));
    };
    section(1, (b) => {
      b.u32(this.types.length);
      b.bytes(this.typeBytes.buf.subarray(0, this.typeBytes.len));
    });
    section(2, (b) => {
      b.u32(this.importCount);
      b.bytes(this.imports.buf.subarray(0, this.imports.len));
    });
    section(3, (b) => {
      b.u32(this.funcTypes.length);
      for (const t of this.funcTypes) b.u32(t);
    });
    if (this.tableSize)
      section(4, (b) => {
        b.u32(1);
        b.u8(0x70);
        b.u8(0);
        b.u32(this.tableSize);
      });
    section(7, (b) => {
      b.u32(this.exportList.length);
      for (const e of this.exportList) {
        b.name(e.name);
        b.u8(e.kind);
        b.u32(e.index);
      }
    });
    if (this.elems.length)
      section(9, (b) => {
        b.u32(1);
        b.u32(0);
        b.u8(0x41);
        b.s32(this.elemsAt);
        b.u8(0x0b);
        b.u32(this.elems.length);
        for (const f of this.elems) b.u32(f);
      });
    if (this.hints.length)
      section(0, (b) => {
        b.name("metadata.code.branch_hint");
        b.u32(this.hints.length);
        for (const { index, branches } of this.hints) {
          b.u32(index);
          b.u32(branches.length);
          for (const { at, likely } of branches) {
            b.u32(at);
            b.u8(1);
            b.u8(likely ? 1 : 0);
          }
        }
      });
    section(10, (b) => {
      b.u32(this.bodies.length);
      for (const body of this.bodies) {
        if (!body) throw new Error("function without a body");
        b.u32(body.length);
        b.bytes(body);
      }
    });
    return out.take();
  }
}
