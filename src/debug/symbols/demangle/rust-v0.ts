/** Rust's names of today: "v0", RFC 2603 and the rustc book's "Symbol Mangling". */
import { BadName } from "./nodes.ts";
import { punycode } from "./punycode.ts";

const BASIC: Readonly<Record<string, string | undefined>> = {
  a: "i8",
  b: "bool",
  c: "char",
  d: "f64",
  e: "str",
  f: "f32",
  h: "u8",
  i: "isize",
  j: "usize",
  l: "i32",
  m: "u32",
  n: "i128",
  o: "u128",
  p: "_",
  s: "i16",
  t: "u16",
  u: "()",
  v: "...",
  x: "i64",
  y: "u64",
  z: "!",
};
const SIGNED = /[aslxni]/;
const UNSIGNED = /[htmyoj]/;
const SPACES: Readonly<Record<string, string | undefined>> = { C: "closure", S: "shim" };

const DEEPEST = 300;
const MOST_TEXT = 1 << 16;

class Demangler {
  at = 0;
  out = "";
  private depth = 0;
  /** Lifetimes that `for<...>` around binds. */
  private bound = 0;
  /** What is read is not written: the paths of impls. */
  private silent = false;

  constructor(private readonly text: string) {}
  get next(): string {
    return this.text[this.at] ?? "";
  }
  private add(text: string): void {
    if (this.silent) return;
    this.out += text;
    if (this.out.length > MOST_TEXT) throw new BadName();
  }
  private eat(letter: string): boolean {
    if (this.next !== letter) return false;
    this.at++;
    return true;
  }
  private take(): string {
    const { next } = this;
    if (next === "") throw new BadName();
    this.at++;
    return next;
  }
  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  /** `_` is 0, `0_` is 1 ... */
  private base62(): number {
    const digits = this.match(/[0-9a-zA-Z]{0,12}_/y);
    if (digits === undefined) throw new BadName();
    let value = 0;
    for (const d of digits.slice(0, -1)) {
      const code = d.charCodeAt(0);
      value = value * 62 + (d <= "9" ? code - 48 : d >= "a" ? code - 97 + 10 : code - 65 + 36);
    }
    return digits === "_" ? 0 : value + 1;
  }
  private optional(letter: string): number {
    return this.eat(letter) ? this.base62() + 1 : 0;
  }
  private identifier(): { name: string; number: number } {
    const number = this.optional("s");
    const unicode = this.eat("u");
    const digits = this.match(/0|[1-9]\d{0,5}/y);
    if (digits === undefined) throw new BadName();
    this.eat("_");
    const bytes = this.text.slice(this.at, this.at + Number(digits));
    if (bytes.length < Number(digits)) throw new BadName();
    this.at += bytes.length;
    const name = unicode ? punycode(bytes.replace(/_(?=[^_]*$)/, "-")) : bytes;
    if (name === undefined) throw new BadName();
    return { name, number };
  }
  private deeper(read: () => void): void {
    if (++this.depth > DEEPEST) throw new BadName();
    read();
    this.depth--;
  }
  /** Reads on at an earlier place. */
  private backReference(read: () => void): void {
    const here = this.at - 1;
    const to = this.base62() + START;
    if (to >= here) throw new BadName();
    // It was well-formed when it came first.
    if (this.silent) return;
    const { at } = this;
    this.at = to;
    this.deeper(read);
    this.at = at;
  }
  private list(end: string, element: () => void, between = ", "): number {
    let n = 0;
    for (; !this.eat(end); n++) {
      if (n > 0) this.add(between);
      element();
    }
    return n;
  }

  /** `value`: in an expression, where arguments have `::` before them. */
  path(value: boolean): void {
    this.deeper(() => this.pathOf(this.take(), value));
  }
  private pathOf(tag: string, value: boolean): void {
    switch (tag) {
      case "C":
        this.add(this.identifier().name);
        break;
      case "N":
        this.nested(value);
        break;
      case "M":
      case "X":
        this.quietly(() => {
          this.optional("s");
          this.path(false);
        });
        this.qualified(tag === "X");
        break;
      case "Y":
        this.qualified(true);
        break;
      case "I":
        this.path(value);
        if (value) this.add("::");
        this.add("<");
        this.list("E", () => this.argument());
        this.add(">");
        break;
      case "B":
        this.backReference(() => this.path(value));
        break;
      default:
        throw new BadName();
    }
  }
  private quietly(read: () => void): void {
    const { silent } = this;
    this.silent = true;
    read();
    this.silent = silent;
  }
  private qualified(trait: boolean): void {
    this.add("<");
    this.type();
    if (trait) {
      this.add(" as ");
      this.path(false);
    }
    this.add(">");
  }
  private nested(value: boolean): void {
    const space = this.take();
    if (!/[a-zA-Z]/.test(space)) throw new BadName();
    this.path(value);
    const { name, number } = this.identifier();
    if (space >= "a") {
      if (name !== "") this.add(`::${name}`);
      return;
    }
    this.add(`::{${SPACES[space] ?? space}${name === "" ? "" : `:${name}`}#${number}}`);
  }
  private argument(): void {
    if (this.eat("L")) this.lifetime(this.base62());
    else if (this.eat("K")) this.constant(false);
    else this.type();
  }
  private lifetime(index: number): void {
    if (index === 0) {
      this.add("'_");
      return;
    }
    const depth = this.bound - index;
    if (depth < 0 && !this.silent) throw new BadName();
    this.add(depth < 26 ? `'${String.fromCharCode(97 + depth)}` : `'_${depth}`);
  }
  /** for<'a, 'b> */
  private binder(read: () => void): void {
    const count = this.optional("G");
    if (count > 1000) throw new BadName();
    if (count > 0) {
      this.add("for<");
      for (let i = 0; i < count; i++) {
        if (i > 0) this.add(", ");
        this.bound++;
        this.lifetime(1);
      }
      this.add("> ");
    }
    read();
    this.bound -= count;
  }
  type(): void {
    this.deeper(() => {
      const tag = this.take();
      const basic = BASIC[tag];
      if (basic === undefined) this.compound(tag);
      else this.add(basic);
    });
  }
  private compound(tag: string): void {
    switch (tag) {
      case "R":
      case "Q": {
        this.add("&");
        const lifetime = this.eat("L") ? this.base62() : 0;
        if (lifetime > 0) {
          this.lifetime(lifetime);
          this.add(" ");
        }
        if (tag === "Q") this.add("mut ");
        this.type();
        break;
      }
      case "P":
      case "O":
        this.add(tag === "P" ? "*const " : "*mut ");
        this.type();
        break;
      case "A":
      case "S":
        this.add("[");
        this.type();
        if (tag === "A") {
          this.add("; ");
          this.constant(true);
        }
        this.add("]");
        break;
      case "T": {
        this.add("(");
        const n = this.list("E", () => this.type());
        this.add(n === 1 ? ",)" : ")");
        break;
      }
      case "F":
        this.binder(() => this.signature());
        break;
      case "D":
        this.object();
        break;
      case "B":
        this.backReference(() => this.type());
        break;
      default:
        this.pathOf(tag, false);
    }
  }
  private signature(): void {
    if (this.eat("U")) this.add("unsafe ");
    if (this.eat("K")) {
      const abi = this.eat("C") ? "C" : this.identifier().name.replaceAll("_", "-");
      this.add(`extern "${abi}" `);
    }
    this.add("fn(");
    this.list("E", () => this.type());
    this.add(")");
    if (this.eat("u")) return;
    this.add(" -> ");
    this.type();
  }
  /** dyn Trait<Name = type> + Other + 'a */
  private object(): void {
    this.add("dyn ");
    this.binder(() => this.list("E", () => this.bounds(), " + "));
    if (!this.eat("L")) throw new BadName();
    const lifetime = this.base62();
    if (lifetime === 0) return;
    this.add(" + ");
    this.lifetime(lifetime);
  }
  private bounds(): void {
    let open = this.openPath();
    while (this.eat("p")) {
      this.add(open ? ", " : "<");
      open = true;
      this.add(`${this.identifier().name} = `);
      this.type();
    }
    if (open) this.add(">");
  }
  /** A path whose arguments are not closed yet: true if it has some. */
  private openPath(): boolean {
    if (this.eat("B")) {
      let open = false;
      this.backReference(() => {
        open = this.openPath();
      });
      return open;
    }
    if (!this.eat("I")) {
      this.path(false);
      return false;
    }
    this.path(false);
    this.add("<");
    this.list("E", () => this.argument());
    return true;
  }
  /** `inType`: where braces would be of no use. */
  private constant(inType: boolean): void {
    this.deeper(() => {
      const tag = this.take();
      if (tag === "B") this.backReference(() => this.constant(inType));
      else if (tag === "p") this.add("_");
      else if (tag === "b") this.add(this.number() === 1n ? "true" : "false");
      else if (tag === "c")
        this.add(JSON.stringify(String.fromCodePoint(Number(this.number()))).replace(/^"(.*)"$/s, "'$1'"));
      else if (SIGNED.test(tag)) this.add(`${this.eat("n") ? "-" : ""}${written(this.number())}`);
      else if (UNSIGNED.test(tag)) this.add(written(this.number()));
      else this.structure(tag, inType);
    });
  }
  private number(): bigint {
    const digits = this.match(/[0-9a-f]{0,64}_/y);
    if (digits === undefined) throw new BadName();
    return BigInt(`0x0${digits.slice(0, -1)}`);
  }
  /** Constants that are more than numbers. */
  private structure(tag: string, inType: boolean): void {
    const braces = !inType;
    if (braces) this.add("{");
    switch (tag) {
      case "e":
        this.add("*");
        this.string();
        break;
      case "R":
      case "Q":
        if (tag === "R" && this.eat("e")) this.string();
        else {
          this.add(tag === "R" ? "&" : "&mut ");
          this.constant(true);
        }
        break;
      case "A":
        this.add("[");
        this.list("E", () => this.constant(true));
        this.add("]");
        break;
      case "T": {
        this.add("(");
        const n = this.list("E", () => this.constant(true));
        this.add(n === 1 ? ",)" : ")");
        break;
      }
      case "V":
        this.variant();
        break;
      default:
        throw new BadName();
    }
    if (braces) this.add("}");
  }
  private string(): void {
    const digits = this.match(/(?:[0-9a-f]{2})*_/y);
    if (digits === undefined) throw new BadName();
    const bytes = Uint8Array.from({ length: (digits.length - 1) / 2 }, (_, i) =>
      Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
    );
    this.add(JSON.stringify(new TextDecoder().decode(bytes)));
  }
  private variant(): void {
    this.path(true);
    switch (this.take()) {
      case "U":
        break;
      case "T":
        this.add("(");
        this.list("E", () => this.constant(true));
        this.add(")");
        break;
      case "S":
        this.add(" { ");
        this.list("E", () => {
          this.add(`${this.identifier().name}: `);
          this.constant(true);
        });
        this.add(" }");
        break;
      default:
        throw new BadName();
    }
  }
  /** The crate that instantiated it is of no interest. */
  rest(): void {
    this.quietly(() => {
      if (/[A-Z]/.test(this.next)) this.path(false);
    });
    if (this.next !== "" && this.next !== "." && this.next !== "$") throw new BadName();
  }
}

/** Places are counted from behind the `_R`. */
const START = 2;

/** As it is written in hexadecimal if it is large. */
function written(n: bigint): string {
  return n < 2n ** 64n ? `${n}` : `0x${n.toString(16)}`;
}

/** Undefined for what is no such name. */
export function demangleRustV0(text: string): string | undefined {
  if (!/^_R[A-Z]/.test(text)) return undefined;
  const d = new Demangler(text);
  d.at = START;
  try {
    d.path(true);
    d.rest();
    return d.out;
  } catch (e) {
    if (e instanceof BadName) return undefined;
    throw e;
  }
}
