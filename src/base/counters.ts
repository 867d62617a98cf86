/**
 * Numbers that are given out once, whichever machine of this process asks. In one place, because who records a machine has
 * to know where they stood, and who sets one back puts them back.
 */
export const counters = {
  /** Address spaces, for the keys of futexes. */
  space: 0,
  /** Inodes of pipes, sockets and the like. */
  anonInode: 1000,
  /** Of FIFOs and devices: above what hosts use, so that they do not meet those of the host's files in a directory. */
  specialInode: 2 ** 40,
  /** Devices of mounted file systems. */
  device: 64,
  /** Ties the two halves of a rename together. */
  renameCookie: 0,
  /** Watches of files there are. */
  watches: 0,
};
