/** All that has to be known of a machine's run to run it again, besides what it was started with. */

import { counters } from "../base/counters.ts";
import type { Host } from "../host/types.ts";
import { Tape } from "./bytes.ts";
import { type Codec, TEXT } from "./codecs.ts";
import { SliceEnds } from "./slice-ends.ts";
import { Tap } from "./tap.ts";
import { tapHost } from "./tap-host.ts";

const COUNTERS: Codec<typeof counters> = {
  write: (t, v) => TEXT.write(t, JSON.stringify(v)),
  read: (r) => JSON.parse(TEXT.read(r)) as typeof counters,
};

export class Recording {
  readonly tap: Tap;
  /** What the machine is to get as its host. */
  readonly host: Host;

  /** Records what `live` answers, behind what is on the tape already; without it, only repeats. */
  constructor(
    live: Host | undefined,
    tape: Tape = new Tape(),
    readonly ends: SliceEnds = new SliceEnds(),
  ) {
    this.tap = new Tap(live, tape);
    Object.assign(
      counters,
      this.tap.ask("counters", COUNTERS, () => counters),
    );
    this.host = tapHost(this.tap);
  }
  /** Forgets what comes after here. */
  cut(): void {
    this.tap.cut();
    this.ends.cut();
  }
}
