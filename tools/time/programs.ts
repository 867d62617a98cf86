/** The programs that time is measured with. */
import { fileURLToPath } from "node:url";
import { buildGuest } from "../../test/harness/guest.ts";

/** Python that is never done. */
export const LOOP = "x = 0\nfor i in range(10**9): x = (x * 5 + i) & 0xffff";

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const threads = (): string => buildGuest(here("../../test/time/busy.c"), "gcc -O1 -pthread -static");
