/** Mangled names as text, as c++filt(1) writes them. */
import { BadName, type Node, type Scope } from "./nodes.ts";

const MOST_TEXT = 1 << 16;
const MOST_LOOKUPS = 5000;
const MOST_STEPS = 100_000;
const DEEPEST = 1000;

export class Printer {
  private out = "";
  /** Which element of packs is meant: within an expansion. */
  private index: number | undefined;
  /** Of parameters: some names mean themselves. */
  private lookups = 0;
  private inLambda = false;
  private steps = 0;
  private depth = 0;

  /** `scope`: of the outermost function. */
  constructor(private scope: Scope) {}
  get text(): string {
    return this.out;
  }
  private add(text: string): void {
    this.out += text;
    if (this.out.length > MOST_TEXT) throw new BadName();
  }
  print(node: Node): void {
    if (++this.steps > MOST_STEPS || ++this.depth > DEEPEST) throw new BadName();
    this.left(node);
    this.right(node);
    this.depth--;
  }
  list(nodes: readonly Node[]): void {
    let first = true;
    for (const node of nodes) {
      const before = this.out;
      if (!first) this.add(", ");
      const begun = this.out.length;
      this.print(node);
      // An empty pack leaves no comma.
      if (this.out.length === begun) this.out = before;
      else first = false;
    }
  }
  /** The element of a parameter's pack that is meant, or the argument. */
  private resolved(node: Extract<Node, { kind: "param" }>): Node {
    if (++this.lookups > MOST_LOOKUPS) throw new BadName();
    const found = this.scope.args[node.index];
    if (!found) throw new BadName();
    if (found.kind !== "pack" || this.index === undefined) return found;
    const element = found.list[this.index];
    if (!element) throw new BadName();
    return element;
  }
  /** What stands before a declared name. */
  left(node: Node): void {
    if (++this.depth > DEEPEST) throw new BadName();
    this.leftOf(node);
    this.depth--;
  }
  private leftOf(node: Node): void {
    switch (node.kind) {
      case "suffix": {
        const of = this.target(node);
        if (of.kind === "suffix") this.declarator(of);
        else this.left(of);
        break;
      }
      case "array":
        this.left(node.of);
        break;
      case "function":
        if (node.returns) {
          this.left(node.returns);
          this.add(" ");
        }
        break;
      case "member pointer":
        this.left(node.of);
        if (inner(this, node.of)) this.add("(");
        else this.add(" ");
        this.print(node.owner);
        this.add("::*");
        break;
      case "param":
        if (this.inLambda) this.add(`auto:${node.index + 1}`);
        else this.left(this.resolved(node));
        break;
      default:
        this.whole(node);
    }
  }
  /** What stands behind it. */
  right(node: Node): void {
    switch (node.kind) {
      case "suffix": {
        const own = this.target(node);
        if (own.kind !== "suffix") {
          this.right(own);
          break;
        }
        const of = this.target(own.of);
        if (of.kind === "function" || of.kind === "array") this.add(")");
        this.right(of);
        break;
      }
      case "array":
        if (!this.out.endsWith("]")) this.add(" ");
        this.add("[");
        if (node.size) this.print(node.size);
        this.add("]");
        this.right(node.of);
        break;
      case "function":
        this.add("(");
        this.list(node.params);
        this.add(`)${node.behind}`);
        if (node.noexcept) {
          this.add(" ");
          this.print(node.noexcept);
        }
        if (node.returns) this.right(node.returns);
        break;
      case "member pointer": {
        if (inner(this, node.of)) this.add(")");
        this.right(this.target(node.of));
        break;
      }
      case "param":
        if (!this.inLambda) this.right(this.resolved(node));
        break;
      default:
    }
  }
  /** The type behind template parameters. */
  target(node: Node): Node {
    if (node.kind === "param" && !this.inLambda) return this.target(this.resolved(node));
    if (node.kind !== "suffix" || !isQualifier(node.text)) return node;
    const of = this.target(node.of);
    // An array of constants, not a constant array; and what is constant need not be so twice.
    if (of.kind === "array") return { ...of, of: { kind: "suffix", of: of.of, text: node.text } };
    return of.kind === "suffix" && of.text === node.text ? of : node;
  }
  private declarator({ of: inside, text: own }: Extract<Node, { kind: "suffix" }>): void {
    let of = this.target(inside);
    let text = own;
    // References to references collapse.
    while ((text === "&" || text === "&&") && of.kind === "suffix" && (of.text === "&" || of.text === "&&")) {
      if (of.text === "&") text = "&";
      of = this.target(of.of);
    }
    this.left(of);
    if (of.kind === "function" || of.kind === "array") {
      if (of.kind === "array") this.add(" ");
      this.add("(");
    }
    this.add(text);
  }
  private whole(node: Node): void {
    switch (node.kind) {
      case "name":
        this.add(node.text);
        break;
      case "qual":
        this.print(node.scope);
        this.add("::");
        this.print(node.name);
        break;
      case "template":
        this.template(node);
        break;
      case "pack":
      case "list":
        this.list(node.list);
        break;
      case "expansion":
        this.expansion(node.pattern);
        break;
      case "typed":
        this.typed(node);
        break;
      case "prefix":
        this.add(node.text);
        this.print(node.of);
        break;
      case "tagged":
        this.print(node.of);
        this.add(`[abi:${node.text}]`);
        break;
      case "conversion":
        this.add("operator ");
        this.print(node.to);
        break;
      case "lambda":
        this.lambda(node);
        break;
      case "join":
        for (const part of node.parts) {
          if (typeof part === "string") this.add(part);
          else this.print(part);
        }
        break;
      default:
        this.expression(node);
    }
  }
  private typed({ name, type, behind, scope }: Extract<Node, { kind: "typed" }>): void {
    const outer = this.scope;
    this.scope = scope;
    this.left(type);
    this.print(name);
    this.right(type);
    this.add(behind);
    this.scope = outer;
  }
  private template({ name, args }: Extract<Node, { kind: "template" }>): void {
    const { inLambda } = this;
    this.print(name);
    this.inLambda = inLambda;
    if (this.out.endsWith("<")) this.add(" ");
    this.add("<");
    this.list(args);
    if (this.out.endsWith(">")) this.add(" ");
    this.add(">");
  }
  private lambda({ params, number }: Extract<Node, { kind: "lambda" }>): void {
    const { inLambda } = this;
    this.inLambda = true;
    this.add("{lambda(");
    this.list(params);
    this.add(`)#${number}}`);
    this.inLambda = inLambda;
  }
  private expansion(pattern: Node): void {
    const pack = this.inLambda ? undefined : this.findPack(pattern);
    if (!pack) {
      this.sub(pattern);
      this.add("...");
      return;
    }
    const { index } = this;
    pack.list.forEach((_, i) => {
      this.index = i;
      if (i > 0) this.add(", ");
      this.print(pattern);
    });
    this.index = index;
  }
  /** The first pack that a pattern expands. */
  private findPack(node: Node): Extract<Node, { kind: "pack" }> | undefined {
    if (node.kind === "param") {
      const found = this.scope.args[node.index];
      return found?.kind === "pack" ? found : undefined;
    }
    if (node.kind === "expansion" || node.kind === "lambda") return undefined;
    for (const child of children(node)) {
      const found = this.findPack(child);
      if (found) return found;
    }
    return undefined;
  }
  private expression(node: Node): void {
    switch (node.kind) {
      case "unary":
        this.unary(node);
        break;
      case "postfix":
        this.sub(node.of);
        this.add(node.op);
        break;
      case "binary":
        if (node.op === ">") this.add("(");
        this.sub(node.left);
        this.add(node.op);
        this.sub(node.right);
        if (node.op === ">") this.add(")");
        break;
      case "call":
        this.call(node.of);
        this.add("(");
        this.list(node.args);
        this.add(")");
        break;
      case "cast":
        this.add("(");
        this.print(node.to);
        this.add(")(");
        this.list(node.args);
        this.add(")");
        break;
      case "initializer":
        if (node.type) this.print(node.type);
        this.add("{");
        this.list(node.args);
        this.add("}");
        break;
      case "literal":
        this.literal(node);
        break;
      case "count":
        this.add(`${this.count(node.of)}`);
        break;
      default:
    }
  }
  private call(of: Node): void {
    // The type of what is called goes without saying.
    this.sub(of.kind === "typed" ? of.name : of);
  }
  private unary({ op, of, code }: Extract<Node, { kind: "unary" }>): void {
    this.add(op);
    // Nor that of a function whose address is taken.
    const bare = code === "ad" && of.kind === "typed" && of.name.kind === "qual" ? of.name : of;
    if (code === "sz" || code === "az") this.parenthesized(bare);
    else this.sub(bare);
  }
  private parenthesized(node: Node): void {
    this.add("(");
    this.print(node);
    this.add(")");
  }
  private sub(node: Node): void {
    if (node.kind === "name" || node.kind === "qual" || node.kind === "initializer") this.print(node);
    else this.parenthesized(node);
  }
  private count(of: Node): number {
    const pack = of.kind === "pack" ? of : this.findPack(of);
    return pack?.list.length ?? 0;
  }
  private literal({ type, value }: Extract<Node, { kind: "literal" }>): void {
    const negative = value.startsWith("n");
    const digits = negative ? `-${value.slice(1)}` : value;
    const named = type.kind === "name" ? type.text : "";
    const end = SUFFIXES[named];
    if (named === "bool" && (value === "0" || value === "1")) this.add(value === "1" ? "true" : "false");
    else if (end !== undefined) this.add(`${digits}${end}`);
    else {
      this.parenthesized(type);
      // Bytes of floating-point numbers are shown as they are.
      this.add(FLOATS.has(named) ? `[${value}]` : digits);
    }
  }
}

const FLOATS = new Set(["float", "double", "long double", "__float128"]);
const SUFFIXES: Readonly<Record<string, string | undefined>> = {
  int: "",
  "unsigned int": "u",
  long: "l",
  "unsigned long": "ul",
  "long long": "ll",
  "unsigned long long": "ull",
};

const isQualifier = (text: string): boolean => /^(?: const| volatile| restrict)+$/.test(text);

/** A member pointer to a function or array needs parentheses. */
function inner(printer: Printer, of: Node): boolean {
  const { kind } = printer.target(of);
  return kind === "function" || kind === "array";
}

function children(node: Node): readonly Node[] {
  switch (node.kind) {
    case "qual":
      return [node.scope, node.name];
    case "template":
      return [node.name, ...node.args];
    case "pack":
    case "list":
      return node.list;
    case "function":
      return [...(node.returns ? [node.returns] : []), ...node.params];
    case "member pointer":
      return [node.owner, node.of];
    case "typed":
      return [node.name, node.type];
    case "conversion":
      return [node.to];
    case "join":
      return node.parts.filter((p) => typeof p !== "string");
    case "binary":
      return [node.left, node.right];
    case "call":
      return [node.of, ...node.args];
    case "cast":
      return [node.to, ...node.args];
    case "initializer":
      return [...(node.type ? [node.type] : []), ...node.args];
    case "literal":
      return [node.type];
    case "name":
    case "param":
    case "expansion":
    case "lambda":
      return [];
    default:
      return [node.of];
  }
}
