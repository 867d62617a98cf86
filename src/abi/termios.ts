/** termbits.h: struct termios as the kernel has it (36 bytes: four flag words, c_line, 19 control characters). */
export const NCCS = 19;
export const VINTR = 0;
export const VQUIT = 1;
export const VERASE = 2;
export const VKILL = 3;
export const VEOF = 4;
export const VTIME = 5;
export const VMIN = 6;
export const VSTART = 8;
export const VSTOP = 9;
export const VSUSP = 10;
export const VEOL = 11;
export const VREPRINT = 12;
export const VWERASE = 14;
export const VLNEXT = 15;
export const VEOL2 = 16;

export const ISTRIP = 0x20;
export const INLCR = 0x40;
export const IGNCR = 0x80;
export const ICRNL = 0x100;
export const IXON = 0x400;
export const IXANY = 0x800;
export const IMAXBEL = 0x2000;
export const IUTF8 = 0x4000;

export const OPOST = 1;
export const ONLCR = 4;
export const OCRNL = 8;
export const ONLRET = 0x20;

export const B38400 = 0xf;
export const CS8 = 0x30;
export const CREAD = 0x80;

export const ISIG = 1;
export const ICANON = 2;
export const ECHO = 8;
export const ECHOE = 0x10;
export const ECHOK = 0x20;
export const ECHONL = 0x40;
export const NOFLSH = 0x80;
export const TOSTOP = 0x100;
export const ECHOCTL = 0x200;
export const ECHOKE = 0x800;
export const IEXTEN = 0x8000;

export interface Termios {
  iflag: number;
  oflag: number;
  cflag: number;
  lflag: number;
  line: number;
  cc: Uint8Array;
}

/** What a fresh Linux terminal has. */
export function defaultTermios(): Termios {
  const cc = Uint8Array.of(3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0);
  return {
    iflag: ICRNL | IXON,
    oflag: OPOST | ONLCR,
    cflag: B38400 | CS8 | CREAD,
    lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    line: 0,
    cc,
  };
}

export const TERMIOS_SIZE = 36;
/** struct termios2 appends the two speeds. */
export const TERMIOS2_SIZE = 44;

export function encodeTermios(t: Termios, speeds: boolean): Uint8Array {
  const out = new Uint8Array(speeds ? TERMIOS2_SIZE : TERMIOS_SIZE);
  const v = new DataView(out.buffer);
  [t.iflag, t.oflag, t.cflag, t.lflag].forEach((w, i) => {
    v.setUint32(4 * i, w, true);
  });
  out[16] = t.line;
  out.set(t.cc, 17);
  if (speeds) {
    v.setUint32(36, 38400, true);
    v.setUint32(40, 38400, true);
  }
  return out;
}

export function decodeTermios(bytes: Uint8Array): Termios {
  const v = new DataView(bytes.buffer, bytes.byteOffset);
  const [iflag, oflag, cflag, lflag] = [0, 4, 8, 12].map((at) => v.getUint32(at, true));
  return { iflag, oflag, cflag, lflag, line: bytes[16], cc: bytes.slice(17, 17 + NCCS) };
}
