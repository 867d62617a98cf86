/** Packets of GDB's remote protocol: "Overview" in appendix E of its manual. Contents are byte strings, one character a byte. */

/** What has come: a packet's content, an acknowledgement, ^C, or a packet that is damaged. */
export type Received = { kind: "packet"; text: string } | { kind: "ack" | "nak" | "interrupt" | "damaged" };

/** Longest content that is taken, and given in one piece; GDB is told (PacketSize). */
export const PACKET_SIZE = 0x20000;

const DOLLAR = 0x24;
const HASH = 0x23;
const ESCAPE = 0x7d;
const ESCAPED = 0x20;
const INTERRUPT = 3;

/** Cuts what comes from the connection into packets, however it is split. Whatever stands between packets is ignored. */
export class PacketReader {
  private state: "between" | "content" | "sum" = "between";
  private content: number[] = [];
  private sum = 0;
  private digits = "";
  private escaped = false;
  private tooLong = false;

  feed(bytes: Uint8Array): Received[] {
    const out: Received[] = [];
    for (const b of bytes) {
      const received = this.byte(b);
      if (received) out.push(received);
    }
    return out;
  }
  private byte(b: number): Received | undefined {
    if (this.state === "between") return this.between(b);
    if (this.state === "sum") return this.checksum(b);
    // A packet begins anew if another one's beginning comes: the rest was lost.
    if (b === DOLLAR) this.begin();
    else if (b === HASH) this.state = "sum";
    else this.take(b);
    return undefined;
  }
  private between(b: number): Received | undefined {
    if (b === DOLLAR) this.begin();
    else if (b === INTERRUPT) return { kind: "interrupt" };
    else if (b === 0x2b) return { kind: "ack" };
    else if (b === 0x2d) return { kind: "nak" };
    return undefined;
  }
  private begin(): void {
    this.state = "content";
    this.content = [];
    this.sum = 0;
    this.digits = "";
    this.escaped = this.tooLong = false;
  }
  private take(b: number): void {
    this.sum = (this.sum + b) & 255;
    if (this.content.length >= PACKET_SIZE) this.tooLong = true;
    else if (this.escaped) {
      this.content.push(b ^ ESCAPED);
      this.escaped = false;
    } else if (b === ESCAPE) this.escaped = true;
    else this.content.push(b);
  }
  private checksum(b: number): Received | undefined {
    this.digits += String.fromCharCode(b);
    if (this.digits.length < 2) return undefined;
    this.state = "between";
    if (this.tooLong || hexNumber(this.digits) !== this.sum) return { kind: "damaged" };
    let text = "";
    for (const c of this.content) text += String.fromCharCode(c);
    return { kind: "packet", text };
  }
}

/** A packet as it is sent. */
export function encodePacket(text: string): Uint8Array {
  const out: number[] = [DOLLAR];
  let sum = 0;
  const put = (b: number): void => {
    out.push(b);
    sum = (sum + b) & 255;
  };
  for (let i = 0; i < text.length; i++) {
    const b = text.charCodeAt(i) & 255;
    // '$', '#', '}', and '*' where the receiver would take it for a run.
    if (b === DOLLAR || b === HASH || b === ESCAPE || b === 0x2a) {
      put(ESCAPE);
      put(b ^ ESCAPED);
    } else put(b);
  }
  const tail = `#${hexByte(sum)}`;
  for (const c of tail) out.push(c.charCodeAt(0));
  return Uint8Array.from(out);
}

export const hexByte = (b: number): string => b.toString(16).padStart(2, "0");

export function toHex(bytes: Uint8Array): string {
  let s = "";
  for (const b of bytes) s += hexByte(b);
  return s;
}

/** Bytes of hexadecimal digits, or undefined if they are none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));
}

export function textToHex(text: string): string {
  return toHex(Uint8Array.from(text, (c) => c.charCodeAt(0) & 255));
}

export function hexToText(text: string): string | undefined {
  const bytes = fromHex(text);
  return bytes && latin1(bytes);
}

export function latin1(bytes: Uint8Array): string {
  let s = "";
  for (const b of bytes) s += String.fromCharCode(b);
  return s;
}

/** A hexadecimal number below 2^53, or NaN. */
export function hexNumber(text: string | undefined): number {
  return text !== undefined && /^[0-9a-fA-F]{1,16}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
}
