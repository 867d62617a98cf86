/** Code page 437, the IBM PC's: a picture for each of the 256 bytes. */
const LOW = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼";
const HIGH =
  "⌂ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";

function table(): string[] {
  const low = [...LOW];
  const high = [...HIGH];
  return Array.from({ length: 256 }, (_, b) => {
    if (b < 32) return low[b];
    return b < 0x7f ? String.fromCharCode(b) : high[b - 0x7f];
  });
}

export const CP437: readonly string[] = table();
