import fs from "node:fs";
import { resolve } from "node:path";

/** Where blink(1) logs unless told otherwise: in the directory it was started in. */
const DEFAULT = "blink.log";

/** The log: a file that is made when the first line comes, and standard error if asked for. Never a reason to fail. */
export class Log {
  private readonly path: string;
  private fd: number | undefined;

  constructor(
    path: string | undefined,
    private readonly alsoStderr: boolean,
  ) {
    this.path = resolve(path ?? DEFAULT);
  }
  write(line: string): void {
    const text = Buffer.from(`${line}\n`, "latin1");
    if (this.alsoStderr) this.put(2, text);
    this.fd ??= this.open();
    if (this.fd >= 0) this.put(this.fd, text);
  }
  private open(): number {
    try {
      return fs.openSync(this.path, "a", 0o644);
    } catch {
      return -1;
    }
  }
  private put(fd: number, text: Uint8Array): void {
    try {
      fs.writeSync(fd, text);
    } catch {
      // A full disk or a closed standard error must not end the guest.
    }
  }
}
