import type { UserMemory } from "../mmu/user.ts";
import type { File } from "../vfs/types.ts";

/** The new address space, as the loaders see it. */
export interface LoadTarget {
  readonly user: UserMemory;
  /**
   * Maps private memory: of the file, or zeros without one. With `fixed` exactly there (0 or an error), replacing what
   * was there only if `replace`. Returns the address or -errno.
   */
  map(address: number, length: number, prot: number, how: MapHow): number;
  unmap(start: number, length: number): void;
}

export interface MapHow {
  file?: File;
  offset?: number;
  fixed?: boolean;
  replace?: boolean;
  growsDown?: boolean;
  name?: string;
}
