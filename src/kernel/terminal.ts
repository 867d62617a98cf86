/** Ties terminals to processes: job control of the sessions that have them. */
import { SIG_IGN, SIGCONT } from "../abi/signal.ts";
import type { Terminals } from "./fs/terminals.ts";
import { orphaned } from "./groups.ts";
import type { Kernel } from "./kernel.ts";
import type { Process } from "./process.ts";
import { kernelInfo, sendToGroup } from "./send.ts";
import { sigBit } from "./sighand.ts";

/** Makes the host's terminal, if there is one, the controlling one of the process's session, with its group in the foreground. */
export function connectTerminals(kernel: Kernel, terminals: Terminals, process: Process): void {
  terminals.connect({
    current: () => {
      const p = kernel.current?.process;
      return p && { pgrp: p.pgid, session: p.sid, leader: p.pid === p.sid };
    },
    signalGroup: (pgrp, signo) => sendToGroup(kernel, pgrp, kernelInfo(signo)),
    ignores: (signo) => {
      const task = kernel.current;
      if (!task) return false;
      const blocked = (task.mask & sigBit(signo)) !== 0n;
      return blocked || task.sighand.actions[signo].handler === SIG_IGN || orphaned(task.process);
    },
  });
  const { host } = terminals;
  if (host) {
    host.session = process.sid;
    host.pgrp = process.pgid;
  }
  // Whoever started this machine can: a shell of the host's. Its terminal is shared, so the host stops with the program.
  kernel.onOrphanStop = (p) => {
    if (!kernel.host.suspend || !host || host.session !== p.sid) return;
    kernel.host.suspend();
    sendToGroup(kernel, p.pgid, kernelInfo(SIGCONT));
  };
  kernel.onSessionEnd = (leader) => terminals.sessionEnded(leader.sid);
}
