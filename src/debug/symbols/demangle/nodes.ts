/** What mangled C++ names consist of: what the parser makes and the printer reads. */

/** The template arguments that T_ means within one name: set when its last ones are known. */
export interface Scope {
  args: readonly Node[];
}

export type Node =
  | { kind: "name"; text: string }
  /** scope::name, also for what is local to a function. */
  | { kind: "qual"; scope: Node; name: Node }
  | { kind: "template"; name: Node; args: readonly Node[] }
  | { kind: "pack"; list: readonly Node[] }
  | { kind: "expansion"; pattern: Node }
  /** T_: of the function that it is used in. */
  | { kind: "param"; index: number }
  /** `text` stands behind: " const", "&", "*", " _Complex". */
  | { kind: "suffix"; of: Node; text: string }
  | { kind: "array"; of: Node; size: Node | undefined }
  | { kind: "function"; returns: Node | undefined; params: readonly Node[]; behind: string; noexcept: Node | undefined }
  | { kind: "member pointer"; owner: Node; of: Node }
  /** A function's name with its type: of the outermost one the type may be left out. */
  | { kind: "typed"; name: Node; type: Node; behind: string; scope: Scope }
  /** Text, then something: "vtable for ", "~", "operator". */
  | { kind: "prefix"; text: string; of: Node }
  | { kind: "tagged"; of: Node; text: string }
  | { kind: "conversion"; to: Node }
  | { kind: "lambda"; params: readonly Node[]; number: number }
  | { kind: "join"; parts: readonly (Node | string)[] }
  | { kind: "list"; list: readonly Node[] }
  | { kind: "unary"; op: string; of: Node; code: string }
  | { kind: "postfix"; op: string; of: Node }
  | { kind: "binary"; op: string; left: Node; right: Node }
  | { kind: "call"; of: Node; args: readonly Node[] }
  | { kind: "cast"; to: Node; args: readonly Node[] }
  | { kind: "initializer"; type: Node | undefined; args: readonly Node[] }
  | { kind: "literal"; type: Node; value: string }
  | { kind: "count"; of: Node };

/** The name is none, or one that is not understood. */
export class BadName extends Error {}

/** The rules that all others need: they refer to each other in circles, files may not. */
export interface Grammar {
  type(s: Source): Node;
  decltype(s: Source): Node;
  parameters(s: Source): Node[];
  expression(s: Source): Node;
  literal(s: Source): Node;
}

/** What looks endless. */
const DEEPEST = 512;

/** The mangled text, and what of it was seen already. */
export class Source {
  at = 0;
  readonly subs: Node[] = [];
  scope: Scope = { args: [] };
  /** The name of what is declared is being read: its template arguments are those that T_ means. */
  naming = false;
  private depth = 0;

  constructor(
    readonly text: string,
    readonly grammar: Grammar,
  ) {}
  get next(): string {
    return this.text[this.at] ?? "";
  }
  /** Does it go on with that? Then that is stepped over. */
  eat(what: string): boolean {
    if (!this.text.startsWith(what, this.at)) return false;
    this.at += what.length;
    return true;
  }
  sees(what: string): boolean {
    return this.text.startsWith(what, this.at);
  }
  expect(what: string): void {
    if (!this.eat(what)) throw new BadName();
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  digits(): number {
    const found = this.match(/\d{1,9}/y);
    if (found === undefined) throw new BadName();
    return Number(found);
  }
  /** `_` is 0, `0_` is 1, and so on: <seq-id>, or of decimal digits. */
  sequence(base: 10 | 36): number {
    const text = this.match(base === 36 ? /[0-9A-Z]{1,6}/y : /\d{1,9}/y);
    this.expect("_");
    return text === undefined ? 0 : Number.parseInt(text, base) + 1;
  }
  add(node: Node): Node {
    this.subs.push(node);
    return node;
  }
  /** Elements up to a letter, which is stepped over. */
  until<T>(end: string, element: (s: Source) => T): T[] {
    const out: T[] = [];
    while (!this.eat(end)) out.push(element(this));
    return out;
  }
  /** Reads a type or value, which may hold itself. */
  deeper<T>(make: () => T): T {
    if (++this.depth > DEEPEST) throw new BadName();
    const { naming } = this;
    this.naming = false;
    const made = make();
    this.naming = naming;
    this.depth--;
    return made;
  }
}

export const name = (text: string): Node => ({ kind: "name", text });
