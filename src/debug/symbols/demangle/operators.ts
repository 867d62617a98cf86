/** Operators: <operator-name> of the Itanium C++ ABI, section 5.1.3, with how expressions use them (5.1.6). */

type Form = "unary" | "postfix" | "binary" | "ternary" | "other";

/** Two letters, the operator as it is written, its form in expressions. */
const ROWS: readonly (readonly [string, string, Form])[] = [
  ["aN", "&=", "binary"],
  ["aS", "=", "binary"],
  ["aa", "&&", "binary"],
  ["ad", "&", "unary"],
  ["an", "&", "binary"],
  ["at", "alignof ", "other"],
  ["aw", "co_await ", "unary"],
  ["az", "alignof ", "other"],
  ["cc", "const_cast", "other"],
  ["cl", "()", "other"],
  ["cm", ",", "binary"],
  ["co", "~", "unary"],
  ["dV", "/=", "binary"],
  ["da", "delete[] ", "other"],
  ["dc", "dynamic_cast", "other"],
  ["de", "*", "unary"],
  ["dl", "delete ", "other"],
  ["ds", ".*", "binary"],
  ["dt", ".", "other"],
  ["dv", "/", "binary"],
  ["eO", "^=", "binary"],
  ["eo", "^", "binary"],
  ["eq", "==", "binary"],
  ["ge", ">=", "binary"],
  ["gt", ">", "binary"],
  ["ix", "[]", "other"],
  ["lS", "<<=", "binary"],
  ["le", "<=", "binary"],
  ["ls", "<<", "binary"],
  ["lt", "<", "binary"],
  ["mI", "-=", "binary"],
  ["mL", "*=", "binary"],
  ["mi", "-", "binary"],
  ["ml", "*", "binary"],
  ["mm", "--", "postfix"],
  ["na", "new[]", "other"],
  ["ne", "!=", "binary"],
  ["ng", "-", "unary"],
  ["nt", "!", "unary"],
  ["nw", "new", "other"],
  ["oR", "|=", "binary"],
  ["oo", "||", "binary"],
  ["or", "|", "binary"],
  ["pL", "+=", "binary"],
  ["pl", "+", "binary"],
  ["pm", "->*", "binary"],
  ["pp", "++", "postfix"],
  ["ps", "+", "unary"],
  ["pt", "->", "other"],
  ["qu", "?", "ternary"],
  ["rM", "%=", "binary"],
  ["rS", ">>=", "binary"],
  ["rc", "reinterpret_cast", "other"],
  ["rm", "%", "binary"],
  ["rs", ">>", "binary"],
  ["sc", "static_cast", "other"],
  ["ss", "<=>", "binary"],
  ["sz", "sizeof ", "other"],
];

export interface Operator {
  code: string;
  text: string;
  form: Form;
}

export const OPERATORS: ReadonlyMap<string, Operator> = new Map(
  ROWS.map(([code, text, form]) => [code, { code, text, form }]),
);

/** As the function is called. */
export function functionName({ text }: Operator): string {
  return `operator${/^[a-z]/.test(text) ? " " : ""}${text.trimEnd()}`;
}
