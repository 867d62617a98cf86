/**
 * The library's public face, the same wherever JavaScript runs. A machine needs a host (what it may use of the place it
 * runs in) and the handler image (dist/handlers.bin, through `unpackImage`).
 *
 *     const host = new MemoryHost({ stdio });
 *     const machine = new Machine({ host, image: unpackImage(bytes) });
 *     if (machine.tree.memoryRoot) unpackTar(machine.tree.memoryRoot, archive);
 *     const failed = machine.start("/bin/sh", ["sh", "-c", "echo hi"], ["PATH=/bin"]);
 *     if (failed === 0) console.log(await machine.run());
 */
export { errnoMessage, errnoName } from "./abi/errno.ts";
export { signalName } from "./abi/signal.ts";
export type { HandlerImage } from "./engine/interp/image.ts";
export { unpackImage } from "./engine/interp/image-file.ts";
export type { Host, HostClock, HostFs, HostStat, HostStream } from "./host/types.ts";
export { unpackTar } from "./kernel/fs/tar.ts";
export { type ExitStatus, Machine, type MachineOptions } from "./machine/machine.ts";
export { MemoryHost, type MemoryHostOptions } from "./platform/memory/host.ts";
export { MemoryStream } from "./platform/memory/stream.ts";
export { version } from "./version.ts";
