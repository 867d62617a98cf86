/**
 * Snapshots of JavaScript objects: the contents of everything that is reachable from some roots, put back into the very same
 * objects, so that identities and closures stay right. Functions are taken to have no state of their own; what they
 * capture must be reachable by properties, too.
 */

/** Contents of large typed arrays are kept in pieces of so many bytes, shared with the snapshot before where equal. */
const PIECE = 4096;
const LARGE = 65536;

type Key = string | symbol;

/** Contents of one object. */
type Saved =
  | { kind: "fields"; keys: readonly Key[]; values: readonly unknown[] }
  | { kind: "array"; values: readonly unknown[]; fields: readonly [Key, unknown][] }
  | { kind: "map"; entries: readonly (readonly [unknown, unknown])[] }
  | { kind: "set"; values: readonly unknown[] }
  | { kind: "bytes"; pieces: readonly Uint8Array[] };

export interface GraphOptions {
  /** Not entered: their state is no part of it. */
  isLeaf(o: object): boolean;
  /** What cannot be saved, with the way to it: for tests. */
  onProblem?(path: string, what: string): void;
}

const INDEX = /^(0|[1-9]\d*)$/;

export class GraphSnapshot {
  private readonly saved = new Map<object, Saved>();
  /** Bytes that it takes, roughly. */
  size = 0;

  /** `before`: an earlier one, to share with. */
  constructor(
    roots: readonly object[],
    private readonly options: GraphOptions,
    private readonly before?: GraphSnapshot,
  ) {
    const work: { object: object; path: string }[] = roots.map((object, i) => ({ object, path: `${i}` }));
    const tracing = options.onProblem !== undefined;
    const found = (value: unknown, path: () => string): void => {
      if (typeof value !== "object" || value === null || this.saved.has(value)) return;
      work.push({ object: value, path: tracing ? path() : "" });
    };
    for (let next = work.pop(); next; next = work.pop()) {
      const { object, path } = next;
      if (this.saved.has(object) || options.isLeaf(object)) continue;
      const contents = this.contents(object, path);
      if (!contents) continue;
      this.saved.set(object, contents);
      visit(contents, (value, name) => found(value, () => `${path}.${name()}`));
    }
  }
  private contents(o: object, path: string): Saved | undefined {
    if (ArrayBuffer.isView(o)) return this.bytes(o);
    if (o instanceof Map) return this.counted({ kind: "map", entries: [...o.entries()] }, o.size * 2);
    if (o instanceof Set) return this.counted({ kind: "set", values: [...o.values()] }, o.size);
    if (Array.isArray(o)) {
      const keys =
        Object.keys(o).length === o.length ? [] : Reflect.ownKeys(o).filter((k) => k !== "length" && !isIndex(k));
      const fields = keys.map((k): [Key, unknown] => [k, Reflect.get(o, k)]);
      return this.counted({ kind: "array", values: [...o], fields }, o.length);
    }
    const problem = unsavable(o);
    if (problem) {
      this.options.onProblem?.(path, problem);
      return undefined;
    }
    const keys = fieldsOf(o);
    return this.counted({ kind: "fields", keys, values: keys.map((k) => Reflect.get(o, k)) }, keys.length * 2);
  }
  private counted(s: Saved, slots: number): Saved {
    this.size += 64 + slots * 8;
    return s;
  }
  private bytes(o: ArrayBufferView): Saved {
    const now = new Uint8Array(o.buffer, o.byteOffset, o.byteLength);
    const old = this.before?.saved.get(o);
    const known = old?.kind === "bytes" ? old.pieces : [];
    const step = now.length > LARGE ? PIECE : Math.max(1, now.length);
    const pieces: Uint8Array[] = [];
    for (let at = 0, i = 0; at < now.length; at += step, i++) {
      const piece = now.subarray(at, at + step);
      if (known[i] && equalBytes(known[i], piece)) pieces.push(known[i]);
      else {
        pieces.push(piece.slice());
        this.size += piece.length;
      }
    }
    return { kind: "bytes", pieces };
  }
  /** How many objects it holds. */
  get objects(): number {
    return this.saved.size;
  }
  /** Puts everything back. */
  restore(): void {
    for (const [object, contents] of this.saved) putBack(object, contents);
  }
}

function isIndex(k: Key): boolean {
  return typeof k === "string" && INDEX.test(k);
}

/** Own properties that hold values; accessors, which only plain objects have of their own, are computed from others. */
function fieldsOf(o: object): Key[] {
  const keys = Reflect.ownKeys(o);
  if (Object.getPrototypeOf(o) !== Object.prototype) return keys;
  return keys.filter((k) => Reflect.getOwnPropertyDescriptor(o, k)?.get === undefined);
}

/** Kinds of objects whose state nobody can read. */
function unsavable(o: object): string | undefined {
  for (const kind of [WeakMap, WeakSet, Promise, Date]) if (o instanceof kind) return kind.name;
  const tag = Object.prototype.toString.call(o);
  return /Generator|Iterator/.test(tag) ? tag : undefined;
}

function visit(s: Saved, value: (v: unknown, name: () => string) => void): void {
  switch (s.kind) {
    case "fields":
      for (const [i, v] of s.values.entries()) value(v, () => String(s.keys[i]));
      break;
    case "array":
      for (const [i, v] of s.values.entries()) value(v, () => String(i));
      for (const [k, v] of s.fields) value(v, () => String(k));
      break;
    case "map":
      for (const [k, v] of s.entries) {
        value(k, () => "key");
        value(v, () => String(k));
      }
      break;
    case "set":
      for (const [i, v] of s.values.entries()) value(v, () => String(i));
      break;
    default:
  }
}

function putBack(o: object, s: Saved): void {
  if (s.kind === "bytes" && ArrayBuffer.isView(o)) {
    const into = new Uint8Array(o.buffer, o.byteOffset, o.byteLength);
    let at = 0;
    for (const piece of s.pieces) {
      if (!equalBytes(into.subarray(at, at + piece.length), piece)) into.set(piece, at);
      at += piece.length;
    }
  } else if (s.kind === "map" && o instanceof Map) {
    o.clear();
    for (const [k, v] of s.entries) o.set(k, v);
  } else if (s.kind === "set" && o instanceof Set) {
    o.clear();
    for (const v of s.values) o.add(v);
  } else if (s.kind === "array" && Array.isArray(o)) {
    if (Object.isFrozen(o)) return;
    o.length = s.values.length;
    s.values.forEach((v, i) => {
      if (o[i] !== v) o[i] = v;
    });
    for (const [k, v] of s.fields) Reflect.set(o, k, v);
  } else if (s.kind === "fields") putFields(o, s.keys, s.values);
}

function putFields(o: object, keys: readonly Key[], values: readonly unknown[]): void {
  if (Object.isFrozen(o)) return;
  const now = fieldsOf(o);
  if (now.length !== keys.length || now.some((k, i) => k !== keys[i])) {
    const wanted = new Set(keys);
    for (const k of now) if (!wanted.has(k)) Reflect.deleteProperty(o, k);
  }
  for (let i = 0; i < keys.length; i++) if (Reflect.get(o, keys[i]) !== values[i]) Reflect.set(o, keys[i], values[i]);
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  if ((a.length | a.byteOffset | b.byteOffset) % 4 === 0) return equalWords(words(a), words(b));
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
function words(b: Uint8Array): Int32Array {
  return new Int32Array(b.buffer, b.byteOffset, b.length / 4);
}
function equalWords(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
