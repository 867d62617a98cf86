/** A host that records what it answers, or repeats what was recorded. */
import type { Host, HostStream } from "../host/types.ts";
import { BOOL, type Codec, list, NOTHING, NUMBER, TEXT } from "./codecs.ts";
import type { Tap } from "./tap.ts";
import { tapFs } from "./tap-fs.ts";
import { tapNet } from "./tap-net.ts";
import { TapStream } from "./tap-stream.ts";

const IDS: Codec<Host["ids"]> = {
  write: (t, v) => TEXT.write(t, JSON.stringify(v)),
  read: (r) => JSON.parse(TEXT.read(r)) as Host["ids"],
};
const INHERITED: Codec<readonly { fd: number; flags: number }[]> = list({
  write: (t, v) => {
    t.num(v.fd);
    t.num(v.flags);
  },
  read: (r) => ({ fd: r.num(), flags: r.num() }),
});

export function tapHost(tap: Tap): Host {
  const { live, state } = tap;
  const present = (what: (host: Host) => unknown): boolean => tap.ask("present", BOOL, (h) => what(h) !== undefined);
  const ids = tap.ask("ids", IDS, (h) => h.ids);
  const stream = (n: 0 | 1 | 2): HostStream => new TapStream(tap, n, () => (live as Host).stdio[n]);
  const inherits = present((h) => h.inherited);
  const signals = tap.receive((from) => state.onSignal?.(from.num()));
  const host: Host = {
    clock: tap.clock,
    random: (bytes) => tap.random(bytes),
    stdio: [stream(0), stream(1), stream(2)],
    inherited: inherits ? () => inherited(tap) : undefined,
    fs: present((h) => h.fs) ? tapFs(tap) : undefined,
    net: present((h) => h.net) ? tapNet(tap) : undefined,
    log: (line) => tap.act((h) => h.log(line)),
    ids,
    get onSignal() {
      return state.onSignal;
    },
    set onSignal(handler) {
      state.onSignal = handler;
      if (live && handler) live.onSignal = (signo) => tap.arrive(signals, (tape) => NUMBER.write(tape, signo));
    },
    suspend: present((h) => h.suspend) ? () => tap.ask("suspend", NOTHING, (h) => h.suspend?.()) : undefined,
    sleep: (ms) => tap.sleep(ms),
    wake: () => tap.wake(),
  };
  return host;
}

function inherited(tap: Tap): { fd: number; flags: number; stream: HostStream }[] {
  const streams = tap.live?.inherited?.() ?? [];
  const found = tap.ask("inherited", INHERITED, () => streams.map(({ fd, flags }) => ({ fd, flags })));
  return found.map((f, i) => ({ ...f, stream: new TapStream(tap, f.fd, () => streams[i].stream) }));
}
