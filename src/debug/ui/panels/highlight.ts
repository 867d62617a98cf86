/** Colours for an instruction's text. */
import { type Style, THEME } from "../screen/style.ts";

export interface Piece {
  text: string;
  style: Style;
}

const REGISTER =
  /^(?:[re]?(?:ax|bx|cx|dx|si|di|bp|sp)|[abcd][lh]|(?:si|di|bp|sp)l|r(?:8|9|1[0-5])[dwb]?|[xyz]?mm\d+|st|[cdefgs]s|[cd]r\d)$/;
const TOKEN = /0x[0-9a-f]+|[a-z_][a-z0-9_]*|\d+|\s+|./gi;
const PREFIX = /^(?:rep|repe|repne|lock)$/;
const BRANCH = /^(?:j|call|ret|loop|syscall|int)/;

export function highlight(text: string): Piece[] {
  const pieces: Piece[] = [];
  let named = false;
  for (const [token] of text.matchAll(TOKEN)) {
    let style: Style = THEME.text;
    if (!named && token.trim() !== "") {
      style = BRANCH.test(token) ? THEME.branch : THEME.mnemonic;
      named = !PREFIX.test(token);
    } else if (REGISTER.test(token)) style = THEME.register;
    else if (/^\d/.test(token)) style = THEME.number;
    else if (token === "ptr" || /^(?:byte|[dqtfo]?word|tbyte|[xyz]mmword|rel)$/.test(token)) style = THEME.dim;
    pieces.push({ text: token, style });
  }
  return pieces;
}
