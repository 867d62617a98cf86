import { major, minor } from "../../abi/stat.ts";
import { type MountTable, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from "../../vfs/mount.ts";
import { placePath } from "../../vfs/place.ts";
import type { Mount, Place } from "../../vfs/types.ts";

/** Space, tab, newline and backslash are octal in these files. */
function escaped(s: string): string {
  return s.replace(/[ \t\n\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/** Mount point as seen from the root, undefined when it lies outside. */
function mountPath(m: Mount, root: Place | undefined): string | undefined {
  if (!m.at) return root?.parent ? undefined : "/";
  const dir = placePath(m.at.place, root);
  if (dir === undefined) return undefined;
  return dir === "/" ? `/${m.at.name}` : `${dir}/${m.at.name}`;
}

function options(m: Mount): string {
  const words = [m.flags & MS_RDONLY ? "ro" : "rw"];
  if (m.flags & MS_NOSUID) words.push("nosuid");
  if (m.flags & MS_NODEV) words.push("nodev");
  if (m.flags & MS_NOEXEC) words.push("noexec");
  return [...words, "relatime"].join(",");
}

export function mountsText(mounts: MountTable, root?: Place): string {
  let out = "";
  for (const m of mounts.list) {
    const path = mountPath(m, root);
    if (path !== undefined) out += `${escaped(m.source)} ${escaped(path)} ${m.fs.type} ${options(m)} 0 0\n`;
  }
  return out;
}

export function mountinfoText(mounts: MountTable, root?: Place): string {
  let out = "";
  for (const m of mounts.list) {
    const path = mountPath(m, root);
    if (path === undefined) continue;
    const dev = `${major(m.fs.dev)}:${minor(m.fs.dev)}`;
    const superOptions = m.flags & MS_RDONLY ? "ro" : "rw";
    out += `${m.id} ${m.parent?.id ?? m.id} ${dev} ${escaped(m.path)} ${escaped(path)} ${options(m)} - `;
    out += `${m.fs.type} ${escaped(m.source)} ${superOptions}\n`;
  }
  return out;
}
