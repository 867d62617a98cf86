/** <expression>: Itanium C++ ABI, section 5.1.6. */
import { encoding, sourceName, templateArg, templateArgs, templateParam, unqualified } from "./names.ts";
import { BadName, type Node, name, type Source } from "./nodes.ts";
import { functionName, OPERATORS, type Operator } from "./operators.ts";
import { decltype, type } from "./types.ts";

export function expression(s: Source): Node {
  return s.deeper(() => special(s) ?? operation(s));
}

/** What no operator begins. */
function special(s: Source): Node | undefined {
  switch (s.next) {
    case "L":
      return literal(s);
    case "T":
      return templateParam(s);
    case "f":
      return functionParam(s) ?? fold(s);
    default:
  }
  if (/\d/.test(s.next)) return withTemplate(s, name(sourceName(s)));
  if (s.eat("sr")) return unresolved(s);
  if (s.eat("on")) return withTemplate(s, operatorReference(s));
  if (s.eat("dn")) return { kind: "prefix", text: "~", of: /\d/.test(s.next) ? name(sourceName(s)) : type(s) };
  if (s.eat("sp")) return { kind: "expansion", pattern: expression(s) };
  if (s.eat("sZ")) return { kind: "count", of: s.next === "T" ? templateParam(s) : expression(s) };
  if (s.eat("sP")) return { kind: "count", of: { kind: "pack", list: s.until("E", templateArg) } };
  if (s.eat("il")) return { kind: "initializer", type: undefined, args: s.until("E", expression) };
  if (s.eat("tl")) {
    const of = type(s);
    return { kind: "initializer", type: of, args: s.until("E", expression) };
  }
  if (s.eat("gs")) return { kind: "prefix", text: "::", of: expression(s) };
  if (s.eat("tr")) return name("throw");
  if (s.eat("cv")) return conversion(s);
  return typed(s);
}

/** Of types: sizeof, alignof, noexcept, typeid. */
function typed(s: Source): Node | undefined {
  const around = (before: string, of: Node): Node => ({ kind: "join", parts: [before, "(", of, ")"] });
  if (s.eat("st")) return around("sizeof ", type(s));
  if (s.eat("at")) return around("alignof ", type(s));
  if (s.eat("ti")) return around("typeid ", type(s));
  if (s.eat("te")) return around("typeid ", expression(s));
  if (s.eat("nx")) return around("noexcept", expression(s));
  if (s.eat("sz")) return { kind: "unary", op: "sizeof ", of: expression(s), code: "sz" };
  if (s.eat("az")) return { kind: "unary", op: "alignof ", of: expression(s), code: "az" };
  if (s.eat("tw")) return { kind: "unary", op: "throw ", of: expression(s), code: "tw" };
  return undefined;
}

function operation(s: Source): Node {
  const operator = OPERATORS.get(s.text.slice(s.at, s.at + 2));
  if (!operator) throw new BadName();
  s.at += 2;
  const { code, text, form } = operator;
  switch (form) {
    case "unary":
      return { kind: "unary", op: text, of: expression(s), code };
    case "postfix": {
      const before = s.eat("_");
      const of = expression(s);
      return before ? { kind: "unary", op: text, of, code } : { kind: "postfix", op: text, of };
    }
    case "binary": {
      const left = expression(s);
      return { kind: "binary", op: text, left, right: expression(s) };
    }
    case "ternary": {
      const [a, b, c] = [expression(s), expression(s), expression(s)];
      return { kind: "join", parts: [sub(a), "?", sub(b), " : ", sub(c)] };
    }
    case "other":
      return other(s, operator);
  }
}

function other(s: Source, { code, text }: Operator): Node {
  switch (code) {
    case "cl":
      return { kind: "call", of: expression(s), args: s.until("E", expression) };
    case "ix": {
      const of = expression(s);
      return { kind: "join", parts: [sub(of), "[", expression(s), "]"] };
    }
    case "dt":
    case "pt": {
      const of = expression(s);
      return { kind: "join", parts: [sub(of), text, expression(s)] };
    }
    case "cc":
    case "dc":
    case "rc":
    case "sc": {
      const to = type(s);
      return { kind: "join", parts: [text, "<", to, ">(", expression(s), ")"] };
    }
    case "nw":
    case "na":
      return creation(s, text);
    case "dl":
    case "da":
      return { kind: "unary", op: text, of: expression(s), code };
    default:
      throw new BadName();
  }
}

/** In parentheses if it is more than a name. */
function sub(of: Node): Node {
  return { kind: "unary", op: "", of, code: "" };
}

/** <expression>* _ <type> [pi <expression>* | il ...] E */
function creation(s: Source, text: string): Node {
  const placement = s.until("_", expression);
  const of = type(s);
  const parts: (Node | string)[] = [text, " "];
  if (placement.length) parts.push("(", { kind: "list", list: placement }, ") ");
  parts.push(of);
  if (s.eat("pi")) parts.push("(", { kind: "list", list: s.until("E", expression) }, ")");
  else if (s.sees("il")) parts.push(expression(s));
  else s.expect("E");
  return { kind: "join", parts };
}

/** cv <type> <expression>, cv <type> _ <expression>* E */
function conversion(s: Source): Node {
  const to = type(s);
  if (s.eat("_")) return { kind: "cast", to, args: s.until("E", expression) };
  return { kind: "cast", to, args: [expression(s)] };
}

function operatorReference(s: Source): Node {
  if (s.eat("cv")) return { kind: "conversion", to: type(s) };
  const operator = OPERATORS.get(s.text.slice(s.at, s.at + 2));
  if (!operator) throw new BadName();
  s.at += 2;
  return name(functionName(operator));
}

function withTemplate(s: Source, of: Node): Node {
  if (!s.sees("I")) return of;
  return { kind: "template", name: of, args: templateArgs(s) };
}

/** sr <type> <name>, sr N <type> <qualifier>+ E <name>, sr <qualifier>+ E <name> */
function unresolved(s: Source): Node {
  let scope: Node;
  if (s.eat("N")) {
    scope = type(s);
    while (!s.eat("E")) scope = { kind: "qual", scope, name: simple(s) };
  } else if (/\d/.test(s.next)) {
    scope = simple(s);
    while (!s.eat("E")) scope = { kind: "qual", scope, name: simple(s) };
  } else scope = s.sees("Dt") || s.sees("DT") ? s.add(decltype(s)) : type(s);
  let last: Node;
  if (s.eat("on")) last = operatorReference(s);
  else if (s.eat("dn")) last = { kind: "prefix", text: "~", of: /\d/.test(s.next) ? name(sourceName(s)) : type(s) };
  else last = unqualified(s, scope);
  return withTemplate(s, { kind: "qual", scope, name: last });
}
function simple(s: Source): Node {
  return withTemplate(s, name(sourceName(s)));
}

/** fp [<cv>] [<number>] _, fL <level> p ..., fpT */
function functionParam(s: Source): Node | undefined {
  if (s.eat("fpT")) return name("this");
  if (s.match(/fpr?V?K?(?=\d*_)/y) === undefined && s.match(/fL\d+pr?V?K?(?=\d*_)/y) === undefined) return undefined;
  return name(`{parm#${s.sequence(10) + 1}}`);
}

/** fl, fr <operator> <expression>; fL, fR <operator> <expression> <expression> */
function fold(s: Source): Node {
  const kind = s.match(/f[lrLR]/y);
  const operator = OPERATORS.get(s.text.slice(s.at, s.at + 2));
  if (!kind || !operator) throw new BadName();
  s.at += 2;
  const { text } = operator;
  const first = sub(expression(s));
  if (kind === "fl") return { kind: "join", parts: ["(...", text, first, ")"] };
  if (kind === "fr") return { kind: "join", parts: ["(", first, text, "...)"] };
  return { kind: "join", parts: ["(", first, text, "...", text, sub(expression(s)), ")"] };
}

/** L <type> <value> E, L <mangled name> E */
export function literal(s: Source): Node {
  s.expect("L");
  if (s.eat("_Z") || s.eat("Z")) {
    const of = encoding(s);
    s.expect("E");
    return of;
  }
  const of = type(s);
  const value = s.match(/[^E]*/y) ?? "";
  s.expect("E");
  return { kind: "literal", type: of, value };
}
