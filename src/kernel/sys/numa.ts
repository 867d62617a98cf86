/** Memory policy (numa(7)) of a machine with one node: every policy comes to the same. */
import { EINVAL } from "../../abi/errno.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { userOf } from "./support.ts";

/** MPOL_DEFAULT to MPOL_PREFERRED_MANY. */
const MODES = 6;
/** Mode flags MPOL_F_STATIC_NODES, RELATIVE_NODES and NUMA_BALANCING. */
const MODE_FLAGS = 0xe000;
const MPOL_F_NODE = 1;
const MPOL_F_ADDR = 2;
const MPOL_F_MEMS_ALLOWED = 4;

function getMempolicy(call: Call, mode: number, mask: number, size: number, address: number, flags: number): SysResult {
  if (flags & ~7 || (!(flags & MPOL_F_ADDR) && address !== 0)) return -EINVAL;
  if (flags & MPOL_F_MEMS_ALLOWED && flags & (MPOL_F_NODE | MPOL_F_ADDR)) return -EINVAL;
  const user = userOf(call);
  // Policy MPOL_DEFAULT, or the node, which is 0 as well.
  if (mode) user.setU32(mode, 0);
  if (!mask) return 0;
  if (size < 1) return -EINVAL;
  const nodes = new Uint8Array(Math.ceil(Math.min(size - 1, 4096) / 64) * 8);
  if (flags & MPOL_F_MEMS_ALLOWED && nodes.length > 0) nodes[0] = 1;
  user.writeBytes(mask, nodes);
  return 0;
}

function checkMode(mode: number): number {
  return (mode & ~MODE_FLAGS) >>> 0 < MODES ? 0 : -EINVAL;
}
function setMempolicy(_call: Call, mode: number): SysResult {
  return checkMode(mode);
}
function mbind(_call: Call, address: number, _length: number, mode: number): SysResult {
  return address % 4096 === 0 ? checkMode(mode) : -EINVAL;
}

export const numaCalls = [
  sys(237, "mbind", "addr:ptr len:size mode:int nodemask:ptr maxnode:size flags:uint", mbind),
  sys(238, "set_mempolicy", "mode:int nodemask:ptr maxnode:size", setMempolicy),
  sys(239, "get_mempolicy", "mode:ptr nodemask:ptr maxnode:size addr:ptr flags:uint", getMempolicy),
];
